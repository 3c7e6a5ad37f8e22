"""The W3C's cases of the SPARQL 1.1 Protocol and of the Graph Store Protocol, told anew.

They follow the manifests of the W3C's test suite
(https://github.com/w3c/rdf-tests/tree/main/sparql/sparql11), which `manifest_cases` reads where
they are present. A case is a list of exchanges: a request, and what its answer has to be.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import httpx
import rdflib
from rdflib.collection import Collection
from rdflib.compare import isomorphic

FOUND = frozenset({"2xx", "3xx"})
REFUSED = frozenset({"4xx"})
TABULAR: Final = {
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
}
GRAPH_FORMATS: Final = {
    "text/turtle": "turtle",
    "application/n-triples": "nt",
    "application/rdf+xml": "xml",
    "application/ld+json": "json-ld",
}
LOCATION: Final = "$LOCATION$"


@dataclass(frozen=True)
class Exchange:
    """A request, and what is expected: a status such as 201 or 2xx, a truth, a form, a graph."""

    method: str
    path: str
    statuses: frozenset[str]
    body: bytes | None = None
    content_type: str | None = None
    accept: str | None = None
    truth: bool | None = None
    form: str | None = None
    graph: str | None = None
    is_located: bool = False


@dataclass(frozen=True)
class Case:
    """A case by the W3C's name for it, and the graphs (N-Triples by IRI) that it needs."""

    name: str
    exchanges: tuple[Exchange, ...]
    graphs: tuple[tuple[str, str], ...] = ()


def run_case(client: httpx.Client, base: str, case: Case) -> None:
    """Runs a case against a service that can be written; raises AssertionError."""
    for path in {_graph_path(each) for each in case.exchanges} - {None}:
        client.delete(base + str(path))
    for graph, ntriples in case.graphs:
        address = f"{base}/graph-store?graph={quote(graph, safe='')}"
        put = client.put(address, content=ntriples, headers={"Content-Type": "text/turtle"})
        assert put.is_success, put.text
    location = ""
    for number, each in enumerate(case.exchanges, 1):
        response = _sent(client, base, each, location)
        where = f"{case.name}, exchange {number}: {response.status_code} {response.text[:500]}"
        status = str(response.status_code)
        assert {status, f"{status[0]}xx"} & each.statuses, where
        if each.is_located:
            location = response.headers["location"]
        media_type = response.headers.get("content-type", "").partition(";")[0]
        _check(each, response, media_type, where)


def _sent(client: httpx.Client, base: str, each: Exchange, location: str) -> httpx.Response:
    path = each.path.replace("/sparql/", "/sparql").replace("/gsp", "/graph-store", 1)
    headers = {"Accept": each.accept or "*/*"}
    if each.content_type:
        headers["Content-Type"] = each.content_type
    address = base + path.replace(LOCATION, location)
    body = each.body.replace(LOCATION.encode(), location.encode()) if each.body else None
    return client.request(each.method, address, content=body, headers=headers)


def _check(each: Exchange, response: httpx.Response, media_type: str, where: str) -> None:
    if each.truth is not None:
        assert _truth(response.content, media_type) is each.truth, where
    if each.form == "boolean" or each.form == "tabular":
        assert media_type in TABULAR, where
    elif each.form == "RDF":
        assert media_type in GRAPH_FORMATS, where
    if each.accept and each.statuses == {"200"}:
        assert media_type == each.accept.partition(";")[0], where
    if each.graph is not None:
        found = rdflib.Graph().parse(data=response.content, format=GRAPH_FORMATS[media_type])
        wanted = rdflib.Graph().parse(data=each.graph, format="turtle")
        assert isomorphic(found, wanted), where


def _truth(body: bytes, media_type: str) -> bool:
    if media_type == "application/sparql-results+json":
        return httpx.Response(200, content=body).json()["boolean"] is True
    namespace = "{http://www.w3.org/2005/sparql-results#}"
    return ElementTree.fromstring(body).findtext(f"{namespace}boolean") == "true"


def _graph_path(each: Exchange) -> str | None:
    """Gives the path of the graph that an exchange names, so that a case begins without it."""
    named = each.path.startswith(("/gsp/", "/gsp?graph=")) and LOCATION not in each.path
    return each.path.replace("/gsp", "/graph-store", 1) if named else None


# The protocol's cases.

_FORM: Final = "application/x-www-form-urlencoded"
_QUERY: Final = "application/sparql-query"
_UPDATE: Final = "application/sparql-update"
_DATA: Final = tuple(f"http://data.example/{number}" for number in (1, 2, 3))
_DOCUMENT: Final = "http://xmlns.com/foaf/0.1/Document"
_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_GRAPHS: Final = tuple((iri, f"<{iri}> <{_TYPE}> <{_DOCUMENT}> .\n") for iri in _DATA)
_ONE_AND_TWO: Final = " . ".join(f"<{iri}> a ?type" for iri in _DATA[:2])
_NAMED: Final = " ".join(
    f"GRAPH ?g{number} {{ <{iri}> a ?type }}" for number, iri in enumerate(_DATA[:2])
)
_RESULT: Final = "http://result.example/"
_EACH_IN_ITS_GRAPH: Final = " ".join(
    f"GRAPH <{iri}> {{ <{iri}> a <{_DOCUMENT}> }}" for iri in _DATA
)
_FILL: Final = f"DROP ALL ; INSERT DATA {{ {_EACH_IN_ITS_GRAPH} }} ; "


def _sparql(**parameters: list[str]) -> str:
    renamed = {name.replace("_", "-"): values for name, values in parameters.items()}
    return "/sparql/?" + urlencode(renamed, doseq=True, quote_via=quote)


def _ask(path: str, text: str = "", **expected: str | bool) -> Exchange:
    form = str(expected.get("form", "boolean"))
    truth = True if form == "boolean" and expected.get("truth", True) else None
    if not text:
        return Exchange("GET", path, FOUND, truth=truth, form=form)
    return Exchange("POST", path, FOUND, text.encode(), _QUERY, truth=truth, form=form)


def _post(path: str, text: str, content_type: str | None, statuses: frozenset[str]) -> Exchange:
    encoding = "utf-16" if "UTF-16" in (content_type or "") else "utf-8"
    return Exchange("POST", path, statuses, text.encode(encoding), content_type)


def _updated(name: str, path: str, text: str, then: str) -> Case:
    return Case(name, (_post(path, text, _UPDATE, FOUND), _ask("/sparql/", then)))


def _marked(*iris: str) -> str:
    return " ".join(f"<{iri}> a <http://kind.example/Marked> ." for iri in iris)


_MARK: Final = f"INSERT {{ GRAPH <{_RESULT}> {{ ?document a <http://kind.example/Marked> }} }} "
_NOWHERE: Final = _sparql(default_graph_uri=["http://data.example/0"])
_ONLY_ONE_AND_TWO: Final = (
    f"ASK {{ GRAPH <{_RESULT}> {{ {_marked(*_DATA[:2])} }} "
    f"FILTER NOT EXISTS {{ GRAPH <{_RESULT}> {{ {_marked(_DATA[2])} }} }} }}"
)
_WITH: Final = (
    "WITH <http://data.example/people> DELETE { ?person <http://x.example/name> 'Bill' } "
    "INSERT { ?person <http://x.example/name> 'William' } "
    "WHERE { ?person <http://x.example/name> 'Bill' }"
)

PROTOCOL_CASES: Final = (
    Case(
        "query_post_form",
        (
            Exchange(
                "POST",
                _NOWHERE,
                FOUND,
                urlencode({"query": "ASK {}"}).encode(),
                _FORM,
                truth=True,
                form="boolean",
            ),
        ),
    ),
    Case(
        "query_dataset_default_graphs_get",
        (_ask(_sparql(query=[f"ASK {{ {_ONE_AND_TWO} }}"], default_graph_uri=[*_DATA[:2]])),),
        _GRAPHS[:2],
    ),
    Case(
        "query_dataset_default_graphs_post",
        (_ask(_sparql(default_graph_uri=[*_DATA[:2]]), f"ASK {{ {_ONE_AND_TWO} }}"),),
        _GRAPHS[:2],
    ),
    Case(
        "query_dataset_named_graphs_post",
        (_ask(_sparql(named_graph_uri=[*_DATA[:2]]), f"ASK {{ {_NAMED} }}"),),
        _GRAPHS[:2],
    ),
    Case(
        "query_dataset_named_graphs_get",
        (_ask(_sparql(query=[f"ASK {{ {_NAMED} }}"], named_graph_uri=[*_DATA[:2]])),),
        _GRAPHS[:2],
    ),
    Case(
        "query_dataset_full",
        (
            _ask(
                _sparql(default_graph_uri=[_DATA[2]], named_graph_uri=[*_DATA[:2]]),
                f"ASK {{ <{_DATA[2]}> a ?type {_NAMED} }}",
            ),
        ),
        _GRAPHS,
    ),
    Case(
        "query_multiple_dataset",
        (_ask(_sparql(named_graph_uri=[*_DATA[:2]]), f"ASK FROM <{_DATA[2]}> {{ {_NAMED} }}"),),
        _GRAPHS,
    ),
    Case("query_get", (_ask(_NOWHERE + "&query=ASK%20%7B%7D"),)),
    Case("query_content_type_select", (_ask(_NOWHERE, "SELECT (1 AS ?one) {}", form="tabular"),)),
    Case("query_content_type_ask", (_ask(_NOWHERE, "ASK {}", truth=False),)),
    Case("query_content_type_describe", (_ask(_NOWHERE, "DESCRIBE <http://x/>", form="RDF"),)),
    Case(
        "query_content_type_construct",
        (_ask(_NOWHERE, "CONSTRUCT { <s> <p> 1 } WHERE {}", form="RDF"),),
    ),
    _updated(
        "update_dataset_default_graph",
        _sparql(using_graph_uri=[_DATA[0]]),
        f"{_FILL} {_MARK} WHERE {{ ?document a <{_DOCUMENT}> }}",
        f"ASK {{ GRAPH <{_RESULT}> {{ {_marked(_DATA[0])} }} }}",
    ),
    _updated(
        "update_dataset_default_graphs",
        _sparql(using_graph_uri=[*_DATA[:2]]),
        f"{_FILL} {_MARK} WHERE {{ ?document a <{_DOCUMENT}> }}",
        _ONLY_ONE_AND_TWO,
    ),
    _updated(
        "update_dataset_named_graphs",
        _sparql(using_named_graph_uri=[*_DATA[:2]]),
        f"{_FILL} {_MARK} WHERE {{ GRAPH ?graph {{ ?document a <{_DOCUMENT}> }} }}",
        _ONLY_ONE_AND_TWO,
    ),
    _updated(
        "update_dataset_full",
        _sparql(using_graph_uri=[_DATA[0]], using_named_graph_uri=[_DATA[1]]),
        f"{_FILL} INSERT {{ GRAPH <{_RESULT}> {{ ?document <http://x.example/in> ?in }} }} "
        "WHERE { "
        f"{{ GRAPH ?graph {{ ?document a <{_DOCUMENT}> }} BIND(?graph AS ?in) }} UNION "
        f"{{ ?document a <{_DOCUMENT}> BIND('default' AS ?in) }} }}",
        f"ASK {{ GRAPH <{_RESULT}> {{ <{_DATA[0]}> <http://x.example/in> 'default' . "
        f"<{_DATA[1]}> <http://x.example/in> <{_DATA[1]}> }} "
        f"FILTER NOT EXISTS {{ GRAPH <{_RESULT}> {{ <{_DATA[2]}> ?p ?o }} }} }}",
    ),
    Case("update_post_form", (_post("/sparql/", "update=CLEAR+ALL", _FORM, FOUND),)),
    Case("update_post_direct", (_post("/sparql/", "CLEAR ALL", _UPDATE, FOUND),)),
    _updated(
        "update_base_uri",
        "/sparql/",
        f"CLEAR SILENT GRAPH <{_RESULT}> ; "
        f"INSERT DATA {{ GRAPH <{_RESULT}> {{ <http://x.example/s> <http://x.example/p> <t> }} }}",
        f"ASK {{ GRAPH <{_RESULT}> {{ <http://x.example/s> <http://x.example/p> ?o "
        "FILTER(isIRI(?o) && STR(?o) != 't') } }",
    ),
    Case("query_post_direct", (_ask("/sparql/", "ASK {}"),)),
    Case(
        "bad_query_method",
        (Exchange("PUT", _NOWHERE + "&query=ASK%20%7B%7D", REFUSED, content_type=_FORM),),
    ),
    Case(
        "bad_multiple_queries",
        (Exchange("GET", _sparql(query=["ASK {}", "SELECT * {}"]), REFUSED),),
    ),
    Case("bad_query_wrong_media_type", (_post("/sparql/", "ASK {}", "text/plain", REFUSED),)),
    Case("bad_query_missing_form_type", (_post("/sparql/", "query=ASK%20%7B%7D", None, REFUSED),)),
    Case("bad_query_missing_direct_type", (_post("/sparql/", "ASK {}", None, REFUSED),)),
    Case(
        "bad_query_non_utf8",
        (_post("/sparql/", "ASK {}", f"{_QUERY}; charset=UTF-16", REFUSED),),
    ),
    Case("bad_query_syntax", (Exchange("GET", _sparql(query=["ASK {"]), REFUSED),)),
    Case("bad_update_get", (Exchange("GET", _sparql(update=["CLEAR ALL"]), REFUSED),)),
    Case(
        "bad_multiple_updates",
        (_post("/sparql/", "update=CLEAR%20NAMED&update=CLEAR%20DEFAULT", _FORM, REFUSED),),
    ),
    Case("bad_update_wrong_media_type", (_post("/sparql/", "CLEAR NAMED", "text/plain", REFUSED),)),
    Case(
        "bad_update_missing_form_type",
        (_post("/sparql/", "update=CLEAR%20NAMED", None, REFUSED),),
    ),
    Case(
        "bad_update_non_utf8",
        (_post("/sparql/", "CLEAR NAMED", f"{_UPDATE}; charset=UTF-16", REFUSED),),
    ),
    Case("bad_update_syntax", (_post("/sparql/", "update=CLEAR%20XYZ", _FORM, REFUSED),)),
    Case(
        "bad_update_dataset_conflict",
        (
            _post(
                _sparql(using_named_graph_uri=["http://data.example/people"]),
                _WITH,
                _UPDATE,
                REFUSED,
            ),
        ),
    ),
)

# The graph store's cases.

_TURTLE: Final = "text/turtle; charset=utf-8"
_CREATED: Final = frozenset({"201"})
_OK: Final = frozenset({"200"})
_REPLACED: Final = frozenset({"200", "204"})
_ANY: Final = _CREATED | _REPLACED
_GONE: Final = frozenset({"404"})
_PREFIXES: Final = "@prefix x: <http://x.example/> . "


def _person(name: str, more: str = "") -> str:
    return f'{_PREFIXES} <http://x.example/1> a x:Person ; {more} x:card [ x:name "{name}" ] .'


_ALICE: Final = f'{_PREFIXES} [] a x:Person ; x:card [ x:given "Alice" ] .'
_PARTS: Final = "".join(
    f'--7c1e2b\r\nContent-Disposition: form-data; name="{part}"; filename="{part}.ttl"\r\n'
    f"Content-Type: {_TURTLE}\r\n\r\n{_PREFIXES}\r\n"
    f'<http://x.example/1> x:{part} "{value}" .\r\n\r\n'
    for part, value in (("family", "Doe"), ("given", "Jane"))
)


def _put(path: str, graph: str, statuses: frozenset[str], method: str = "PUT") -> Exchange:
    return Exchange(method, path, statuses, graph.encode(), _TURTLE)


def _get(path: str, graph: str) -> Exchange:
    return Exchange("GET", path, _OK, accept="text/turtle", graph=graph)


def _of_one_graph(kind: str, one: str, two: str) -> tuple[Case, ...]:
    """Gives the cases that are told of graphs by their own address, and by ?graph=."""
    return (
        Case(
            f"put_get_repeat_{kind}",
            (
                _put(one, _person("John"), _CREATED),
                _get(one, _person("John")),
                _put(one, _person("Jane"), _REPLACED),
                _get(one, _person("Jane")),
            ),
        ),
        Case(
            f"put_delete_get_delete_{kind}",
            (
                _put(two, _ALICE, _ANY),
                Exchange("DELETE", two, _REPLACED),
                Exchange("GET", two, _GONE),
                Exchange("DELETE", two, _GONE | _REPLACED),
            ),
        ),
        Case(
            f"post_get_post_get_{kind}",
            (
                _put(one, _person("Jane"), _ANY, "POST"),
                _get(one, _person("Jane")),
                Exchange(
                    "POST",
                    one,
                    _REPLACED,
                    f"{_PARTS}--7c1e2b--\r\n".encode(),
                    "multipart/form-data; boundary=7c1e2b",
                ),
                _get(one, _person("Jane", 'x:given "Jane" ; x:family "Doe" ;')),
            ),
        ),
        Case(
            f"head_existing_{kind}",
            (_put(one, _person("John"), _ANY), Exchange("HEAD", one, _OK, accept=_TURTLE)),
        ),
    )


_INDIRECT: Final = "/gsp?graph=http%3A%2F%2Fwww.example%2Fgsp%2Fperson%2F"
_PLAIN: Final = "/gsp?graph=http://www.example/gsp/person/"

GRAPH_STORE_CASES: Final = (
    *_of_one_graph("direct", "/gsp/person/1.ttl", "/gsp/person/2.ttl"),
    *_of_one_graph("indirect", f"{_INDIRECT}1.ttl", f"{_INDIRECT}2.ttl"),
    Case("put_get_default", (_put("/gsp?default", _ALICE, _ANY), _get("/gsp?default", _ALICE))),
    Case(
        "post_get_new_graph",
        (
            Exchange("POST", "/gsp", _CREATED, _ALICE.encode(), _TURTLE, is_located=True),
            _get(f"/gsp?graph={LOCATION}", _ALICE),
        ),
    ),
    Case(
        "head_non_existing_indirect",
        (Exchange("HEAD", f"{_INDIRECT}4.ttl", _GONE, accept=_TURTLE),),
    ),
    Case(
        "put_get_uri_pct_encoded_indirect",
        (
            _put(f"{_INDIRECT}1.ttl", _person("John"), _CREATED),
            _get(f"{_PLAIN}1.ttl", _person("John")),
        ),
    ),
    Case(
        "put_get_uri_pct_encoded_twice",
        (
            _put(f"{_PLAIN}%31.ttl", _person("John"), _CREATED),
            _put(f"{_PLAIN}%2531.ttl", _person("Jane"), _CREATED),
            _get(f"{_PLAIN}%31.ttl", _person("John")),
            _get(f"{_PLAIN}%2531.ttl", _person("Jane")),
        ),
    ),
)

# The W3C's manifests.

_MF: Final = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
_HT: Final = rdflib.Namespace("http://www.w3.org/2011/http#")
_CNT: Final = rdflib.Namespace("http://www.w3.org/2011/content#")
_UT: Final = rdflib.Namespace("http://www.w3.org/2009/sparql/tests/test-update#")


def manifest_cases(folder: Path) -> Iterator[Case]:
    """Reads the cases of the manifests in a folder of the W3C's suite."""
    for path in sorted(folder.glob("manifest*.ttl")):
        manifest = rdflib.Graph().parse(path, format="turtle")
        for entries in manifest.objects(None, _MF.entries):
            for test in Collection(manifest, entries):  # type: ignore[arg-type]  # a list's head
                yield _case(manifest, test)


def _case(manifest: rdflib.Graph, test: rdflib.term.Node) -> Case:
    action = manifest.value(test, _MF.action)
    requests = manifest.value(action, _HT.requests)
    graphs = [
        (
            str(manifest.value(data, rdflib.RDFS.label)),
            Path(str(manifest.value(data, _UT.graph)).removeprefix("file://")).read_text("utf-8"),
        )
        for data in manifest.objects(test, _UT.graphData)
    ]
    return Case(
        re.split("[#/]", str(test))[-1],
        tuple(_exchange(manifest, each) for each in Collection(manifest, requests)),  # type: ignore[arg-type]
        tuple(sorted(graphs)),
    )


def _exchange(manifest: rdflib.Graph, request: rdflib.term.Node) -> Exchange:
    response = manifest.value(request, _HT.resp)
    headers = _headers(manifest, request)
    truth = manifest.value(response, _MF.expectedBoolean)
    form = manifest.value(response, _MF.expectedFormat)
    graph = _content(manifest, response)
    return Exchange(
        str(manifest.value(request, _HT.methodName)),
        str(manifest.value(request, _HT.absolutePath)),
        frozenset(map(_status, manifest.objects(response, _MF.expectedStatus))),
        _content(manifest, request),
        headers.get("content-type"),
        headers.get("accept"),
        None if truth is None else bool(truth.toPython()),  # type: ignore[attr-defined]
        None if form is None else str(form),
        None if graph is None else graph.decode(),
        manifest.value(response, _MF.expectedLocation) is not None,
    )


def _headers(manifest: rdflib.Graph, message: rdflib.term.Node) -> dict[str, str]:
    head = manifest.value(message, _HT.headers)
    return {
        str(manifest.value(each, _HT.fieldName)): str(manifest.value(each, _HT.fieldValue))
        for each in (Collection(manifest, head) if head else ())  # type: ignore[arg-type]
    }


def _content(manifest: rdflib.Graph, message: rdflib.term.Node | None) -> bytes | None:
    body = manifest.value(message, _HT.body)
    if body is None:
        return None
    return str(manifest.value(body, _CNT.chars)).encode(
        str(manifest.value(body, _CNT.characterEncoding))
    )


def _status(status: rdflib.term.Node) -> str:
    name = str(status).rpartition("#")[2].removeprefix("StatusCode")
    return {"OK": "200", "Created": "201", "NoContent": "204", "NotFound": "404"}.get(name, name)
