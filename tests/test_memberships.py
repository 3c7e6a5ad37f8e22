"""Derived memberships against a brute-force oracle, and against published counts."""

import datetime
import random
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph
import pytest
from conftest import ROOT
from oracle import Event, Membership, memberships, read_events

import kg
from kg.documents import read_turtle
from kg.engine import select
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.project import locate
from kg.rules import derive
from kg.sparql_file import SparqlFolder

ENLARGEMENTS = {
    "1949-08-24": (0, 12),
    "1952-02-18": (12, 14),
    "1955-05-06": (14, 15),
    "1982-05-30": (15, 16),
    "1999-03-12": (16, 19),
    "2004-03-29": (19, 26),
    "2009-04-01": (26, 28),
    "2017-06-05": (28, 29),
    "2020-03-27": (29, 30),
    "2023-04-04": (30, 31),
    "2024-03-07": (31, 32),
}
"""NATO's members before and from each day on which it grew (nato.int, member countries)."""

_PAIRS = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
PREFIX org: <http://www.w3.org/ns/org#>
SELECT ?begin ?end {
  ?membership a org:Membership ; kg:beganWith ?begin .
  OPTIONAL { ?membership kg:endedWith ?end }
}
"""


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return read_events(ROOT / "graph" / "organisations")


@pytest.fixture(scope="module")
def expected(events: list[Event]) -> list[Membership]:
    return list(memberships(events))


def pairs(engine: OxigraphEngine) -> set[tuple[str, str]]:
    return {(str(begin), str(end or "")) for begin, end in select(engine, _PAIRS).rows}


def expected_pairs(found: list[Membership]) -> set[tuple[str, str]]:
    return {(each.begins.iri, each.ends.iri if each.ends else "") for each in found}


@pytest.mark.parametrize("day", ENLARGEMENTS)
def test_nato_grows_on_the_day_of_each_enlargement(graph: kg.Graph, day: str) -> None:
    day_before = datetime.date.fromisoformat(day) - datetime.timedelta(days=1)
    before = len(graph.query("members", organisation="NATO", on=day_before))
    after = len(graph.query("members", organisation="NATO", on=day))
    assert (before, after) == ENLARGEMENTS[day]


def test_rules_derive_what_the_oracle_derives(graph: kg.Graph, expected: list[Membership]) -> None:
    assert pairs(graph.engine) == expected_pairs(expected)  # type: ignore[arg-type]


def interesting_days(events: list[Event]) -> Iterator[tuple[str, datetime.date]]:
    """Gives, for each organisation, the days around each event and some random ones."""
    chance = random.Random(20221012)
    one = datetime.timedelta(days=1)
    for organisation in sorted({event.organisation for event in events}):
        own = [event for event in events if event.organisation == organisation]
        around = {
            day + step
            for event in own
            for day in (event.first, event.last)
            for step in (-one, 0 * one, one)
        }
        anywhere = {datetime.date(1945, 1, 1) + one * chance.randrange(30_000) for _ in range(10)}
        days = sorted(around | anywhere)
        yield from ((organisation, day) for day in chance.sample(days, min(len(days), 40)))


def test_members_on_a_day_are_the_oracles(
    graph: kg.Graph, events: list[Event], expected: list[Membership]
) -> None:
    for organisation, day in interesting_days(events):
        table = graph.query("members", certainty="certain", organisation=organisation, on=day)
        wanted = {
            each.begins.state
            for each in expected
            if each.begins.organisation == organisation and each.certain_on(day)
        }
        assert set(table.column("member")) == wanted, (organisation, day)


def test_a_successor_takes_over_a_seat_without_being_counted_twice(graph: kg.Graph) -> None:
    for organisation, day, successor, predecessor in (
        ("UN", "1991-12-23", "Russia", "Soviet Union"),
        ("UN", "2006-06-02", "Serbia", "Serbia and Montenegro"),
        ("UN", "1990-05-21", "Yemen", "Yemen Arab Republic"),
        ("Council of Europe", "2005-01-01", "Serbia", "Serbia and Montenegro"),
    ):
        names = graph.query("members", organisation=organisation, on=day).column("name")
        assert predecessor in names
        assert successor not in names
    names = graph.query("members", organisation="UN", on="2006-06-03").column("name")
    assert "Serbia" in names
    assert "Serbia and Montenegro" not in names


PREFERRED = pyoxigraph.NamedNode("https://w3id.org/alliance-kg/ontology#preferredOver")


def without(store: pyoxigraph.Store, event: Event) -> pyoxigraph.Store:
    """Gives a copy of a store without an event and without what was set aside for it."""
    node = pyoxigraph.NamedNode(event.iri)
    gone = {node, *(quad.object for quad in store.quads_for_pattern(node, PREFERRED, None))}
    return _store(quad for quad in store if not gone & {quad.subject, quad.object})


def _store(quads: object) -> pyoxigraph.Store:
    store = pyoxigraph.Store()
    store.bulk_extend(quads)  # type: ignore[arg-type]
    return store


WITH_EVENTS = [
    path.stem
    for path in sorted((ROOT / "graph" / "organisations").glob("*.ttl"))
    if "a kg:MembershipEvent" in path.read_text(encoding="utf-8")
]


def test_an_application_and_an_invitation_of_one_day_make_one_candidacy(
    working_copy: Path,
) -> None:
    file = working_copy / "graph" / "organisations" / "nato.ttl"
    text = file.read_text(encoding="utf-8")
    invited = text.index("event:nato-sweden-invitation a")
    date = text.index("2022-06-29", invited)
    file.write_text(text[:date] + "2022-05-18" + text[date + 10 :], encoding="utf-8")
    graph = kg.open(working_copy, engine="memory")
    for day in ("2022-10-12", "2022-05-18"):
        names = graph.query("candidates", organisation="NATO", on=day).column("name")
        assert names.count("Sweden") == 1
    file.write_text(file.read_text("utf-8").replace("2024-03-07", "2034-03-07"), encoding="utf-8")
    names = kg.open(working_copy, engine="memory").query("candidates").column("name")
    assert names.count("Sweden") == 1


@pytest.mark.parametrize("organisation", WITH_EVENTS)
def test_a_mutation_of_one_event_changes_exactly_the_memberships_it_should(
    organisation: str, events: list[Event]
) -> None:
    """Takes out each of up to twenty-five events of the organisation in turn."""
    project = locate()
    rules = SparqlFolder(project.rules)
    taxonomy = project.ontology / "taxonomy" / "membership-event-type.ttl"
    file = project.graph / "organisations" / f"{organisation}.ttl"
    bounds = project.ontology / "core.ttl"
    asserted = _store(read_turtle([file, taxonomy, bounds]))
    own = [event for event in events if event.organisation.endswith(f"/{organisation}")]
    steps = [event for event in own if event.type not in ("ratification", "ratification-deposit")]
    for event in random.Random(1949).sample(steps, min(len(steps), 25)):
        store = without(asserted, event)
        derive(store, rules)
        others = [other for other in own if other.iri != event.iri]
        assert pairs(OxigraphEngine(store)) == expected_pairs(list(memberships(others))), event.iri
