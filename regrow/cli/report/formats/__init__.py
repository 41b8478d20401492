"""Reports for other programs, one module each: pure functions from a `RunReport` to text."""
