"""Tells of an answer, unasked, which of the statements that it rests on are disputed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
WHERE {{
  VALUES ?preferred {{ {preferred} }}
  ?preferred rdfs:label ?name ;
    kg:preferredOver/kg:differsIn/rdfs:label ?kind .
}}
ORDER BY ?preferred ?kind
"""
_NAMED: Final = 3


@dataclass(frozen=True)
class Disputed:
    """A statement that another source contradicts, by its name, and in what they differ."""

    statement: Iri
    name: str
    kind: str


def disputes_behind(graph: Graph, text: str) -> str:
    """Says in one line which statements behind a SELECT's answer others contradict, if any."""
    prefixes = graph.project.prefixes
    declared = prefixes.declare(text)
    if are_named_in(text, graph.project.relations):
        from kg.relations.asked import nodes_behind  # few queries name a relation of a day

        declared = nodes_behind(graph, declared)
    return disputed_line(disputed_in(graph.engine, declared), prefixes)


def disputed_in(engine: Engine, sparql: str) -> list[Disputed]:
    """Gives the disputed statements that a SELECT's answer rests on.

    They are looked for among the nodes that its pattern met, which is quick; memberships stand
    for the events that they began and ended with. A query that cannot be read has none.
    """
    rows = select(engine, _DISPUTED).rows
    met = _met(engine, sparql) if rows else frozenset()
    found = sorted({str(preferred) for node, preferred in rows if node in met})
    if not found:
        return []
    text = _IN_WORDS.format(preferred=" ".join(Iri(each).n3() for each in found))
    return [
        Disputed(preferred, str(name), str(kind))
        for preferred, name, kind in select(engine, text).rows
        if isinstance(preferred, Iri)
    ]


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
