"""What the graph says of one thing, of all things of a kind, and of the ontology's terms.

It is what people read on a page and what programs get as linked data. A handful of queries
answers for any thing, however much refers to it.
"""
