"""Processes that answer and can be killed, each over one graph that never changes."""
