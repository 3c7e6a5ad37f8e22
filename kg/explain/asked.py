"""Explains what was asked of a graph: a stored question, or any SELECT."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from kg.clocks import IN_FORCE
from kg.dates import today
from kg.engine import select
from kg.errors import CannotExplain, InvalidQuery, NotThere, did_you_mean
from kg.explain.explanation import Explanation, explain, refuse_what_cannot_be_explained
from kg.explain.record import Record
from kg.explain.wanted import refuse_unknown_column, wanted_terms
from kg.explain.why_not import WhyNot, refuse_what_cannot_be_taken_apart, why_not
from kg.relations.named import are_named_in
from kg.sparql.reader import read_query
from kg.sparql_file import SparqlFile
from kg.table import Table
from kg.terms import Iri, Term, name_among_kind
from kg.worlds import rules_of

if TYPE_CHECKING:
    from kg.graph import Graph

Progress = Callable[[int, int], None]


def explain_question(
    graph: Graph,
    name: str,
    values: Mapping[str, str],
    *,
    row: int | None = None,
    where: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = lambda _: None,
    progress: Progress = lambda done, of: None,
) -> Explanation:
    """Explains the rows of a stored question's answer, or those that are chosen.

    `row` is a row's number from 1; `where` gives values of columns as a person types them. Raises
    NotThere for a row that is not there, CannotExplain for what cannot be explained.
    """
    file = graph.asker.stored_query(name)
    text = graph.asker.bind(name, values, tell=tell)
    table = select(graph.engine, text)
    return explain(
        record_of(graph),
        read_query(text),
        table,
        graph.project.prefixes,
        question=_typed(name, values),
        chosen=_chosen(graph, table, row, where, why_not=name),
        coverage=_coverage(graph, file, values),
        progress=progress,
    )


def explain_sparql(
    graph: Graph,
    text: str,
    *,
    row: int | None = None,
    where: Mapping[str, str] | None = None,
    progress: Progress = lambda done, of: None,
) -> Explanation:
    """Explains the rows of any SELECT, with the relations of the day where it names them."""
    declared = graph.project.prefixes.declare(text)
    try:
        query = read_query(declared)
    except InvalidQuery as error:
        graph.sparql(text)  # the engine says what is wrong, if it is no SPARQL
        raise CannotExplain(f"The query cannot be explained. {error.reason}") from error
    refuse_what_cannot_be_explained(query)
    answer = graph.sparql(text)
    assert isinstance(answer, Table), "a SELECT gives a table"
    table = answer
    if graph.clocks.on or are_named_in(text, graph.project.relations):
        from kg.relations.relation import read_relations
        from kg.relations.unfold import CannotUnfold, unfold

        is_labelled = table.columns[-1:] == ("certainty",) and "certainty" not in text
        try:
            query = unfold(
                query,
                read_relations(graph.project.relations),
                graph.clocks.on or today(),
                anywhere=bool(graph.clocks.on),
                even_possibly=is_labelled,
            )
        except CannotUnfold as error:
            raise CannotExplain(
                "A chain of a day's relation (+, *, ?) cannot be explained. Ask for its steps one "
                "by one."
            ) from error
        if is_labelled:
            rows = [each[:-1] for each in table.rows]
            table = Table(table.columns[:-1], rows, declared)
    return explain(
        record_of(graph),
        query,
        replace(table, sparql=text),
        graph.project.prefixes,
        question="kg sparql",
        chosen=_chosen(graph, answer, row, where, why_not=None),
        progress=progress,
    )


def why_not_question(
    graph: Graph,
    name: str,
    values: Mapping[str, str],
    *,
    where: Mapping[str, str],
    tell: Callable[[str], None] = lambda _: None,
) -> WhyNot:
    """Says why no row of a stored question's answer has the values of columns that `where` gives.

    Raises UnknownName for a column or a thing that is not there, CannotExplain for a question
    that cannot be taken apart.
    """
    query = read_query(graph.asker.bind(name, values, tell=tell))
    refuse_what_cannot_be_taken_apart(query)
    wanted = wanted_terms(graph.engine, query, graph.things, where)
    return why_not(
        record_of(graph),
        query,
        wanted,
        graph.project.prefixes,
        question=_typed(name, values),
        asked=where,
    )


def record_of(graph: Graph) -> Record:
    """Gives the record behind a graph's answers, with the rules of its clocks."""
    rules = rules_of(graph.project.rules, graph.clocks.joined_by or IN_FORCE)
    return Record(graph.engine, rules, graph.base.engine)


def _typed(name: str, values: Mapping[str, str]) -> str:
    """Gives a question as it is typed."""
    return f"kg query {name}" + "".join(f" --{key} {value}" for key, value in values.items())


def _coverage(graph: Graph, file: SparqlFile, values: Mapping[str, str]) -> list[str]:
    if "rests-on" not in file.head:
        return []
    from kg.coverage import coverage_lines

    return coverage_lines(graph.engine, file, graph.asker.terms(file.name, values))


def _chosen(
    graph: Graph,
    table: Table,
    row: int | None,
    where: Mapping[str, str] | None,
    *,
    why_not: str | None,
) -> Sequence[int] | None:
    """Gives the positions of the rows that a person chose; None for all."""
    if row is not None:
        if not 1 <= row <= len(table.rows):
            raise NotThere(
                f"There is no row {row}: the answer has {len(table.rows)}, numbered from 1."
            )
        return [row - 1]
    if not where:
        return None
    for column in where:
        refuse_unknown_column(column, table.columns)
    found = [
        position
        for position, terms in enumerate(table.rows)
        if all(
            is_called(terms[table.columns.index(column)], value, graph)
            for column, value in where.items()
        )
    ]
    if found:
        return found
    given = " and ".join(f"{column} {value}" for column, value in where.items())
    column, value = next(iter(where.items()))
    known = [str(terms[table.columns.index(column)]) for terms in table.rows]
    advice = f" kg why-not {why_not} says why." if why_not else ""
    raise NotThere(f"No row has {given}.{did_you_mean(value, known)}{advice}")


def is_called(term: Term | None, value: str, graph: Graph) -> bool:
    """Whether a person can mean a term by a value: its text, its prefixed name, its last part."""
    names = {str(term or "")}
    if isinstance(term, Iri):
        names |= {graph.project.prefixes.shorten(term.value), name_among_kind(term)}
    return value.strip().casefold() in {name.casefold() for name in names}
