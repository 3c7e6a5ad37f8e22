"""Reads a SPARQL query into patterns.

Engines have readers of their own, but show nothing of what they read: pyoxigraph has no algebra
in Python, and rdflib's takes longer to load than a question to answer. What cannot be read raises
InvalidQuery with its place; the engine remains the judge of what is SPARQL.
"""

from collections.abc import Mapping

from kg.sparql.cursor import Cursor
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
    Place,
    Query,
    Select,
    TriplePattern,
    Union,
)
from kg.sparql.triples import read_template, read_triples, read_values


def read_query(text: str, prefixes: Mapping[str, str] | None = None) -> Query:
    """Reads a query; `prefixes` are known beside those that it declares.

    Blank nodes become variables that it does not write. Raises InvalidQuery.
    """
    return _query(Cursor(text, dict(prefixes or {})))


def _query(cursor: Cursor) -> Query:
    _prologue(cursor)
    form = cursor.take().text.upper()
    template: tuple[TriplePattern, ...] = ()
    described: tuple[Place, ...] = ()
    columns: tuple[Column, ...] = ()
    distinct = False
    if form == "SELECT":
        distinct, columns = _projection(cursor)
    elif form == "CONSTRUCT":
        if cursor.sees("{"):
            template = read_template(cursor)
    elif form == "DESCRIBE":
        described = _described(cursor)
    elif form != "ASK":
        cursor.position -= 1
        raise cursor.refused(f'No query begins with "{form}".')
    dataset = _dataset(cursor)
    short = form == "CONSTRUCT" and not template and cursor.sees("WHERE")
    where = Group(())
    if cursor.takes("WHERE") or cursor.sees("{"):
        where = _group(cursor)
    if short:
        template = tuple(each for each in where if isinstance(each, TriplePattern))
    select = _modifiers(cursor, columns, where, distinct=distinct)
    if cursor.next.kind != "end":
        raise cursor.refused(f'"{cursor.next.text}" was not expected after the query.')
    return Query(form, select, template, described, dataset)


def _prologue(cursor: Cursor) -> None:
    while True:
        if cursor.takes("PREFIX"):
            name = cursor.take().text.removesuffix(":")
            cursor.prefixes[name] = cursor.take().text[1:-1]
        elif cursor.takes("BASE"):
            raise cursor.refused("BASE cannot be taken apart; write IRIs in full.")
        else:
            return


def _dataset(cursor: Cursor) -> tuple[str, ...]:
    clauses: list[str] = []
    while cursor.takes("FROM"):
        named = "NAMED " if cursor.takes("NAMED") else ""
        clauses.append(f"FROM {named}{cursor.iri().n3()}")
    return tuple(clauses)


def _described(cursor: Cursor) -> tuple[Place, ...]:
    places: list[Place] = []
    if cursor.takes("*"):
        return ()
    while cursor.next.kind in ("variable", "iri", "name"):
        places.append(cursor.place())
    return tuple(places)


def _projection(cursor: Cursor) -> tuple[bool, tuple[Column, ...]]:
    distinct = cursor.takes("DISTINCT", "REDUCED")
    if cursor.takes("*"):
        return distinct, ()
    columns: list[Column] = []
    while cursor.next.kind == "variable" or cursor.sees("("):
        columns.append(_column(cursor))
    if not columns:
        raise cursor.refused("A SELECT names its columns.")
    return distinct, tuple(columns)


def _column(cursor: Cursor) -> Column:
    if cursor.next.kind == "variable":
        return Column(cursor.variable())
    cursor.expect("(")
    expression = _expression(cursor, until=("AS",))
    cursor.expect("AS")
    variable = cursor.variable()
    cursor.expect(")")
    return Column(variable, expression)


def _modifiers(
    cursor: Cursor, columns: tuple[Column, ...], where: Group, *, distinct: bool
) -> Select:
    group_by: list[Column] = []
    having: Expression | None = None
    after: list[str] = []
    if cursor.takes("GROUP"):
        cursor.expect("BY")
        while not cursor.sees("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES", "}") and (
            cursor.next.kind != "end"
        ):
            group_by.append(_group_key(cursor))
    if cursor.takes("HAVING"):
        having = _expression(cursor, until=("ORDER", "LIMIT", "OFFSET", "VALUES", "}"))
    depth = 0
    while cursor.next.kind != "end" and not (
        depth == 0 and (cursor.sees("}") or cursor.sees("VALUES"))
    ):
        depth += {"(": 1, ")": -1}.get(cursor.next.text, 0)
        if cursor.sees("EXISTS", "{"):
            raise cursor.refused("EXISTS in ORDER BY cannot be taken apart.")
        after.append(cursor.word())
    values = read_values(cursor) if cursor.takes("VALUES") else None
    return Select(columns, where, distinct, tuple(group_by), having, tuple(after), values)


def _group_key(cursor: Cursor) -> Column:
    if cursor.next.kind == "variable":
        return Column(cursor.variable())
    if not cursor.sees("("):
        return Column(None, Expression(_call(cursor)))
    cursor.expect("(")
    expression = _expression(cursor, until=("AS", ")"))
    variable = cursor.variable() if cursor.takes("AS") else None
    cursor.expect(")")
    return Column(variable, expression)


def _call(cursor: Cursor) -> tuple[str | Exists, ...]:
    """Reads a function's name and its arguments, or what stands between parentheses."""
    name = (cursor.word(),) if not cursor.sees("(") else ()
    cursor.expect("(")
    inside = _expression(cursor, until=(")",)).tokens
    cursor.expect(")")
    return (*name, "(", *inside, ")")


def _group(cursor: Cursor) -> Group:
    cursor.expect("{")
    if cursor.sees("SELECT"):
        cursor.take()
        distinct, columns = _projection(cursor)
        cursor.takes("WHERE")
        select = _modifiers(cursor, columns, _group(cursor), distinct=distinct)
        cursor.expect("}")
        return Group((select,))
    elements: list[Element] = []
    while not cursor.takes("}"):
        elements += _element(cursor)
        cursor.takes(".")
    return Group(tuple(elements))


def _element(cursor: Cursor) -> list[Element]:
    if cursor.takes("OPTIONAL"):
        return [Optional(_group(cursor))]
    if cursor.takes("MINUS"):
        return [Minus(_group(cursor))]
    if cursor.takes("FILTER"):
        return [Filter(_constraint(cursor))]
    if cursor.takes("BIND"):
        cursor.expect("(")
        expression = _expression(cursor, until=("AS",))
        cursor.expect("AS")
        variable = cursor.variable()
        cursor.expect(")")
        return [Bind(expression, variable)]
    if cursor.takes("VALUES"):
        return [read_values(cursor)]
    if cursor.takes("GRAPH"):
        return [GraphPattern(cursor.place(), _group(cursor))]
    if cursor.sees("SERVICE"):
        raise cursor.refused("SERVICE is off: queries do not reach the network.")
    if cursor.sees("{"):
        groups = [_group(cursor)]
        while cursor.takes("UNION"):
            groups.append(_group(cursor))
        if len(groups) > 1:
            return [Union(tuple(groups))]
        only = groups[0].elements
        return list(only) if len(only) == 1 and isinstance(only[0], Select) else [groups[0]]
    return list(read_triples(cursor))


def _constraint(cursor: Cursor) -> Expression:
    if cursor.sees("EXISTS", "NOT"):
        return Expression((_exists(cursor),))
    return Expression(_call(cursor))


def _exists(cursor: Cursor) -> Exists:
    negated = cursor.takes("NOT")
    cursor.expect("EXISTS")
    return Exists(_group(cursor), negated)


def _expression(cursor: Cursor, *, until: tuple[str, ...]) -> Expression:
    """Reads tokens up to one of the words, where no parenthesis is open."""
    found: list[str | Exists] = []
    depth = 0
    while not (depth == 0 and cursor.sees(*until)):
        if cursor.next.kind == "end":
            raise cursor.refused("The query ends within an expression.")
        if cursor.sees("EXISTS") or (
            cursor.sees("NOT") and cursor.tokens[cursor.position + 1].text.upper() == "EXISTS"
        ):
            found.append(_exists(cursor))
            continue
        depth += {"(": 1, ")": -1}.get(cursor.next.text, 0)
        found.append(cursor.word())
    return Expression(tuple(found))
