"""Recognises errors that were seen before, and remembers which strategy helped."""
