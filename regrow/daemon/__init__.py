"""The composition root: which actors there are, where they stand in the tree, and what they are given."""
