"""The service as a whole: validators, codings, CORS, problems, what is logged and counted."""

import datetime
import gzip
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from conftest import Served
from pages import Page
from prometheus_client.parser import text_string_to_metric_families

import kg.web.answering as answering
from kg.web.negotiation import coding
from kg.web.replies import REMEDIES, TITLES

HOST = {"Host": "kg.example.org"}
"""The same for every service, so that what names the service's own address is the same too."""
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
MEMBERS = "organisation=NATO&on=2022-10-12"


def sparql(query: str, **parameters: str) -> str:
    return "/sparql?" + urlencode({"query": query, **parameters})


ANSWERS = {
    "select": sparql("SELECT ?name { state:finland rdfs:label ?name }"),
    "ask": sparql("ASK { organisation:nato a org:Organization }"),
    "construct": sparql("CONSTRUCT { ?x rdfs:label ?y } { ?x rdfs:label ?y } LIMIT 99"),
    "relations": sparql("SELECT ?s { ?s org:memberOf organisation:nato }"),
    "service description": "/sparql",
    "question": f"/query/members?{MEMBERS}",
    "question of today": "/query/members.csv?organisation=NATO",
    "page of a question": f"/query/members.html?{MEMBERS}",
    "questions": "/query",
    "explanation": f"/explain/members?{MEMBERS}&row=1",
    "refusal": f"/why-not/members?{MEMBERS}&where=name=Sweden",
    "coverage": "/coverage",
    "disagreements": "/disagreements",
    "home": "/",
    "thing": "/state/finland.html",
    "document": "/state/finland.ttl",
    "kind": "/organisation",
    "ontology": "/ontology.ttl",
    "export": "/export.nt",
    "view": "/view/on/1999-04-01",
    "derived": "/graph/derived",
    "void": "/.well-known/void",
    "examples": "/.well-known/sparql-examples",
    "openapi": "/openapi.json",
    "search": "/search?name=Republic",
}
"""An address of each kind whose answer can be asked for again by its entity tag."""
FIXED = {
    "style": "/style.css",
    "robots": "/robots.txt",
    "kind of problem": "/problem/this-is-not-allowed",
}
"""Addresses that are the same as long as the service is."""
PASSING = {
    "now": sparql("SELECT (NOW() AS ?now) {}"),
    "random": sparql("SELECT (RAND() AS ?n) {}"),
    "unique": sparql("SELECT (UUID() AS ?n) {}"),
    "new blank nodes": sparql("CONSTRUCT { [] a kg:Thing } { }"),
    "health": "/health",
    "metrics": "/metrics",
}
"""Addresses whose answers are another each time."""
REFUSED = {
    "syntax error": (sparql("SELECT nothing"), 400),
    "unknown parameter": ("/query/members?organization=NATO", 400),
    "missing parameter": ("/query/members", 400),
    "no such day": ("/query/members?organisation=NATO&on=2022-02-30", 400),
    "unknown name": ("/query/members?organisation=NATOO", 404),
    "unknown question": ("/query/membres", 404),
    "unknown thing": ("/state/atlantis", 404),
    "unknown document": ("/state/atlantis.ttl", 404),
    "unknown path": ("/nowhere/at/all", 404),
    "unknown view": ("/view/on/never", 400),
    "unknown suffix": ("/export.docx", 404),
    "unknown form": (f"/query/members?{MEMBERS}&format=docx", 406),
    "address too long": ("/sparql?query=" + "x" * 20_000, 414),
}


@pytest.fixture(scope="session")
def client(service: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.address, timeout=30) as made:
        yield made


@pytest.fixture(scope="session")
def busy(start_service: Callable[..., Served]) -> Served:
    """A service that works on one request at a time, lets two wait, and reads another clock."""
    options = ("--workers", "1", "--client", "1", "--waiting", "2", "--timeout", "2")
    return start_service(*options, env={"TZ": "Etc/GMT+12"})


@pytest.fixture(scope="session")
def ahead(start_service: Callable[..., Served]) -> Served:
    """A service that reads a clock 26 hours ahead of the busy one's."""
    return start_service(env={"TZ": "Etc/GMT-14"})


def names(addresses: dict[str, object]) -> list[str]:
    return list(addresses)


# Validators


@pytest.mark.parametrize("kind", names(ANSWERS))
def test_an_answer_is_asked_for_again_by_its_tag(client: httpx.Client, kind: str) -> None:
    address = ANSWERS[kind]
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:300]
    tag = answer.headers["ETag"]
    assert re.fullmatch(r'"[!#-~]+"', tag), "a strong tag"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) <= _now()
    for known in (tag, f"W/{tag}", f'"other", {tag} ,"more"', "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert again.status_code == 304, known
        assert again.content == b""
        assert "Content-Type" not in again.headers
        for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
            assert again.headers[name] == answer.headers[name]
        assert again.headers.get("Content-Location") == answer.headers.get("Content-Location")
    lines = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
    assert client.get(address, headers=lines).status_code == 304
    for unknown in ('"other"', f'"{tag[2:]}', tag.strip('"'), ""):
        assert client.get(address, headers={"If-None-Match": unknown}).status_code == 200, unknown


@pytest.mark.parametrize("kind", ["select", "question of today", "document", "export"])
def test_an_answer_is_asked_for_again_by_its_date(client: httpx.Client, kind: str) -> None:
    address = ANSWERS[kind]
    answer = client.get(address)
    date = parsedate_to_datetime(answer.headers["Last-Modified"])

    def since(text: str, **headers: str) -> int:
        return client.get(address, headers={"If-Modified-Since": text, **headers}).status_code

    assert since(answer.headers["Last-Modified"]) == 304
    assert since(_http(date + datetime.timedelta(days=400))) == 304
    assert since(_http(date - datetime.timedelta(seconds=1))) == 200
    assert since("yesterday") == 200
    assert since("Sat, 99 Foo 99999999 99:99:99 GMT") == 200
    # The tag decides where there is one (RFC 9110, section 13.1.3).
    assert since(answer.headers["Last-Modified"], **{"If-None-Match": '"other"'}) == 200


@pytest.mark.parametrize("kind", [*REFUSED, *PASSING])
def test_what_is_no_lasting_answer_is_never_not_modified(client: httpx.Client, kind: str) -> None:
    address, status = REFUSED.get(kind, (PASSING.get(kind, ""), 200))
    for headers in ({"If-None-Match": "*"}, {"If-Modified-Since": _http(_now())}):
        answer = client.get(address, headers=headers)
        assert answer.status_code == status
        assert "ETag" not in answer.headers
        assert "Last-Modified" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_what_is_another_each_time_is_another(client: httpx.Client) -> None:
    for kind in ("now", "random", "unique"):
        assert client.get(PASSING[kind]).text != client.get(PASSING[kind]).text


@pytest.mark.parametrize("kind", names(FIXED))
def test_what_never_changes_has_a_tag(client: httpx.Client, kind: str) -> None:
    answer = client.get(FIXED[kind])
    assert answer.status_code == 200 and "max-age" in answer.headers["Cache-Control"]
    again = client.get(FIXED[kind], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_tag_stands_for_the_bytes(client: httpx.Client) -> None:
    """Another form, coding, parameter or dataset has another tag; the same bytes come again."""
    nato = "organisation:nato"
    variants: list[tuple[str, dict[str, str]]] = [
        (f"/query/members?{MEMBERS}", {}),
        (f"/query/members?{MEMBERS}", {"Accept": "text/csv"}),
        (f"/query/members?{MEMBERS}", {"Accept": BROWSER}),
        (f"/query/members?{MEMBERS}", {"Accept-Encoding": "gzip"}),
        (f"/query/members?{MEMBERS}&known-on=2000-01-01", {}),
        (f"/query/members?{MEMBERS}&joined-by=signed", {}),
        (f"/query/members?{MEMBERS}&certainty=certain", {}),
        ("/query/members?organisation=NATO&on=2022-10-13", {}),
        ("/query/members?organisation=EU&on=2022-10-12", {}),
        (sparql(f"SELECT ?s {{ ?s org:memberOf {nato} }}"), {}),
        (sparql(f"SELECT ?s {{ ?s org:memberOf {nato} }}", on="1999-04-01"), {}),
        (sparql(f"SELECT ?s {{ ?s org:memberOf {nato} }}", format="xml"), {}),
        (sparql(f"SELECT ?s {{ ?s org:memberOf {nato} }} "), {}),
    ]
    found: dict[str, bytes] = {}
    for address, headers in variants:
        for _ in range(2):
            answer = client.get(address, headers={"Accept-Encoding": "identity", **headers})
            assert answer.status_code == 200
            found.setdefault(answer.headers["ETag"], answer.content)
            assert found[answer.headers["ETag"]] == answer.content
    assert len(found) == len(variants)


@pytest.mark.parametrize(
    "kind", [kind for kind in ANSWERS if kind not in ("relations", "question of today")]
)
def test_another_process_gives_the_same_bytes_for_a_tag(
    service: Served, busy: Served, kind: str
) -> None:
    one, other = (
        httpx.get(each.address + ANSWERS[kind], headers=HOST, timeout=30)
        for each in (service, busy)
    )
    assert one.status_code == other.status_code == 200
    if one.headers["ETag"] == other.headers["ETag"]:  # not of today, which is another day there
        assert one.content == other.content
        assert one.headers["Content-Type"] == other.headers["Content-Type"]
    else:
        assert kind in _OF_TODAY


_OF_TODAY = set(ANSWERS) - {
    *("select", "ask", "construct", "service description", "export", "view", "derived"),
}


# Days


def test_an_answer_of_today_is_another_where_it_is_another_day(ahead: Served, busy: Served) -> None:
    """The one is 26 hours ahead of the other, so that it is never the same day at both."""
    address = ANSWERS["question of today"]
    early, late = (httpx.get(each.address + address, headers=HOST) for each in (busy, ahead))
    assert early.headers["ETag"] != late.headers["ETag"]
    modified = [parsedate_to_datetime(each.headers["Last-Modified"]) for each in (early, late)]
    midnights = [
        _now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        for zone in (_zone(-12), _zone(14))
    ]
    graph = parsedate_to_datetime(
        httpx.get(ahead.address + ANSWERS["select"]).headers["Last-Modified"]
    )
    assert modified == [max(midnight, graph) for midnight in midnights]
    same = sparql("SELECT ?x { ?x a kg:Source } ORDER BY ?x LIMIT 1")
    one, other = (httpx.get(each.address + same, headers=HOST) for each in (busy, ahead))
    assert one.headers["ETag"] == other.headers["ETag"]


def test_an_answer_of_today_is_not_fresh_tomorrow() -> None:
    at = datetime.datetime.fromisoformat
    for now, seconds in (
        ("2022-10-12T12:00:00", 60),
        ("2022-10-12T23:59:00", 60),
        ("2022-10-12T23:59:01.5", 58),
        ("2022-10-12T23:59:59.9", 0),
        ("2022-10-13T00:00:01", 0),
    ):
        assert answering.max_age("2022-10-12", at(now)) == seconds
    assert answering.max_age("", at("2022-10-12T23:59:59")) == 60


# Codings, HEAD


@pytest.mark.parametrize("kind", names(ANSWERS))
def test_an_answer_is_compressed_for_those_who_take_that(client: httpx.Client, kind: str) -> None:
    plain = client.get(ANSWERS[kind], headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert int(plain.headers["Content-Length"]) == len(plain.content)
    with client.stream("GET", ANSWERS[kind], headers={"Accept-Encoding": "gzip"}) as packed:
        raw = b"".join(packed.iter_raw())
    assert int(packed.headers["Content-Length"]) == len(raw)
    if len(plain.content) < 1000:
        assert raw == plain.content
    else:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(raw) == plain.content
        assert packed.headers["ETag"] != plain.headers["ETag"]


@pytest.mark.parametrize(
    ("accepted", "given"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.000", None),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("*, gzip;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("identity;q=0, *", "gzip"),
        ("br", None),
        ("gzip;q=high", None),
    ],
)
def test_the_coding_is_the_one_that_is_welcome(accepted: str | None, given: str | None) -> None:
    assert coding(accepted) == given


@pytest.mark.parametrize("kind", [*ANSWERS, *FIXED, *REFUSED, "health"])
def test_head_is_get_without_a_body(client: httpx.Client, kind: str) -> None:
    addresses = {**ANSWERS, **FIXED, **PASSING, **{each: of[0] for each, of in REFUSED.items()}}
    get, head = (client.request(method, addresses[kind]) for method in ("GET", "HEAD"))
    assert head.content == b""
    assert head.status_code == get.status_code
    changing = {"x-request-id", "date"}
    if kind in REFUSED:
        changing.add("content-length")  # it holds the request's id
    for headers in (get.headers, head.headers):
        for name in changing:
            headers.pop(name, None)
    assert dict(head.headers) == dict(get.headers)


def test_a_head_with_a_tag_is_not_modified(client: httpx.Client) -> None:
    tag = client.get(ANSWERS["select"]).headers["ETag"]
    assert client.head(ANSWERS["select"], headers={"If-None-Match": tag}).status_code == 304


# CORS and methods


def assert_open(answer: httpx.Response) -> None:
    assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize("kind", [*ANSWERS, *FIXED, *PASSING, *REFUSED])
def test_pages_of_other_sites_may_read_everything(client: httpx.Client, kind: str) -> None:
    addresses = {**ANSWERS, **FIXED, **PASSING, **{each: of[0] for each, of in REFUSED.items()}}
    answer = client.get(addresses[kind], headers={"Origin": "https://elsewhere.example"})
    assert_open(answer)
    if answer.status_code != 414:  # which the connection tells before anything is read
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_errors_of_each_kind_can_be_read_by_pages_of_other_sites(
    service: Served, client: httpx.Client
) -> None:
    form = "application/x-www-form-urlencoded"
    problems = {
        403: client.post(
            "/sparql", content="CLEAR ALL", headers=_type("application/sparql-update")
        ),
        405: client.put("/state/finland"),
        406: client.get(ANSWERS["select"], headers={"Accept": "image/png"}),
        413: client.post("/sparql", content=b"query=" + b"x" * (1 << 20), headers=_type(form)),
        415: client.post("/sparql", content="ASK {}", headers=_type("text/plain")),
        431: client.get("/", headers={"X-Long": "x" * 40_000}),
    }
    for status, answer in problems.items():
        assert answer.status_code == status
        assert_open(answer)
        if status != 403:  # which says how a service is started that does it
            assert_problem(answer, status)


@pytest.mark.parametrize("kind", names(ANSWERS))
def test_a_preflight_is_answered(client: httpx.Client, kind: str) -> None:
    asked = {
        "Origin": "https://elsewhere.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-none-match, x-request-id",
    }
    answer = client.options(ANSWERS[kind], headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert_open(answer)
    methods = {"GET", "HEAD", "OPTIONS"} | ({"POST"} if "/sparql" in ANSWERS[kind][:8] else set())
    for name in ("Allow", "Access-Control-Allow-Methods"):
        assert set(answer.headers[name].split(", ")) == methods
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"if-none-match", "x-request-id", "content-type", "authorization"} <= set(allowed)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("kind", [*ANSWERS, *FIXED, "health", "metrics"])
def test_another_method_is_refused_with_those_there_are(
    client: httpx.Client, kind: str, method: str
) -> None:
    address = {**ANSWERS, **FIXED, **PASSING}[kind]
    if method == "POST" and urlsplit(address).path == "/sparql":
        return
    answer = client.request(method, address)
    assert_problem(answer, 405)
    assert answer.headers["Allow"] == client.options(address).headers["Allow"]


# Request ids and the log


def test_a_request_keeps_its_id(client: httpx.Client) -> None:
    for given in ("abc-123", "A.b_C", "x" * 64):
        for address in (ANSWERS["select"], "/nowhere/at/all"):
            answer = client.get(address, headers={"X-Request-Id": given})
            assert answer.headers["X-Request-Id"] == given
    assert answer.json()["instance"] == f"urn:request:{given}"


def test_an_id_that_is_none_is_replaced(client: httpx.Client) -> None:
    made = set()
    for given in ("", "two words", 'quo"te', "x" * 65, "a\u00e9", "<b>"):
        answer = client.get("/health", headers=[(b"X-Request-Id", given.encode())])
        made.add(answer.headers["X-Request-Id"])
    made |= {client.get("/health").headers["X-Request-Id"] for _ in range(3)}
    assert len(made) == 9
    assert all(re.fullmatch("[0-9a-f]{16}", each) for each in made)


LINE = re.compile(
    r"(?P<when>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (?P<client>\S+) "
    r'"(?P<method>[A-Z]+) (?P<target>[!#-~]*)" (?P<status>\d{3}) (?P<size>\d+) '
    r'(?P<seconds>\d+\.\d{4}) (?P<id>\S+) "(?P<agent>[ !#-~]*)"\n'
)


def test_each_request_has_one_line_in_the_log(service: Served, client: httpx.Client) -> None:
    agent = 'curl/8 "\\ \x80 evil'.encode("latin-1")
    asked = {
        "first": ("GET", ANSWERS["select"], 200),
        "second": ("HEAD", ANSWERS["select"], 200),
        "third": ("GET", '/state/%0A2022-10-12"%22 200 0', 404),
        "fourth": ("OPTIONS", "/sparql", 204),
        "fifth": ("DELETE", "/", 405),
        "sixth": ("GET", "/sparql?query=" + "%20" * 1000, 400),
    }
    answers = {}
    for id_, (method, address, status) in asked.items():
        headers = [(b"X-Request-Id", b"log-" + id_.encode()), (b"User-Agent", agent)]
        answers[id_] = client.request(method, address, headers=headers)
        assert answers[id_].status_code == status
    lines = _logged(service, "log-", len(asked))
    for id_, (method, _, status) in asked.items():
        (line,) = [each for each in lines if f" log-{id_} " in each]
        match = LINE.fullmatch(line)
        assert match, line
        assert (match["client"], match["method"]) == ("127.0.0.1", method)
        assert int(match["status"]) == status
        assert int(match["size"]) == len(answers[id_].content)
        assert match["target"][:20] == answers[id_].url.raw_path.decode()[:20]
        assert len(line) < 1500
        assert match["agent"] == "curl/8 \\x22\\x5c \\x80 evil"


def _logged(service: Served, text: str, number: int) -> list[str]:
    for _ in range(100):
        lines = [line for line in service.words if text in line]
        if len(lines) >= number:
            break
        time.sleep(0.02)
    assert len(lines) == number
    return lines


# Problems


def assert_problem(answer: httpx.Response, status: int) -> dict[str, object]:
    """Holds what RFC 9457 asks of a problem document."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    problem: dict[str, object] = answer.json()
    assert problem["status"] == status
    assert problem["title"] == TITLES[status]
    assert problem["detail"] and str(problem["detail"]).endswith((".", "?", "…"))
    assert str(problem["type"]).startswith("https://w3id.org/alliance-kg/problem/")
    for words in ("--", "kg query", "/tmp", "Traceback"):
        assert words not in str(problem["detail"])
    return problem


@pytest.mark.parametrize("kind", names(REFUSED))
def test_a_problem_is_a_document(client: httpx.Client, kind: str) -> None:
    address, status = REFUSED[kind]
    answer = client.get(address, headers={"Accept": "application/json"})
    problem = assert_problem(answer, status)
    if status != 414:
        assert problem["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"
        assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("kind", names(REFUSED))
def test_a_problem_is_a_page_for_a_browser(client: httpx.Client, kind: str) -> None:
    address, status = REFUSED[kind]
    if status == 414 or kind == "missing parameter":  # the latter is the question's form
        return
    answer = client.get(address, headers={"Accept": BROWSER})
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    page = Page(answer.text)
    page.is_good()
    assert str(status) in page.text


def test_each_kind_of_problem_has_a_page(client: httpx.Client) -> None:
    assert TITLES.keys() == REMEDIES.keys()
    for title in TITLES.values():
        answer = client.get("/problem/" + title.lower().replace(" ", "-"))
        assert answer.status_code == 200
        Page(answer.text).is_good()


SPOILT = "SELECT ?name\nWHERE {\n  ?état rdfs:label ?name ;; }\n}"
OWN = "PREFIX ex: <https://example.org/>\n# a comment\n" + SPOILT


@pytest.mark.parametrize(
    ("query", "line", "column"),
    [(SPOILT, 4, 1), (OWN, 6, 1), (SPOILT.replace("\n", "\r\n"), 4, 1), ("ASK { ?a b:c }", 1, 7)],
    ids=["known prefixes", "own prefixes", "other ends of lines", "unknown prefix"],
)
def test_a_syntax_error_is_told_with_its_place(
    client: httpx.Client, query: str, line: int, column: int
) -> None:
    direct = _type("application/sparql-query")
    answers = [
        client.get("/sparql", params={"query": query}),
        client.post("/sparql", data={"query": query}),
        client.post("/sparql", content=query.encode(), headers=direct),
    ]
    for answer in answers:
        problem = assert_problem(answer, 400)
        assert problem["line"] == line, problem
        assert isinstance(problem["column"], int) and problem["column"] >= column
    assert len({answer.json()["column"] for answer in answers}) == 1
    page = client.get("/sparql", params={"query": query}, headers={"Accept": BROWSER})
    assert f"line {line}" in page.text and page.status_code == 400


# Forms


def test_who_takes_anything_gets_json_and_turtle(client: httpx.Client) -> None:
    for kind, media_type in (
        ("select", "application/sparql-results+json"),
        ("ask", "application/sparql-results+json"),
        ("construct", "text/turtle; charset=utf-8"),
        ("service description", "text/turtle; charset=utf-8"),
        ("question", "application/json"),
        ("void", "text/turtle; charset=utf-8"),
        ("view", "text/turtle; charset=utf-8"),
        ("derived", "text/turtle; charset=utf-8"),
    ):
        for accept in ("*/*", None):
            headers = {"Accept": accept} if accept else {}
            request = client.build_request("GET", ANSWERS[kind], headers=headers)
            if not accept:
                del request.headers["Accept"]
            assert client.send(request).headers["Content-Type"] == media_type


def test_accept_may_come_in_several_lines(client: httpx.Client) -> None:
    lines = [("Accept", "image/png"), ("Accept", "text/csv;q=0.1")]
    answer = client.get(ANSWERS["select"], headers=lines)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("kind", ["select", "ask", "construct", "question", "kind", "void", "view"])
def test_what_has_no_acceptable_form_is_refused_with_those_there_are(
    client: httpx.Client, kind: str
) -> None:
    answer = client.get(ANSWERS[kind], headers={"Accept": "image/png, text/html;q=0, video/*"})
    problem = assert_problem(answer, 406)
    acceptable = problem["acceptable"]
    assert isinstance(acceptable, list) and len(acceptable) > 1
    for media_type in acceptable:
        found = client.get(ANSWERS[kind], headers={"Accept": media_type})
        assert found.headers["Content-Type"].startswith(media_type)


def test_unknown_parameters_are_passed_over_by_the_protocol_alone(client: httpx.Client) -> None:
    assert client.get(ANSWERS["select"] + "&callback=x&timeout=0").status_code == 200
    for address in ("/query/members?organization=NATO", "/explain/members?organization=NATO"):
        detail = str(assert_problem(client.get(address), 400)["detail"])
        assert "organization" in detail and "Did you mean organisation?" in detail
    for address in ("/coverage?known=x", "/export.nt?day=x", "/search?q=x", "/state/finland?x=1"):
        assert_problem(client.get(address), 400)


# What the service says of its own state


def test_metrics_are_read_by_prometheus_and_count_right(
    service: Served, client: httpx.Client
) -> None:
    def counted() -> dict[tuple[str, ...], float]:
        text = client.get("/metrics").text
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    query = sparql(f"ASK {{ <urn:metrics:{time.time()}> ?b ?c }}")
    before = counted()
    tag = client.get(query).headers["ETag"]
    client.get(query)
    client.get(query, headers={"If-None-Match": tag})
    client.get("/nowhere/at/all")
    client.request("BREW", "/")
    after = counted()

    def more(*key: str) -> float:
        return after.get(key, 0) - before.get(key, 0)

    assert more("kg_http_requests_total", "200", "GET", "sparql") == 2
    assert more("kg_http_requests_total", "304", "GET", "sparql") == 1
    assert more("kg_http_requests_total", "404", "GET", "thing") == 1
    assert more("kg_http_requests_total", "200", "GET", "metrics") == 1
    assert sum(more(*key) for key in after if key[0] == "kg_http_requests_total") == 6
    assert more("kg_http_request_seconds_count", "sparql") == 3
    assert more("kg_answers_total", "worked out") == 1
    assert more("kg_answers_total", "remembered") == 1
    assert more("kg_answers_total", "not modified") == 1
    assert after["kg_requests_active",] == after["kg_requests_waiting",] == 0
    assert after["kg_cache_bytes",] > 0


def test_health_is_that_of_the_graph(client: httpx.Client) -> None:
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok" and answer.json()["version"]


NEVER_DONE = sparql("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")


def test_a_busy_service_is_healthy_and_says_when_to_come_again(busy: Served) -> None:
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(httpx.get, busy.address + NEVER_DONE, timeout=20) for _ in range(3)]
        time.sleep(0.5)
        assert httpx.get(busy.address + "/health").status_code == 200
        answers = [each.result() for each in asked]
    for answer in answers:
        assert_problem(answer, 503)
        assert_open(answer)
    refused = [answer for answer in answers if answer.headers.get("Retry-After") == "5"]
    stopped = [answer for answer in answers if "longer than 2 s" in answer.text]
    assert len(refused) == 1 and len(stopped) == 2


def test_a_stuck_service_is_not_healthy(ahead: Served) -> None:
    """The process that holds the graph is stopped, and makes no copies until it goes on."""
    stuck = ahead
    children = Path(f"/proc/{stuck.process.pid}/task/{stuck.process.pid}/children").read_text()
    first = int(children.split()[0])
    os.kill(first, signal.SIGSTOP)
    try:
        answer = httpx.get(stuck.address + "/health", timeout=20)
        assert_problem(answer, 503)
        assert answer.headers["Retry-After"] == "1"
    finally:
        os.kill(first, signal.SIGCONT)
    assert httpx.get(stuck.address + "/health").status_code == 200


def test_it_answers_and_ends_when_it_is_told_to(start_service: Callable[..., Served]) -> None:
    served = start_service("--quiet")
    assert len(httpx.get(f"{served.address}/query/members.csv?{MEMBERS}").text.splitlines()) == 31
    assert served.stop() == 0
    assert served.words == []
    with pytest.raises(OSError), socket.create_connection(_place(served), timeout=1):
        pass


def _place(served: Served) -> tuple[str, int]:
    parts = urlsplit(served.address)
    return str(parts.hostname), int(parts.port or 0)


def _type(media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type}


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _http(date: datetime.datetime) -> str:
    return date.strftime("%a, %d %b %Y %H:%M:%S GMT")


def _zone(hours: int) -> datetime.timezone:
    return datetime.timezone(datetime.timedelta(hours=hours))
