"""Reads triple patterns, property paths and inline data."""

from kg.sparql.cursor import Cursor
from kg.sparql.patterns import Path, Place, Predicate, TriplePattern, Values
from kg.terms import RDF_TYPE, Iri, Term


def read_template(cursor: Cursor) -> tuple[TriplePattern, ...]:
    """Reads the triples of a CONSTRUCT, between braces."""
    cursor.expect("{")
    found: list[TriplePattern] = []
    while not cursor.takes("}"):
        found += read_triples(cursor)
        cursor.takes(".")
    return tuple(found)


def read_triples(cursor: Cursor) -> list[TriplePattern]:
    """Reads what is said of one subject."""
    found: list[TriplePattern] = []
    bracket = cursor.sees("[")
    subject = _node(cursor, found)
    if not (bracket and found and cursor.sees(".", "}")):
        _properties(cursor, subject, found)
    return found


def _properties(cursor: Cursor, subject: Place, found: list[TriplePattern]) -> None:
    while True:
        predicate = _predicate(cursor)
        while True:
            found.append(TriplePattern(subject, predicate, _node(cursor, found)))
            if not cursor.takes(","):
                break
        while cursor.takes(";"):
            pass
        if cursor.sees(".", "}", "]") or not _begins_predicate(cursor):
            return


def _begins_predicate(cursor: Cursor) -> bool:
    return cursor.next.kind in ("variable", "iri", "name") or cursor.sees("A", "^", "!", "(")


def _node(cursor: Cursor, found: list[TriplePattern]) -> Place:
    if cursor.takes("["):
        variable = cursor.new_variable()
        if not cursor.takes("]"):
            _properties(cursor, variable, found)
            cursor.expect("]")
        return variable
    if cursor.sees("("):
        raise cursor.refused("A collection in parentheses cannot be taken apart.")
    return cursor.place()


def _predicate(cursor: Cursor) -> Predicate:
    parts = [_path_sequence(cursor)]
    while cursor.takes("|"):
        parts.append(_path_sequence(cursor))
    return parts[0] if len(parts) == 1 else Path("|", tuple(parts))


def _path_sequence(cursor: Cursor) -> Predicate:
    parts = [_path_step(cursor)]
    while cursor.takes("/"):
        parts.append(_path_step(cursor))
    return parts[0] if len(parts) == 1 else Path("/", tuple(parts))


def _path_step(cursor: Cursor) -> Predicate:
    if cursor.takes("^"):
        return Path("^", (_path_step(cursor),))
    if cursor.takes("!"):
        return Path("!", _negated_set(cursor))
    if cursor.next.kind == "variable":
        return cursor.variable()
    if cursor.takes("("):
        step = _predicate(cursor)
        cursor.expect(")")
    elif cursor.next.text == "a":
        cursor.take()
        step = Iri(RDF_TYPE)
    else:
        step = cursor.iri()
    while cursor.sees("+", "*", "?"):
        step = Path(cursor.take().text, (step,))
    return step


def _negated_set(cursor: Cursor) -> tuple[Predicate, ...]:
    parenthesised = cursor.takes("(")
    parts: list[Predicate] = []
    while not parts or cursor.takes("|"):
        inverse = cursor.takes("^")
        iri = Iri(RDF_TYPE) if cursor.takes("A") else cursor.iri()
        parts.append(Path("^", (iri,)) if inverse else iri)
        if not parenthesised:
            break
    if parenthesised:
        cursor.expect(")")
    return tuple(parts)


def read_values(cursor: Cursor) -> Values:
    """Reads inline data after its keyword."""
    many = cursor.takes("(")
    variables = []
    while cursor.next.kind == "variable":
        variables.append(cursor.variable())
        if not many:
            break
    if many:
        cursor.expect(")")
    rows: list[tuple[Term | None, ...]] = []
    cursor.expect("{")
    while not cursor.takes("}"):
        if many:
            cursor.expect("(")
        row = []
        for _ in variables:
            row.append(None if cursor.takes("UNDEF") else cursor.term())
        if many:
            cursor.expect(")")
        rows.append(tuple(row))
    return Values(tuple(variables), tuple(rows))
