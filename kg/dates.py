"""Dates as precise as their source, and the days between which they lie.

A source that says "1949" is stored as an xsd:gYear and can mean any of 365 days. Engines
disagree on comparing dates of different types, so each date gets a first and a last possible
day, both xsd:date and both inclusive, which every engine compares alike.
"""

import datetime
import re
from typing import Final

from kg.errors import InvalidValue
from kg.terms import XSD, Literal

_FORMS: Final = {
    XSD + "date": r"(\d{4})-(\d{2})-(\d{2})",
    XSD + "gYearMonth": r"(\d{4})-(\d{2})",
    XSD + "gYear": r"(\d{4})",
}


def bounds(date: Literal) -> tuple[Literal, Literal] | None:
    """Gives the first and the last day that a date can mean; None if it is no date.

    Dates with a time zone and years outside 1 to 9999 are no dates here.

    >>> [day.value for day in bounds(Literal("1991-02", XSD + "gYearMonth"))]
    ['1991-02-01', '1991-02-28']
    """
    form = _FORMS.get(date.datatype)
    match = re.fullmatch(form, date.value, re.ASCII) if form else None
    if match is None:
        return None
    year, month, day = (*map(int, match.groups()), None, None)[:3]
    try:
        first = datetime.date(year or 0, month or 1, day or 1)
    except ValueError:
        return None
    last = first if day else _last_of_month(first.replace(month=month or 12))
    return _day(first), _day(last)


def parse_day(text: str, *, where: str) -> Literal:
    """Reads a day as a person types it: 2022-10-12, or the word today.

    Raises InvalidValue for anything else; `where` names the option or parameter.
    """
    if text.strip().lower() == "today":
        return today()
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text.strip()):
            return _day(datetime.date.fromisoformat(text.strip()))
    except ValueError as error:
        raise InvalidValue(
            f'"{text}" is not a day of the calendar ({error}), given for {where}. '
            "Write it as year-month-day, for example 2022-10-12."
        ) from error
    raise InvalidValue(
        f'"{text}" is not a date, given for {where}. '
        "Write it as year-month-day, for example 2022-10-12, or as today."
    )


def today() -> Literal:
    """Gives the day it is, by the machine's clock."""
    return _day(datetime.date.today())


def _last_of_month(day: datetime.date) -> datetime.date:
    early_next_month = day.replace(day=28) + datetime.timedelta(days=4)
    return early_next_month - datetime.timedelta(days=early_next_month.day)


def _day(day: datetime.date) -> Literal:
    return Literal(day.isoformat(), XSD + "date")
