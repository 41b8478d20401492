"""What can be done with runs that lie here: read again, compared, cancelled, and given up when there are too many."""
