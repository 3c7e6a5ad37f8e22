"""Which row a person means: values of columns, as they are typed, become terms.

A column of things takes a name of a thing, and so does one of the names of things; any other
takes its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kg.engine import Engine, select
from kg.errors import AmbiguousName, UnknownName, did_you_mean
from kg.explain.conditions import GROUP, STAR, Condition, take_apart
from kg.sparql.patterns import Group, Optional, Query, TriplePattern, Variable
from kg.sparql.scope import column_names
from kg.sparql.writer import write_group
from kg.terms import XSD, Iri, Literal, Term
from kg.things import ANYTHING, Things

_LABEL: Final = Iri("http://www.w3.org/2000/01/rdf-schema#label")
_DATES: Final = {4: "gYear", 7: "gYearMonth", 10: "date"}
_SAMPLE: Final = 200


def wanted_terms(
    engine: Engine, query: Query, things: Things, where: Mapping[str, str]
) -> dict[str, Term]:
    """Gives the terms that values of columns stand for, and those of the things so named.

    Raises UnknownName for a column or a thing that is not there, with the nearest.
    """
    columns = column_names(query.select)
    stars = list(_stars(query.select.where))
    whole = Condition(GROUP, tuple(query.select.where))
    found: dict[str, Term] = {}
    for column, value in where.items():
        refuse_unknown_column(column, columns)
        named = _named_by(column, stars)
        if named and named not in where:
            try:
                thing = _thing(value, _values(engine, named, stars), things)
            except AmbiguousName:  # several are called so, and any of them will do
                found[column] = _term(engine, column, stars, value, things)
                continue
            found[named] = thing
            found[column] = _label_of(engine, thing) or Literal(value)
        else:
            known = stars if any(column in star.variables for star in stars) else [whole]
            found[column] = _term(engine, column, known, value, things)
    return found


def refuse_unknown_column(column: str, columns: Sequence[str]) -> None:
    """Raises UnknownName for a column that an answer does not have, with the nearest."""
    if column not in columns:
        raise UnknownName(
            f'The answer has no column "{column}".{did_you_mean(column, columns)} Its '
            f"columns are {', '.join(columns)}."
        )


def _term(engine: Engine, column: str, stars: list[Condition], text: str, things: Things) -> Term:
    """Gives the term that a text stands for in a column."""
    values = _values(engine, column, stars)
    if any(isinstance(each, Iri) for each in values):
        return _thing(text, values, things)
    same = f"FILTER(LCASE(STR(?{column})) = {Literal(text.lower()).n3()})"
    for each in _values(engine, column, stars, same):
        return each
    like = next((each for each in values if isinstance(each, Literal)), Literal(""))
    datatype = like.datatype
    if datatype.removeprefix(XSD) in _DATES.values():
        datatype = XSD + _DATES.get(len(text), "date")
    return Literal(text, datatype, like.language)


def _thing(name: str, values: list[Term], things: Things) -> Iri:
    """Finds a thing by its name, among those of the one kind that there are, or by its IRI."""
    return things.find(name, kind=ANYTHING if ":" in name else _kind(values, things))


def _kind(values: list[Term], things: Things) -> str:
    kinds = {things.prefixes.kind(each) for each in values if isinstance(each, Iri)}
    only = next(iter(kinds)) if len(kinds) == 1 else None
    return only or ANYTHING


def _values(engine: Engine, name: str, stars: list[Condition], condition: str = "") -> list[Term]:
    """Gives values that a variable can have, as far as the patterns about it alone tell."""
    for star in stars:
        if name in star.variables:
            group = f"{{ {write_group(star.elements)} {condition} }}"
            text = f"SELECT DISTINCT ?{name} WHERE {group} LIMIT {_SAMPLE}"
            return [row[0] for row in select(engine, text).rows if row[0] is not None]
    return []


def _named_by(column: str, stars: list[Condition]) -> str:
    """Gives the variable of the things whose names stand in a column."""
    for star in stars:
        for pattern in star.patterns:
            subject = pattern.subject
            is_label = pattern.predicate == _LABEL and pattern.object == Variable(column)
            if is_label and isinstance(subject, Variable):
                return subject.name
    return ""


def _label_of(engine: Engine, thing: Iri) -> Term | None:
    text = f"SELECT ?label WHERE {{ {thing.n3()} {_LABEL.n3()} ?label }} ORDER BY ?label"
    rows = select(engine, text).rows
    return rows[0][0] if rows else None


def _stars(where: Group) -> Iterator[Condition]:
    """Gives the stars of a pattern, those of parts that need not be there last."""
    yield from (each for each in take_apart(where).conditions if each.kind == STAR)
    for element in where:
        if isinstance(element, Optional):
            patterns = Group(tuple(e for e in element.group if isinstance(e, TriplePattern)))
            yield from take_apart(patterns).conditions
