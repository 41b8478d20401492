"""What `regrow patterns` and `regrow strategies` do and print."""
