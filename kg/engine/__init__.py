"""The one door to whatever answers SPARQL: text in, terms out.

Three engines stand behind it: pyoxigraph over an embedded store, any SPARQL 1.1 endpoint,
and rdflib as the second opinion. No library's types come through the door.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from kg.errors import InvalidQuery
from kg.table import Table
from kg.terms import Triple


@dataclass(frozen=True)
class Triples:
    """What a CONSTRUCT or DESCRIBE query gives."""

    triples: Iterable[Triple]


Answer: TypeAlias = "Table | Triples | bool"
"""Solutions of a SELECT, triples of a CONSTRUCT or DESCRIBE, the truth of an ASK."""


class Engine(Protocol):
    """Anything that answers SPARQL 1.1 queries over one default graph."""

    @property
    def name(self) -> str:
        """What people call it, for messages: 'the embedded store', an endpoint's address."""

    @property
    def at_once(self) -> int:
        """How many queries it can answer at once, asked from as many threads."""

    def query(self, sparql: str) -> Answer:
        """Answers a query; raises InvalidQuery or EngineError."""


def select(engine: Engine, sparql: str) -> Table:
    """Answers a SELECT query; raises InvalidQuery for any other form."""
    answer = engine.query(sparql)
    if not isinstance(answer, Table):
        raise InvalidQuery("A SELECT query is asked for here.")
    return answer


def construct(engine: Engine, sparql: str) -> Iterable[Triple]:
    """Answers a CONSTRUCT or DESCRIBE query; raises InvalidQuery for any other form."""
    answer = engine.query(sparql)
    if not isinstance(answer, Triples):
        raise InvalidQuery("A CONSTRUCT or DESCRIBE query is asked for here.")
    return answer.triples


def ask(engine: Engine, sparql: str) -> bool:
    """Answers an ASK query; raises InvalidQuery for any other form."""
    answer = engine.query(sparql)
    if not isinstance(answer, bool):
        raise InvalidQuery("An ASK query is asked for here.")
    return answer
