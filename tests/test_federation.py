"""SERVICE reaches the endpoints that the operator names, and nothing else on any network."""

import asyncio
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import httpx
import pyoxigraph
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from test_network import HARMLESS, HIDDEN

import kg
from kg.engine.oxigraph_engine import located
from kg.errors import InvalidQuery, InvalidValue
from kg.table import Table
from kg.web.federation.addresses import check_endpoint, is_public
from kg.web.federation.relay import MOST_AT_ONCE, MOST_REQUESTS, Relay
from kg.web.federation.rewriting import Federated, federated
from kg.web.jobs import Held
from kg.web.jobs.service import run as describe
from kg.web.jobs.sparql import run as answer
from kg.web.replies import Problem
from kg.web.settings import Limits

T = TypeVar("T")
ENDPOINT = "https://query.example.org/sparql"
OTHER = "https://other.example.org/"
RELAY = "http://127.0.0.1:1/secret"
SERVICES = {ENDPOINT: RELAY, OTHER: "http://127.0.0.1:1/other"}
TEXT = "SELECT * { ?s ?p ?o . SERVICE <https://query.example.org/sparql> { ?o ?q ?r } } # end"

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1"),
    *("192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%lo", "fc00::1"),
    *("fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"),
    *("::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1"),
    *("2002:7f00:1::", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    *("2001:db8::1", "2001:10::1", "3fff::1", "5f00::1", "100::1", "localhost", "", "8.8.8"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "91.198.174.192", "2001:4860:4860::8888", "2620:0:862:ed1a::1"]
LOCAL_URLS = [
    *("http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://0.0.0.0:{port}/"),
    *("http://127.1:{port}/", "http://2130706433:{port}/", "http://0x7f.0.0.1:{port}/"),
    *("http://0177.0.0.1:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/"),
    *("http://[::]:{port}/", "http://169.254.169.254:{port}/latest/meta-data/"),
    "http://LOCALHOST:{port}/",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_not_asked(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_asked(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("sparql", HIDDEN)
def test_no_disguise_of_service_is_run_where_another_may_be_named(sparql: str) -> None:
    with pytest.raises(Problem) as found:
        federated(sparql, SERVICES, number="1")
    assert found.value.status == 403
    assert ENDPOINT in found.value.detail


@pytest.mark.parametrize("sparql", HIDDEN)
def test_the_job_runs_no_disguise_either(graph: kg.Graph, sparql: str) -> None:
    for services in ({}, SERVICES):
        with pytest.raises((Problem, InvalidQuery)):
            ask(graph, sparql, services)


@pytest.mark.parametrize("sparql", HARMLESS)
def test_what_names_no_service_stays_as_it_is(sparql: str) -> None:
    assert federated(sparql, SERVICES, number="1") == Federated(sparql)


@pytest.mark.parametrize(
    "clause",
    [
        f"SERVICE <{ENDPOINT}>",
        f"service silent<{ENDPOINT}>",
        f"SERVICE # <{OTHER}>\n <{ENDPOINT}>",
        "SERVICE e:sparql",
        "SERVICE e:\\sparql",
        "SERVICE <sparql>",
        "SERVICE <//query.example.org/sparql>",
        "SERVICE relative:",
    ],
)
def test_an_endpoint_on_the_list_is_asked_through_the_relay(clause: str) -> None:
    head = "BASE <https://query.example.org/x> PREFIX e: <> PREFIX relative: <sparql> "
    head = head.replace("<>", "<https://query.example.org/>")
    found = federated(f"{head}SELECT * {{ {clause} {{ ?s ?p ?o }} }}", SERVICES, number="7")
    assert re.search(rf"(?i)service\s+(silent|#.*)?\s*<{RELAY}/7> {{", found.text)
    assert found.endpoints == {f"{RELAY}/7": ENDPOINT}


@pytest.mark.parametrize(
    "clause",
    [
        *("SERVICE ?x", "SERVICE $x", "SERVICE <http://127.0.0.1/>", "SERVICE <>", "SERVICE {}"),
        *(f"SERVICE <{RELAY}/1>", f"SERVICE <{RELAY}>", "SERVICE unknown:sparql", "SERVICE _:b"),
        *(f"SERVICE <{ENDPOINT}/>", f"SERVICE <{ENDPOINT}?x>", f"SERVICE <{ENDPOINT.upper()}>"),
        *(f'SERVICE "{ENDPOINT}"', "SERVICE", f"SERVICE SILENT SILENT <{ENDPOINT}>"),
        f"SERVICE <{ENDPOINT}> {{ SERVICE <{OTHER}> {{ ?a ?b ?c }} }}",
        f"SERVICE <{ENDPOINT}> SERVICE <{OTHER}>",
        f"SERVICE <{ENDPOINT}> {{ ?x ?y ?z FILTER EXISTS {{ SERVICE <{OTHER}> {{}} }} }}",
        f"SERVICE <{ENDPOINT}> {{}} SERVICE ?x",
        " ".join([f"SERVICE <{ENDPOINT}> {{}}"] * 5),
    ],
)
def test_anything_else_is_refused_and_what_may_be_named_is_told(clause: str) -> None:
    with pytest.raises(Problem) as found:
        federated(f"SELECT * {{ {clause} {{ ?s ?p ?o }} }}", SERVICES, number="1")
    assert found.value.status == 403
    assert ENDPOINT in found.value.detail


def test_an_error_after_a_service_has_its_place_in_the_text_as_sent() -> None:
    for tail in (") }", "\n  ) }", f" SERVICE <{OTHER}> {{ ?a ?b }} ) }}", "} SELECT"):
        text = f"SELECT * {{ SERVICE <{ENDPOINT}> {{ ?s ?p ?o }} {tail}"
        query = federated(text, SERVICES, number="1")
        assert place(query.placed(syntax_error(query.text))) == place(syntax_error(text))


def test_a_syntax_error_is_told_with_its_place(graph: kg.Graph) -> None:
    text = f"SELECT * {{ ?s a kg:State . SERVICE <{ENDPOINT}> {{ ?s ?p ?o }} ?a ?b ]"
    declared = graph.project.prefixes.declare(text)
    expected = syntax_error(declared).without_preamble(len(declared) - len(text))
    with pytest.raises(InvalidQuery) as found:
        ask(graph, text, SERVICES)
    assert place(found.value) == place(expected)


class Trap:
    """A server on loopback that nobody may reach; it keeps whatever it is sent."""

    def __init__(self, listener: socket.socket) -> None:
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        self.port = listener.getsockname()[1]
        self.heard: list[bytes] = []
        threading.Thread(target=self._listen, args=[listener], daemon=True).start()

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.heard.append(b"connected")
            connection.close()


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Trap(listener)


@pytest.fixture(scope="module")
def store() -> pyoxigraph.Store:
    node = pyoxigraph.NamedNode
    found = pyoxigraph.Store()
    found.add(pyoxigraph.Quad(node("x:a"), node("x:b"), node("x:c")))
    return found


def test_the_trap_hears_a_query_that_nobody_looked_at(store: pyoxigraph.Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = Trap(listener)
        run(store, f"SELECT * {{ ?s ?p ?o . SERVICE <{other.address}> {{ ?s ?p ?o }} }}")
        assert other.heard


PIECES = st.sampled_from(
    [
        *("SERVICE", "service", "SILENT", "SERVICESILENT", "\\u0053ERVICE", "xSERVICE", "1"),
        *(f"<{ENDPOINT}>", f"<{OTHER}>", "<TRAP>", "?x", "e:sparql", "e:", "?s", "t:", ":"),
        *("{", "}", "{ ?s ?p ?o }", "{}", "(", ")", "<", ">", "'", '"', '"""', "'''", "#", "\n"),
        *(" ", " . ", "OPTIONAL", "FILTER(?s < 1)", "GRAPH", "BASE", "PREFIX e:", "\\", "&&"),
        *("<a#b>", "true", "SELECT * {", "VALUES ?x { <TRAP> }", "UNION", "\u00a0", "é", "\r"),
        *(f"SERVICE <{ENDPOINT}> {{ ?s ?p ?o }}", "SERVICE <TRAP> { ?s ?p ?o }"),
        *("SERVICE ?x { ?s ?p ?o }", "SERVICE t: { ?s ?p ?o }", "BIND(<TRAP> AS ?x)"),
    ]
)


@given(st.lists(PIECES, max_size=10))
def test_a_service_anywhere_is_refused_or_asks_the_relay(
    trap: Trap, store: pyoxigraph.Store, pieces: list[str]
) -> None:
    text = (
        f"PREFIX e: <https://query.example.org/> PREFIX t: <TRAP> SELECT * {{ {''.join(pieces)} }}"
    )
    assert_only_the_relay(text.replace("TRAP", trap.address), trap, store)


@given(
    st.sampled_from(HIDDEN),
    st.integers(0, 200),
    st.sampled_from([*" #'\"<>()\n\r{}.:?1", "SERVICE", f"SERVICE <{ENDPOINT}> {{}} ", ENDPOINT]),
)
def test_a_disguise_that_is_changed_anywhere_is_none(
    trap: Trap, store: pyoxigraph.Store, sparql: str, position: int, piece: str
) -> None:
    text = sparql[:position] + piece + sparql[position:]
    assert_only_the_relay(text.replace("http://127.0.0.1:9/", trap.address), trap, store)


def assert_only_the_relay(text: str, trap: Trap, store: pyoxigraph.Store) -> None:
    """Has the engine run what is let through; only a closed port is at the relay's address."""
    try:
        query = federated(text, SERVICES, number="1")
    except (Problem, InvalidQuery):
        return
    assert set(query.endpoints.values()) <= set(SERVICES)
    run(store, query.text)
    assert not trap.heard, text


def run(store: pyoxigraph.Store, sparql: str) -> None:
    try:
        answer = store.query(sparql)
        if isinstance(answer, pyoxigraph.QuerySolutions):
            list(answer)
    except (SyntaxError, OSError, RuntimeError, ValueError):
        pass


def syntax_error(text: str) -> InvalidQuery:
    with pytest.raises(SyntaxError) as found:
        pyoxigraph.Store().query(text)
    return located(found.value)


def place(error: InvalidQuery) -> tuple[int, int]:
    return error.line, error.column


def ask(graph: kg.Graph, sparql: str, services: dict[str, str]) -> Any:
    request = {"query": sparql, "form": "csv", "media_type": "text/csv"}
    return answer(Held(graph, services=services), request, b"")


def test_an_endpoint_that_fails_is_named_and_the_relay_is_not(graph: kg.Graph) -> None:
    with pytest.raises(Problem) as found:
        ask(graph, f"SELECT * {{ SERVICE <{ENDPOINT}> {{ ?s ?p ?o }} }}", SERVICES)
    assert found.value.status == 502
    assert ENDPOINT in found.value.detail
    assert "127.0.0.1" not in found.value.detail


def test_an_answer_with_a_service_is_not_remembered(graph: kg.Graph) -> None:
    silent = f"ASK {{ SERVICE SILENT <{ENDPOINT}> {{ ?s ?p ?o }} }}"

    async def asked(relay: Relay) -> list[bool]:
        held = Held(graph, services=relay.addresses)
        told = {"form": "json", "media_type": "application/json"}
        return [
            (await asyncio.to_thread(answer, held, {**told, "query": query}, b"")).is_lasting
            for query in (silent, "ASK {}")
        ]

    assert with_relay([ENDPOINT], asked, resolver=nowhere) == [False, True]


def test_the_service_description_tells_of_federation_where_there_is_any(graph: kg.Graph) -> None:
    told = {"what": "service-description", "form": "turtle", "address": "https://kg.example.org"}
    assert b"BasicFederatedQuery" not in describe(Held(graph), told, b"").body
    told["services"] = [ENDPOINT]
    assert b"BasicFederatedQuery" in describe(Held(graph), told, b"").body


@pytest.mark.parametrize("url", LOCAL_URLS)
def test_the_relay_asks_nothing_on_this_machine_or_beside_it(trap: Trap, url: str) -> None:
    endpoint = url.format(port=trap.port)

    async def asked(relay: Relay) -> httpx.Response:
        return await post(relay.addresses[endpoint])

    response = with_relay([endpoint], asked)
    assert response.status_code == 502
    assert endpoint in response.text
    assert not trap.heard


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["8.8.8.8", "::ffff:7f00:1"], ["fe80::1%lo"], []],
)
def test_a_name_with_any_address_that_is_not_public_is_not_asked(
    trap: Trap, addresses: list[str]
) -> None:
    endpoint = f"http://name.example:{trap.port}/"

    async def resolver(host: str, port: int) -> Sequence[str]:
        assert (host, port) == ("name.example", trap.port)
        return addresses

    async def asked(relay: Relay) -> httpx.Response:
        return await post(relay.addresses[endpoint])

    response = with_relay([endpoint], asked, resolver=resolver)
    assert response.status_code == 502
    assert "not on the public internet" in response.text
    assert not trap.heard


def test_the_relay_answers_at_its_secret_paths_only() -> None:
    async def asked(relay: Relay) -> list[int]:
        address = relay.addresses[ENDPOINT]
        base = address.rpartition("/")[0]
        wrong = [f"{base}/", f"{base}/x/1", f"{address[:-1]}/1", f"{base}/{ENDPOINT}/1", address]
        async with httpx.AsyncClient(trust_env=False) as client:
            posted = [(await client.post(each, content="ASK {}")).status_code for each in wrong]
            return [*posted, *[(await client.get(each)).status_code for each in wrong]]

    assert with_relay([ENDPOINT], asked, resolver=nowhere) == [404] * 10


def test_the_relay_does_not_tell_an_endpoint_its_paths() -> None:
    async def asked(relay: Relay) -> httpx.Response:
        address = relay.addresses[ENDPOINT]
        return await post(address, f"SELECT * {{ SERVICE <{address}> {{}} }}")

    response = with_relay([ENDPOINT], asked, resolver=nowhere)
    assert response.status_code == 502
    assert "about this relay" in response.text


def test_a_query_may_make_so_many_requests_and_no_more() -> None:
    async def asked(relay: Relay) -> list[str]:
        address = relay.addresses[ENDPOINT]
        found = [await post(address) for _ in range(MOST_REQUESTS + 1)]
        return [each.text for each in [*found, await post(address, number="another")]]

    *first, last, another = with_relay([ENDPOINT], asked, resolver=nowhere)
    assert all("no address" in each for each in [*first, another])
    assert f"more than {MOST_REQUESTS} times" in last


def test_so_many_requests_are_relayed_at_once_and_others_wait() -> None:
    active: list[int] = [0]
    most: list[int] = [0]

    async def resolver(host: str, port: int) -> Sequence[str]:
        active[0] += 1
        most[0] = max(most[0], active[0])
        await asyncio.sleep(0.05)
        active[0] -= 1
        return []

    async def asked(relay: Relay) -> list[httpx.Response]:
        address = relay.addresses[ENDPOINT]
        numbers = map(str, range(2 * MOST_AT_ONCE + 1))
        return await asyncio.gather(*[post(address, number=number) for number in numbers])

    responses = with_relay([ENDPOINT], asked, resolver=resolver)
    assert most == [MOST_AT_ONCE]
    assert all("not on the public internet" in each.text for each in responses)


def test_what_is_asked_for_a_query_that_has_ended_is_given_up() -> None:
    ended: list[str] = []

    async def resolver(host: str, port: int) -> Sequence[str]:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(host)
        return []

    async def asked(relay: Relay) -> None:
        async with httpx.AsyncClient(timeout=0.3, trust_env=False) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(f"{relay.addresses[ENDPOINT]}/1", content="ASK {}")
        for _ in range(100):
            if ended:
                return
            await asyncio.sleep(0.02)

    with_relay([ENDPOINT], asked, resolver=resolver)
    assert ended == ["query.example.org"]


def test_a_name_that_takes_for_ever_to_resolve_is_given_up() -> None:
    async def resolver(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    async def asked(relay: Relay) -> httpx.Response:
        return await post(relay.addresses[ENDPOINT])

    response = with_relay([ENDPOINT], asked, resolver=resolver, limits=Limits(seconds=0.5))
    assert "gave no answer within 0.4 s" in response.text


@pytest.mark.parametrize(
    "url",
    [
        *("query.example.org/sparql", "ftp://query.example.org/", "file:///etc/passwd", "http://"),
        *("https://user:word@query.example.org/", "https://user@query.example.org/", "https:///x"),
        *("https://query.example.org/a b", "https://query.example.org/>", "https://a.example:x/"),
        *(
            "https://query.example.org/#x",
            "https://[::1/",
            "http://localhost/",
            "http://a.localhost",
        ),
        *(url.format(port=80) for url in LOCAL_URLS),
        *(f"http://[{each}]/" if ":" in each else f"http://{each}/" for each in PRIVATE[:45]),
    ],
)
def test_serve_refuses_what_can_be_no_endpoint(url: str) -> None:
    with pytest.raises(InvalidValue, match="given for --service"):
        check_endpoint(url)


@pytest.mark.parametrize(
    "url", [ENDPOINT, "http://8.8.8.8/", "https://[2001:4860:4860::8888]:8443/sparql?graph=x"]
)
def test_serve_takes_a_public_endpoint(url: str) -> None:
    check_endpoint(url)


def test_the_command_says_what_is_wrong_with_a_service(
    run_kg: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    ran = run_kg("serve", "--port", "0", "--service", ENDPOINT, "--service", "http://10.0.0.1/")
    assert ran.returncode == 2
    assert "http://10.0.0.1/" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_over_http_an_endpoint_that_may_not_be_asked_is_a_problem(
    start_service: Callable[..., Any],
) -> None:
    named = "https://endpoint.invalid/sparql"  # which no resolver knows
    with httpx.Client(trust_env=False, timeout=30) as client:
        address = f"{start_service('--service', named).address}/sparql"
        refused = client.get(address, params={"query": "ASK { SERVICE <http://127.0.0.1/> {} }"})
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json()["services"] == [named]
        failed = client.get(
            address,
            params={"query": f"ASK {{ SERVICE <{named}> {{}} }}"},
            headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        )
        assert failed.status_code == 502
        assert named in failed.json()["detail"]
        described = client.get(address, headers={"Accept": "text/turtle"})
        assert "BasicFederatedQuery" in described.text


@pytest.fixture(scope="module")
def alone(graph: kg.Graph, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What federation_alone.py saw in a network of its own, with a real server as an endpoint."""
    folder = tmp_path_factory.mktemp("alone")
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    if not (shutil.which("unshare") and shutil.which("ip") and shutil.which("openssl")):
        pytest.skip("unshare, ip and openssl are needed for a network of its own")
    probe = subprocess.run([*unshare, "ip", "link", "set", "lo", "up"], capture_output=True)
    if probe.returncode:
        pytest.skip(f"no network of its own is allowed here: {probe.stderr.decode().strip()}")
    (folder / "graph.nt").write_text(graph.export("ntriples"), encoding="utf-8")
    script = str(ROOT / "tests" / "federation_alone.py")
    ran = subprocess.run([*unshare, sys.executable, script, str(folder)], capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("label", "label\r\nNATO\r\n"),
        ("members", "members\r\n19\r\n"),
        ("truth", '{"head": {}, "boolean": true}\n'),
        ("triples", '<x:a> <x:b> "NATO"@en .\n'),
        ("secure", "x\r\nsecure\r\n"),
        ("moving", "x\r\nmoving\r\n"),
        ("silent", "x\r\n\r\n"),
        ("slow and silent", "x\r\n\r\n"),
    ],
)
def test_a_public_endpoint_answers(alone: dict[str, Any], name: str, expected: str) -> None:
    assert alone["answers"][name]["answer"] == expected
    assert alone["answers"][name]["lasting"] is False


def test_all_that_an_endpoint_has_comes_through(alone: dict[str, Any], graph: kg.Graph) -> None:
    (count,) = re.findall(r"\d+", alone["answers"]["everything"]["answer"])
    held = graph.sparql("SELECT (COUNT(*) AS ?triples) { ?subject ?predicate ?object }")
    assert isinstance(held, Table)
    assert str(held.rows[0][0]) == count


def test_a_page_shows_what_an_endpoint_answered(alone: dict[str, Any]) -> None:
    assert "NATO" in alone["answers"]["page"]["answer"].partition("<table")[2]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("redirect", "redirects are not followed"),
        ("slow", "gave no answer within 2.4 s"),
        ("endless", "answered with more than 4 MB"),
        ("wrong", 'answered with status 400 (Bad Request): "<b>no thanks</b>"'),
        ("packed", "in a coding that was not asked for"),
        ("closed", "cannot be reached"),
        ("other", "certificate"),
        ("two", "not on the public internet"),
        ("moved", "not on the public internet"),
        ("many", "more than 8 times"),
        ("many and silent", "more than 8 times"),
        ("endless and silent", "answered with more than 4 MB"),
    ],
)
def test_a_failure_says_which_endpoint_and_why(
    alone: dict[str, Any], name: str, reason: str
) -> None:
    found = alone["answers"][name]
    assert found["status"] == 502
    assert reason in found["detail"]
    assert re.search(r"<https?://(8\.8\.8\.8|[a-z.]+\.example):\d+/", found["detail"])


def test_nothing_reached_loopback_by_redirect_rebinding_or_proxy(alone: dict[str, Any]) -> None:
    assert "trap" not in alone["seen"]
    assert len(alone["seen"]["moving"]) == 1
    assert len(alone["seen"]["resolved moving.example"]) == 2  # once for each query


def test_endpoints_learn_nothing_but_the_query(alone: dict[str, Any]) -> None:
    seen = json.dumps(alone["seen"])
    assert not any(secret in seen for secret in alone["answers"]["secrets"])
    for head in alone["seen"]["wrong"] + alone["seen"]["moving"]:
        names = {line.partition(":")[0].lower() for line in head.strip().split("\r\n")[1:]}
        allowed = {"host", "user-agent", "accept", "accept-encoding", "content-type"}
        assert names <= {*allowed, "connection", "content-length"}
        assert "alliance-kg/" in head


def test_an_endpoint_that_is_slow_is_let_go_and_does_not_hold_the_query(
    alone: dict[str, Any],
) -> None:
    assert alone["seen"]["slow"].count("gone") == 2
    assert alone["answers"]["slow and silent"]["seconds"] < 3


def with_relay(
    endpoints: Sequence[str],
    work: Callable[[Relay], Coroutine[Any, Any, T]],
    *,
    limits: Limits = Limits(),  # noqa: B008  # a value that never changes
    **options: Any,
) -> T:
    """Does some work with a relay that has started, and stops it."""

    async def done() -> T:
        relay = Relay(endpoints, limits, **options)
        await relay.start()
        try:
            return await work(relay)
        finally:
            await relay.stop()

    return asyncio.run(done())


async def nowhere(host: str, port: int) -> Sequence[str]:
    raise OSError("no address")


async def post(address: str, query: str = "ASK {}", *, number: str = "1") -> httpx.Response:
    headers = {"Content-Type": "application/sparql-query"}
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        return await client.post(f"{address}/{number}", content=query, headers=headers)
