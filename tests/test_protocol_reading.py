"""What a request to /sparql and /graph-store is read as, before anything is asked."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.web.protocol import (
    FORM,
    Describe,
    GraphTarget,
    Operation,
    Query,
    Update,
    read_graph_target,
    read_operation,
)
from kg.web.replies import TITLES, Problem

ASK = "ASK { ?state ?is 'Türkiye' }"
STORE = "http://127.0.0.1:8000/graph-store"
ONE, TWO = "http://x.example/1", "http://x.example/é"


def form(*pairs: tuple[str, str]) -> bytes:
    return urlencode(pairs).encode()


def refusal(
    method: str, query_string: bytes, content_type: str | None = None, body: bytes = b""
) -> Problem:
    with pytest.raises(Problem) as raised:
        read_operation(method, query_string, content_type, body)
    return raised.value


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_query_stands_in_the_address(method: str) -> None:
    pairs = form(("query", ASK), ("default-graph-uri", ONE), ("named-graph-uri", TWO))
    assert read_operation(method, pairs, None, b"") == Query(ASK, (ONE,), (TWO,))


def test_a_query_stands_in_a_form_and_its_graphs_in_the_address_too() -> None:
    read = read_operation(
        "POST",
        form(("default-graph-uri", ONE)),
        f"{FORM}; charset=UTF-8",
        form(("default-graph-uri", TWO), ("query", ASK), ("default-graph-uri", ONE)),
    )
    assert read == Query(ASK, (ONE, TWO))


@pytest.mark.parametrize(
    "content_type",
    ["application/sparql-query", 'Application/SPARQL-Query ; Charset="utf-8"'],
)
def test_a_query_is_the_body(content_type: str) -> None:
    assert read_operation("POST", b"", content_type, ASK.encode()) == Query(ASK)


def test_an_update_is_the_body_or_stands_in_a_form() -> None:
    address = form(("using-graph-uri", ONE), ("using-named-graph-uri", TWO))
    wanted = Update("CLEAR ALL", (ONE,), (TWO,))
    direct = read_operation("POST", address, "application/sparql-update", b"CLEAR ALL")
    assert direct == wanted
    assert read_operation("POST", address, FORM, form(("update", "CLEAR ALL"))) == wanted


def test_without_a_query_the_service_is_described() -> None:
    assert read_operation("GET", b"", None, b"") == Describe()
    assert read_operation("HEAD", b"format=turtle", None, b"") == Describe("turtle")


def test_clocks_and_forms_are_read_and_what_is_unknown_is_ignored() -> None:
    pairs = form(
        ("query", "ASK {}"),
        ("on", "1999-04-01"),
        ("known-on", "2022-10-12"),
        ("joined-by", "signed"),
        ("output", "csv"),
        ("results", "json"),
        ("timeout", "0"),
    )
    assert read_operation("GET", pairs, None, b"") == Query(
        "ASK {}", format="csv", on="1999-04-01", known_on="2022-10-12", joined_by="signed"
    )


def test_format_comes_before_output() -> None:
    read = read_operation("GET", b"query=ASK{}&output=xml&format=json", None, b"")
    assert read == Query("ASK{}", format="json")


def test_bytes_that_are_not_percent_encoded_are_text_too() -> None:
    assert read_operation("GET", "query=é%C3%A9+é".encode(), None, b"") == Query("éé é")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    body = b"\xef\xbb\xbfASK {}"
    assert read_operation("POST", b"", "application/sparql-query", body) == Query("ASK {}")


REFUSED = [
    ("PUT", b"query=ASK{}", None, b"", 405, "Send GET with query="),
    ("DELETE", b"", None, b"", 405, "Send GET with query="),
    ("GET", b"update=CLEAR+ALL", None, b"", 400, "sent by POST"),
    ("GET", b"query=ASK{}&query=ASK{}", None, b"", 400, "one query or one update"),
    ("GET", b"query=ASK{}&update=CLEAR+ALL", None, b"", 400, "sent by POST"),
    ("POST", b"", FORM, b"query=ASK{}&query=ASK{}", 400, "one query or one update"),
    ("POST", b"", FORM, b"update=a&update=b", 400, "one query or one update"),
    ("POST", b"", FORM, b"query=ASK{}&update=CLEAR+ALL", 400, "not both"),
    ("POST", b"", FORM, b"", 400, "no query and no update"),
    ("POST", b"query=ASK{}", FORM, b"query=ASK{}", 400, "stands in the body"),
    ("POST", b"update=x", "application/sparql-query", b"ASK{}", 400, "stands in the body"),
    ("POST", b"", None, b"ASK {}", 415, "no Content-Type"),
    ("POST", b"", "", b"query=ASK{}", 415, "no Content-Type"),
    ("POST", b"", "text/plain", b"ASK {}", 415, "application/sparql-query"),
    ("POST", b"", "application/json", b"{}", 415, "application/sparql-query"),
    ("POST", b"", "application/sparql-query; charset=UTF-16", b"ASK {}", 415, "charset=utf-8"),
    ("POST", b"", f"{FORM};charset=latin-1", b"query=ASK{}", 415, "charset=utf-8"),
    ("POST", b"", "application/sparql-update", b"CLEAR \xff", 400, "no UTF-8 at byte 7"),
    ("GET", b"query=%FF", None, b"", 400, "no UTF-8"),
    ("GET", b"%FF=1", None, b"", 400, "no UTF-8"),
    ("GET", b"query=ASK{}&default-graph-uri=one", None, b"", 400, "absolute IRI"),
    ("GET", b"query=ASK{}&named-graph-uri=", None, b"", 400, "absolute IRI"),
    ("GET", b"query=ASK{}&named-graph-uri=http://x/%3E", None, b"", 400, "absolute IRI"),
    ("POST", b"using-graph-uri=//x/y", FORM, b"update=x", 400, "absolute IRI"),
    ("POST", b"default-graph-uri=http://x", FORM, b"update=x", 400, "using-graph-uri"),
    ("POST", b"named-graph-uri=http://x", FORM, b"update=x", 400, "using-named-graph-uri"),
    ("GET", b"query=ASK{}&on=2020-01-01&on=2021-01-01", None, b"", 400, "Send it once"),
    ("GET", b"&".join([b"a=1"] * 1001), None, b"", 400, "At most 1000"),
]


@pytest.mark.parametrize(("method", "address", "content_type", "body", "status", "says"), REFUSED)
def test_a_mistake_says_what_to_send(
    method: str, address: bytes, content_type: str | None, body: bytes, status: int, says: str
) -> None:
    problem = refusal(method, address, content_type, body)
    assert (problem.status, says in problem.detail) == (status, True), problem.detail


def test_a_method_that_is_not_allowed_names_those_that_are() -> None:
    assert refusal("PATCH", b"").headers == {"Allow": "GET, HEAD, POST, OPTIONS"}


NAMES = st.sampled_from(
    ["query", "update", "default-graph-uri", "using-graph-uri", "format", "on", "known-on", "x"]
)
VALUES = st.one_of(st.text(), st.sampled_from(["ASK {}", ONE, "1999-04-01", "%", "é"]))
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=5).map(
    lambda pairs: urlencode(pairs, errors="replace").encode()
)
BYTES = st.one_of(st.binary(max_size=60), PAIRS)
TYPES = st.one_of(
    st.none(),
    st.text(max_size=40),
    st.sampled_from([FORM, "application/sparql-query", "application/sparql-update; charset=x"]),
)


@given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "x"]), BYTES, TYPES, BYTES)
def test_a_request_is_an_operation_or_a_problem(
    method: str, query_string: bytes, content_type: str | None, body: bytes
) -> None:
    try:
        read: Operation = read_operation(method, query_string, content_type, body)
    except Problem as problem:
        assert problem.status in TITLES
        return
    assert isinstance(read, Query | Update | Describe)


@given(st.text(), st.lists(st.sampled_from([ONE, TWO, "urn:x:y"]), unique=True))
def test_a_query_comes_through_as_it_was_sent(text: str, graphs: list[str]) -> None:
    pairs = form(("query", text), *(("named-graph-uri", graph) for graph in graphs))
    wanted = Query(text.removeprefix("\ufeff"), (), tuple(graphs))
    assert read_operation("GET", pairs, None, b"") == wanted
    assert read_operation("POST", b"", FORM, pairs) == wanted


@pytest.mark.parametrize(
    ("path", "address", "target"),
    [
        ("", "default", GraphTarget()),
        ("", "default=", GraphTarget()),
        ("", f"graph={quote(TWO, safe='')}", GraphTarget(TWO)),
        ("/", "graph=urn:x", GraphTarget("urn:x")),
        ("", "graph=http://x/%2531", GraphTarget("http://x/%31")),
        ("", "", GraphTarget(is_store=True)),
        ("/", "unknown=1", GraphTarget(is_store=True)),
        ("/person/1.ttl", "", GraphTarget(f"{STORE}/person/1.ttl")),
        ("/T%C3%BCrkiye", "", GraphTarget(f"{STORE}/T%C3%BCrkiye")),
    ],
)
def test_a_graph_is_named_in_one_of_three_ways(
    path: str, address: str, target: GraphTarget
) -> None:
    assert read_graph_target(path, address.encode(), store=STORE) == target


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("", "default&graph=http://x/"),
        ("", "graph=http://x/&graph=http://y/"),
        ("", "default&default"),
        ("/x", "default"),
        ("/x", "graph=http://x/"),
        ("", "graph="),
        ("", "graph=x/y"),
        ("", "graph=http://x/%20"),
        ("", "graph=_:b"),
        ("/a%zz", ""),
        ("", "graph=%FF"),
    ],
)
def test_a_graph_that_is_not_named_once_and_in_full_is_refused(path: str, address: str) -> None:
    with pytest.raises(Problem) as raised:
        read_graph_target(path, address.encode(), store=STORE)
    assert raised.value.status == 400


@given(st.text(max_size=30), st.binary(max_size=60))
def test_a_graph_target_is_read_or_a_problem(path: str, query_string: bytes) -> None:
    try:
        target = read_graph_target(path, query_string, store=STORE)
    except Problem as problem:
        assert problem.status == 400
        return
    assert isinstance(target, GraphTarget)
