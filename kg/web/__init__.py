"""The graph on the web: a SPARQL endpoint, the stored questions as an API, linked data."""
