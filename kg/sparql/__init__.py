"""SPARQL read into patterns and written again, for whatever takes a question apart."""
