"""Which form of an answer a client gets: what Accept, format= and suffixes ask for.

Expected answers are those of RFC 9110, sections 12.4 and 12.5, and what browsers and clients send.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from conftest import Served
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.web.negotiation import (
    CSV,
    GRAPHS,
    HTML,
    JSONLD,
    NTRIPLES,
    PLAIN_JSON,
    RDFXML,
    RESULTS_JSON,
    RESULTS_XML,
    TABLES,
    TRUTHS,
    TSV,
    TURTLE,
    Form,
    choose,
    coding,
    content_type,
    named,
    split_suffix,
    wanted,
)
from kg.web.replies import Problem

CHROME = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
    "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AXIOS = "application/json, text/plain, */*"
YASQE_TABLE = "application/sparql-results+json,*/*;q=0.9"
YASQE_GRAPH = "application/n-triples,*/*;q=0.9"
COMUNICA = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
    "application/n-triples;q=0.8,text/turtle;q=0.6,application/rdf+xml;q=0.5,text/n3;q=0.35,"
    "application/xml;q=0.3,image/svg+xml;q=0.3,text/html;q=0.2,application/xhtml+xml;q=0.18"
)
RDFLIB_TURTLE = "application/rdf+xml;q=0.9, text/turtle, text/n3;q=0.5, application/x-turtle;q=0.4"


@pytest.mark.parametrize(
    ("accept", "form", "media_type"),
    [
        (None, RESULTS_JSON, "application/sparql-results+json"),
        ("", RESULTS_JSON, "application/sparql-results+json"),
        (" \t", RESULTS_JSON, "application/sparql-results+json"),
        ("*/*", RESULTS_JSON, "application/sparql-results+json"),
        ("text/*", CSV, "text/csv"),
        ("text/csv", CSV, "text/csv"),
        ("TEXT/CSV", CSV, "text/csv"),
        ("text/csv;q=0.5, text/tab-separated-values", TSV, "text/tab-separated-values"),
        ("text/csv;q=0.5,text/tab-separated-values;q=0.5", CSV, "text/csv"),
        ("text/tab-separated-values,text/csv", CSV, "text/csv"),
        # a media type of a standard that means the same is what is sent then
        ("application/json", RESULTS_JSON, "application/json"),
        ("application/xml", RESULTS_XML, "application/xml"),
        ("text/xml", RESULTS_XML, "text/xml"),
        ("application/json, application/sparql-results+json", RESULTS_JSON, None),
        ("application/json, text/csv", RESULTS_JSON, "application/json"),
        (AXIOS, RESULTS_JSON, "application/sparql-results+json"),
        (
            "application/json, application/sparql-results+json;q=0.9",
            RESULTS_JSON,
            "application/json",
        ),
        # the most specific range decides, wherever it stands
        ("*/*, application/sparql-results+json;q=0", RESULTS_XML, None),
        ("text/csv;q=0, text/*", TSV, "text/tab-separated-values"),
        ("text/*, text/csv;q=0", TSV, "text/tab-separated-values"),
        ("*/*;q=0.9, text/*;q=0.1, text/tab-separated-values", TSV, None),
        ("text/csv;charset=utf-8;q=0.9, text/csv;q=0.1, text/html;q=0.5", CSV, None),
        ("text/csv;q=0.1, text/csv;charset=utf-8;q=0.9, text/html;q=0.5", CSV, None),
        # parameters
        ("text/csv; charset=utf-8", CSV, "text/csv"),
        ('text/csv; charset="UTF-8"', CSV, "text/csv"),
        ("text/csv;charset=iso-8859-1, text/html;q=0.1", HTML, "text/html"),
        ("text/csv;header=absent, text/html;q=0.1", HTML, "text/html"),
        ("text/csv;", CSV, "text/csv"),
        ("text/csv;;q=0.4, text/html;q=0.3", CSV, "text/csv"),
        ("text/csv ; q=0.4 , text/html ; Q=0.5", HTML, "text/html"),
        ("text/csv;q=0.001, */*;q=0", CSV, "text/csv"),
        ("text/csv;q=1.000", CSV, "text/csv"),
        ("text/csv;q=0.5;level=1, text/html;q=0.4", CSV, "text/csv"),
        # what is malformed is passed over
        ("text/csv;q=2, text/html;q=0.1", HTML, "text/html"),
        ("text/csv;q=-1, text/html;q=0.1", HTML, "text/html"),
        ("text/csv;q=0.1234, text/html;q=0.1", HTML, "text/html"),
        ("text/csv;q=abc, text/html;q=0.1", HTML, "text/html"),
        ("csv, text/html;q=0.1", HTML, "text/html"),
        ("*/csv, text/html;q=0.1", HTML, "text/html"),
        (",,;q=1,/, text/html;q=0.1,", HTML, "text/html"),
        ('image/png;a="text/csv,text/csv", text/html;q=0.1', HTML, "text/html"),
        ('image/png;a="\\",text/csv,\\"", text/html;q=0.1', HTML, "text/html"),
        ('text/html;q=0.1, image/png;a="text/csv', HTML, "text/html"),
        # clients
        (CHROME, HTML, "text/html"),
        (FIREFOX, HTML, "text/html"),
        (YASQE_TABLE, RESULTS_JSON, "application/sparql-results+json"),
    ],
)
def test_a_table_has_the_form_that_is_liked_best(
    accept: str | None, form: Form, media_type: str | None
) -> None:
    assert choose(accept, TABLES) == (form, media_type or form.media_type)


@pytest.mark.parametrize(
    ("accept", "form", "media_type"),
    [
        (None, TURTLE, "text/turtle"),
        ("*/*", TURTLE, "text/turtle"),
        ("application/*", NTRIPLES, "application/n-triples"),
        ("application/x-turtle", TURTLE, "application/x-turtle"),
        ("application/json", JSONLD, "application/json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded"', JSONLD, None),
        ('application/ld+json;profile="a,b;q=0", text/turtle;q=0.5', JSONLD, None),
        ("application/rdf+xml", RDFXML, "application/rdf+xml"),
        (CHROME, HTML, "text/html"),
        (FIREFOX, HTML, "text/html"),
        (YASQE_GRAPH, NTRIPLES, "application/n-triples"),
        (COMUNICA, JSONLD, "application/ld+json"),
        (RDFLIB_TURTLE, TURTLE, "text/turtle"),
    ],
)
def test_a_graph_has_the_form_that_is_liked_best(
    accept: str | None, form: Form, media_type: str | None
) -> None:
    assert choose(accept, GRAPHS) == (form, media_type or form.media_type)


def test_a_page_is_never_sent_as_xhtml_which_it_is_not() -> None:
    """Pages are HTML, with elements that are never closed; a reader of XML would refuse them."""
    assert choose("application/xhtml+xml, text/html;q=0.9", GRAPHS) == (HTML, "text/html")
    with pytest.raises(Problem):
        choose("application/xhtml+xml", GRAPHS)


@pytest.mark.parametrize(
    ("accept", "forms"),
    [
        ("image/png", TABLES),
        ("text/turtle", TABLES),
        ("text/csv", TRUTHS),
        ("text/csv", GRAPHS),
        ("*/*;q=0", TABLES),
        ("text/*;q=0.0", TABLES),
        ("text/csv;q=0", TABLES),
        ("nonsense", TABLES),
        ("\x00", TABLES),
        ('"', TABLES),
    ],
)
def test_what_no_form_suits_is_told_with_the_forms_that_there_are(
    accept: str, forms: tuple[Form, ...]
) -> None:
    with pytest.raises(Problem) as caught:
        choose(accept, forms)
    assert caught.value.status == 406
    assert caught.value.document["acceptable"] == [form.media_type for form in forms]


@pytest.mark.parametrize(
    ("name", "forms", "form"),
    [
        ("json", TABLES, RESULTS_JSON),
        ("srj", TABLES, RESULTS_JSON),
        ("JSON", TABLES, RESULTS_JSON),
        (" csv ", TABLES, CSV),
        ("xml", TABLES, RESULTS_XML),
        ("application/sparql-results+json", TABLES, RESULTS_JSON),
        ("application/sparql-results json", TABLES, RESULTS_JSON),
        ("text/tab-separated-values", TABLES, TSV),
        ("html", TABLES, HTML),
        # as SPARQLWrapper and others call the forms of graphs
        ("turtle", GRAPHS, TURTLE),
        ("ttl", GRAPHS, TURTLE),
        ("n3", GRAPHS, TURTLE),
        ("json-ld", GRAPHS, JSONLD),
        ("json", GRAPHS, JSONLD),
        ("rdf", GRAPHS, RDFXML),
        ("rdf+xml", GRAPHS, RDFXML),
        ("rdf xml", GRAPHS, RDFXML),
        ("xml", GRAPHS, RDFXML),
        ("nt", GRAPHS, NTRIPLES),
        ("n-triples", GRAPHS, NTRIPLES),
        ("json", TRUTHS, RESULTS_JSON),
        ("json", (PLAIN_JSON, HTML), PLAIN_JSON),
    ],
)
def test_a_form_has_the_names_that_clients_give_it(
    name: str, forms: tuple[Form, ...], form: Form
) -> None:
    assert named(name, forms) is form
    assert wanted("text/html", forms, name=name) == (form, form.media_type)


@pytest.mark.parametrize(("name", "forms"), [("cvs", TABLES), ("csv", GRAPHS), ("csv", TRUTHS)])
def test_a_name_that_no_form_has_is_told_with_those_that_they_have(
    name: str, forms: tuple[Form, ...]
) -> None:
    with pytest.raises(Problem) as caught:
        wanted("*/*", forms, name=name)
    assert caught.value.status == 406
    assert caught.value.document["acceptable"] == [form.media_type for form in forms]
    assert all(form.name in caught.value.detail for form in forms)


def test_a_name_that_is_misspelt_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(Problem, match="Did you mean csv"):
        named("cvs", TABLES)


@pytest.mark.parametrize("name", [None, ""])
def test_without_a_name_the_header_decides(name: str | None) -> None:
    assert wanted("text/csv", TABLES, name=name) == (CSV, "text/csv")


@pytest.mark.parametrize("forms", [TABLES, TRUTHS, GRAPHS])
def test_no_two_forms_of_an_answer_share_a_name(forms: tuple[Form, ...]) -> None:
    for one, other in itertools.combinations(forms, 2):
        names = [
            {form.name, form.suffix, form.media_type, *form.aliases, *form.names}
            for form in (one, other)
        ]
        assert not names[0] & names[1]


@pytest.mark.parametrize(
    ("path", "stem", "form"),
    [
        ("/query/members.csv", "/query/members", CSV),
        ("/query/members", "/query/members", None),
        ("/organisation/nato.ttl", "/organisation/nato.ttl", None),
        ("/a.b/c", "/a.b/c", None),
        ("/.csv", "/.csv", None),
        ("/x/.csv", "/x/.csv", None),
        ("/x.csv.html", "/x.csv", HTML),
        ("", "", None),
        (".csv", "", CSV),
    ],
)
def test_a_suffix_names_a_form(path: str, stem: str, form: Form | None) -> None:
    assert split_suffix(path, (CSV, HTML)) == (stem, form)


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br", None),
        ("identity", None),
        ("*", "gzip"),
        ("*;q=0", None),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("gzip; q=0.001", "gzip"),
        ("*, gzip;q=0", None),
        ("gzip;q=0, *", None),
        ("*;q=0, gzip", "gzip"),
        ("gzip;q=nonsense", None),
        (";;,,gzip", "gzip"),
    ],
)
def test_an_answer_is_compressed_for_those_who_can_read_it(
    accepted: str | None, sent: str | None
) -> None:
    assert coding(accepted) == sent


def test_text_says_that_it_is_utf_8_and_json_does_not() -> None:
    assert content_type("text/csv") == "text/csv; charset=utf-8"
    assert content_type("application/sparql-results+json") == "application/sparql-results+json"


@dataclass(frozen=True)
class Range:
    """A media range as it is meant, and the weight in thousandths."""

    kind: str
    subtype: str
    thousandths: int


MEDIA_TYPES = sorted(
    {each for form in (*TABLES, *GRAPHS) for each in (form.media_type, *form.aliases)}
)
KINDS = sorted({each.partition("/")[0] for each in MEDIA_TYPES})
NAMES = st.one_of(
    st.sampled_from([tuple(each.split("/")) for each in [*MEDIA_TYPES, "image/png", "text/plain"]]),
    st.sampled_from([(kind, "*") for kind in [*KINDS, "image"]]),
    st.just(("*", "*")),
)
WEIGHTS = st.one_of(st.sampled_from([0, 1, 500, 999, 1000]), st.integers(0, 1000))
RANGES = st.lists(
    st.builds(lambda name, weight: Range(*name, weight), NAMES, WEIGHTS),
    unique_by=lambda each: (each.kind, each.subtype),
    min_size=1,
    max_size=12,
)
SPACE = st.sampled_from(["", " ", "\t", "  "])


def weight_by_the_rule(media_type: str, ranges: list[Range], *, is_alias: bool) -> int:
    """The rule of RFC 9110, section 12.5.1, step by step: exact, then type/*, then */*.

    An alias is sent only to those who name it.
    """
    kind, subtype = media_type.split("/")
    wildcards = () if is_alias else ((kind, "*"), ("*", "*"))
    for specific in ((kind, subtype), *wildcards):
        for each in ranges:
            if (each.kind, each.subtype) == specific:
                return each.thousandths
    return 0


@given(RANGES, st.sampled_from([TABLES, TRUTHS, GRAPHS]), st.data())
def test_the_form_is_the_one_that_the_rule_gives(
    ranges: list[Range], forms: tuple[Form, ...], data: st.DataObject
) -> None:
    written = []
    for each in ranges:
        name = f"{each.kind}/{each.subtype}"
        name = data.draw(st.sampled_from([name, name.upper()]))
        weight = "1" if each.thousandths == 1000 else f"0.{each.thousandths:03}"
        whole = each.thousandths == 1000 and data.draw(st.booleans())
        space = data.draw(SPACE)
        written.append(name if whole else f"{name}{space};{space}q={weight}{space}")
    offered = [(form, each) for form in forms for each in (form.media_type, *form.aliases)]
    weights = [
        weight_by_the_rule(media_type, ranges, is_alias=media_type in form.aliases)
        for form, media_type in offered
    ]
    accept = data.draw(st.sampled_from([",", ", ", " ,\t"])).join(written)
    if max(weights) == 0:
        with pytest.raises(Problem):
            choose(accept, forms)
    else:
        assert choose(accept, forms) == offered[weights.index(max(weights))]


@settings(max_examples=60)
@given(st.text() | st.text('abc/*;,=q01."\\ +-', max_size=60), st.sampled_from([TABLES, GRAPHS]))
def test_whatever_is_sent_gets_a_form_or_a_406(accept: str, forms: tuple[Form, ...]) -> None:
    try:
        form, media_type = choose(accept, forms)
    except Problem as problem:
        assert problem.status == 406
    else:
        assert form in forms
        assert media_type in (form.media_type, *form.aliases)
    coding(accept)


@pytest.mark.parametrize(
    "accept",
    [
        '"' * 30_000,
        '"\\' * 15_000,
        "text/html;" * 3_000,
        "a/b;q=" * 5_000,
        ";" * 30_000,
        "," * 30_000,
    ],
)
def test_a_long_header_that_is_malformed_is_read_at_once(accept: str) -> None:
    """The longest that is let in has 32 kilobytes; a reader that goes back would take minutes."""
    with pytest.raises(Problem):
        choose(accept, TABLES)


# over HTTP

ROWS = "SELECT ?s { ?s ?p ?o } LIMIT 1"
TRIPLES = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1"
PROBLEM = "application/problem+json"
LATER = {"If-Modified-Since": format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)}


def asked(service: Served, query: str, accept: str = "*/*", **parameters: str) -> httpx.Response:
    told = {"query": query, **parameters}
    return httpx.get(f"{service.address}/sparql", params=told, headers={"Accept": accept})


@pytest.mark.parametrize(
    ("query", "accept", "parameters", "status", "media_type"),
    [
        (ROWS, "*/*", {}, 200, "application/sparql-results+json"),
        (ROWS, "", {}, 200, "application/sparql-results+json"),
        (ROWS, CHROME, {}, 200, "text/html; charset=utf-8"),
        (ROWS, CHROME, {"format": "csv"}, 200, "text/csv; charset=utf-8"),
        (ROWS, "image/png", {"output": "tsv"}, 200, "text/tab-separated-values; charset=utf-8"),
        (ROWS, "text/csv", {"output": "json", "format": "xml"}, 200, RESULTS_XML.media_type),
        (ROWS, "text/csv", {"format": "", "anything": "else"}, 200, "text/csv; charset=utf-8"),
        (ROWS, "text/turtle", {}, 406, PROBLEM),
        (ROWS, "*/*", {"format": "turtle"}, 406, PROBLEM),
        (TRIPLES, "*/*", {}, 200, "text/turtle; charset=utf-8"),
        (TRIPLES, CHROME, {}, 200, "text/html; charset=utf-8"),
        (TRIPLES, "*/*", {"format": "xml"}, 200, "application/rdf+xml"),
        (TRIPLES, "text/csv", {}, 406, PROBLEM),
        ("ASK {}", "text/xml", {}, 200, "text/xml; charset=utf-8"),
        ("ASK {}", "text/csv", {}, 406, PROBLEM),
        # what is no query is wrong whatever was to be had
        ("SELEC", "*/*", {}, 400, PROBLEM),
        ("SELEC", "text/turtle", {}, 400, PROBLEM),
        ("CONSTRUC {}", "text/turtle", {}, 400, PROBLEM),
        ("CONSTRUC {}", "text/csv", {}, 400, PROBLEM),
        # which kind of query it is, is read past all that may stand before
        ("PREFIX a: # it's <x> \"\n<x:> " + TRIPLES, "*/*", {}, 200, "text/turtle; charset=utf-8"),
        ("prefix select: <x:select> base <x:ask>\n" + TRIPLES, "text/turtle", {}, 200, None),
        ("# SELECT\r" + TRIPLES, "text/turtle", {}, 200, None),
        (
            "PREFIX\tα.ask:<x:>PREFIX:<y:>CONSTRUCT{?s a ?o}{?s a ?o}LIMIT 1",
            "text/turtle",
            {},
            200,
            None,
        ),
        ("BASE<x:y>ASK{}", "application/json", {}, 200, "application/json"),
    ],
)
def test_the_endpoint_answers_in_the_form_that_was_asked_for(
    query: str,
    accept: str,
    parameters: dict[str, str],
    status: int,
    media_type: str | None,
    service: Served,
) -> None:
    answer = asked(service, query, accept, **parameters)
    expected = media_type or f"{accept}; charset=utf-8"
    assert (answer.status_code, answer.headers["content-type"]) == (status, expected)
    assert "accept" in answer.headers["vary"].lower().split(", ")
    if status == 406:
        acceptable = answer.json()["acceptable"]
        assert all(asked(service, query, each).status_code == 200 for each in acceptable)


def test_a_problem_is_a_page_for_browsers_alone(service: Served) -> None:
    for accept in ("*/*", "", "text/turtle", "application/json", "nonsense"):
        assert asked(service, "SELEC", accept).headers["content-type"] == PROBLEM
    page = asked(service, "SELEC", FIREFOX)
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/sparql?query=ASK%7B%7D", 304),
        ("/organisation/nato.ttl", 304),
        ("/sparql?query=SELEC", 400),
        ("/organisation/nowhere.ttl", 404),
        ("/organisation/nowhere.html", 404),
        ("/sparql?query=SELECT(NOW()AS%20%3Fnow)%7B%7D", 200),
    ],
)
def test_only_a_good_answer_that_lasts_is_told_to_be_unchanged(
    path: str, status: int, service: Served
) -> None:
    """RFC 9110, section 13.2.1: conditions count where the answer without them would be good."""
    answer = httpx.get(service.address + path, headers=LATER)
    assert answer.status_code == status
    other = httpx.get(service.address + path, headers={**LATER, "If-None-Match": '"another"'})
    assert other.status_code == (200 if status == 304 else status), "the tag counts, not the day"
    assert ("etag" in answer.headers) == (status == 304)
