"""The clocks of a question: which day it is about, what was known when, what counts as joining.

They are independent. Who belonged to NATO on 1 January 2024 (`on`), as far as could be known on
12 October 2022 (`known_on`), if a signed protocol were enough (`joined_by`)?
"""

import datetime
from dataclasses import dataclass
from typing import Final

from kg.dates import parse_day, today
from kg.errors import UnknownName, did_you_mean
from kg.terms import Iri, Literal

IN_FORCE: Final = "in-force"
STAGES: Final = (IN_FORCE, "signed", "deposited", "invited")
"""The stages that can count as joining: the concepts of ontology/taxonomy/joining-stage.ttl."""
VIEWS: Final = "https://w3id.org/alliance-kg/view/"
"""Where the IRIs of views begin."""

Day = str | datetime.date | None
"""A day as people give it: a date, text such as 2022-10-12 or today, or nothing."""


@dataclass(frozen=True)
class Clocks:
    """What a question is asked as of.

    `on` is the day it is about where it names none itself, `known_on` the day whose knowledge
    answers it (None is all there is), `joined_by` one of STAGES.
    """

    on: Literal | None = None
    known_on: Literal | None = None
    joined_by: str = IN_FORCE

    @property
    def are_plain(self) -> bool:
        """Whether the graph itself answers, as all that is known and with members in force."""
        return self.known_on is None and self.joined_by == IN_FORCE

    @property
    def path(self) -> str:
        """The last part of the view's IRI: known-on/2022-10-12/joined-by/signed."""
        known = [] if self.known_on is None else ["known-on", self.known_on.value]
        joined = [] if self.joined_by == IN_FORCE else ["joined-by", self.joined_by]
        return "/".join([*known, *joined])

    @property
    def view(self) -> Iri | None:
        """The IRI of the view that answers; None for the graph itself."""
        return None if self.are_plain else Iri(VIEWS + self.path)

    @property
    def day_view(self) -> Iri:
        """The IRI of the graph with the plain relations of the day."""
        day = self.on or today()
        return Iri(VIEWS + "/".join([*filter(None, [self.path]), "on", day.value]))

    @property
    def options(self) -> str:
        """The view as options of the command line: --known-on 2022-10-12."""
        known = "" if self.known_on is None else f"--known-on {self.known_on.value}"
        joined = "" if self.joined_by == IN_FORCE else f"--joined-by {self.joined_by}"
        return f"{known} {joined}".strip()


def read_clocks(on: Day = None, known_on: Day = None, joined_by: str = IN_FORCE) -> Clocks:
    """Gives clocks as a person sets them; raises InvalidValue or UnknownName.

    >>> read_clocks(known_on="2022-10-12", joined_by="signed").path
    'known-on/2022-10-12/joined-by/signed'
    """
    if joined_by not in STAGES:
        raise UnknownName(
            f'No stage of joining is called "{joined_by}", given for --joined-by.'
            f"{did_you_mean(joined_by, STAGES)} The stages are {', '.join(STAGES)}."
        )
    return Clocks(_day(on, "--on"), _day(known_on, "--known-on"), joined_by)


def clocks_of(view: Iri) -> Clocks:
    """Gives the clocks that the IRI of a view names; raises UnknownName for another IRI.

    >>> clocks_of(Iri(VIEWS + "known-on/2022-10-12")).options
    '--known-on 2022-10-12'
    """
    words = view.value.removeprefix(VIEWS).split("/")
    named = dict(zip(words[::2], words[1::2], strict=False))
    known = {"on", "known-on", "joined-by"}
    clocks = None
    if view.value.startswith(VIEWS) and named and named.keys() <= known:
        clocks = read_clocks(
            named.get("on"), named.get("known-on"), named.get("joined-by", IN_FORCE)
        )
    if clocks is None or view not in (clocks.view, clocks.day_view):
        raise UnknownName(
            f"No view is called {view.value}. A view is {VIEWS}known-on/DAY, with /joined-by/STEP "
            f"or /on/DAY after it, or {VIEWS}on/DAY."
        )
    return clocks


def _day(day: Day, where: str) -> Literal | None:
    return None if day is None else parse_day(str(day), where=where)
