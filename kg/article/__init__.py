"""Articles as tests: what a text claims, held against the graph sentence by sentence."""
