"""Reads the documents of a project: what must be there, what is to be typed, what is said to happen."""
