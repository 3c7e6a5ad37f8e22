"""Puts terms and other variables in the place of variables, all through a group."""

from collections.abc import Mapping
from dataclasses import replace

from kg.sparql.patterns import (
    Bind,
    Column,
    Element,
    Exists,
    Expression,
    Filter,
    GraphPattern,
    Group,
    Minus,
    Optional,
    Path,
    Place,
    Predicate,
    Select,
    TriplePattern,
    Union,
    Values,
    Variable,
)
from kg.sparql.scope import column_names, visible
from kg.terms import Iri

Places = Mapping[str, Place]


def substitute(group: Group, places: Places) -> Group:
    """Puts terms or variables in the place of a group's variables.

    A variable that a term replaces and that BIND, VALUES or a sub-select give a value to keeps
    its name there: it is another one.
    """
    return Group(tuple(_element(element, places) for element in group))


def _element(element: Element, places: Places) -> Element:
    if isinstance(element, TriplePattern):
        return TriplePattern(
            _place(element.subject, places),
            _predicate(element.predicate, places),
            _place(element.object, places),
        )
    if isinstance(element, Filter):
        return Filter(_expression(element.expression, places))
    if isinstance(element, Bind):
        variable = _place(element.variable, places)
        kept = variable if isinstance(variable, Variable) else element.variable
        return Bind(_expression(element.expression, places), kept)
    if isinstance(element, Values):
        names = (_place(variable, places) for variable in element.variables)
        pairs = zip(names, element.variables, strict=True)
        variables = tuple(new if isinstance(new, Variable) else old for new, old in pairs)
        return replace(element, variables=variables)
    if isinstance(element, Optional | Minus | GraphPattern):
        return replace(element, group=substitute(element.group, places))
    if isinstance(element, Union):
        return Union(tuple(substitute(group, places) for group in element.groups))
    if isinstance(element, Select):
        return _select(element, places)
    return substitute(element, places)


def _select(select: Select, places: Places) -> Select:
    """Goes into a sub-select for the columns that it shows: its other variables are its own."""
    shown = {name: place for name, place in places.items() if name in column_names(select)}
    renamed = {name: place for name, place in shown.items() if isinstance(place, Variable)}
    hidden = visible(select.where) - set(column_names(select))
    taken = {place.name for place in renamed.values() if isinstance(place, Variable)}
    apart: dict[str, Place] = {name: Variable(f"{name}_") for name in hidden & taken}
    inside = {**apart, **renamed}
    return replace(
        select,
        columns=tuple(_column(column, inside) for column in select.columns),
        where=substitute(select.where, inside),
        group_by=tuple(_column(column, inside) for column in select.group_by),
        having=_expression(select.having, inside) if select.having else None,
        after=tuple(_token(token, inside) for token in select.after),
    )


def _column(column: Column, places: Places) -> Column:
    variable = _place(column.variable, places) if column.variable else None
    return Column(
        variable if isinstance(variable, Variable) else column.variable,
        _expression(column.expression, places) if column.expression else None,
    )


def _expression(expression: Expression, places: Places) -> Expression:
    return Expression(
        tuple(
            Exists(substitute(token.group, places), token.is_negated)
            if isinstance(token, Exists)
            else _token(token, places)
            for token in expression.tokens
        )
    )


def _token(token: str, places: Places) -> str:
    return places[token[1:]].n3() if token[0] == "?" and token[1:] in places else token


def _place(place: Place, places: Places) -> Place:
    return places.get(place.name, place) if isinstance(place, Variable) else place


def _predicate(predicate: Predicate, places: Places) -> Predicate:
    if isinstance(predicate, Path):
        parts = tuple(_predicate(part, places) for part in predicate.parts)
        return replace(predicate, parts=parts)
    place = _place(predicate, places)
    return place if isinstance(place, Variable | Iri) else predicate
