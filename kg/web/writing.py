"""Writing into the scratch copy of the graph that a process holds with --writable."""

from typing import Final

from kg.engine.oxigraph_engine import OxigraphEngine
from kg.errors import EngineError
from kg.web.jobs import Held
from kg.web.replies import Problem, Reply

_HAS_TRIPLE_TERMS: Final = """
ASK { { ?subject ?predicate ?object } UNION { GRAPH ?graph { ?subject ?predicate ?object } }
  FILTER(isTRIPLE(?object)) }
"""
_RDF_12: Final = ("<<", "{|", "TRIPLE")

DONE: Final = Reply(b"", "", status=204, is_lasting=False)
"""What is said when something was written: a status and no more, in any form that Accept names."""


def scratch(held: Held) -> OxigraphEngine:
    """Gives the engine over the scratch copy; raises Problem 403 where nothing may be written."""
    if not held.is_writable or not isinstance(held.graph.engine, OxigraphEngine):
        raise Problem(
            403,
            "This service is read-only. Start one that is not by kg serve --writable.",
        )
    return held.graph.engine


def refuse_triple_terms(engine: OxigraphEngine, text: str) -> None:
    """Raises Problem 400 if an update has written triple terms, which queries could not give.

    The text tells whether it can have; only then the store is asked.
    """
    if not any(sign in text.upper() for sign in _RDF_12):
        return
    try:
        found = engine.query(_HAS_TRIPLE_TERMS)
    except EngineError:
        found = True
    if found:
        raise Problem(400, "Triple terms of RDF 1.2 are not kept here; name the statement instead.")
