"""Several targets verified by one command: at most so many at a time, in one tree, with one table at the end."""
