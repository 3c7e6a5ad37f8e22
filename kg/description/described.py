"""The values that a description is made of."""

from dataclasses import dataclass, field
from typing import TypeAlias

from kg.explain.cited import Source
from kg.terms import BlankNode, Iri, Literal


@dataclass(frozen=True)
class Named:
    """A thing with its name in English, or its prefixed name where it has none."""

    iri: Iri
    label: str


Value: TypeAlias = Named | Literal | BlankNode


@dataclass(frozen=True)
class Said:
    """What is said of a thing by one property; `is_derived` if rules or bounds of dates say it."""

    property: Named
    values: tuple[Value, ...]
    is_derived: bool = False


@dataclass(frozen=True)
class Incoming:
    """The first of the things that refer to a thing by one property, and how many do in all."""

    property: Named
    things: tuple[Named, ...]
    count: int


@dataclass(frozen=True)
class Account:
    """What one source says where another says otherwise, and since when that could be known."""

    statement: Named
    said: str
    known_from: str
    publisher: str


@dataclass(frozen=True)
class Difference:
    """Two accounts of the same, with the kind of difference and why one is preferred."""

    preferred: Account
    other: Account
    kind: str
    reason: str


@dataclass(frozen=True)
class Occasion:
    """An event, or a span of time, in the history of a state or an organisation.

    `end` is the first day after, and empty if it has not ended or is a single act. Dates are as
    precise as their source. `other_accounts` are statements that are preferred over this one,
    or that it is preferred over, as `is_set_aside` tells, named by their dates.
    """

    thing: Named
    date: str
    end: str
    is_span: bool
    known_from: str
    other_accounts: tuple[Named, ...] = ()
    is_set_aside: bool = False


@dataclass(frozen=True)
class Description:
    """What the graph says of a thing.

    `dates` say when it was so, `known_from` when it could be known. `names` are its names in
    other languages; `matches` are the same thing elsewhere, such as in Wikidata.
    """

    thing: Named
    definition: Literal | None = None
    kinds: tuple[Named, ...] = ()
    statements: tuple[Said, ...] = ()
    names: tuple[Literal, ...] = ()
    dates: tuple[Said, ...] = ()
    known_from: str = ""
    sources: tuple[Source, ...] = ()
    matches: tuple[Named, ...] = ()
    incoming: tuple[Incoming, ...] = ()
    history: tuple[Occasion, ...] = ()
    differences: tuple[Difference, ...] = field(default=())
