"""What is asked of a graph as of its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.dates import today
from kg.engine import Answer
from kg.errors import InvalidQuery
from kg.relations.answer import answer_on
from kg.relations.relation import held_on, read_relations
from kg.sparql.reader import read_query
from kg.terms import Iri, Triple

if TYPE_CHECKING:
    from kg.graph import Graph


def sparql_on(graph: Graph, declared: str) -> Answer:
    """Answers a query with the relations of the graph's day, or of today.

    A pattern that asks for any property finds them where the day was named. What is no SPARQL
    is refused by the engine, in its words.
    """
    try:
        query = read_query(declared)
    except InvalidQuery:
        graph.engine.query(declared)
        raise
    relations = read_relations(graph.project.relations)
    day = graph.clocks.on or today()
    return answer_on(graph.engine, query, relations, day, anywhere=bool(graph.clocks.on))


def held_of(graph: Graph, thing: Iri | None) -> list[Triple]:
    """Gives the relations of the graph's day, or those of one thing."""
    relations = read_relations(graph.project.relations)
    held = held_on(graph.engine, relations.values(), graph.clocks.on or today())
    return [triple for triple in held if thing is None or triple[0] == thing]
