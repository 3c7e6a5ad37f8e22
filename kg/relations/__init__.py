"""The plain relations that held on a day: member of, candidate for, has ratified.

Each is a CONSTRUCT in ontology/relation/. A query that names one is unfolded: the pattern gives
way to the body of the CONSTRUCT with the day in it, so that nothing is copied and any engine
answers. What cannot be unfolded (a chain of a relation, DESCRIBE) is asked of a copy that holds the
relations.

Where a date is too coarse to tell whether a relation held, there is a world in which it did and
one in which it did not. A row is certain if it is in all worlds, and possible if it is in some.
"""
