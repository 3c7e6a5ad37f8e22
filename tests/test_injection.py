"""Nothing that people send becomes markup, a header, a path, a line of the log or an address."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import httpx
import pytest
from conftest import Served
from malformed import CLOSED, malformed_requests, statuses_of
from processes import comes

MARKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{1234567*3}}{% raw %}${1234567*3}",
    "</textarea><svg onload=alert(1)>",
    "]]><!--<script>",
    "&lt;script&gt;\u202e\u2028",
]
PAGES = {
    "question": "/query/members?organisation={}",
    "question on a day": "/query/members?organisation=NATO&on={}",
    "question known on a day": "/query/members?organisation=NATO&known-on={}",
    "unknown parameter": "/query/members?{}=1",
    "unknown question": "/query/{}",
    "explanation": "/explain/members?organisation=NATO&where={}",
    "row": "/explain/members?organisation=NATO&row={}",
    "why not": "/why-not/members?organisation=NATO&where=name%3D{}",
    "search": "/search?name={}",
    "thing": "/organisation/{}",
    "page": "/organisation?page={}",
    "format": "/query/members?organisation=NATO&format={}",
    "query": "/sparql?format=html&query={}",
    "literal": "/sparql?format=html&query=SELECT%20%3Fx%20%7B%20BIND%28%22%22%22{}%22%22%22%20"
    "AS%20%3Fx%29%20%7D",
    "day": "/sparql?format=html&query=ASK%7B%7D&on={}",
    "view": "/view/known-on/{}",
}
ELSEWHERE = ["//evil.example/", "/%2Fevil.example/", "/%5Cevil.example", "/\\evil.example"]
RESTING = {"at_once": 200, "patience": 1.5, "may_rest": True}
OUTSIDE = [
    "/..%2f..%2f..%2fetc/passwd",
    "/../../../etc/passwd",
    "/style.css/../../../pyproject.toml",
    "/query/..%2f..%2fpyproject",
    "/query/..%2frule%2fmembership.csv",
    "/query/..",
    "/query/....//....//etc/passwd",
    "/explain/..%5c..%5cpyproject",
    "/pages/../style.css",
    "/export.nt%00.html",
    "/organisation/nato%00.ttl",
    "/view/../../etc/passwd",
    "/graph/..%2f..%2fstore",
    "/.well-known/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/file:///etc/passwd",
]


class _Tags(HTMLParser):
    """Collects the tags of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def client(service: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=30) as client:
        yield client


def sent(service: Served, *lines: bytes) -> bytes:
    """Gives what comes back for a head that no library would send."""
    url = httpx.URL(service.address)
    with socket.create_connection((url.host, url.port or 80), timeout=20) as line:
        line.sendall(b"\r\n".join([*lines, b"Connection: close", b"", b""]))
        received = b""
        while part := line.recv(1 << 16):
            received += part
    return received


# Pages


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("page", PAGES)
def test_what_is_sent_stands_in_a_page_as_text(client: httpx.Client, page: str, mark: str) -> None:
    answer = client.get(PAGES[page].format(quote(mark, safe="")), headers={"Accept": "text/html"})
    assert answer.status_code in (200, 400, 404, 406)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert_harmless(answer)


def assert_harmless(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    found = _Tags()
    found.feed(answer.text)
    assert not {tag for tag, _ in found.tags} & {"script", "img", "svg", "iframe", "object"}
    for tag, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        for name in ("href", "src", "action", "formaction"):
            value = attributes.get(name) or ""
            assert not re.match(r"\s*(javascript|data|vbscript):", value, re.IGNORECASE), value
            assert not re.match(r"[/\\]{2}", value), value
    assert "3703701" not in answer.text


def test_a_dangerous_iri_in_a_result_is_no_link(client: httpx.Client) -> None:
    query = """SELECT ?bad WHERE { VALUES ?bad {
      <javascript:alert(1)> <data:text/html,x> <//evil.example/> "<b onload=x>"
      <https://w3id.org/alliance-kg//evil.example/> } }"""
    answer = client.get("/sparql", params={"query": query, "format": "html"})
    assert answer.status_code in (200, 400)
    assert_harmless(answer)


def test_every_page_has_the_policy(client: httpx.Client) -> None:
    pages = ["/", "/query", "/query/members", "/search", "/sparql", "/ontology", "/organisation"]
    pages += ["/organisation/nato.html", "/no-such", "/coverage", "/health", "/style.css"]
    for page in pages:
        assert_harmless(client.get(page, headers={"Accept": "text/html,*/*;q=0.1"}))


# Headers


@pytest.mark.parametrize("mark", ["%0d%0aX-Bad:%201", "%0aX-Bad:%201", "%E5%98%8A%E5%98%8DX-Bad:1"])
@pytest.mark.parametrize("page", PAGES)
def test_no_line_end_reaches_a_header(client: httpx.Client, page: str, mark: str) -> None:
    for accept in ("text/html", "text/turtle", "application/json"):
        answer = client.get(PAGES[page].format(mark), headers={"Accept": accept})
        assert answer.status_code < 500
        assert "x-bad" not in answer.headers


@pytest.mark.parametrize(
    "given", [b"a\tb", b"<b>", b'"x"', b"a" * 65, b"\xff\x9b", b"a b", b"a;b=c", b""]
)
def test_an_id_that_could_be_more_is_replaced(service: Served, given: bytes) -> None:
    answer = sent(service, b"GET /health HTTP/1.1", b"Host: a", b"X-Request-Id: " + given)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert re.search(rb"x-request-id: [0-9a-f]{16}\r\n", answer)


def test_an_id_of_the_client_is_kept(client: httpx.Client) -> None:
    answer = client.get("/health", headers={"X-Request-Id": "proxy-1.a_b"})
    assert answer.headers["x-request-id"] == "proxy-1.a_b"


@pytest.mark.parametrize("path", ELSEWHERE)
@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
def test_no_address_leads_elsewhere(service: Served, path: str, accept: str) -> None:
    request = [f"GET {path} HTTP/1.1".encode(), b"Host: a", f"Accept: {accept}".encode()]
    answer = sent(service, *request)
    assert re.match(rb"HTTP/1\.1 (400|404) ", answer)
    assert b"\r\nlocation:" not in answer.lower()


def test_a_redirect_is_a_path_of_this_host(client: httpx.Client) -> None:
    for path in ("/organisation/nato", "/search?name=NATO", "/event/nato-finland-accession"):
        answer = client.get(path, headers={"Host": "evil.example", "Accept": "text/html"})
        assert answer.status_code == 303
        assert re.match(r"/[a-z]", answer.headers["location"])


# Paths


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_outside(service: Served, path: str) -> None:
    for accept in (b"text/html", b"text/turtle", b"*/*"):
        request = [b"GET " + path.encode() + b" HTTP/1.1", b"Host: a", b"Accept: " + accept]
        answer = sent(service, *request)
        assert re.match(rb"HTTP/1\.1 (400|404|406) ", answer), answer[:200]
        assert b"root:" not in answer
        assert b"[project]" not in answer


def test_a_name_longer_than_names_of_files_is_not_there(client: httpx.Client) -> None:
    for verb in ("query", "explain", "why-not", "organisation"):
        answer = client.get(f"/{verb}/{'a' * 5000}")
        assert answer.status_code == 404
        assert len(answer.text) < 12_000


# The host that a client names


def test_a_forged_host_is_told_to_nobody_else(service: Served) -> None:
    evil = {"Host": "evil.example"}
    for path in ("/openapi.json", "/sparql", "/.well-known/void", "/.well-known/sparql-examples"):
        forged = httpx.get(service.address + path, headers=evil, timeout=30)
        honest = httpx.get(service.address + path, timeout=30)
        assert forged.status_code == honest.status_code == 200
        assert "evil.example" not in honest.text + str(honest.headers)
        assert forged.headers.get("etag") != honest.headers.get("etag") or (
            "evil.example" not in forged.text
        )


@pytest.mark.parametrize(
    "host",
    [b"a b", b"a/b", b"a@b", b'"a"', b"<a>", b"a:b", b"a:99999", b"[::1", b"a\\b", b"\xff", b""],
)
def test_what_is_no_host_is_refused(service: Served, host: bytes) -> None:
    answer = sent(service, b"GET /openapi.json HTTP/1.1", b"Host: " + host)
    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("host", [b"a:", b"[::1]", b"[::1]:80", b"-", b"..", b"a.", b"A_b", b"1"])
def test_a_strange_host_is_served(service: Served, host: bytes) -> None:
    for path in (b"/openapi.json", b"/sparql", b"/", b"/organisation/nato"):
        answer = sent(service, b"GET " + path + b" HTTP/1.1", b"Host: " + host)
        assert re.match(rb"HTTP/1\.1 (200|303) ", answer), answer[:300]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "evil\x9b31m<b>", "X-Forwarded-Proto": "javascript"},
        {"X-Forwarded-For": ",,,:::]["},
        {"X-Forwarded-For": "a" * 9000},
        {"X-Forwarded-For": '1.2.3.4", "', "Forwarded": "for=evil;host=evil.example"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "//evil.example"},
        {"X-Forwarded-Proto": "wss, \xff", "X-Forwarded-Port": "-1"},
    ],
)
def test_nonsense_about_proxies_changes_no_answer(service: Served, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    for path in ("/openapi.json", "/organisation/nato.ttl", "/sparql?query=ASK%7B%7D"):
        answer = httpx.get(service.address + path, headers=raw, timeout=30)
        assert answer.status_code == 200
        assert "evil" not in answer.text + str(answer.headers)
        assert "javascript" not in answer.text


# The log


def test_a_line_of_the_log_cannot_be_forged(service: Served) -> None:
    agent = b'x" 200 0 0.0 id "\x9b31m\xc2\x9b'
    target = b"/search?name=%0A%1b[2J%22&mark-of-this-line"
    sent(
        service,
        *(b"GET " + target + b" HTTP/1.1", b"Host: a", b"User-Agent: " + agent),
        b'X-Forwarded-For: 1.1.1.1" 200 \x9b2J',
    )
    assert comes(lambda: any("mark-of-this-line" in line for line in service.words))
    (line,) = [line for line in service.words if "mark-of-this-line" in line]
    assert line.count('"') == 4
    assert line.rstrip("\n").isascii() and line.rstrip("\n").isprintable()
    assert re.fullmatch(r'\S+ [^"]* "GET [^"]+" 400 \d+ [\d.]+ [0-9a-f]{16} "[^"]+"\n', line)


def test_no_line_is_longer_than_can_be_read(service: Served) -> None:
    mark = f"m{time.monotonic_ns()}"
    httpx.get(f"{service.address}/{mark}?{'x' * 9000}", headers={"User-Agent": "y" * 9000})
    assert comes(lambda: any(mark in line for line in service.words))
    assert max(len(line) for line in service.words if mark in line) < 2000


# Validators


def test_nobody_is_told_that_a_mistake_is_unmodified(client: httpx.Client) -> None:
    later = {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert client.get("/query/members", headers=later).status_code == 400
    assert client.get("/sparql?query=SELEKT", headers=later).status_code == 400
    assert client.get("/organisation/no-such.ttl", headers=later).status_code == 404
    assert client.get("/organisation/nato.ttl", headers=later).status_code == 304


# Malformed and slow


def test_ten_thousand_malformed_requests_leave_it_well(service: Served) -> None:
    url = httpx.URL(service.address)
    found = statuses_of(url.host, url.port or 80, malformed_requests(5, 10_000), **RESTING)
    assert sum(found.values()) >= 10_000
    assert found[400] > 1000
    assert set(found) <= {
        CLOSED,
        200,
        204,
        303,
        304,
        400,
        404,
        405,
        406,
        408,
        413,
        414,
        415,
        431,
        503,
    }
    assert httpx.get(f"{service.address}/health").json()["status"] == "ok"
    assert failures_in(httpx.get(f"{service.address}/metrics").text) == 0
    assert not [line for line in service.words if line.startswith("Traceback")]


def failures_in(metrics: str) -> int:
    """Gives how many requests a service has answered by 500, by its own account."""
    found = re.findall(r'^kg_http_requests_total\{.*status="500"\} (\S+)$', metrics, re.MULTILINE)
    return int(sum(map(float, found)))


def test_fifty_slow_clients_do_not_keep_one_from_its_answer(service: Served) -> None:
    url = httpx.URL(service.address)
    place = (url.host, url.port or 80)
    starts = [
        b"GET /organisation/nato.ttl HT",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
        b"Content-Length: 500\r\n\r\nASK",
    ]
    slow = [socket.create_connection(place, timeout=20) for _ in range(50)]
    try:
        times = []
        for number in range(20):
            for position, line in enumerate(slow):
                line.sendall(starts[position % 2] if number == 0 else b"A")
            began = time.monotonic()
            query = urlencode({"query": f"ASK {{}} # {number}"})
            assert httpx.get(f"{service.address}/sparql?{query}").status_code == 200
            times.append(time.monotonic() - began)
        assert sorted(times)[10] < 0.5
    finally:
        for line in slow:
            line.close()


def test_a_client_that_goes_in_the_middle_of_a_body_is_no_failure(
    start_service: Callable[..., Served],
) -> None:
    served = start_service()
    url = httpx.URL(served.address)
    for _ in range(3):
        with socket.create_connection((url.host, url.port or 80)) as line:
            line.sendall(
                b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n"
                b"Content-Length: 500\r\n\r\nASK"
            )
            time.sleep(0.1)
    assert comes(lambda: sum(" 499 " in line for line in served.words) == 3)
    assert failures_in(httpx.get(f"{served.address}/metrics").text) == 0
    served.stop()
    assert not [line for line in served.words if line.startswith("Traceback")]
