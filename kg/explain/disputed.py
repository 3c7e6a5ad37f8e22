"""Tells of an answer, unasked, which of the statements that it rests on are disputed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from weakref import WeakKeyDictionary

from kg.engine import Engine, select
from kg.errors import InvalidQuery
from kg.prefixes import Prefixes
from kg.relations.named import are_named_in
from kg.sparql.subjects import read_pattern
from kg.terms import Iri, Term

if TYPE_CHECKING:
    from kg.graph import Graph

_DISPUTED: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT ?node ?preferred
WHERE {
  { ?preferred kg:preferredOver ?other . BIND(?preferred AS ?node) }
  UNION
  { ?preferred kg:preferredOver ?other . ?node kg:beganWith ?preferred . }
  UNION
  { ?preferred kg:preferredOver ?other . ?node kg:endedWith ?preferred . }
}
"""
_IN_WORDS: Final = """
PREFIX kg:   <https://w3id.org/alliance-kg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?preferred ?name ?kind
WHERE {
  ?preferred kg:preferredOver ?other .
  ?preferred rdfs:label ?name .
  ?other kg:differsIn ?difference .
  ?difference rdfs:label ?kind .
}
"""
_NAMED: Final = 3


@dataclass(frozen=True)
class Disputed:
    """A statement that another source contradicts, by its name, and in what they differ."""

    statement: Iri
    name: str
    kind: str


Disputes: TypeAlias = Mapping["Term | None", frozenset[Disputed]]
"""The disputed statements by the nodes that rest on them."""


_READ: Final[WeakKeyDictionary[Graph, Disputes]] = WeakKeyDictionary()


def disputes_of(graph: Graph) -> Disputes:
    """Gives what is disputed in a graph, which is read when it is first asked for."""
    asked = graph.base if graph.base.engine is graph.engine else graph
    if asked not in _READ:
        _READ[asked] = _read(asked.engine)
    return _READ[asked]


def _read(engine: Engine) -> Disputes:
    rows = select(engine, _DISPUTED).rows
    words: dict[Term | None, set[Disputed]] = {}
    for preferred, name, kind in select(engine, _IN_WORDS).rows if rows else ():
        if isinstance(preferred, Iri):
            words.setdefault(preferred, set()).add(Disputed(preferred, str(name), str(kind)))
    found: dict[Term | None, set[Disputed]] = {}
    for node, preferred in rows:
        found.setdefault(node, set()).update(words.get(preferred, ()))
    return {node: frozenset(disputed) for node, disputed in found.items()}


def disputes_behind(graph: Graph, text: str) -> str:
    """Says in one line which statements behind a SELECT's answer others contradict, if any."""
    prefixes = graph.project.prefixes
    declared = prefixes.declare(text)
    if are_named_in(text, graph.project.relations):
        from kg.relations.asked import nodes_behind  # few queries name a relation of a day

        declared = nodes_behind(graph, declared)
    return disputed_line(disputed_in(graph, declared), prefixes)


def disputed_in(graph: Graph, sparql: str) -> list[Disputed]:
    """Gives the disputed statements that a SELECT's answer rests on.

    They are looked for among the nodes that its pattern met, which is quick; memberships stand
    for the events that they began and ended with. A query that cannot be read has none.
    """
    disputes = disputes_of(graph)
    met = _met(graph.engine, sparql) if disputes else frozenset()
    found = {each for node in met for each in disputes.get(node, ())}
    return sorted(found, key=lambda each: (each.statement.value, each.kind))


def disputed_line(disputed: Iterable[Disputed], prefixes: Prefixes) -> str:
    """Says in one line which statements are disputed; nothing if none is."""
    found = {each.statement: each for each in disputed}
    if not found:
        return ""
    named = [f"{each.name} ({each.kind})" for each in list(found.values())[:_NAMED]]
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    first = next(iter(found)).value
    return (
        f"Disputed: sources differ on {'; '.join(named)}{more}. "
        f"See kg query disagreements, or kg export --subject {prefixes.shorten(first)}."
    )


def _met(engine: Engine, sparql: str) -> frozenset[Term | None]:
    """Gives the nodes that an answer's solutions are about."""
    pattern = read_pattern(sparql)
    asked = pattern.sparql() if pattern else _everything(sparql)
    rows = select(engine, asked).rows if asked else ()
    return frozenset(term for row in rows for term in row)


def _everything(sparql: str) -> str:
    """Gives the query for all that a question which counts has met; nothing if it is no SELECT."""
    from kg.sparql.patterns import Select  # only what counts is read whole
    from kg.sparql.reader import read_query
    from kg.sparql.writer import write_select

    try:
        query = read_query(sparql)
    except InvalidQuery:
        return ""
    return write_select(Select((), query.select.where)) if query.form == "SELECT" else ""
