"""Memberships of every organisation on any day, certain and possible, against the oracle.

A parameter that is a thing is left open (UNDEF), so that one query answers for all organisations,
and the stored query's text is asked for its rows in one text a day and certainty: making terms of
six hundred rows takes longer than finding them. Shared memberships are asked for one state and
all others.
"""

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Event, Membership, memberships, read_events

import kg
from kg.engine import Engine, select
from kg.terms import XSD, Iri, Literal, Term

ONE_DAY = datetime.timedelta(days=1)
DAYS = st.dates(datetime.date(1940, 1, 1), datetime.date(2030, 12, 31))
COMPARED = {
    "members": ("member", "organisation"),
    "organisations-of": ("state", "organisation"),
    "shared-memberships": ("second", "organisation"),
}
"""The stored queries, and what of each row is compared beside its certainty."""

Rows = Counter[tuple[str, str, str]]
"""State, organisation and certainty, each with the number of rows that say so."""


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return read_events(ROOT / "graph" / "organisations")


@pytest.fixture(scope="module")
def expected(events: list[Event]) -> list[Membership]:
    return list(memberships(events))


@pytest.fixture(scope="module")
def boundaries(events: list[Event]) -> dict[datetime.date, str]:
    """Every first and last possible day of every event, the days around it, and its state."""
    return {
        day + step * ONE_DAY: event.state
        for event in events
        for day in (event.first, event.last)
        for step in (-1, 0, 1)
    }


def members_on(found: Iterable[Membership], day: datetime.date) -> Rows:
    """Gives who was a member of what on a day, by the oracle."""
    return Counter(
        (each.begins.state, each.begins.organisation, certainty)
        for each in found
        if (certainty := each.certainty_on(day))
    )


def shared_on(found: Iterable[Membership], state: str, day: datetime.date) -> Rows:
    """Gives who was together with a state in what on a day, by the oracle."""
    members = members_on(found, day)
    own = [each for each in members.elements() if each[0] == state]
    return Counter(
        (
            other,
            organisation,
            "certain" if {certainty, own_certainty} == {"certain"} else "possible",
        )
        for _, own_organisation, own_certainty in own
        for other, organisation, certainty in members.elements()
        if organisation == own_organisation
    )


def answered(
    graph: kg.Graph, engine: Engine, name: str, days: Sequence[datetime.date], state: str = ""
) -> dict[datetime.date, Rows]:
    """Gives the rows of a stored query on some days; `state` is the first of those that share."""
    query = graph.asker.stored_query(name)
    values: dict[str, Term | None] = {parameter.name: None for parameter in query.parameters}
    first, *others = (Literal(day.isoformat(), XSD + "date") for day in days)
    values |= {"on": first} | ({"first": Iri(state)} if state else {})
    text = query.bind(values)
    written = f'"{first}"^^xsd:date'
    several = " ".join(f'"{day}"^^xsd:date' for day in (first, *others))
    start, end = text.index("SELECT"), text.index("WHERE {")
    body = text[end : text.index("ORDER BY")].replace(written, several)
    who, what = COMPARED[name]
    row = f'CONCAT(STR(?{who}), " ", STR(?{what}))'
    asked = (
        f'{text[:start]}SELECT ?on ?certainty (GROUP_CONCAT({row}; SEPARATOR="|") AS ?rows)\n'
        f"{body}GROUP BY ?on ?certainty"
    )
    found = {day: Counter[tuple[str, str, str]]() for day in days}
    for on, certainty, rows in select(engine, asked).rows:
        for each in str(rows).split("|") if rows else ():  # rdflib has a row of nothing for none
            someone, organisation = each.split(" ")
            found[datetime.date.fromisoformat(str(on))][someone, organisation, str(certainty)] += 1
    return found


def in_parts(days: Iterable[datetime.date], size: int = 50) -> list[list[datetime.date]]:
    """Gives days in order, as many at once as one query is asked about."""
    ordered = sorted(days)
    return [ordered[start : start + size] for start in range(0, len(ordered), size)]


@pytest.mark.parametrize("name", ["members", "organisations-of"])
def test_members_around_every_boundary_are_the_oracles(
    graph: kg.Graph,
    expected: list[Membership],
    boundaries: Mapping[datetime.date, str],
    name: str,
) -> None:
    for days in in_parts(boundaries):
        for day, rows in answered(graph, graph.engine, name, days).items():
            assert rows == members_on(expected, day), day


def test_shared_memberships_around_every_boundary_are_the_oracles(
    graph: kg.Graph, expected: list[Membership], boundaries: Mapping[datetime.date, str]
) -> None:
    seen = set()
    for state in sorted(set(boundaries.values())):
        own = [day for day in boundaries if boundaries[day] == state]
        for days in in_parts(own):
            answers = answered(graph, graph.engine, "shared-memberships", days, state)
            for day, rows in answers.items():
                assert rows == shared_on(expected, state, day), (state, day)
                seen.update(organisation for _, organisation, _ in rows)
    assert seen == {each.begins.organisation for each in expected}


@settings(max_examples=300, derandomize=True, deadline=None)
@given(day=DAYS)
def test_members_on_any_day_are_the_oracles(
    graph: kg.Graph, expected: list[Membership], day: datetime.date
) -> None:
    wanted = members_on(expected, day)
    assert answered(graph, graph.engine, "members", [day])[day] == wanted
    assert answered(graph, graph.engine, "organisations-of", [day])[day] == wanted


@settings(max_examples=300, derandomize=True, deadline=None)
@given(data=st.data(), day=DAYS)
def test_shared_memberships_on_any_day_are_the_oracles(
    graph: kg.Graph, expected: list[Membership], data: st.DataObject, day: datetime.date
) -> None:
    state = data.draw(st.sampled_from(sorted({each.begins.state for each in expected})))
    rows = answered(graph, graph.engine, "shared-memberships", [day], state)[day]
    assert rows == shared_on(expected, state, day)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(day=DAYS)
def test_no_membership_is_both_certain_and_merely_possible(
    graph: kg.Graph, day: datetime.date
) -> None:
    rows = answered(graph, graph.engine, "members", [day])[day]
    pairs = {certainty: set() for certainty in ("certain", "possible")}
    for state, organisation, certainty in rows:
        pairs[certainty].add((state, organisation))
    assert pairs["certain"].isdisjoint(pairs["possible"])


@pytest.mark.parametrize("name", COMPARED)
def test_on_the_day_before_the_graph_begins_there_are_no_rows(
    graph: kg.Graph, events: list[Event], name: str
) -> None:
    eve = min(event.first for event in events) - ONE_DAY
    rows = answered(graph, graph.engine, name, [eve, eve + ONE_DAY])
    assert not rows[eve]
    assert rows[eve + ONE_DAY]


@pytest.mark.parametrize("name", ["members", "organisations-of"])
def test_rdflib_gives_the_oracles_members(
    rdflib_graph: kg.Graph,
    expected: list[Membership],
    boundaries: Mapping[datetime.date, str],
    name: str,
) -> None:
    days = sorted(boundaries)[:: len(boundaries) // 25]
    for day in days:
        rows = answered(rdflib_graph, rdflib_graph.engine, name, [day])[day]
        assert rows == members_on(expected, day), day


def test_rdflib_gives_the_oracles_shared_memberships(
    rdflib_graph: kg.Graph, expected: list[Membership]
) -> None:
    """On days within the months of a founding and of an end, and on one that all know."""
    state = "https://w3id.org/alliance-kg/state/turkey"
    days = [datetime.date(1979, 3, 5), datetime.date(1979, 7, 1), datetime.date(2006, 6, 15)]
    answers = answered(rdflib_graph, rdflib_graph.engine, "shared-memberships", days, state)
    for day, rows in answers.items():
        assert rows == shared_on(expected, state, day), day
