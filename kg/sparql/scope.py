"""Which variables a part of a query can bind, and which properties it names.

The scope of variables is that of `SPARQL 1.1, section 18.2.1
<https://www.w3.org/TR/sparql11-query/#variableScope>`_.
"""

from kg.sparql.patterns import (
    Bind,
    Element,
    Filter,
    GraphPattern,
    Group,
    Minus,
    Optional,
    Path,
    Predicate,
    Select,
    TriplePattern,
    Union,
    Values,
    Variable,
)
from kg.terms import Iri


def column_names(select: Select) -> tuple[str, ...]:
    """Gives the names of a SELECT's columns in order; of all its variables for `*`."""
    if select.columns:
        return tuple(column.variable.name for column in select.columns if column.variable)
    return tuple(sorted(name for name in visible(select.where) if not name.startswith("_")))


def visible(group: Group) -> frozenset[str]:
    """Gives the variables that a group can bind, seen from outside."""
    names: set[str] = set()
    for element in group:
        names |= _bound_by(element)
    return frozenset(names)


def certainly_bound(group: Group) -> frozenset[str]:
    """Gives the variables that triple patterns, or data without gaps, of the group always bind."""
    names: set[str] = set()
    for element in group:
        if isinstance(element, TriplePattern | Group):
            names |= _bound_by(element) if isinstance(element, TriplePattern) else set()
            names |= certainly_bound(element) if isinstance(element, Group) else set()
        elif isinstance(element, Values):
            for position, variable in enumerate(element.variables):
                if all(row[position] is not None for row in element.rows):
                    names.add(variable.name)
        elif isinstance(element, Union):
            each = [certainly_bound(group) for group in element.groups]
            names |= frozenset.intersection(*each)
        elif isinstance(element, Select):
            plain = {column.variable.name for column in element.columns if column.variable}
            names |= certainly_bound(element.where) & (plain or visible(element.where))
    return frozenset(names)


def _bound_by(element: Element) -> set[str] | frozenset[str]:
    if isinstance(element, TriplePattern):
        places = (element.subject, element.predicate, element.object)
        return {place.name for place in places if isinstance(place, Variable)}
    if isinstance(element, Bind):
        return {element.variable.name}
    if isinstance(element, Values):
        return {variable.name for variable in element.variables}
    if isinstance(element, Optional):
        return visible(element.group)
    if isinstance(element, GraphPattern):
        name = {element.name.name} if isinstance(element.name, Variable) else set()
        return visible(element.group) | name
    if isinstance(element, Union):
        return frozenset().union(*(visible(group) for group in element.groups))
    if isinstance(element, Group):
        return visible(element)
    if isinstance(element, Select):
        return set(column_names(element))
    return set()


def predicates(group: Group) -> frozenset[Iri]:
    """Gives the properties that a group names anywhere, absences and sub-selects included."""
    found: set[Iri] = set()
    for element in group:
        if isinstance(element, TriplePattern):
            found |= _named(element.predicate)
        elif isinstance(element, Filter | Bind):
            for each in element.expression.exists:
                found |= predicates(each.group)
        elif isinstance(element, Optional | Minus | GraphPattern):
            found |= predicates(element.group)
        elif isinstance(element, Union):
            for branch in element.groups:
                found |= predicates(branch)
        elif isinstance(element, Group):
            found |= predicates(element)
        elif isinstance(element, Select):
            found |= predicates(element.where)
    return frozenset(found)


def _named(predicate: Predicate) -> frozenset[Iri]:
    if isinstance(predicate, Iri):
        return frozenset({predicate})
    if isinstance(predicate, Path):
        return frozenset().union(*(_named(part) for part in predicate.parts))
    return frozenset()
