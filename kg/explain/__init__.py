"""Answers taken apart into the statements that carry them.

A statement is a sourced node with all its triples; it is cited, kept or removed whole. A witness
of a row is a set of statements that keeps the row whatever else of the graph is there, and of which
none can go. Names, types and schemes are context: they are assumed and not cited.
"""
