"""Makes a plan from what the documents say and carries it out in a clean room."""
