"""Memberships by plain Python over the events: no SPARQL, no rules, the same answers.

The events are read from the Turtle files by rdflib; the effects of types are written down here
once more, so that a slip in the taxonomy shows.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import rdflib

BEGINS = {"founding", "accession", "partnership-joining", "succession"}
ENDS = {"status-end", "withdrawal", "expulsion"}
KG = rdflib.Namespace("https://w3id.org/alliance-kg/ontology#")
DATE = rdflib.URIRef("http://purl.org/dc/terms/date")


@dataclass(frozen=True)
class Event:
    """A membership event as the oracle sees it."""

    iri: str
    state: str
    organisation: str
    type: str
    first: datetime.date
    last: datetime.date


@dataclass(frozen=True)
class Membership:
    """A membership: certain from `begins.last` until `ends.first`.

    It is possible from `begins.first` until `ends.last`. An end is the first day outside.
    """

    begins: Event
    ends: Event | None

    def certain_on(self, day: datetime.date) -> bool:
        """Whether the state was certainly a member on the day."""
        return self.begins.last <= day and (self.ends is None or self.ends.first > day)

    def possible_on(self, day: datetime.date) -> bool:
        """Whether the state may have been a member on the day, certainly or not."""
        return self.begins.first <= day and (self.ends is None or self.ends.last > day)

    def certainty_on(self, day: datetime.date) -> str | None:
        """Whether it is certain or merely possible that the state was a member, if either."""
        if not self.possible_on(day):
            return None
        return "certain" if self.certain_on(day) else "possible"


def read_events(folder: Path, known_on: datetime.date | None = None) -> list[Event]:
    """Reads the events of graph/organisations that were not set aside.

    With `known_on` those that were known on the day: an act from its own last day, an account
    that was set aside and is no revision not before the preferred one. What is set aside by a
    statement that was not known stands. A correction's publication is not looked at.
    """
    graph = _parsed(folder)
    events = []
    known = {
        node
        for node in graph.subjects(rdflib.RDF.type, KG.MembershipEvent)
        if known_on is None or _known_from(graph, node) <= known_on
    }
    set_aside = {
        graph_object for node in known for graph_object in graph.objects(node, KG.preferredOver)
    }
    for node in known - set_aside:
        date = graph.value(node, KG.effectiveDate) or graph.value(node, DATE)
        first, last = first_and_last_day(str(date))
        events.append(
            Event(
                str(node),
                str(graph.value(node, KG.state)),
                str(graph.value(node, KG.organisation)),
                str(graph.value(node, KG.eventType)).rpartition("/")[2],
                first,
                last,
            )
        )
    return sorted(events, key=lambda event: (event.first, event.iri))


@cache
def _parsed(folder: Path) -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in sorted(folder.glob("*.ttl")):
        graph.parse(path)
    return graph


def _known_from(graph: rdflib.Graph, node: rdflib.term.Node) -> datetime.date:
    accounts = [node]
    if not str(graph.value(node, KG.differsIn)).endswith("/revision"):
        accounts += graph.subjects(KG.preferredOver, node)
    return max(first_and_last_day(str(graph.value(each, DATE)))[1] for each in accounts)


def memberships(events: Iterable[Event]) -> Iterator[Membership]:
    """Pairs each event that begins a membership with the first that ends it."""
    known = list(events)
    for begin in known:
        if begin.type in BEGINS:
            ends = [
                event
                for event in known
                if event.type in ENDS
                and (event.state, event.organisation) == (begin.state, begin.organisation)
                and event.last > begin.first
            ]
            yield Membership(begin, min(ends, key=lambda event: event.first, default=None))


def first_and_last_day(text: str) -> tuple[datetime.date, datetime.date]:
    """Gives the days that a date of a year, a month or a day can mean."""
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        day = datetime.date(*parts)
        return day, day
    first = datetime.date(parts[0], parts[1] if len(parts) == 2 else 1, 1)
    months = 1 if len(parts) == 2 else 12
    year, month = divmod(first.month - 1 + months, 12)
    return first, datetime.date(first.year + year, month + 1, 1) - datetime.timedelta(days=1)
