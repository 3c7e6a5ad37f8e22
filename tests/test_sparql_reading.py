"""Reading SPARQL into patterns and writing it again changes no answer."""

import contextlib
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

import kg
from kg.engine import Triples
from kg.errors import InvalidQuery
from kg.sparql.reader import read_query
from kg.sparql.writer import write_query
from kg.table import Table
from kg.terms import Literal

FILES = sorted([*(ROOT / "queries").glob("*.rq"), *(ROOT / "ontology").rglob("*.rq")])
QUESTIONS = {
    "paths": "SELECT ?x { ?x (skos:broader|^skos:narrower)*/skos:inScheme ?s ; "
    "!(a|^rdfs:label) ?y }",
    "blank nodes": "SELECT ?o { [] a kg:State ; skos:notation ?o . _:b a kg:State }",
    "blank node with properties": "SELECT ?n { [ a kg:State ; rdfs:label ?n ] . }",
    "exists": "SELECT ?s { ?s a kg:State "
    "FILTER NOT EXISTS { ?e kg:state ?s FILTER(EXISTS { ?e kg:actor ?a }) } }",
    "aggregate": "SELECT ?o (COUNT(DISTINCT ?s) AS ?n) { ?e kg:state ?s ; kg:organisation ?o } "
    "GROUP BY ?o HAVING(COUNT(?s) > 20) ORDER BY DESC(?n) ?o LIMIT 5",
    "sub-select": "SELECT ?s ?d { { SELECT ?s (MIN(?any) AS ?d) "
    "{ ?e kg:state ?s ; kg:earliest ?any } GROUP BY ?s } ?s a kg:State } ORDER BY ?s",
    "values": "SELECT ?x ?l { VALUES (?x ?l) "
    '{ (state:finland "a\\"b"@en) (UNDEF 1.5) (UNDEF -2) } }',
    "minus and union": "SELECT ?s { { ?s a kg:State } UNION { ?s a kg:Organisation } "
    "MINUS { ?s kg:accessionFollows ?t } }",
    "ask": "ASK { state:finland a kg:State }",
    "describe": "DESCRIBE event:nato-finland-accession",
    "construct": "CONSTRUCT WHERE { state:finland ?p ?o }",
    "comparison": "SELECT ?s { ?s kg:earliest ?a ; kg:latest ?b "
    "FILTER(?a<?b&&STRLEN(STR(?s))>60) }",
    "functions": 'SELECT (CONCAT("a", COALESCE(?u, "b")) AS ?c) { } ORDER BY COALESCE(STR(?u), "")',
}


def same(first: object, second: object) -> bool:
    if isinstance(first, Table) and isinstance(second, Table):
        return first.columns == second.columns and sorted(map(str, first.rows)) == sorted(
            map(str, second.rows)
        )
    if isinstance(first, Triples) and isinstance(second, Triples):
        return set(first.triples) == set(second.triples)
    return first == second


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_that_is_read_and_written_answers_alike(path: Path, graph: kg.Graph) -> None:
    text = path.read_text(encoding="utf-8")
    written = write_query(read_query(text))
    assert same(graph.engine.query(text), graph.engine.query(written))


@pytest.mark.parametrize("text", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_that_is_read_and_written_answers_alike(text: str, graph: kg.Graph) -> None:
    declared = graph.project.prefixes.declare(text)
    assert same(graph.engine.query(declared), graph.engine.query(write_query(read_query(declared))))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT ?x { ?x a (1 2) }", "collection"),
        ("BASE <http://example.org/> SELECT ?x { ?x a <b> }", "BASE"),
        ("SELECT ?x { SERVICE <http://example.org/> { ?x a ?y } }", "SERVICE"),
        ("SELECT ?x { ?x nobody:knows ?y }", 'prefix "nobody:"'),
        ("SELECT { ?x a ?y }", "columns"),
        ("SELECT ?x { ?x a ?y", "term was expected"),
        ("SELECT ?x { ?x a ?y } ~", "begins nothing"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InvalidQuery, match=words) as caught:
        read_query(text)
    assert caught.value.line == 1


@given(st.text())
def test_a_string_is_read_as_it_was_written(text: str) -> None:
    written = f"SELECT ?x {{ VALUES ?x {{ {Literal(text).n3()} }} }}"
    (values,) = read_query(written).select.where.elements
    assert values.rows == ((Literal(text),),)  # type: ignore[union-attr]  # VALUES it is


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidQuery):
        read_query(f"SELECT * {{ {text} }}")
