"""What `regrow lint-docs` does around the rules: reading a target, asking the index, and writing what was found."""
