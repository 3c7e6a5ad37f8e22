"""The graph as known on a day, and of a day, over HTTP: by parameter, by IRI, as documents."""

import csv
import datetime
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import rdflib
from conftest import ROOT, Served
from oracle import memberships, read_events

import kg
from kg.clocks import STAGES, VIEWS
from kg.table_formats import json_value
from kg.web.settings import Limits

CSV = {"Accept": "text/csv"}
MEMBERS = "SELECT ?member { ?member org:memberOf organisation:nato } ORDER BY ?member"
EVENTS = "SELECT (COUNT(?event) AS ?n) { ?event a kg:MembershipEvent }"
NATO = "https://w3id.org/alliance-kg/organisation/nato"
MEMBER_OF = rdflib.URIRef("http://www.w3.org/ns/org#memberOf")
CLOCKS: list[dict[str, str]] = [
    {},
    {"on": "1999-04-01"},
    {"known-on": "2022-10-12"},
    {"on": "2024-06-01", "known-on": "2022-10-12"},
    {"on": "2022-10-12", "joined-by": "signed"},
    {"on": "2024-06-01", "known-on": "2022-10-12", "joined-by": "deposited"},
]


@pytest.fixture(scope="session")
def client(service: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=30) as made:
        yield made


def as_of(graph: kg.Graph, clocks: dict[str, str]) -> kg.Graph:
    return graph.as_of(**{name.replace("-", "_"): value for name, value in clocks.items()})  # type: ignore[arg-type]


def first_column(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row[0] for row in csv.reader(io.StringIO(answer.text))][1:]


def ask(client: httpx.Client, query: str, **parameters: Any) -> list[str]:
    return first_column(client.get("/sparql", params={"query": query, **parameters}, headers=CSV))


def members_by_the_oracle(on: str, known_on: str | None = None) -> list[str]:
    """Who certainly was a member of NATO."""
    day = datetime.date.fromisoformat(on)
    known = datetime.date.fromisoformat(known_on) if known_on else None
    found = memberships(read_events(ROOT / "graph" / "organisations", known))
    return sorted(
        each.begins.state
        for each in found
        if each.begins.organisation == NATO and each.certain_on(day)
    )


# By parameter


@pytest.mark.parametrize("clocks", CLOCKS, ids=urlencode)
@pytest.mark.parametrize("query", [MEMBERS, EVENTS], ids=["relations", "statements"])
def test_the_endpoint_answers_as_of_the_clocks(
    client: httpx.Client, graph: kg.Graph, clocks: dict[str, str], query: str
) -> None:
    expected = as_of(graph, clocks).sparql(query)
    assert isinstance(expected, kg.Table)
    got = ask(client, query, **clocks)
    assert got == [str(row[0]) for row in expected.rows]
    posted = client.post("/sparql", data={"query": query, **clocks}, headers=CSV)
    assert first_column(posted) == got


@pytest.mark.parametrize(
    ("on", "known_on", "number"),
    [("1999-04-01", None, 19), ("2022-10-12", None, 30), ("2024-06-01", None, 32),
     ("2024-06-01", "2022-10-12", 30), ("1990-01-01", "1982-05-29", 15)],
)  # fmt: skip
def test_members_are_those_of_the_oracle(
    client: httpx.Client, on: str, known_on: str | None, number: int
) -> None:
    clocks = {"on": on, **({"known-on": known_on} if known_on else {})}
    assert (expected := members_by_the_oracle(on, known_on)) and len(expected) == number
    assert sorted(ask(client, MEMBERS, **clocks)) == expected
    listed = client.get("/query/members.csv", params={"organisation": NATO, **clocks})
    assert sorted(first_column(listed)) == expected


@pytest.mark.parametrize("clocks", CLOCKS[1:], ids=urlencode)
def test_questions_are_answered_as_of_the_clocks(
    client: httpx.Client, graph: kg.Graph, clocks: dict[str, str]
) -> None:
    table = as_of(graph, clocks).query("members", organisation="NATO")
    answer = client.get("/query/members", params={"organisation": "NATO", **clocks}).json()
    assert answer["rows"] == [
        dict(zip(table.columns, map(json_value, row), strict=True)) for row in table.rows
    ]
    assert answer["clocks"]["known-on"] == clocks.get("known-on")
    assert answer["clocks"]["joined-by"] == clocks.get("joined-by", "in-force")


def test_explanations_are_those_of_the_view(client: httpx.Client, graph: kg.Graph) -> None:
    clocks = {"on": "2024-06-01", "known-on": "2022-10-12", "joined-by": "signed"}
    values = {"organisation": "NATO", "where": "name=Finland"}
    got = client.get("/explain/members", params={**values, **clocks}).json()
    view = as_of(graph, clocks)
    expected = view.explain("members", where={"name": "Finland"}, organisation="NATO")
    cited = {
        str(each.iri) for row in expected.rows for each in expected.cited(row.witness.statements)
    }
    assert cited and all(iri in str(got) for iri in cited)
    assert not re.search(r"event[:/]nato-finland-accession\b(?!-)", str(got)), "it was not known"
    assert client.get("/explain/members", params={**values, "on": "2022-10-12"}).status_code == 404


def test_refusals_are_those_of_the_view(client: httpx.Client) -> None:
    """Finland signed before the day, and joined after it."""
    asked = {"organisation": "NATO", "where": "name=Finland", "on": "2022-10-12"}
    missing = client.get("/why-not/members", params=asked).json()
    there = client.get("/why-not/members", params={**asked, "joined-by": "signed"}).json()
    assert (missing["isThere"], there["isThere"]) == (False, True)


@pytest.mark.parametrize("clocks", [CLOCKS[1], CLOCKS[5]], ids=urlencode)
def test_an_export_is_that_of_the_view(
    client: httpx.Client, graph: kg.Graph, clocks: dict[str, str]
) -> None:
    answer = client.get("/export.nt", params=clocks)
    assert answer.text == as_of(graph, clocks).export("ntriples")


def test_today_is_a_day_in_the_tag(client: httpx.Client) -> None:
    """What is asked of today is asked of another day tomorrow."""
    today = datetime.date.today().isoformat()
    for path, params in (("/sparql", {"query": MEMBERS}), ("/export.nt", {})):
        named, said = (
            client.get(path, params={**params, "on": on}).headers["ETag"] for on in (today, "today")
        )
        assert named == said


# By IRI


def test_a_view_is_a_default_graph(client: httpx.Client) -> None:
    view = VIEWS + "known-on/2022-10-12"
    assert ask(client, EVENTS, **{"default-graph-uri": view}) == ask(
        client, EVENTS, **{"known-on": "2022-10-12"}
    )
    assert ask(client, MEMBERS, **{"default-graph-uri": VIEWS + "on/1999-04-01"}) == sorted(
        members_by_the_oracle("1999-04-01")
    )
    both = {"default-graph-uri": view + "/joined-by/signed", "on": "2022-10-12"}
    assert ask(client, MEMBERS, **both) == ask(
        client, MEMBERS, **{"known-on": "2022-10-12", "joined-by": "signed", "on": "2022-10-12"}
    )


def test_a_view_is_named_by_from(client: httpx.Client) -> None:
    query = MEMBERS.replace("{", f"FROM <{VIEWS}on/1999-04-01> {{", 1)
    assert ask(client, query) == members_by_the_oracle("1999-04-01")
    query = EVENTS.replace("{", f"FROM <{VIEWS}known-on/2022-10-12> {{", 1)
    assert ask(client, query) == ask(client, EVENTS, **{"known-on": "2022-10-12"})


def test_two_views_are_compared_by_one_query(client: httpx.Client) -> None:
    query = f"""PREFIX view: <{VIEWS}>
    SELECT ?member {{
      GRAPH <{VIEWS}on/2024-06-01> {{ ?member org:memberOf ?nato }}
      FILTER(?nato = organisation:nato)
      MINUS {{
        GRAPH view:known-on\\/2022-10-12\\/on\\/2024-06-01 {{ ?member org:memberOf ?nato }}
      }}
    }} ORDER BY ?member"""
    late, known = (members_by_the_oracle("2024-06-01", day) for day in (None, "2022-10-12"))
    assert ask(client, query) == sorted(set(late) - set(known))
    assert [each.rpartition("/")[2] for each in ask(client, query)] == ["finland", "sweden"]


def test_views_stand_in_a_dataset_of_the_protocol(client: httpx.Client) -> None:
    days = ["1999-04-01", "2024-06-01"]
    query = (
        "SELECT (COUNT(?s) AS ?n) { GRAPH ?g { ?s org:memberOf organisation:nato } } "
        "GROUP BY ?g ORDER BY ?n"
    )
    named = [VIEWS + f"on/{day}" for day in days]
    assert ask(client, query, **{"named-graph-uri": named}) == ["19", "32"]


def test_more_views_than_can_be_asked_at_once_are_refused(client: httpx.Client) -> None:
    views = " ".join(f"FROM <{VIEWS}on/200{year}-01-01>" for year in range(4))
    answer = client.get("/sparql", params={"query": f"SELECT * {views} {{ ?a ?b ?c }}"})
    assert answer.status_code == 400 and "4 views" in answer.json()["detail"]


# What cannot be

WRONG = [
    {"on": "1999-13-01"},
    {"on": "yesterday"},
    {"known-on": "2022-02-30"},
    {"known-on": "1066-10-14"},
    {"known-on": "2022"},
    {"joined-by": "asked"},
    {"joined-by": "IN-FORCE"},
]


@pytest.mark.parametrize("clocks", WRONG, ids=urlencode)
@pytest.mark.parametrize("path", ["sparql", "query", "explain", "why-not", "export"])
def test_a_view_that_cannot_be_is_told_in_words_of_the_web(
    client: httpx.Client, path: str, clocks: dict[str, str]
) -> None:
    address, params = {
        "sparql": ("/sparql", {"query": EVENTS}),
        "query": ("/query/members", {"organisation": "NATO"}),
        "explain": ("/explain/members", {"organisation": "NATO"}),
        "why-not": ("/why-not/members", {"organisation": "NATO", "where": "name=Sweden"}),
        "export": ("/export.nt", {}),
    }[path]
    assert_wrong(client.get(address, params={**params, **clocks}), next(iter(clocks)))


def assert_wrong(answer: httpx.Response, *words: str) -> None:
    is_too_early = "was known on 1066" in answer.text  # a view that could be, and is not there
    assert answer.status_code == (404 if is_too_early else 400), answer.text
    detail = answer.json()["detail"]
    assert not re.search(r"(?<!\w)--\w|kg query|kg serve", detail), detail
    for word in words:
        assert word in detail


@pytest.mark.parametrize("view", ["on/never", "known-on/1066-10-14", "joined-by/asked", "nothing"])
def test_a_graph_that_is_no_view_is_refused(client: httpx.Client, view: str) -> None:
    for way in (
        {"query": EVENTS, "default-graph-uri": VIEWS + view},
        {"query": EVENTS.replace("{", f"FROM <{VIEWS}{view}> {{", 1)},
        {"query": f"ASK {{ GRAPH <{VIEWS}{view}> {{ ?a ?b ?c }} }}"},
    ):
        assert_wrong(client.get("/sparql", params=way))


# As documents


@pytest.mark.parametrize("suffix", ["ttl", "nt", "jsonld", "rdf"])
def test_the_relations_of_a_day_are_a_document(client: httpx.Client, suffix: str) -> None:
    answer = client.get(f"/view/on/1999-04-01.{suffix}")
    assert answer.status_code == 200
    read = rdflib.Graph().parse(
        data=answer.text, format={"rdf": "xml", "jsonld": "json-ld"}.get(suffix, suffix)
    )
    members = read.subjects(MEMBER_OF, rdflib.URIRef(NATO))
    assert sorted(map(str, members)) == members_by_the_oracle("1999-04-01")


def test_the_graph_as_known_on_a_day_is_a_document(client: httpx.Client, graph: kg.Graph) -> None:
    answer = client.get("/view/known-on/2022-10-12.nt")
    assert answer.text == graph.as_of(known_on="2022-10-12").export("ntriples")


def test_what_was_derived_is_a_document(client: httpx.Client) -> None:
    graph = "<https://w3id.org/alliance-kg/graph/derived>"
    query = f"SELECT (COUNT(*) AS ?n) {{ GRAPH {graph} {{ ?a ?b ?c }} }}"
    read = rdflib.Graph().parse(data=client.get("/graph/derived.ttl").text)
    lines = client.get("/graph/derived.nt").text.splitlines()
    (number,) = ask(client, query)
    assert len(read) == len(lines) == int(number) > 1000


def test_other_graphs_and_views_are_not_there(client: httpx.Client) -> None:
    for path in ("/graph/other", "/graph/", "/view/nothing", "/view/on", "/view/"):
        assert client.get(path).status_code == 404, path
    assert client.get("/view/on/never").status_code == 400


# Many days


def test_no_more_views_are_held_than_may_be(start_service: Any) -> None:
    """Many days are asked, and each is answered as the oracle says; four views are held then."""
    served = start_service("--quiet")
    days = [f"{year}-07-01" for year in range(1980, 2020, 3)]
    before = len(list(processes_below(served.process.pid)))
    with httpx.Client(base_url=served.address, timeout=30) as client:
        for day in days:
            asked = {"organisation": "NATO", "known-on": day, "on": "2030-01-01"}
            listed = first_column(client.get("/query/members.csv", params=asked))
            assert sorted(listed) == members_by_the_oracle("2030-01-01", day)
    assert len(list(processes_below(served.process.pid))) <= before + 2 * Limits().views
    served.stop()


def processes_below(pid: int) -> Iterator[int]:
    for child in map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()):
        yield child
        yield from processes_below(child)


def test_each_step_of_joining_is_a_view(client: httpx.Client, graph: kg.Graph) -> None:
    counts = []
    for stage in STAGES:
        clocks = {"on": "2022-10-12", "joined-by": stage}
        counts.append(len(ask(client, MEMBERS, **clocks)))
    assert counts[0] == 30
    assert counts[1] == counts[3] == 32
