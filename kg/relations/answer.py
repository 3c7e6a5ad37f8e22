"""Answers a query as of a day, and tells which of its rows are certain."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, combinations
from typing import Final

import pyoxigraph

from kg.engine import Answer, Engine, construct
from kg.engine.oxigraph_engine import OxigraphEngine, to_quads
from kg.errors import EngineError, InvalidValue
from kg.relations.relation import Relation, held_on
from kg.relations.unfold import CannotUnfold, unfold
from kg.sparql.patterns import Query
from kg.sparql.scope import predicates
from kg.sparql.writer import write_query
from kg.table import Row, Table
from kg.terms import Iri, Literal, Triple

_MOST_WORLDS: Final = 8
CERTAINTY: Final = "certainty"
"""The column that tells certain rows from possible ones."""


def worlds(possible: Iterable[Triple]) -> Iterator[tuple[Triple, ...]]:
    """Gives each choice among the triples that merely may hold, none first and all last.

    Raises InvalidValue where there are too many to try.
    """
    triples = list(possible)
    if len(triples) > _MOST_WORLDS:
        raise InvalidValue(
            f"{len(triples)} relations may or may not have held on that day, given for --on, too "
            "many to try each case. Ask about another day or fewer things, or without counting "
            "and without what must not be there."
        )
    return chain.from_iterable(combinations(triples, size) for size in range(len(triples) + 1))


def _is_monotone(query: Query) -> bool:
    """Whether more triples only ever give more rows, so that two worlds tell all."""
    text = write_query(query)
    is_negative = any(word in text for word in ("EXISTS {", "MINUS {", "OPTIONAL {", "{ SELECT"))
    return not (is_negative or query.select.is_aggregate or query.select.is_limited)


def answer_on(
    engine: Engine,
    query: Query,
    relations: Mapping[Iri, Relation],
    on: Literal,
    *,
    anywhere: bool = False,
) -> Answer:
    """Answers a query as of a day; a SELECT tells its possible rows from the certain ones.

    The column `certainty` is added only where some row is merely possible. ASK and CONSTRUCT
    answer by what is certain. Raises InvalidValue where the cases are too many to try.
    """
    named = predicates(query.select.where)
    concerned = {each: held for each, held in relations.items() if anywhere or each in named}
    possible: list[Triple] = []
    if query.form == "SELECT":
        possible = held_on(engine, concerned.values(), on, certainty="possible")
    ask = _asked(engine, query, concerned, on, anywhere, several=len(possible) > 1)
    certain = ask(())
    if not isinstance(certain, Table) or not possible:
        return certain
    found = [Counter(certain.rows)]
    order = dict.fromkeys(certain.rows)
    chosen = [tuple(possible)] if _is_monotone(query) else list(worlds(possible))[1:]
    for world in chosen:
        answer = ask(world)
        assert isinstance(answer, Table)
        found.append(Counter(answer.rows))
        order.update(dict.fromkeys(answer.rows))
    return _labelled(certain, found, order)


def _labelled(table: Table, found: list[Counter[Row]], order: Iterable[Row]) -> Table:
    rows: list[Row] = []
    merely = False
    for row in order:
        counts = [each[row] for each in found]
        rows += [(*row, Literal("certain"))] * min(counts)
        rows += [(*row, Literal("possible"))] * (max(counts) - min(counts))
        merely = merely or max(counts) > min(counts)
    if not merely or CERTAINTY in table.columns:
        return table
    return Table((*table.columns, CERTAINTY), rows, table.sparql)


def _asked(
    engine: Engine,
    query: Query,
    relations: Mapping[Iri, Relation],
    on: Literal,
    anywhere: bool,
    *,
    several: bool,
) -> Callable[[Iterable[Triple]], Answer]:
    """Gives a function that answers the query in a world, by unfolding it or from a copy.

    A copy costs a moment once; what asks for absences, or is asked in several worlds, would cost
    more each time.
    """

    def unfolded(assumed: Iterable[Triple]) -> Answer:
        text = unfold(query, relations, on, anywhere=anywhere, assumed=assumed)
        return engine.query(write_query(text))

    try:
        unfold(query, relations, on, anywhere=anywhere)
    except CannotUnfold:
        return _from_copy(engine, query, held_on(engine, relations.values(), on))
    seeks_absence = " EXISTS {" in write_query(query)
    if isinstance(engine, OxigraphEngine) and (several or seeks_absence):
        return _from_copy(engine, query, held_on(engine, relations.values(), on))
    return unfolded


def _from_copy(
    engine: Engine, query: Query, certain: Iterable[Triple]
) -> Callable[[Iterable[Triple]], Answer]:
    copy = copied(engine)
    copy.extend(to_quads(certain))
    text = write_query(query)

    def ask(assumed: Iterable[Triple]) -> Answer:
        new = [quad for quad in to_quads(assumed) if quad not in copy]
        copy.extend(new)
        try:
            return OxigraphEngine(copy).query(text)
        finally:
            for quad in new:
                copy.remove(quad)

    return ask


def copied(engine: Engine) -> pyoxigraph.Store:
    """Gives a copy in memory of an engine's default graph; raises EngineError at an endpoint."""
    store = pyoxigraph.Store()
    if isinstance(engine, OxigraphEngine):
        lines = "\n".join(engine.ntriples()).encode("utf-8")
        store.bulk_load(input=lines, format=pyoxigraph.RdfFormat.N_TRIPLES)
    elif engine.name.startswith("http"):
        raise EngineError(
            "A chain of a day's relations (+, *, ?) and DESCRIBE need a copy of the graph, which "
            f"is not taken from {engine.name}. Ask without them, or leave --at out."
        )
    else:
        everything = construct(engine, "CONSTRUCT WHERE { ?subject ?predicate ?object }")
        store.bulk_extend(to_quads(everything))
    return store
