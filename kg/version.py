"""The version of the package, its ontology and its data, which are released together."""

VERSION = "0.1.0"
