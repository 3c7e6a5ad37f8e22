"""The service is used as people use it: by libraries, programs and browsers as they are.

Expected answers are those of the graph asked directly, which `questions.toml` holds to the world.
"""

import importlib.util
import io
import json
import shlex
import shutil
import subprocess
import urllib.request
import warnings
from collections.abc import Callable
from urllib.parse import urlencode
from xml.dom.minidom import Document

import httpx
import pandas
import pytest
import rdflib
import SPARQLWrapper as wrapper  # noqa: N813  # the module, not the class of that name
from conftest import ROOT, VIEWED, Served
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.plugins.stores.sparqlstore import SPARQLStore, SPARQLUpdateStore

import kg

NATO = "https://w3id.org/alliance-kg/organisation/nato"
FINLAND = "https://w3id.org/alliance-kg/state/finland"
DERIVED = "https://w3id.org/alliance-kg/graph/derived"
VIEW = f"https://w3id.org/alliance-kg/view/known-on/{VIEWED}"
LABELS = "?thing a <https://w3id.org/alliance-kg/ontology#State> ; rdfs:label ?name ."
PREFIX = "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
SELECT = f"{PREFIX}SELECT ?thing ?name {{ {LABELS} }} ORDER BY ?name"
CONSTRUCT = f"{PREFIX}CONSTRUCT {{ ?thing rdfs:label ?name }} WHERE {{ {LABELS} }}"
MEMBERS = "SELECT ?s { ?s org:memberOf organisation:nato } ORDER BY ?s"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
TAKES_UPDATES = importlib.util.find_spec("kg.web.jobs.update") is not None
needs_updates = pytest.mark.skipif(not TAKES_UPDATES, reason="/sparql takes no updates yet")
needs_curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")

pytestmark = pytest.mark.filterwarnings("ignore:.*use Dataset.*:DeprecationWarning")
"""The libraries use each other's older names."""


@pytest.fixture(scope="module")
def sparql(service: Served) -> str:
    """The address of the endpoint."""
    return f"{service.address}/sparql"


@pytest.fixture(scope="module")
def names(graph: kg.Graph) -> list[str]:
    """The names of all states, in order."""
    found = [str(row["name"]) for row in graph.sparql(SELECT)]
    assert len(found) > 200 and "Finland" in found
    return found


# SPARQLWrapper, which sends format=, output= and results= along unless it is told not to

WAYS = [
    (wrapper.GET, wrapper.URLENCODED),
    (wrapper.POST, wrapper.URLENCODED),
    (wrapper.POST, wrapper.POSTDIRECTLY),
]


def wrapped(
    sparql: str, query: str, format: str | None, way: tuple[str, str] = WAYS[0]
) -> wrapper.QueryResult:
    client = wrapper.SPARQLWrapper(sparql)
    client.setQuery(query)
    if format:
        client.setReturnFormat(format)
    client.setMethod(way[0])
    client.setRequestMethod(way[1])
    return client.query()


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_sparqlwrapper_reads_tables_in_every_form(
    way: tuple[str, str], sparql: str, names: list[str]
) -> None:
    document = wrapped(sparql, SELECT, wrapper.JSON, way).convert()
    assert [row["name"]["value"] for row in document["results"]["bindings"]] == names
    for format in (None, wrapper.XML):
        xml = wrapped(sparql, SELECT, format, way).convert()
        assert isinstance(xml, Document)
        literals = xml.getElementsByTagName("literal")
        assert [literal.firstChild.data for literal in literals] == names
    content = wrapped(sparql, SELECT, wrapper.CSV, way).convert()
    assert list(pandas.read_csv(io.BytesIO(content))["name"]) == names
    lines = wrapped(sparql, SELECT, wrapper.TSV, way).convert().decode().splitlines()
    assert lines[0] == "?thing\t?name" and len(lines) == len(names) + 1


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
@pytest.mark.parametrize(("thing", "is_known"), [(NATO, True), (f"{NATO}-2", False)])
def test_sparqlwrapper_reads_truths(
    thing: str, is_known: bool, way: tuple[str, str], sparql: str
) -> None:
    ask = f"ASK {{ <{thing}> ?p ?o }}"
    assert wrapped(sparql, ask, wrapper.JSON, way).convert()["boolean"] is is_known
    (xml,) = wrapped(sparql, ask, None, way).convert().getElementsByTagName("boolean")
    assert xml.firstChild.data == str(is_known).lower()


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
@pytest.mark.parametrize("query", [CONSTRUCT, f"DESCRIBE <{NATO}>"], ids=["CONSTRUCT", "DESCRIBE"])
@pytest.mark.parametrize(
    "format",
    [
        None,
        wrapper.XML,
        wrapper.RDFXML,
        wrapper.JSONLD,
        wrapper.TURTLE,
        wrapper.N3,
        wrapper.RDF,
        wrapper.JSON,
    ],
)
def test_sparqlwrapper_reads_graphs_in_every_form(
    format: str | None, query: str, way: tuple[str, str], sparql: str, graph: kg.Graph
) -> None:
    """RDF and JSON are no forms of graphs to SPARQLWrapper itself, which then accepts anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        answer = wrapped(sparql, query, format, way)
        content = answer.convert()
    if not isinstance(content, rdflib.Graph):
        body = content if isinstance(content, bytes) else json.dumps(content)
        kind = answer.info()["content-type"].partition(";")[0]
        content = rdflib.Graph().parse(data=body, format=kind)
    expected = rdflib.Graph().parse(data=graph.write(graph.sparql(query), "ntriples"), format="nt")
    assert len(expected) > 5
    assert set(content) == set(expected)


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_sparqlwrapper_asks_of_a_graph_by_name(
    way: tuple[str, str], sparql: str, graph: kg.Graph
) -> None:
    (expected,) = graph.sparql(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{DERIVED}> {{ ?s ?p ?o }} }}")
    client = wrapper.SPARQLWrapper(sparql, defaultGraph=DERIVED, returnFormat=wrapper.JSON)
    client.setQuery(COUNT)
    client.setMethod(way[0])
    client.setRequestMethod(way[1])
    (row,) = client.query().convert()["results"]["bindings"]
    assert 0 < int(row["n"]["value"]) == expected["n"]


def test_sparqlwrapper_knows_a_query_that_cannot_be_read(sparql: str) -> None:
    with pytest.raises(wrapper.SPARQLExceptions.QueryBadFormed, match=r"line.*column"):
        wrapped(sparql, "SELECT { ?s ?p }", wrapper.JSON)


# rdflib


def test_rdflib_reads_the_endpoint_as_a_graph(sparql: str, graph: kg.Graph) -> None:
    remote = rdflib.Graph("SPARQLStore")
    remote.open(sparql)
    (expected,) = graph.sparql(COUNT)
    assert len(remote) == expected["n"]
    nato, label = rdflib.URIRef(NATO), rdflib.RDFS.label
    assert str(remote.value(nato, label)) == "NATO"
    assert (nato, rdflib.RDF.type, None) in remote
    assert (rdflib.URIRef(f"{NATO}-2"), None, None) not in remote
    found = {str(name) for name in remote.objects(nato, rdflib.SKOS.prefLabel)}
    local = graph.sparql(f"SELECT ?name {{ <{NATO}> skos:prefLabel ?name }}")
    assert found == {str(row["name"]) for row in local}


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("form", ["xml", "json", "csv", "tsv"])
def test_rdflib_asks_queries_of_the_endpoint(
    form: str, method: str, sparql: str, names: list[str]
) -> None:
    remote = rdflib.Graph(SPARQLStore(sparql, method=method, returnFormat=form))
    assert [str(row[1]) for row in remote.query(SELECT)] == names
    if form in ("xml", "json"):
        assert remote.query(f"ASK {{ <{NATO}> ?p ?o }}").askAnswer
        assert not remote.query(f"ASK {{ <{NATO}-2> ?p ?o }}").askAnswer


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_gets_graphs_of_the_endpoint(method: str, sparql: str, names: list[str]) -> None:
    remote = rdflib.Graph(SPARQLStore(sparql, method=method))
    built = remote.query(CONSTRUCT).graph
    assert sorted(map(str, built.objects())) == sorted(names)


def test_rdflib_reads_the_endpoint_as_a_dataset(sparql: str, graph: kg.Graph) -> None:
    """Of the graphs, those that are stored are listed; each view can be asked for by its name.

    Its queries name the default graph by a name of rdflib's own.
    """
    store = SPARQLStore(sparql)
    remote = rdflib.Dataset(store)
    (all_of_it,) = graph.sparql(COUNT)
    ((count,),) = remote.query(COUNT)
    assert len(remote) == int(count) == all_of_it["n"]
    assert list(store.contexts()) == [rdflib.URIRef(DERIVED)]
    (derived,) = graph.sparql(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{DERIVED}> {{ ?s ?p ?o }} }}")
    assert len(rdflib.Graph(store, rdflib.URIRef(DERIVED))) == derived["n"]
    viewed = len(rdflib.Graph(store, rdflib.URIRef(VIEW)))
    assert derived["n"] < viewed < all_of_it["n"]


@needs_updates
def test_rdflib_writes_to_a_service_that_is_writable(writable_service: str) -> None:
    at = f"{writable_service}/sparql"
    remote = rdflib.Graph(SPARQLUpdateStore(at, at), identifier=DATASET_DEFAULT_GRAPH_ID)
    triple = (rdflib.URIRef(FINLAND), rdflib.RDFS.comment, rdflib.Literal("ä\n\"'\\", lang="fi"))
    remote.add(triple)
    assert triple in remote
    remote.remove(triple)
    assert triple not in remote
    client = wrapper.SPARQLWrapper(at)
    client.setMethod(wrapper.POST)
    for way in (wrapper.URLENCODED, wrapper.POSTDIRECTLY):
        client.setRequestMethod(way)
        client.setQuery(f'INSERT DATA {{ <{FINLAND}> <x:by> "{way}" }}')
        assert client.query().response.status in (200, 204)
        assert (rdflib.URIRef(FINLAND), rdflib.URIRef("x:by"), rdflib.Literal(way)) in remote


# our own


@pytest.mark.parametrize(
    "arguments",
    [
        ("sparql", "-e", SELECT, "--format", "csv"),
        ("sparql", "-e", CONSTRUCT),
        ("sparql", "-e", f"ASK {{ <{NATO}-2> ?p ?o }}"),
        ("sparql", "-e", MEMBERS, "--on", "1999-04-01"),
        ("query", "members", "--on", "2022-10-12", "--format", "csv"),
        ("query", "not-ratified", "--candidate", "Sweden", "--organisation", "NATO"),
    ],
    ids=lambda arguments: " ".join(arguments[:1] + arguments[3:]),
)
def test_our_own_commands_answer_from_the_service_as_from_the_graph(
    arguments: tuple[str, ...],
    sparql: str,
    run_kg: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    here, there = run_kg(*arguments), run_kg(*arguments, "--at", sparql)
    assert (there.stdout, there.returncode) == (here.stdout, here.returncode)
    assert here.stdout


def test_our_own_commands_ask_the_service_for_what_was_known(
    sparql: str, graph: kg.Graph, run_kg: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    """They name the view as the default graph, as they do at any endpoint."""
    viewed = graph.as_of(known_on=VIEWED)
    at = ("--known-on", VIEWED, "--format", "csv", "--at", sparql)
    (count,) = viewed.sparql(COUNT)
    assert run_kg("sparql", "-e", COUNT, *at).stdout == f"n\r\n{count['n']}\r\n"
    members = viewed.query("members", organisation="NATO", on="2022-10-12")
    printed = run_kg("query", "members", "--on", "2022-10-12", *at).stdout
    assert list(pandas.read_csv(io.StringIO(printed))["name"]) == [row["name"] for row in members]


# tables for analysts


def test_pandas_reads_a_question_by_its_address(service: Served, graph: kg.Graph) -> None:
    address = f"{service.address}/query/members.csv?organisation=NATO&on=2022-10-12"
    table = pandas.read_csv(address, parse_dates=["since"])
    members = graph.query("members", organisation="NATO", on="2022-10-12")
    assert list(table["name"]) == [row["name"] for row in members]
    assert (len(table), table["since"].min().year) == (30, 1949)


def test_pandas_reads_a_query_by_its_address(sparql: str, names: list[str]) -> None:
    named = f"{sparql}?{urlencode({'query': SELECT, 'format': 'csv'})}"
    assert list(pandas.read_csv(named)["name"]) == names
    asked = f"{sparql}?{urlencode({'query': SELECT})}"
    table = pandas.read_csv(asked, storage_options={"Accept": "text/csv"})
    assert list(table["name"]) == names
    tsv = f"{sparql}?{urlencode({'query': COUNT, 'output': 'tsv'})}"
    assert pandas.read_csv(tsv, sep="\t")["?n"][0] > 10_000


def test_polars_reads_a_question_by_its_address(service: Served) -> None:
    polars = pytest.importorskip("polars")
    address = f"{service.address}/query/members.csv?organisation=NATO&on=2022-10-12"
    with urllib.request.urlopen(address) as answer:
        table = polars.read_csv(answer.read(), try_parse_dates=True)
    assert table.height == 30
    assert table["since"].min().year == 1949


# curl, as people paste it


def curl(command: str, service: Served) -> str:
    words = shlex.split(command.replace("http://127.0.0.1:8000", service.address))
    ran = subprocess.run([*words, "--silent", "--show-error", "--fail"], capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode()


@needs_curl
def test_curl_gets_the_members_of_an_organisation(service: Served) -> None:
    command = "curl 'http://127.0.0.1:8000/query/members.csv?organisation=NATO&on=2022-10-12'"
    plain = curl(command, service)
    assert len(plain.splitlines()) == 31
    assert curl(f"{command} --compressed", service) == plain


@needs_curl
def test_curl_asks_a_query(service: Served) -> None:
    answer = curl(
        "curl -G http://127.0.0.1:8000/sparql -H 'Accept: text/csv' -d on=1999-04-01 "
        "--data-urlencode 'query=SELECT (COUNT(?s) AS ?n) { ?s org:memberOf organisation:nato }'",
        service,
    )
    assert answer == "n\r\n19\r\n"


@needs_curl
def test_curl_follows_an_iri_to_what_is_said_of_it(service: Served) -> None:
    turtle = curl(
        "curl -L -H 'Accept: text/turtle' http://127.0.0.1:8000/organisation/nato", service
    )
    said = rdflib.Graph().parse(data=turtle, format="turtle")
    assert (rdflib.URIRef(NATO), rdflib.RDF.type, None) in said


# YASGUI: what @triply/yasqe 4.2.28 and @zazuko/yasqe 4.6.2 send; the headers are their defaults

ORIGIN = "https://yasgui.triply.cc"
ACCEPT_TABLE = "application/sparql-results+json,*/*;q=0.9"
ACCEPT_GRAPH = "application/n-triples,*/*;q=0.9"


def fetched(
    sparql: str, method: str, arguments: dict[str, str | list[str]], accept: str
) -> httpx.Response:
    """Sends what the editor sends; neither way needs a preflight, as all of it is simple."""
    headers = {"Accept": accept, "Origin": ORIGIN}
    if method == "GET":
        answer = httpx.get(sparql, params=arguments, headers=headers)
    else:
        answer = httpx.post(sparql, data=arguments, headers=headers)
        sent = answer.request.headers["content-type"]
        assert sent == "application/x-www-form-urlencoded"
    assert answer.headers["access-control-allow-origin"] == "*"
    return answer


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_yasgui_shows_a_table(method: str, sparql: str, names: list[str]) -> None:
    answer = fetched(sparql, method, {"query": SELECT}, ACCEPT_TABLE)
    assert answer.headers["content-type"] == "application/sparql-results+json"
    assert [row["name"]["value"] for row in answer.json()["results"]["bindings"]] == names


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_yasgui_shows_a_truth(method: str, sparql: str) -> None:
    answer = fetched(sparql, method, {"query": f"ASK {{ <{NATO}> ?p ?o }}"}, ACCEPT_TABLE)
    assert answer.headers["content-type"] == "application/sparql-results+json"
    assert answer.json()["boolean"] is True


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("query", [CONSTRUCT, f"DESCRIBE <{NATO}>"], ids=["CONSTRUCT", "DESCRIBE"])
def test_yasgui_shows_a_graph(query: str, method: str, sparql: str, graph: kg.Graph) -> None:
    answer = fetched(sparql, method, {"query": query}, ACCEPT_GRAPH)
    assert answer.headers["content-type"] == "application/n-triples"
    expected = graph.write(graph.sparql(query), "ntriples")
    assert sorted(answer.text.splitlines()) == sorted(expected.splitlines())


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_yasgui_asks_of_graphs_by_name(method: str, sparql: str) -> None:
    arguments = {
        "query": "SELECT ?g (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } "
        "GROUP BY ?g ORDER BY ?g",
        "named-graph-uri": [DERIVED, VIEW],
        "default-graph-uri": [DERIVED],
    }
    answer = fetched(sparql, method, arguments, ACCEPT_TABLE)
    default, derived, view = answer.json()["results"]["bindings"]
    assert "g" not in default and default["n"] == derived["n"]
    assert (derived["g"]["value"], view["g"]["value"]) == (DERIVED, VIEW)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_yasgui_can_read_what_is_wrong(method: str, sparql: str) -> None:
    answer = fetched(sparql, method, {"query": "SELECT { ?s ?p }"}, ACCEPT_TABLE)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["line"] == 1


@pytest.mark.parametrize("origin", [ORIGIN, "null", "http://localhost:8080"])
def test_a_browser_that_asks_first_is_told_that_it_may(origin: str, sparql: str) -> None:
    """It asks first where people add a header, or send the query itself as the body."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-requested-with",
    }
    answer = httpx.options(sparql, headers=asked)
    told = answer.headers
    assert (answer.status_code, answer.content) == (204, b"")
    assert told["access-control-allow-origin"] == "*"
    assert "POST" in told["access-control-allow-methods"].split(", ")
    allowed = told["access-control-allow-headers"].lower().split(", ")
    assert {"*", "authorization", "content-type"} <= set(allowed), "all others, and by name this"
    sent = {"Origin": origin, "Content-Type": "application/sparql-query"}
    body = httpx.post(sparql, content=COUNT, headers={**sent, "Authorization": "Basic eDp5"})
    assert body.status_code == 200
    assert body.headers["access-control-allow-origin"] == "*"


# Comunica, which reads the service description before it asks anything

COMUNICA = ROOT / "tests" / "clients" / "node_modules" / ".bin" / "comunica-sparql"
needs_comunica = pytest.mark.skipif(
    not COMUNICA.exists() or not shutil.which("node"),
    reason="Comunica is not here; npm --prefix tests/clients ci installs it",
)
VISEGRAD_GROUP = "https://w3id.org/alliance-kg/organisation/visegrad-group"
MEMBERSHIPS = f"""PREFIX org: <http://www.w3.org/ns/org#>
{PREFIX}SELECT DISTINCT ?name {{
  ?membership org:organization <{VISEGRAD_GROUP}> ; org:member ?state .
  ?state rdfs:label ?name .
}}"""


def comunica(query: str, media_type: str, *sources: str) -> str:
    """Gives what Comunica prints, which is told the sources' addresses and nothing else."""
    command = [COMUNICA, *sources, "-q", query, "-t", media_type]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@needs_comunica
def test_comunica_sees_what_the_service_is_before_it_asks(
    service: Served, sparql: str, names: list[str]
) -> None:
    earlier = len(service.words)
    document = json.loads(comunica(SELECT, "application/sparql-results+json", sparql))
    assert [row["name"]["value"] for row in document["results"]["bindings"]] == names
    logged = [line for line in service.words[earlier:] if '"Comunica/' in line]
    first, *others = [line.split('"')[1] for line in logged]
    assert first == "GET /sparql", "the service description"
    assert len(others) == 1 and "query=" in others[0], "the whole query at once, as it may be"
    assert all('" 200 ' in line for line in logged)


@needs_comunica
def test_comunica_asks_for_truths(sparql: str) -> None:
    assert comunica(f"ASK {{ <{NATO}-2> ?p ?o }}", "simple", sparql).strip() == "false"


@needs_comunica
def test_comunica_builds_graphs(sparql: str, graph: kg.Graph) -> None:
    built = rdflib.Graph().parse(
        data=comunica(CONSTRUCT, "application/n-triples", sparql), format="nt"
    )
    local = graph.write(graph.sparql(CONSTRUCT), "ntriples")
    assert set(built) == set(rdflib.Graph().parse(data=local, format="nt"))


@needs_comunica
def test_comunica_joins_the_service_with_another_endpoint(sparql: str, endpoint: str) -> None:
    """Each pattern is asked of both, which tell the same."""
    document = comunica(MEMBERSHIPS, "application/sparql-results+json", sparql, endpoint)
    found = {row["name"]["value"] for row in json.loads(document)["results"]["bindings"]}
    assert found == {"Czechia", "Czechoslovakia", "Hungary", "Poland", "Slovakia"}
