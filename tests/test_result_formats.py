"""Answers in the W3C's result formats, as the engine writes them and as we write them.

Expected answers are the W3C's (sections of the formats' standards, and the cases csv-tsv-res and
json-res of its tests, which run where they are present); answers are read by rdflib, csv, json
and expat, none of which wrote them.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree

import pyoxigraph
import pytest
import rdflib
from conftest import SHARED, VIEWED
from rdflib.query import Result

import kg
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.web.jobs import Held, sparql
from kg.web.replies import Problem

SUITE = SHARED / "suites" / "w3c-sparql11"
RESULTS = "{http://www.w3.org/2005/sparql-results#}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
XSD = "http://www.w3.org/2001/XMLSchema#"
DATA = """
@prefix : <http://example.org/> .
:s1 :p :s2 .
:s2 :p "foo" , "bar"@en-GB , "4,4" , "5,5"^^:custom , 4 , 5.5 .
:s3 :p [] .
"""
WRITERS = {"the engine": None, "we": VIEWED}
"""Who writes an answer, and the day to ask about for that: relations of a day are our own."""
Answered = Callable[..., bytes]


@pytest.fixture(scope="module", params=list(WRITERS))
def answered(request: pytest.FixtureRequest, graph: kg.Graph) -> Answered:
    """Gives the answer to a query of some Turtle in a form, by one of the two writers."""

    def answer(turtle: str, query: str, form: str) -> bytes:
        store = pyoxigraph.Store()
        store.load(turtle, format=pyoxigraph.RdfFormat.TURTLE)
        held = Held(kg.Graph(graph.project, OxigraphEngine(store)))
        on = WRITERS[request.param]
        told = {"query": query, "form": form, "media_type": form, "on": on}
        reply = sparql.run(held, told, b"")
        assert (reply.status, reply.media_type) == (200, form)
        if form == "json" and query.startswith("SELECT"):
            assert reply.body.startswith(b"{\n") == (on is not None), "the writer that was meant"
        return reply.body

    return answer


def rows_of(result: Result) -> Counter[frozenset[tuple[str, object]]]:
    """Gives rows without their order; blank nodes are alike, and numbers are their value.

    The engine keeps a number by its value, so that "1.0E6" may come as "1000000", and a
    negativeInteger as an integer.
    """

    def known(term: rdflib.term.Node) -> object:
        if isinstance(term, rdflib.BNode):
            return "a blank node"
        if isinstance(term, rdflib.Literal):
            number = str(term.datatype) in {f"{XSD}{name}" for name in NUMBERS}
            return ("number", Decimal(str(term))) if number else (str(term), term.datatype)
        return term

    return Counter(
        frozenset((str(name), known(term)) for name, term in row.items() if term is not None)
        for row in result.bindings
    )


NUMBERS = ("integer", "decimal", "double", "negativeInteger")


def cells_of(content: bytes) -> tuple[set[str], Counter[tuple[str, ...]]]:
    """Gives the columns of CSV, and rows in the columns' order; terms are compared as above."""
    header, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    order = sorted(range(len(header)), key=header.__getitem__)

    def known(cell: str) -> str:
        if cell.startswith("_:"):
            return "a blank node"
        return str(float(cell)) if cell.replace(".", "").replace("E", "").isdigit() else cell

    return set(header), Counter(tuple(known(row[place]) for place in order) for row in rows)


def read(content: bytes, form: str) -> Result:
    return Result.parse(io.BytesIO(content), format=form)


@pytest.mark.skipif(not SUITE.is_dir(), reason="the W3C's tests are not here")
@pytest.mark.parametrize(
    ("folder", "data", "query", "expected"),
    [
        ("csv-tsv-res", "data.ttl", "csvtsv01.rq", "csvtsv01.csv"),
        ("csv-tsv-res", "data.ttl", "csvtsv01.rq", "csvtsv01.tsv"),
        ("csv-tsv-res", "data.ttl", "csvtsv02.rq", "csvtsv02.csv"),
        ("csv-tsv-res", "data.ttl", "csvtsv02.rq", "csvtsv02.tsv"),
        ("csv-tsv-res", "data2.ttl", "csvtsv01.rq", "csvtsv03.csv"),
        ("csv-tsv-res", "data2.ttl", "csvtsv01.rq", "csvtsv03.tsv"),
        ("json-res", "data.ttl", "jsonres01.rq", "jsonres01.srj"),
        ("json-res", "data.ttl", "jsonres02.rq", "jsonres02.srj"),
        ("json-res", "data.ttl", "jsonres03.rq", "jsonres03.srj"),
        ("json-res", "data.ttl", "jsonres04.rq", "jsonres04.srj"),
    ],
)
def test_the_cases_of_the_w3c_pass(
    folder: str, data: str, query: str, expected: str, answered: Answered
) -> None:
    files = SUITE / folder
    turtle, text = ((files / name).read_text(encoding="utf-8") for name in (data, query))
    wanted = (files / expected).read_bytes()
    form = expected.rpartition(".")[2].replace("srj", "json")
    content = answered(turtle, text, form)
    if form == "csv":
        assert cells_of(content) == cells_of(wanted)
        return
    ours, theirs = read(content, form), read(wanted, form)
    assert ours.type == theirs.type
    if ours.type == "ASK":
        assert ours.askAnswer == theirs.askAnswer
    else:
        assert set(ours.vars) == set(theirs.vars)
        assert rows_of(ours) == rows_of(theirs)


@pytest.mark.parametrize("form", ["json", "xml", "tsv"])
def test_every_kind_of_term_comes_through(form: str, answered: Answered) -> None:
    result = read(answered(DATA, "SELECT ?s ?o { ?s ?p ?o }", form), form)
    example = rdflib.Namespace("http://example.org/")
    assert [str(name) for name in result.vars] == ["s", "o"]
    terms = [row[rdflib.Variable("o")] for row in result.bindings]
    objects = {str(term): term for term in terms if not isinstance(term, rdflib.BNode)}
    assert (len(terms), len(objects)) == (8, 7)
    assert objects["http://example.org/s2"] == example.s2
    assert objects["foo"] == rdflib.Literal("foo")
    assert objects["bar"].language.lower() == "en-gb"
    assert objects["5,5"].datatype == example.custom
    assert objects["4"].datatype == rdflib.XSD.integer
    assert objects["5.5"].datatype == rdflib.XSD.decimal


def test_csv_has_plain_values_lines_with_cr_lf_and_quotes_where_needed(answered: Answered) -> None:
    """SPARQL 1.1 Query Results CSV and TSV Formats, section 3."""
    query = "SELECT ?s ?o ?none { ?s ?p ?o FILTER(!ISBLANK(?o)) } ORDER BY ?s STR(?o)"
    assert answered(DATA, query, "csv") == (
        b"s,o,none\r\n"
        b"http://example.org/s1,http://example.org/s2,\r\n"
        b"http://example.org/s2,4,\r\n"
        b'http://example.org/s2,"4,4",\r\n'
        b'http://example.org/s2,"5,5",\r\n'
        b"http://example.org/s2,5.5,\r\n"
        b"http://example.org/s2,bar,\r\n"
        b"http://example.org/s2,foo,\r\n"
    )


def test_tsv_has_variables_with_question_marks_and_terms_as_in_turtle(answered: Answered) -> None:
    """The same standard, section 4; a number may be written in either way."""
    query = "SELECT ?s ?o ?none { ?s ?p ?o FILTER(!ISBLANK(?o)) } ORDER BY ?s STR(?o)"
    lines = answered(DATA, query, "tsv").decode().splitlines()
    assert lines[0] == "?s\t?o\t?none"
    assert lines[1] == "<http://example.org/s1>\t<http://example.org/s2>\t"
    assert lines[2].split("\t")[1] in ("4", f'"4"^^<{XSD}integer>')
    assert lines[3] == '<http://example.org/s2>\t"4,4"\t'
    assert lines[4] == '<http://example.org/s2>\t"5,5"^^<http://example.org/custom>\t'
    assert lines[6].lower() == '<http://example.org/s2>\t"bar"@en-gb\t'


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize(("object", "is_so"), [(":s2", True), (":s9", False)])
def test_a_truth_is_one(form: str, object: str, is_so: bool, answered: Answered) -> None:
    query = f"PREFIX : <http://example.org/> ASK {{ :s1 :p {object} }}"
    content = answered(DATA, query, form)
    assert read(content, form).askAnswer is is_so
    if form == "json":
        assert json.loads(content) == {"head": {}, "boolean": is_so}
    else:
        check_results(content)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?s ?o { ?s ?p ?o }",
        "SELECT ?s ?none { ?s ?p ?o }",
        "SELECT ?none { ?none <http://example.org/nothing> ?o }",
        "SELECT * {}",
    ],
)
def test_xml_keeps_to_the_schema(query: str, answered: Answered) -> None:
    content = answered(DATA, query, "xml")
    check_results(content)
    document = json.loads(answered(DATA, query, "json"))
    root = ElementTree.fromstring(content)
    assert [each.get("name") for each in root.iter(f"{RESULTS}variable")] == document["head"][
        "vars"
    ]
    assert len(list(root.iter(f"{RESULTS}result"))) == len(document["results"]["bindings"])


def check_results(content: bytes) -> None:
    """Checks XML by the rules of the schema: SPARQL Query Results XML Format, section 2."""
    root = ElementTree.fromstring(content)
    assert root.tag == f"{RESULTS}sparql" and not root.attrib
    head, answer = root
    assert head.tag == f"{RESULTS}head" and answer.tag in (f"{RESULTS}results", f"{RESULTS}boolean")
    assert all(each.tag == f"{RESULTS}variable" and set(each.attrib) == {"name"} for each in head)
    names = [each.get("name") for each in head]
    assert len(names) == len(set(names))
    if answer.tag == f"{RESULTS}boolean":
        assert not names and answer.text in ("true", "false")
        return
    for result in answer:
        assert result.tag == f"{RESULTS}result" and not result.attrib
        bound = [binding.get("name") for binding in result]
        assert len(bound) == len(set(bound)) and set(bound) <= set(names)
        for binding in result:
            assert binding.tag == f"{RESULTS}binding" and not (binding.text or "").strip()
            (term,) = binding
            assert term.tag in {f"{RESULTS}{kind}" for kind in ("uri", "bnode", "literal")}
            own = ({}, {"datatype"}, {LANG}) if term.tag.endswith("literal") else ({},)
            assert set(term.attrib) in [set(each) for each in own]


TEXTS = {
    "tab": "a\tb",
    "line feed": "a\nb",
    "carriage return": "a\rb",
    "both": "a\r\nb",
    "only a carriage return": "\r",
    "quotation marks": '"\'""',
    "comma": "a,b",
    "backslash": "a\\nb\\",
    "markup": '<a href="x">&amp;</a> ]]> <!-- -->',
    "spaces": "  a  b  ",
    "nothing": "",
    "formula": "=1+1",
    "next line": "a\x85b\u2028c",
    "far away": "é ﷽ 😀 \U0010ffff",
    "both directions": "a\u202eb\u2066",
    "delete": "a\x7fb",
}


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_text_comes_through_as_it_is(text: str, form: str, answered: Answered) -> None:
    turtle = f"<http://example.org/s> <http://example.org/p> {rdflib.Literal(text).n3()} ."
    content = answered(turtle, "SELECT ?s ?text { ?s ?p ?text }", form)
    if form == "json":
        (binding,) = json.loads(content)["results"]["bindings"]
        assert binding["text"] == {"type": "literal", "value": text}
    elif form == "xml":
        (literal,) = ElementTree.fromstring(content).iter(f"{RESULTS}literal")
        assert (literal.text or "") == text
    elif form == "csv":
        rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
        assert rows == [["s", "text"], ["http://example.org/s", text]]
    else:
        _, row, end = content.decode().split("\n")
        assert not end
        said = f"<x:s> <x:p> {row.split(chr(9))[1]} ."
        (quad,) = pyoxigraph.parse(said, format=pyoxigraph.RdfFormat.TURTLE)
        assert quad.object == pyoxigraph.Literal(text)


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff"])
def test_a_character_that_xml_has_not_is_told_and_others_are_offered(
    character: str, answered: Answered
) -> None:
    """XML 1.0, section 2.2: not even as a reference."""
    escaped = f"\\u{ord(character):04X}"
    query = f'SELECT ("a{escaped}b" AS ?text) {{}}'
    with pytest.raises(Problem, match=f"U\\+{ord(character):04X}") as caught:
        answered("", query, "xml")
    assert caught.value.status == 406
    (binding,) = json.loads(answered("", query, "json"))["results"]["bindings"]
    assert binding["text"]["value"] == f"a{character}b"
    assert answered("", query, "csv").decode() == f"text\r\na{character}b\r\n"


def test_rdf_in_xml_is_read_as_it_was_meant_or_refused(answered: Answered) -> None:
    query = 'CONSTRUCT {{ <x:s> <http://example.org/p> "a{}b" }} WHERE {{}}'
    content = answered("", query.format("\\r\\n"), "rdfxml")
    (value,) = rdflib.Graph().parse(data=content, format="xml").objects()
    assert str(value) == "a\r\nb"
    with pytest.raises(Problem, match=r"U\+0001") as caught:
        answered("", query.format("\\u0001"), "rdfxml")
    assert caught.value.status == 406


def test_columns_stand_in_the_order_in_which_they_were_asked_for(answered: Answered) -> None:
    query = "SELECT ?z ?a ?m { ?z ?a ?m } LIMIT 1"
    assert json.loads(answered(DATA, query, "json"))["head"]["vars"] == ["z", "a", "m"]
    assert answered(DATA, query, "csv").startswith(b"z,a,m\r\n")
    assert answered(DATA, query, "tsv").startswith(b"?z\t?a\t?m\n")
    names = ElementTree.fromstring(answered(DATA, query, "xml")).iter(f"{RESULTS}variable")
    assert [each.get("name") for each in names] == ["z", "a", "m"]
