"""Says what to do about a failure."""
