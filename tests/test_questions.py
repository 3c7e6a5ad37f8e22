"""Every stored query gives its golden answer, the same on all three engines."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import kg
from kg.terms import Iri

QUESTIONS: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "questions.toml").read_text(encoding="utf-8")
)["question"]
each_question = pytest.mark.parametrize(
    "question", QUESTIONS, ids=[f"{each['query']}: {each['asks']}" for each in QUESTIONS]
)


def rows_of(graph: kg.Graph, table: kg.Table, columns: list[str]) -> list[list[str]]:
    """Gives the rows of some columns as people write them."""
    positions = [table.columns.index(column) for column in columns]
    shorten = graph.project.prefixes.shorten
    return [
        [
            shorten(term.value) if isinstance(term, Iri) else "" if term is None else str(term)
            for term in (row[position] for position in positions)
        ]
        for row in table.rows
    ]


def expand_items(rows: list[list[str]]) -> list[list[str]]:
    """Writes Wikidata items as the tables do."""
    return [
        [value.replace("http://www.wikidata.org/entity/", "wd:") for value in row] for row in rows
    ]


@each_question
def test_a_question_has_its_golden_answer(graph: kg.Graph, question: dict[str, Any]) -> None:
    table = graph.query(question["query"], **question["parameters"])
    if "count" in question:
        assert len(table) == question["count"]
    if "answer" in question:
        assert table.column(question["column"]) == question["answer"]
    if "rows" in question:
        assert rows_of(graph, table, question["columns"]) == question["rows"]
    answered = rows_of(graph, table, question["columns"]) if "contains" in question else []
    assert [row for row in expand_items(question.get("contains", [])) if row not in answered] == []


@each_question
def test_an_endpoint_gives_the_same_answer(
    graph: kg.Graph, endpoint: str, question: dict[str, Any]
) -> None:
    here = graph.query(question["query"], **question["parameters"])
    there = kg.open(endpoint).query(question["query"], **question["parameters"])
    assert (there.columns, list(there.rows)) == (here.columns, list(here.rows))


@each_question
def test_rdflib_gives_the_same_answer(
    graph: kg.Graph, rdflib_graph: kg.Graph, question: dict[str, Any]
) -> None:
    here = graph.query(question["query"], **question["parameters"])
    there = rdflib_graph.query(question["query"], **question["parameters"])
    assert (there.columns, list(there.rows)) == (here.columns, list(here.rows))


def test_every_stored_query_has_a_question(graph: kg.Graph) -> None:
    assert sorted(graph.queries) == sorted({question["query"] for question in QUESTIONS})


def test_every_row_of_every_answer_appears_once(graph: kg.Graph) -> None:
    for question in QUESTIONS:
        rows = graph.query(question["query"], **question["parameters"]).rows
        assert len(rows) == len(set(rows)), question["query"]
