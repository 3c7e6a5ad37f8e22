"""Writes patterns as SPARQL, with all IRIs in full so that no prefix is needed."""

from collections.abc import Iterable

from kg.sparql.patterns import (
    Bind,
    Column,
    Element,
    Exists,
    Expression,
    Filter,
    GraphPattern,
    Minus,
    Optional,
    Path,
    Predicate,
    Query,
    Select,
    TriplePattern,
    Union,
    Values,
)


def write_query(query: Query) -> str:
    """Gives a query's SPARQL text."""
    dataset = " ".join(query.dataset)
    rest = f"{dataset} WHERE {write_group(query.select.where)} {_after(query.select)}"
    if query.form == "SELECT":
        return f"{_projection(query.select)} {rest}"
    if query.form == "CONSTRUCT":
        return f"CONSTRUCT {{ {' '.join(map(write_element, query.template))} }} {rest}"
    if query.form == "DESCRIBE":
        return f"DESCRIBE {' '.join(each.n3() for each in query.described) or '*'} {rest}"
    return f"ASK {rest}"


def write_select(select: Select) -> str:
    """Gives a SELECT's SPARQL text."""
    return f"{_projection(select)} WHERE {write_group(select.where)} {_after(select)}"


def write_group(group: Iterable[Element]) -> str:
    """Gives a group with its braces."""
    return f"{{ {' '.join(map(write_element, group))} }}"


def write_element(element: Element) -> str:
    """Gives one element of a group."""
    if isinstance(element, TriplePattern):
        places = (element.subject.n3(), write_predicate(element.predicate), element.object.n3())
        return " ".join(places) + " ."
    if isinstance(element, Filter):
        return f"FILTER({write_expression(element.expression)})"
    if isinstance(element, Bind):
        return f"BIND({write_expression(element.expression)} AS {element.variable.n3()})"
    if isinstance(element, Values):
        return f"VALUES {write_values(element)}"
    if isinstance(element, Optional):
        return f"OPTIONAL {write_group(element.group)}"
    if isinstance(element, Minus):
        return f"MINUS {write_group(element.group)}"
    if isinstance(element, GraphPattern):
        return f"GRAPH {element.name.n3()} {write_group(element.group)}"
    if isinstance(element, Union):
        return " UNION ".join(map(write_group, element.groups))
    if isinstance(element, Select):
        return f"{{ {write_select(element)} }}"
    return write_group(element)


def write_values(values: Values) -> str:
    """Gives inline data, without its keyword."""
    rows = (
        f"({' '.join('UNDEF' if term is None else term.n3() for term in row)})"
        for row in values.rows
    )
    names = " ".join(variable.n3() for variable in values.variables)
    return f"({names}) {{ {' '.join(rows)} }}"


def write_expression(expression: Expression) -> str:
    """Gives an expression."""
    return _spaced(
        _exists(each) if isinstance(each, Exists) else each for each in expression.tokens
    )


def write_predicate(predicate: Predicate) -> str:
    """Gives a property or a path, in parentheses where it is composed."""
    if not isinstance(predicate, Path):
        return predicate.n3()
    parts = [write_predicate(part) for part in predicate.parts]
    if predicate.operator == "^":
        return f"^{parts[0]}"
    if predicate.operator == "!":
        return f"!({'|'.join(parts)})"
    if predicate.operator in "+*?":
        return f"({parts[0]}){predicate.operator}"
    return f"({predicate.operator.join(parts)})"


def _exists(exists: Exists) -> str:
    return f"{'NOT ' if exists.is_negated else ''}EXISTS {write_group(exists.group)}"


def _projection(select: Select) -> str:
    distinct = "DISTINCT " if select.is_distinct else ""
    return f"SELECT {distinct}{' '.join(map(_column, select.columns)) or '*'}"


def _column(column: Column) -> str:
    if column.expression is None:
        return column.variable.n3() if column.variable else ""
    if column.variable is None:
        return f"({write_expression(column.expression)})"
    return f"({write_expression(column.expression)} AS {column.variable.n3()})"


def _after(select: Select) -> str:
    parts = []
    if select.group_by:
        parts.append(f"GROUP BY {' '.join(map(_column, select.group_by))}")
    if select.having:
        parts.append(f"HAVING({write_expression(select.having)})")
    if select.after:
        parts.append(_spaced(select.after))
    if select.values:
        parts.append(f"VALUES {write_values(select.values)}")
    return " ".join(parts)


def _spaced(words: Iterable[str]) -> str:
    """Joins tokens; a function's name stands right before its parenthesis, as engines want it."""
    text = ""
    for word in words:
        is_called = word == "(" and text[-1:].isalpha()
        text += word if is_called or not text else f" {word}"
    return text
