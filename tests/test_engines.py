"""The endpoint as an engine, and all the ways in which an endpoint can fail."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess

import pyoxigraph
import pytest

import kg
from kg.engine import ask, construct, select
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.engine.remote_engine import USER_AGENT, RemoteEngine
from kg.errors import EngineError, InvalidQuery

NO_ROWS = b'{"head": {"vars": ["s"]}, "results": {"bindings": []}}'
QUERY = "SELECT ?s { ?s ?p ?o }"
Answer = tuple[int, dict[str, str], bytes]


class Endpoint:
    """A server on loopback that answers each request as it is told and remembers them."""

    def __init__(self, answers: list[Answer], delay: float) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append((self.command, self.path, dict(self.headers)))
                time.sleep(delay)
                number = min(len(outer.requests), len(answers)) - 1
                status, headers, body = answers[number]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/sparql"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[..., Endpoint]]:
    started: list[Endpoint] = []

    def start(*answers: Answer, delay: float = 0) -> Endpoint:
        started.append(Endpoint(list(answers), delay))
        return started[-1]

    yield start
    for endpoint in started:
        endpoint.server.shutdown()
        endpoint.server.server_close()


def json_answer(body: bytes = NO_ROWS, status: int = 200, **headers: str) -> Answer:
    return status, {"Content-Type": "application/sparql-results+json", **headers}, body


def test_an_endpoint_is_asked_politely(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve(json_answer())
    assert len(select(RemoteEngine(endpoint.address), QUERY)) == 0
    ((method, path, headers),) = endpoint.requests
    assert method == "GET"
    assert headers["User-Agent"] == USER_AGENT
    assert "application/sparql-results+json" in headers["Accept"]
    assert "format=" not in path
    assert "output=" not in path


def test_a_long_query_is_posted(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve(json_answer())
    select(RemoteEngine(endpoint.address), QUERY + " # " + "long " * 500)
    assert endpoint.requests[0][0] == "POST"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_endpoint_is_asked_again(serve: Callable[..., Endpoint], status: int) -> None:
    endpoint = serve((status, {"Retry-After": "0"}, b"busy"), json_answer())
    assert len(select(RemoteEngine(endpoint.address, pause=0.01), QUERY)) == 0
    assert len(endpoint.requests) == 2


def test_retry_after_is_obeyed(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve((503, {"Retry-After": "1"}, b""), json_answer())
    start = time.monotonic()
    select(RemoteEngine(endpoint.address, pause=0.01), QUERY)
    assert time.monotonic() - start >= 1


def test_an_endpoint_that_stays_busy_is_given_up(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve((503, {}, b""))
    with pytest.raises(EngineError, match="status 503"):
        RemoteEngine(endpoint.address, retries=2, pause=0.01).query(QUERY)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, {}, b"out of memory"), "500"),
        ((404, {}, b"nothing here"), "Check the address"),
        ((401, {}, b"who are you"), "Check the address"),
        ((403, {}, b"no"), "status 403"),
        ((200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"), "<html>Welcome</html>"),
        (
            json_answer(b'{"head": {"vars": ["s"]}, "results": {"bindi'),
            "did not answer with SPARQL JSON",
        ),
        (json_answer(b'{"head": {}}'), "did not answer with SPARQL JSON"),
        (json_answer(b"[]"), "did not answer with SPARQL JSON"),
        (json_answer(b"\xff\xfe"), "did not answer with SPARQL JSON"),
    ],
)
def test_an_endpoint_that_errs_is_an_error_in_words(
    serve: Callable[..., Endpoint], answer: Answer, words: str
) -> None:
    endpoint = serve(answer)
    with pytest.raises(EngineError, match=words) as caught:
        RemoteEngine(endpoint.address, retries=0).query(QUERY)
    assert endpoint.address in str(caught.value)


def test_a_refused_query_is_the_querys_fault(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve((400, {}, b"expected a variable at line 1"))
    with pytest.raises(InvalidQuery, match="expected a variable at line 1"):
        RemoteEngine(endpoint.address).query(QUERY)


def test_turtle_that_is_none_is_an_error_in_words(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve((200, {"Content-Type": "text/turtle"}, b"this is no Turtle"))
    with pytest.raises(EngineError, match="RDF that can be read"):
        RemoteEngine(endpoint.address).query("CONSTRUCT WHERE { ?s ?p ?o }")


def test_a_slow_endpoint_is_not_waited_for(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve(json_answer(), delay=5)
    start = time.monotonic()
    with pytest.raises(EngineError, match="no answer within 1 s"):
        RemoteEngine(endpoint.address, timeout=1).query(QUERY)
    assert time.monotonic() - start < 4


def test_nobody_at_the_address(run_kg: Callable[..., CompletedProcess[str]]) -> None:
    ran = run_kg("query", "members", "--at", "http://127.0.0.1:9/sparql")
    assert ran.returncode == 2
    assert "http://127.0.0.1:9/sparql cannot be reached" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_three_forms_of_query_on_three_engines(
    graph: kg.Graph, rdflib_graph: kg.Graph, endpoint: str
) -> None:
    for each in (graph, rdflib_graph, kg.open(endpoint)):
        assert ask(each.engine, "ASK { ?s ?p ?o }") is True
        assert ask(each.engine, "ASK { <urn:nothing> ?p ?o }") is False
        described = set(
            construct(each.engine, "CONSTRUCT { ?s a ?t } WHERE { ?s a ?t } ORDER BY ?s LIMIT 5")
        )
        assert len(described) == 5
        table = select(
            each.engine, 'SELECT (1 AS ?a) ?b ("x"@en AS ?c) { OPTIONAL { <urn:n> ?p ?b } }'
        )
        (row,) = table
        assert row == {"a": 1, "b": None, "c": "x"}


def test_asking_in_the_wrong_form_is_refused(graph: kg.Graph) -> None:
    with pytest.raises(InvalidQuery, match="SELECT query is asked for"):
        select(graph.engine, "ASK { ?s ?p ?o }")
    with pytest.raises(InvalidQuery, match="CONSTRUCT or DESCRIBE"):
        construct(graph.engine, QUERY)
    with pytest.raises(InvalidQuery, match="ASK query is asked for"):
        ask(graph.engine, QUERY)


def test_an_endpoint_exports_the_same_graph(graph: kg.Graph, endpoint: str) -> None:
    there = kg.open(endpoint).export(subject="organisation:nato")
    assert there == graph.export(subject="organisation:nato")


def test_a_rule_is_found_after_a_summary_that_speaks_of_one() -> None:
    engine = OxigraphEngine(pyoxigraph.Store())
    engine.insert(
        "#+ summary: What a CONSTRUCT { gives } is put in.\n"
        "CONSTRUCT { <http://example.org/a> <http://example.org/b> ?value . }\n"
        "WHERE { VALUES ?value { 1 } }"
    )
    assert len(engine.store) == 1
