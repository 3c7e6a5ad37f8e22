"""Small worlds: a few statements with their context, and what the rules make of them alone."""

from collections.abc import Iterable

import pyoxigraph

from kg.engine import select
from kg.engine.oxigraph_engine import OxigraphEngine, to_quads
from kg.explain.record import Record
from kg.rules import DERIVED
from kg.sparql.patterns import Select
from kg.sparql.scope import predicates
from kg.sparql.writer import write_select
from kg.table import Row
from kg.terms import Iri, Triple


class Worlds:
    """Asks one question of worlds made of chosen statements."""

    def __init__(self, record: Record, query: Select) -> None:
        self.record = record
        self.text = write_select(query)
        self.rules = record.needed(predicates(query.where))
        self.made: set[Triple] = set()
        """Triples that rules are known to have joined: no world has them unless it makes them."""
        self._triples: dict[Iri, list[Triple]] = {}
        self._held: dict[tuple[frozenset[Iri], int, Row], bool] = {}

    def holds(self, row: Row, statements: Iterable[Iri], context: Iterable[Triple]) -> bool:
        """Whether the question has the row in the world of the statements and the context."""
        chosen = frozenset(statements)
        known = list(context)
        key = (chosen, len(known), row)
        if key not in self._held:
            self._held[key] = row in select(self.world(chosen, known), self.text).rows
        return self._held[key]

    def world(self, statements: Iterable[Iri], context: Iterable[Triple]) -> OxigraphEngine:
        """Gives the world of statements: their triples, the context, and what follows."""
        chosen = list(statements)
        new = [each for each in chosen if each not in self._triples]
        self._triples |= self.record.triples_of(new)
        store = pyoxigraph.Store()
        store.extend(to_quads(context))
        for statement in chosen:
            own = (each for each in self._triples[statement] if each not in self.made)
            store.extend(to_quads(own))
        world = OxigraphEngine(store)
        for rule in self.rules:
            world.insert(rule.file.text, DERIVED)
        return world
