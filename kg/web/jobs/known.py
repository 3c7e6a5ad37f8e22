"""Tells whether the graph knows a thing; raises for one that it does not know."""

from collections.abc import Mapping
from typing import Any

from kg.errors import UnknownName
from kg.terms import Iri
from kg.web.jobs import Held
from kg.web.replies import Reply


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives nothing with status 200; raises UnknownName with the nearest names."""
    thing = Iri(request["iri"])
    things = held.graph.things
    if not things.is_known(thing):
        things.find(thing.value)
        raise UnknownName(f"The graph knows nothing of {thing.value}.")
    return Reply(b"", "text/plain")
