"""Says why a row is not in an answer: what fails, what would have to be there, what is nearest."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.errors import CannotExplain
from kg.explain.cited import Statement, read_statements
from kg.explain.lower import Binding
from kg.explain.nearest import Nearest, days_of, nearest
from kg.explain.reasons import THE_DAY, Inquiry, Reason
from kg.explain.record import Record
from kg.explain.remainder import Remainder
from kg.explain.repairs import repairs_of
from kg.explain.words import Names
from kg.prefixes import Prefixes
from kg.sparql.patterns import Bind, Group, Query, Select
from kg.terms import XSD, Iri, Literal, Term


@dataclass(frozen=True)
class Period:
    """Days on which the row is there; `until` is the first without it, None for no end."""

    since: str
    until: str | None


@dataclass(frozen=True)
class WhyNot:
    """Why a row is not in an answer, or that it is there (`is_there`).

    Each of the `reasons` would do to keep it away; `nearest` is what the graph knows of the same
    things, and `periods` are the days on which the row is there, None where no day was asked
    about.
    """

    question: str
    asked: Mapping[str, Term]
    is_there: bool
    reasons: tuple[Reason, ...]
    nearest: tuple[Nearest, ...]
    periods: tuple[Period, ...] | None
    day: str | None
    statements: Mapping[Iri, Statement]
    names: Names
    certainty: str = ""


def why_not(
    record: Record,
    query: Query,
    wanted: Mapping[str, Term],
    prefixes: Prefixes,
    *,
    question: str,
    asked: Iterable[str] | None = None,
) -> WhyNot:
    """Says why no row of a SELECT's answer has the values wanted of its variables.

    `asked` are the columns that a person named, None for all that are wanted.
    Raises CannotExplain for a question that cannot be taken apart, naming what stands in the way.
    """
    refuse_what_cannot_be_taken_apart(query)
    engine = record.engine
    where = Group((*query.select.where, *_computed(query.select)))
    rest = Remainder(engine, where, wanted)
    repairs = repairs_of(rest)
    names = Names(engine, prefixes)
    is_there = any(each.is_none for each in repairs)
    day = rest.known.get(THE_DAY)
    on = day if isinstance(day, Literal) and day.datatype == XSD + "date" else None
    inquiry = Inquiry(record, names, rest, on)
    reasons = [] if is_there else [inquiry.reason(each) for each in repairs]
    things = inquiry.things
    widest = [each for each in things if not any(each < other for other in things)]
    near = dict.fromkeys(
        each for about in widest for each in nearest(engine, about, things[about], on)
    )
    periods = None
    if on is not None and not is_there:
        days = {day for about in things for day in days_of(engine, about)}
        days |= {each for repair in repairs for each in _dates(repair.solutions)}
        periods = _periods(rest, days, on.value)
    cited = [iri for reason in reasons for end in reason.ends for iri in end.statements]
    statements = read_statements(engine, dict.fromkeys((*cited, *(e.newest for e in near))))
    return WhyNot(
        question,
        {name: wanted[name] for name in (wanted if asked is None else asked)},
        is_there,
        tuple(reasons),
        tuple(near),
        periods,
        None if on is None else on.value,
        statements,
        names,
        str(repairs[0].solutions[0].get("certainty", "")) if is_there else "",
    )


def refuse_what_cannot_be_taken_apart(query: Query) -> None:
    """Raises CannotExplain for a question whose rows do not stand for one solution each."""
    select = query.select
    refused = {
        query.form: query.form != "SELECT",
        "FROM": bool(query.dataset),
        "GROUP BY": bool(select.group_by),
        "An aggregate": select.is_aggregate,
        "LIMIT": select.is_limited,
        "VALUES after the query": select.values is not None,
    }
    for construct, is_there in refused.items():
        if is_there:
            raise CannotExplain(
                f"{construct} cannot be taken apart into conditions that a row has to meet. Ask "
                "about a SELECT that gives every row and counts nothing."
            )


def _computed(select: Select) -> list[Bind]:
    return [
        Bind(column.expression, column.variable)
        for column in select.columns
        if column.expression and column.variable
    ]


def _dates(solutions: Iterable[Binding]) -> set[str]:
    return {
        term.value
        for solution in solutions
        for term in solution.values()
        if isinstance(term, Literal) and term.datatype == XSD + "date"
    }


def _periods(rest: Remainder, days: Iterable[str], on: str) -> tuple[Period, ...]:
    """Finds when the row is there, by asking on each day on which that can change."""
    asked = {day: datetime.date.fromisoformat(day) for day in {*days, on}}
    last = datetime.date.max
    dates = {each for day in asked.values() if day < last for each in (day, _next(day))}
    terms = [Literal(each.isoformat(), XSD + "date") for each in sorted(dates)]
    true = rest.when(THE_DAY, terms)
    periods: list[Period] = []
    since: str | None = None
    for term in terms:
        if term in true and since is None:
            since = term.value
        elif term not in true and since is not None:
            periods.append(Period(since, term.value))
            since = None
    return tuple([*periods, Period(since, None)] if since else periods)


def _next(day: datetime.date) -> datetime.date:
    return day + datetime.timedelta(1)
