"""Explanations are proved: for every row of every stored query, in worlds made the long way.

With its witness alone the row is there; without all that is cited it is gone, or another; and it
stays in whatever of the graph is put beside its witness.
"""

import random
from collections.abc import Mapping, Sequence

import pytest
from conftest import ROOT
from whole_worlds import WholeWorlds

import kg
from kg.engine import select
from kg.explain.asked import record_of
from kg.explain.witness import Witness, Witnesses
from kg.sparql.reader import read_query
from kg.sparql_file import SparqlFolder
from kg.table import Row
from kg.terms import Iri

QUERIES = sorted(SparqlFolder(ROOT / "queries"))
MOST_ROUNDS = 16
"""Enough for every row but those of co-membership-counts, each of which would need its own."""


@pytest.fixture(scope="session")
def worlds(graph: kg.Graph) -> WholeWorlds:
    return WholeWorlds(graph.project)


class Explained:
    """A stored query with its examples, and the witnesses of its rows."""

    def __init__(self, graph: kg.Graph, name: str) -> None:
        query = graph.asker.stored_query(name)
        self.name = name
        self.sparql = query.text  # the day of the example, not today
        self.rows: Sequence[Row] = list(dict.fromkeys(select(graph.engine, self.sparql).rows))
        witnesses = Witnesses(record_of(graph), read_query(self.sparql).select)
        self.witnesses: Mapping[Row, Witness] = {row: witnesses.of(row) for row in self.rows}


@pytest.fixture(scope="module", params=QUERIES)
def explained(request: pytest.FixtureRequest, graph: kg.Graph) -> Explained:
    return Explained(graph, request.param)


def test_a_row_is_there_with_its_witness_alone_and_gone_without_what_is_cited(
    explained: Explained, worlds: WholeWorlds
) -> None:
    """What shares no statement is tried together; rows that share some, in rounds of their own."""
    for row in explained.rows:
        witness = explained.witnesses[row]
        alone = worlds.rows(worlds.with_preferred(witness.whole), explained.sparql)
        assert row in alone, (explained.name, row, witness.whole)
    for rows, cited in _apart(explained, worlds)[:MOST_ROUNDS]:
        left = worlds.rows(worlds.triples.keys() - cited, explained.sparql)
        for row in rows:
            assert row not in left, (explained.name, row, explained.witnesses[row].cited)


@pytest.mark.parametrize("seed", range(3))
def test_a_row_stays_whatever_is_put_beside_its_witness(
    explained: Explained, worlds: WholeWorlds, seed: int
) -> None:
    chance = random.Random(f"{explained.name} {seed}")
    beside = {each for each in sorted(worlds.triples, key=str) if chance.random() < 0.5}
    for row in explained.rows:
        if chance.random() < 0.6:
            beside |= set(explained.witnesses[row].whole)
    beside = worlds.with_preferred(beside)
    there = worlds.rows(beside, explained.sparql)
    for row in explained.rows:
        if beside.issuperset(explained.witnesses[row].whole):
            assert row in there, (explained.name, row, explained.witnesses[row].whole)


def _apart(explained: Explained, worlds: WholeWorlds) -> list[tuple[list[Row], set[Iri]]]:
    """Puts rows together that cite nothing in common, so that one world tries many of them."""
    rounds: list[tuple[list[Row], set[Iri]]] = []
    for row in explained.rows:
        cited = worlds.with_set_aside(explained.witnesses[row].cited)
        for rows, all_cited in rounds:
            if not all_cited & cited:
                rows.append(row)
                all_cited |= cited
                break
        else:
            rounds.append(([row], cited))
    return sorted(rounds, key=lambda each: -len(each[0]))
