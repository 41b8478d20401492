"""Keeps log entries in the store, in the order in which they came."""
