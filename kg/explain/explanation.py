"""Explains the rows of an answer: what carries each, in words and with sources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from kg.errors import CannotExplain
from kg.explain.absence import Absence
from kg.explain.cited import Dispute, Statement, read_statements, with_disputes
from kg.explain.record import Record
from kg.explain.witness import Witness, Witnesses
from kg.explain.words import Names, absence_in_words
from kg.prefixes import Prefixes
from kg.sparql.patterns import (
    Element,
    Expression,
    Filter,
    Group,
    Minus,
    Optional,
    Query,
    Select,
    Union,
)
from kg.sparql.scope import visible
from kg.sparql.writer import write_query
from kg.table import Row, Table
from kg.terms import Iri


@dataclass(frozen=True)
class ExplainedRow:
    """A row of an answer with its number, from 1, its witness, and what was not found for it."""

    number: int
    row: Row
    witness: Witness
    not_found: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """An answer taken apart.

    `question` is how it was asked, `statements` are all that are cited, in words; `rules` are
    those that derived what is derived, with their summaries; `coverage` says as of what the graph
    claims to be complete, where the answer rests on absence or counts.
    """

    question: str
    sparql: str
    columns: tuple[str, ...]
    rows: tuple[ExplainedRow, ...]
    statements: Mapping[Iri, Statement]
    rules: Mapping[str, str]
    names: Names
    coverage: tuple[str, ...] = ()

    @cached_property
    def disputes(self) -> tuple[Dispute, ...]:
        """The differences between sources that cited statements are part of."""
        found = (each for statement in self.statements.values() for each in statement.disputes)
        return tuple(dict.fromkeys(found))

    def cited(self, statements: Iterable[Iri]) -> list[Statement]:
        """Gives statements in words; one that has no name of its own is known by its IRI."""
        prefixes = self.names.prefixes
        return [
            self.statements.get(each) or Statement(each, prefixes.shorten(each.value))
            for each in statements
        ]


def explain(
    record: Record,
    query: Query,
    table: Table,
    prefixes: Prefixes,
    *,
    question: str,
    chosen: Sequence[int] | None = None,
    coverage: Iterable[str] = (),
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Explanation:
    """Explains rows of a SELECT's answer; `chosen` are their positions from 0, None means all.

    Raises CannotExplain for a query that cannot be explained, naming what stands in the way.
    """
    refuse_what_cannot_be_explained(query)
    witnesses = Witnesses(record, query.select)
    names = Names(record.engine, prefixes)
    asked = bound_tested(query.select.where)
    rows: list[ExplainedRow] = []
    positions = range(len(table.rows)) if chosen is None else chosen
    for done, position in enumerate(positions):
        progress(done, len(positions))
        row = table.rows[position]
        witness = witnesses.of(row)
        absent = [each for each in witness.absences if _matters(each, asked)]
        told = tuple(dict.fromkeys(absence_in_words(each, names) for each in absent))
        rows.append(ExplainedRow(position + 1, row, witness, told))
    cited = dict.fromkeys(each for row in rows for each in row.witness.cited)
    used = dict.fromkeys(rule for row in rows for rule in row.witness.rules)
    statements = with_disputes(record.engine, read_statements(record.engine, cited))
    return Explanation(
        question,
        table.sparql or write_query(query),
        table.columns,
        tuple(rows),
        statements,
        {rule.name: rule.summary for rule in record.rules if rule.name in used},
        names,
        tuple(coverage),
    )


def refuse_what_cannot_be_explained(query: Query) -> None:
    """Raises CannotExplain for what no witness can be given for, by its name."""
    if query.form != "SELECT":
        raise CannotExplain(
            f"{query.form} cannot be explained: it has no rows. Ask for the same with SELECT."
        )
    if query.dataset:
        raise CannotExplain("FROM cannot be explained: a row rests on the default graph only.")
    text = write_query(query).upper()
    if " GRAPH <" in text or " GRAPH ?" in text:
        raise CannotExplain("GRAPH cannot be explained: a row rests on the default graph only.")
    for function in ("RAND(", "NOW(", "UUID(", "STRUUID(", "BNODE("):
        if f" {function}" in text or f"({function}" in text:
            raise CannotExplain(
                f"{function[:-1]} cannot be explained: it gives another value each time."
            )


def bound_tested(group: Group) -> frozenset[str]:
    """Gives the variables of which a group asks whether they are bound."""
    found: set[str] = set()
    for element in group:
        found |= _tested(element)
    return frozenset(found)


def _tested(element: Element) -> set[str] | frozenset[str]:
    if isinstance(element, Filter):
        return _tested_by(element.expression)
    if isinstance(element, Optional | Minus):
        return bound_tested(element.group)
    if isinstance(element, Union):
        return frozenset().union(*map(bound_tested, element.groups))
    if isinstance(element, Group):
        return bound_tested(element)
    if isinstance(element, Select):
        return bound_tested(element.where)
    return set()


def _tested_by(expression: Expression) -> set[str]:
    tokens = [each for each in expression.tokens if isinstance(each, str)]
    return {
        tokens[position + 2][1:]
        for position, token in enumerate(tokens[:-2])
        if token.upper() == "BOUND"
    }


def _matters(absence: Absence, asked: frozenset[str]) -> bool:
    """Whether a row rests on an absence: not if a rule, or a column left empty, did."""
    if absence.rule:
        return False
    return absence.how != "OPTIONAL" or bool(visible(absence.pattern) & asked)
