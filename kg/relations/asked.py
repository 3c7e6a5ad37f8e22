"""What is asked of a graph as of its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.ask import CERTAINTIES
from kg.dates import today
from kg.engine import Answer
from kg.errors import InvalidQuery, InvalidValue
from kg.relations.answer import CERTAINTY, answer_on
from kg.relations.named import are_named_in
from kg.relations.relation import held_on, read_relations
from kg.relations.unfold import CannotUnfold, unfold
from kg.sparql.reader import read_query
from kg.sparql.writer import write_query
from kg.table import Table
from kg.terms import Iri, Triple

if TYPE_CHECKING:
    from kg.graph import Graph


def sparql_on(graph: Graph, declared: str, *, certainty: str | None = None) -> Answer:
    """Answers a query with the relations of the graph's day, or of today.

    A pattern that asks for any property finds them where the day was named. What is no SPARQL
    is refused by the engine, in its words.
    """
    if certainty not in (None, *CERTAINTIES):
        raise InvalidValue(f'"{certainty}" is no certainty. Give {" or ".join(CERTAINTIES)}.')
    try:
        query = read_query(declared)
    except InvalidQuery:
        graph.engine.query(declared)
        raise
    relations = read_relations(graph.project.relations)
    day = graph.clocks.on or today()
    answer = answer_on(graph.engine, query, relations, day, anywhere=bool(graph.clocks.on))
    if certainty is None or not isinstance(answer, Table):
        return answer
    if CERTAINTY in answer.columns:
        return answer.having(CERTAINTY, certainty)
    return answer if certainty == "certain" else Table(answer.columns, (), answer.sparql)


def held_of(graph: Graph, thing: Iri | None) -> list[Triple]:
    """Gives the relations of the graph's day, or those of one thing."""
    relations = read_relations(graph.project.relations)
    held = held_on(graph.engine, relations.values(), graph.clocks.on or today())
    return [triple for triple in held if thing is None or triple[0] == thing]


def nodes_behind(graph: Graph, declared: str) -> str:
    """Gives a query with the dated nodes behind its relations among its patterns."""
    if not (graph.clocks.on or are_named_in(declared, graph.project.relations)):
        return declared
    relations = read_relations(graph.project.relations)
    day = graph.clocks.on or today()
    try:
        return write_query(unfold(read_query(declared), relations, day, only_whether=True))
    except (InvalidQuery, CannotUnfold):
        return declared
