"""The stored questions over HTTP: every form of every answer, forms, explanations, refusals."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import rdflib
from conftest import ROOT, Served
from jsonschema import Draft202012Validator
from pages import Page
from rdflib.query import Result

import kg
from kg.table_formats import json_value
from kg.terms import Iri, Literal, Term

NAMES = sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROV = rdflib.Namespace("http://www.w3.org/ns/prov#")
NATO = "https://w3id.org/alliance-kg/organisation/nato"
MEDIA_TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "srj": "application/sparql-results+json",
    "srx": "application/sparql-results+xml",
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


@pytest.fixture(scope="session")
def client(service: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=30) as made:
        yield made


@pytest.fixture(scope="session")
def api(client: httpx.Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


@pytest.fixture(scope="session")
def listed(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """The questions as /query lists them, by name."""
    return {each["name"]: each for each in client.get("/query").json()["queries"]}


def validator(api: dict[str, Any], name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": api["components"]}
    return Draft202012Validator(schema)


def problem(answer: httpx.Response, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text[:300]
    document: dict[str, Any] = answer.json()
    assert not re.search(r"(?<!\w)--\w|kg query|kg explain", document["detail"])
    return document


# Every question in every form


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_the_same_rows_in_each_form(
    client: httpx.Client,
    graph: kg.Graph,
    api: dict[str, Any],
    listed: dict[str, dict[str, Any]],
    name: str,
) -> None:
    path, _, query = listed[name]["example"].partition("?")
    assert path == f"/query/{name}"
    table = graph.query(name, **dict(parse_qsl(query)))
    assert len(table) > 0, "an example has an answer"
    texts = {}
    for suffix, media_type in MEDIA_TYPES.items():
        answer = client.get(f"{path}.{suffix}", params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"] == media_type
        assert client.get(path, params=query, headers={"Accept": media_type.partition(";")[0]}
                          ).content == answer.content  # fmt: skip
        texts[suffix] = answer.text
    document = json.loads(texts["json"])
    validator(api, "Answer").validate(document)
    assert document["count"] == len(table)
    assert document["rows"] == [
        dict(zip(table.columns, map(json_value, row), strict=True)) for row in table.rows
    ]
    expected = [tuple(map(_rdflib, row)) for row in table.rows]
    for suffix, format in (("srj", "json"), ("srx", "xml")):
        assert _read(texts[suffix], format) == (list(table.columns), expected)
    written = [["" if term is None else str(term) for term in row] for row in table.rows]
    assert list(csv.reader(io.StringIO(texts["csv"]))) == [list(table.columns), *written]
    lines = texts["tsv"].splitlines()
    assert lines[0].split("\t") == [f"?{column}" for column in table.columns]
    assert len(lines) == len(table) + 1
    assert len(texts["md"].rstrip("\n").splitlines()) == len(table) + 2
    page = Page(texts["html"])
    page.is_good()
    assert len(page.all("tr")) == len(table) + 1


def _rdflib(term: Term | None) -> rdflib.term.Node | None:
    if term is None:
        return None
    if isinstance(term, Iri):
        return rdflib.URIRef(term.value)
    assert isinstance(term, Literal)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    is_plain = term.datatype.endswith("#string")
    return rdflib.Literal(
        term.value, datatype=None if is_plain else rdflib.URIRef(term.datatype), normalize=False
    )


def _read(text: str, format: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Reads a table by rdflib."""
    result = Result.parse(io.BytesIO(text.encode()), format=format)
    assert result.vars is not None
    columns = [str(each) for each in result.vars]
    rows = [tuple(each.get(column) for column in result.vars) for each in result.bindings]
    return columns, rows


@pytest.mark.parametrize("form", [*MEDIA_TYPES, "markdown", "text/csv"])
def test_a_form_is_named_by_a_parameter_too(client: httpx.Client, form: str) -> None:
    answer = client.get("/query/members", params={"organisation": "NATO", "format": form})
    suffix = {"markdown": "md", "text/csv": "csv"}.get(form, form)
    assert answer.headers["Content-Type"] == MEDIA_TYPES[suffix]


# What a question is asked of


@pytest.mark.parametrize(
    "name",
    ["NATO", "nato", "organisation:nato", NATO, "Q7184", "North Atlantic Treaty Organization"],
)
def test_a_thing_is_named_as_people_name_it(client: httpx.Client, name: str) -> None:
    answer = client.get("/query/members", params={"organisation": name, "on": "2022-10-12"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["parameters"]["organisation"] == "organisation:nato"
    assert answer.json()["count"] == 30


@pytest.mark.parametrize("name", ["FI", "FIN", "Suomi", "Фінляндія", "芬兰", "Q33", "Finnland"])
def test_a_state_is_named_by_a_code_or_in_its_language(client: httpx.Client, name: str) -> None:
    answer = client.get("/query/organisations-of", params={"state": name})
    assert answer.status_code == 200, answer.text
    assert answer.json()["parameters"]["state"] == "state:finland"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("NATOO", 404, ["Did you mean organisation:nato"]),
        ("organisation:natoo", 404, ["organisation:nato"]),
        ("state:finland", 404, ["is a state", "organisation"]),
        ("<script>alert(1)</script>", 404, ["No organisation is called"]),
        ('"} DROP ALL #', 404, ["No organisation is called"]),
        ("http://example.org/ not an iri", 404, []),
        ("x" * 3000, 404, []),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(
    client: httpx.Client, name: str, status: int, words: list[str]
) -> None:
    detail = problem(client.get("/query/members", params={"organisation": name}), status)["detail"]
    for word in words:
        assert word in detail


def test_a_name_of_several_things_is_told_with_all_of_them(client: httpx.Client) -> None:
    detail = problem(client.get("/query/organisations-of", params={"state": "Kongo"}))["detail"]
    assert "state:republic-of-the-congo" in detail
    assert "state:democratic-republic-of-the-congo" in detail


def test_certainty_chooses_rows(client: httpx.Client, graph: kg.Graph) -> None:
    asked = {"organisation": "OAS", "on": "1991-09-01"}
    counts = {}
    for certainty in ("", "certain", "possible"):
        got = client.get("/query/members", params={**asked, "certainty": certainty}).json()
        rows = graph.query("members", certainty=certainty or None, **asked)  # type: ignore[arg-type]
        assert [row["name"] for row in got["rows"]] == [row["name"] for row in rows]
        as_csv = client.get("/query/members.csv", params={**asked, "certainty": certainty})
        assert len(as_csv.text.splitlines()) == got["count"] + 1
        counts[certainty] = got["count"]
    assert counts == {"": 35, "certain": 33, "possible": 2}
    problem(client.get("/query/members", params={**asked, "certainty": "maybe"}))
    problem(client.get("/query/organisations?certainty=certain"))


def test_a_missing_parameter_is_told_with_an_address_that_works(
    client: httpx.Client, listed: dict[str, dict[str, Any]]
) -> None:
    for name, each in listed.items():
        missing = [own["name"] for own in each["parameters"] if own["required"]]
        answer = client.get(f"/query/{name}")
        if not missing:
            assert answer.status_code == 200
            continue
        document = problem(answer)
        assert document["missing"] == missing
        assert all(own in document["detail"] for own in missing)
        example = re.search(r"Send for example (/\S+)\.$", document["detail"])
        assert example and client.get(example[1]).json()["count"] > 0


def test_empty_parameters_are_those_of_a_form_that_was_not_filled_in(client: httpx.Client) -> None:
    empty = {"on": "", "known-on": "", "joined-by": "", "certainty": "", "format": ""}
    answer = client.get("/query/members", params={"organisation": "NATO", **empty})
    plain = client.get("/query/members", params={"organisation": "NATO"})
    assert answer.json() == plain.json()


def test_a_parameter_is_given_once(client: httpx.Client) -> None:
    problem(client.get("/query/members?organisation=NATO&organisation=EU"))


# Lists and shortcuts


def test_all_questions_are_listed_with_their_parameters(
    client: httpx.Client, graph: kg.Graph, listed: dict[str, dict[str, Any]]
) -> None:
    assert sorted(listed) == NAMES
    for name, each in listed.items():
        query = graph.queries[name]
        assert [own["name"] for own in each["parameters"]] == [own.name for own in query.parameters]
        assert [own["meaning"] for own in each["parameters"]] == [
            own.meaning for own in query.parameters
        ]
    page = Page(client.get("/query", headers=BROWSER).text)
    page.is_good()
    assert {f"/query/{name}" for name in NAMES} <= set(page.links)


@pytest.mark.parametrize("name", ["coverage", "disagreements"])
def test_shortcuts_answer_as_the_questions(client: httpx.Client, name: str) -> None:
    for suffix in ("", ".csv", ".html", ".srj"):
        short, long = (client.get(f"{path}{name}{suffix}") for path in ("/", "/query/"))
        assert short.status_code == 200
        assert short.content == long.content
    assert client.get(f"/{name}?thing=NATO").json()["count"] > 0


# Explanations and refusals

RUN_KG = Callable[..., CompletedProcess[str]]
EXPLAINED = {"organisation": "NATO", "on": "2022-10-12"}
OPTIONS = ("--organisation", "NATO", "--on", "2022-10-12")


@pytest.mark.parametrize(
    ("asked", "options"),
    [
        ({"row": "7"}, ("--row", "7")),
        ({"where": "name=Finland", "joined-by": "signed"},
         ("--where", "name=Finland", "--joined-by", "signed")),
        ({"where": ["certainty=certain", "since=1999-03-12", "name=Poland"]},
         ("--where", "certainty=certain", "--where", "since=1999-03-12", "--where", "name=Poland")),
    ],
    ids=["row", "where", "several"],
)  # fmt: skip
def test_an_explanation_is_the_command_lines(
    client: httpx.Client, run_kg: RUN_KG, asked: dict[str, Any], options: tuple[str, ...]
) -> None:
    for suffix, format in (("txt", "text"), ("json", "json"), ("ttl", "turtle")):
        answer = client.get(f"/explain/members.{suffix}", params={**EXPLAINED, **asked})
        printed = run_kg("explain", "members", *OPTIONS, *options, "--format", format)
        assert printed.returncode == 0
        if suffix == "json":
            assert answer.json() == json.loads(printed.stdout)
        else:
            assert answer.text == printed.stdout
    page = Page(client.get("/explain/members.html", params={**EXPLAINED, **asked}).text)
    page.is_good()


def test_an_explanation_in_turtle_is_provenance(client: httpx.Client) -> None:
    answer = client.get("/explain/members.ttl", params={**EXPLAINED, "row": "1"})
    read = rdflib.Graph().parse(data=answer.text, format="turtle")
    derived = set(read.objects(None, PROV.wasDerivedFrom)) | set(read.objects(None, PROV.used))
    assert derived and all(isinstance(each, rdflib.URIRef) for each in derived)
    accepted = client.get(
        "/explain/members", params={**EXPLAINED, "row": "1"}, headers={"Accept": "text/turtle"}
    )
    assert accepted.content == answer.content


def test_a_refusal_is_the_command_lines(client: httpx.Client, run_kg: RUN_KG) -> None:
    asked = {**EXPLAINED, "where": "name=Sweden"}
    for suffix, format in (("txt", "text"), ("json", "json")):
        answer = client.get(f"/why-not/members.{suffix}", params=asked)
        printed = run_kg("why-not", "members", *OPTIONS, "--where", "name=Sweden",
                         "--format", format)  # fmt: skip
        if suffix == "json":
            assert answer.json() == json.loads(printed.stdout)
        else:
            assert answer.text.split() == printed.stdout.split()
    Page(client.get("/why-not/members.html", params=asked).text).is_good()


@pytest.mark.parametrize(
    ("path", "asked", "status", "word"),
    [
        ("explain", {"row": "99"}, 404, "30"),
        ("explain", {"row": "0"}, 400, "row"),
        ("explain", {"row": "first"}, 400, "row"),
        ("explain", {"where": "name"}, 400, "column=value"),
        ("explain", {"where": "nam=Finland"}, 404, "Did you mean name?"),
        ("explain", {"where": "name=Sweden"}, 404, "Sweden"),
        ("explain", {"wher": "name=Sweden"}, 400, "Did you mean where?"),
        ("why-not", {}, 400, "where=name=Sweden"),
        ("why-not", {"where": "nam=Finland"}, 404, "Did you mean name?"),
        ("why-not", {"where": "name=Sweden", "row": "1"}, 400, "row"),
    ],
)
def test_what_cannot_be_taken_apart_is_told(
    client: httpx.Client, path: str, asked: dict[str, str], status: int, word: str
) -> None:
    answer = client.get(f"/{path}/members", params={**EXPLAINED, **asked})
    assert word in problem(answer, status)["detail"]


# Pages


def fields_of(page: Page) -> list[dict[str, str]]:
    """The fields that people see."""
    fields = [*page.all("input"), *page.all("select"), *page.all("textarea")]
    return [each for each in fields if each.get("type") != "hidden"]


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_a_question_is_a_form_for_it(
    client: httpx.Client, listed: dict[str, dict[str, Any]], name: str
) -> None:
    """Every field has a label and is described; nothing is loaded from elsewhere."""
    answer = client.get(f"/query/{name}", headers=BROWSER)
    assert answer.status_code == 200
    page = Page(answer.text)
    page.is_good()
    labels = {each["for"] for each in page.all("label")}
    fields = fields_of(page)
    assert {each["id"] for each in fields} == labels
    described = [each for each in fields if each["name"] not in ("name", "q")]
    for each in described:
        assert each["aria-describedby"] in page.anchors, each
    assert {own["name"] for own in listed[name]["parameters"]} <= {each["name"] for each in fields}
    required = {own["name"] for own in listed[name]["parameters"] if own["required"]}
    assert {each["name"] for each in fields if "required" in each} - {"where"} == required
    for attributes in (each for _, each in page.elements):
        assert not any(attribute.startswith("on") for attribute in attributes)


def test_the_page_of_an_answer_leads_on(client: httpx.Client) -> None:
    """To what each row rests on, to why one is not there, and to the raw forms."""
    page = Page(client.get("/query/members.html", params=EXPLAINED).text)
    links = [each for each in page.links if each.startswith(("/explain/", "/query/members."))]
    rows = [each for each in links if "row=" in each]
    assert len(rows) == 30
    for link in (rows[0], rows[-1], *(each for each in links if each.startswith("/query/"))):
        answer = client.get(link)
        assert answer.status_code == 200, link
        asked = dict(parse_qsl(urlsplit(link).query))
        assert asked["organisation"] == "NATO" and asked["on"] == "2022-10-12"
    explained = Page(client.get(rows[6], headers=BROWSER).text)
    explained.is_good()
    assert "/query/members?organisation=NATO&on=2022-10-12" in explained.links
    assert any(each.startswith("/explain/members.ttl?") for each in explained.links)


def test_what_was_chosen_stays_in_the_form_and_in_the_links(client: httpx.Client) -> None:
    asked = {
        "organisation": 'Warsaw Pact', "on": "1968-06-01", "known-on": "2022-10-12",
        "joined-by": "signed", "certainty": "certain",
    }  # fmt: skip
    page = Page(client.get("/query/members.html", params=asked).text)
    values = {each["name"]: each.get("value", "") for each in page.all("input")}
    assert {name: values[name] for name in ("organisation", "on", "known-on")} == {
        name: asked[name] for name in ("organisation", "on", "known-on")
    }
    chosen = [each["value"] for each in page.all("option") if "selected" in each]
    assert {"signed", "certain"} <= set(chosen)
    (raw,) = [each for each in page.links if each.startswith("/query/members.csv")]
    assert dict(parse_qsl(urlsplit(raw).query)) == asked
    assert len(client.get(raw).text.splitlines()) == len(page.all("tr"))


def test_rows_that_were_chosen_are_explained_by_their_own_numbers(client: httpx.Client) -> None:
    """Belize and Guyana joined in 1991; on 1 September that year they were possible members."""
    asked = {"organisation": "OAS", "on": "1991-09-01", "certainty": "possible"}
    page = Page(client.get("/query/members.html", params=asked).text)
    texts = [client.get(link + "&format=txt").text for link in page.links if "row=" in link]
    assert [text.split("name ")[1].partition(",")[0] for text in texts] == ["Belize", "Guyana"]


def test_texts_of_people_cannot_break_out_of_the_form(client: httpx.Client) -> None:
    evil = '"><script>alert(1)</script>'
    answer = client.get("/query/members", params={"organisation": evil}, headers=BROWSER)
    assert answer.status_code == 404 and "<script>" not in answer.text
    Page(answer.text).is_good()


def test_the_page_for_queries_is_good(client: httpx.Client) -> None:
    query = "SELECT ?s { ?s a kg:Coverage } ORDER BY ?s LIMIT 3"
    asked = {"query": query, "on": "2022-10-12", "known-on": "2022-10-12"}
    for page in (
        Page(client.get("/sparql", headers=BROWSER).text),
        Page(client.get("/sparql", params=asked, headers=BROWSER).text),
    ):
        page.is_good()
        fields = fields_of(page)
        assert {each["id"] for each in fields} == {each["for"] for each in page.all("label")}
    assert query in page.text
    raw = [each for each in page.links if each.startswith("/sparql?") and "format=csv" in each]
    assert len(raw) == 1 and dict(parse_qsl(urlsplit(raw[0]).query)) == {**asked, "format": "csv"}
    assert len(client.get(raw[0]).text.splitlines()) == len(page.all("tr"))
