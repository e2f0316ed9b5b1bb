"""Calls from events: an index of the log, the graph of its channels, and the tables made from both."""
