"""Updates and the graph store on a scratch copy: what they change, and what they refuse."""

import json
from collections.abc import Callable
from itertools import chain

import pyoxigraph
import pytest
import rdflib
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from kg.engine.oxigraph_engine import OxigraphEngine
from kg.errors import InvalidQuery, KgError
from kg.graph import Graph
from kg.project import locate
from kg.sparql.updates import refuse_load, with_dataset
from kg.terms import Iri
from kg.web.jobs import Held, graph_store, update
from kg.web.replies import Problem, Reply, problem_of

STORE = "http://127.0.0.1:8000/graph-store"
GRAPH = "http://x.example/graph"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def holding(*quads: pyoxigraph.Quad, is_writable: bool = True) -> Held:
    store = pyoxigraph.Store()
    store.extend(quads)
    return Held(Graph(locate(), OxigraphEngine(store)), is_writable=is_writable)


def store_of(held: Held) -> pyoxigraph.Store:
    assert isinstance(held.graph.engine, OxigraphEngine)
    return held.graph.engine.store


def change(held: Held, text: str, **more: object) -> Reply:
    return update.run(held, {"update": text, "base": "http://127.0.0.1:8000/sparql", **more}, b"")


def ask(held: Held, method: str, body: bytes = b"", **more: object) -> Reply:
    request = {"method": method, "graph": GRAPH, "base": STORE, "content_type": "text/turtle"}
    return graph_store.run(held, request | more, body)


def holds(held: Held, pattern: str) -> bool:
    return bool(store_of(held).query(f"ASK {{ {pattern} }}"))


def refused(run: Callable[[], object]) -> Problem:
    with pytest.raises(KgError) as raised:
        run()
    return problem_of(raised.value)


# LOAD

HIDDEN = [
    "LOAD <http://127.0.0.1:9/>",
    "load silent <file:///etc/hostname> into graph <http://x/>",
    "LOADSILENT<http://127.0.0.1:9/>",
    "CLEAR ALL;LOAD<http://127.0.0.1:9/>",
    "PREFIX x: <http://127.0.0.1:9/>LOADx:a",
    "PREFIX : <http://127.0.0.1:9/> LOAD:a",
    "BASE <http://127.0.0.1:9/> # a comment\rLOAD <a>",
    "VERSION '1.2'LOAD <http://127.0.0.1:9/>",
    "PREFIX load: <http://127.0.0.1:9/> CLEAR DEFAULT ; LOAD load:a",
    "INSERT {} WHERE { FILTER(1<#x>{\n2) } ; LOAD <http://127.0.0.1:9/>",
    "INSERT {} WHERE { FILTER(1<'}'>2) } ; LOAD <http://127.0.0.1:9/>",
    'INSERT {} WHERE { FILTER(1<#x>"""\n2) } ; LOAD <http://127.0.0.1:9/> #"""',
    "INSERT DATA { <http://x/\u00a0#a> <http://x/> 1 } ; LOAD <http://127.0.0.1:9/>",
    "PREFIX x: <http://x/> INSERT DATA { x:a x:b x: . x:a x:b x:.} ; LOAD <http://127.0.0.1:9/>",
]
HARMLESS = [
    "INSERT DATA { <http://x/LOAD> <http://x/p> 'LOAD <http://x/>' } # LOAD <http://x/>",
    "INSERT { ?load <http://x/p> 1 } WHERE { ?load <http://x/p> 2 }",
    "PREFIX load: <http://x/> INSERT DATA { load:load load:p _:load }",
    "PREFIX load: <http://x/> COPY load:a TO load:b",
    "PREFIX load: <http://x/> WITH load:g DELETE { ?s ?p 'LOAD' } USING load:a WHERE { ?s ?p 1 }",
    "PREFIX load: <http://x/> CLEAR SILENT GRAPH load:a ; DROP SILENT GRAPH load:b",
]


@pytest.mark.parametrize("text", HIDDEN)
def test_load_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="LOAD is off"):
        refuse_load(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_the_word_in_a_string_or_name_is_harmless(text: str) -> None:
    refuse_load(text)
    pyoxigraph.Store().update(text.replace("COPY", "COPY SILENT"))


def test_where_load_stands_is_told() -> None:
    problem = refused(lambda: change(holding(), "CLEAR ALL ;\n  LOAD <http://127.0.0.1:9/>"))
    assert (problem.status, problem.members) == (400, {"line": 2, "column": 3})


PIECES = (
    *("INSERT {} WHERE {", "FILTER(1<", "(", ")", "{", "}", "#x>", "'", "'''", '"""', ">", "\n"),
    *("\r", " ; ", "2", "LOAD <http://127.0.0.1:9/>", "LOADx:a", "x:", "x:a", ".", "#", "~"),
    *(
        "SERVICE <http://127.0.0.1:9/> {}",
        "<http://x/",
        "\u00a0",
        "PREFIX x: <http://127.0.0.1:9/>",
    ),
)
FRAGMENTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(FRAGMENTS)
@example('INSERT {} WHERE {FILTER(1<#x>"""\n2)SERVICE <http://127.0.0.1:9/> {}}#"""')
@settings(max_examples=2000, deadline=None)
def test_what_is_let_through_does_not_reach_the_network(text: str) -> None:
    try:
        OxigraphEngine(pyoxigraph.Store()).update(text)
    except KgError as error:
        assert "port 9" not in str(error), text


# Updates


def test_an_update_changes_the_copy() -> None:
    held = holding()
    reply = change(held, "INSERT DATA { state:finland rdfs:label 'Finland'@en }")
    assert (reply.status, reply.body, reply.is_lasting) == (204, b"", False)
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    assert holds(held, f"<https://w3id.org/alliance-kg/state/finland> {label} 'Finland'@en")


def test_iris_are_resolved_against_the_address_of_the_endpoint() -> None:
    held = holding()
    change(held, "INSERT DATA { <s> <#p> <t> }")
    at = "http://127.0.0.1:8000"
    assert holds(held, f"<{at}/s> <{at}/sparql#p> <{at}/t>")


@pytest.mark.parametrize("more", [{}, {"using": [GRAPH]}])
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("CLEAR XYZ", 1, 10),
        ("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o } ;\nINSERT { ?s ?p } WHERE {}", 2, 16),
        ("DELETE WHERE { ?s ?p ?o } ; DELETE WHERE { ?s ?p }", 1, 50),
    ],
)
def test_a_mistake_is_placed_in_the_text_as_it_was_sent(
    text: str, line: int, column: int, more: dict[str, object]
) -> None:
    problem = refused(lambda: change(holding(), text, **more))
    assert (problem.status, problem.members) == (400, {"line": line, "column": column})


def test_a_prefix_that_nobody_declares_is_named() -> None:
    problem = refused(lambda: change(holding(), "INSERT DATA { stat:x rdfs:label 'x' }"))
    assert 'No prefix is called "stat:". Did you mean' in problem.detail


def test_a_mistake_in_a_later_operation_changes_nothing() -> None:
    held = holding()
    text = "INSERT DATA { <a> <b> <c> } ; DROP GRAPH <http://x.example/none>"
    problem = refused(lambda: change(held, text))
    assert problem.status == 400
    assert "SILENT" in problem.detail
    assert len(store_of(held)) == 0


def test_service_is_refused_in_an_update() -> None:
    text = "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"
    assert "SERVICE is off" in refused(lambda: change(holding(), text)).detail


def test_triple_terms_are_refused() -> None:
    text = "INSERT DATA { <a> <b> <<( <a> <b> <c> )>> }"
    assert "Triple terms" in refused(lambda: change(holding(), text)).detail
    change(holding(), "INSERT DATA { <a> <b> '<<' }")


def test_a_service_that_is_read_only_says_so() -> None:
    held = holding(is_writable=False)
    for run in (lambda: change(held, "CLEAR ALL"), lambda: ask(held, "PUT", b"")):
        problem = refused(run)
        assert problem.status == 403
        assert "--writable" in problem.detail


# Datasets


@pytest.mark.parametrize(
    "text",
    [
        "WITH <http://x/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "INSERT { ?s ?p ?o } USING <http://x/> WHERE { ?s ?p ?o }",
        "CLEAR ALL ; INSERT { ?s ?p ?o } USING NAMED <http://x/> WHERE { ?s ?p ?o }",
        "PREFIX x: <http://x/> WITHx:g DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "INSERT { ?s ?p ?o }USING<http://x/>WHERE{ ?s ?p ?o }",
        "PREFIX x: <http://x/> INSERT { ?s ?p ?o } USINGx:g WHERE { ?s ?p ?o }",
    ],
)
def test_graphs_that_are_named_twice_are_refused(text: str) -> None:
    assert refused(lambda: change(holding(), text, using_named=[GRAPH])).status == 400


def test_graphs_in_the_data_of_an_update_are_no_conflict() -> None:
    text = """PREFIX using: <http://x/> # USING
    INSERT DATA { GRAPH using:g { using:with using:p 'WITH' } } ;
    DELETE { ?with using:p ?using } WHERE { ?with using:p ?using { SELECT * WHERE {} } }"""
    changed = with_dataset(text, using=[Iri(GRAPH)])
    assert changed.count(f"USING <{GRAPH}> WHERE") == 1
    pyoxigraph.Store().update(changed)


def test_an_iri_cannot_break_out_of_the_clause() -> None:
    changed = with_dataset("DELETE WHERE { ?s ?p ?o }", using=[Iri("http://x/> WHERE {} ; CLEAR")])
    assert "USING <http://x/%3E%20WHERE%20%7B%7D%20;%20CLEAR> WHERE" in changed


NODES = [pyoxigraph.NamedNode(f"http://x.example/{name}") for name in "abc"]
GRAPHS = [pyoxigraph.NamedNode(f"http://x.example/graph-{name}") for name in "123"]
RESULT = pyoxigraph.NamedNode("http://x.example/result")
QUADS = st.builds(
    pyoxigraph.Quad,
    st.sampled_from(NODES),
    st.just(NODES[0]),
    st.sampled_from(NODES),
    st.sampled_from([*GRAPHS, RESULT, pyoxigraph.DefaultGraph()]),
)
WHERES = [
    "?s ?p ?o",
    "?s ?p ?o . ?o ?p ?s",
    "GRAPH ?g { ?s ?p ?o }",
    "?s ?p ?o . GRAPH ?g { ?o ?p ?s }",
    "?s ?p ?o MINUS { GRAPH <http://x.example/graph-2> { ?s ?p ?o } }",
    "{ SELECT ?s ?p ?o WHERE { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } }",
]
CHOSEN = st.lists(st.sampled_from(GRAPHS), unique=True, max_size=3)


def removed_and_added(
    store: pyoxigraph.Store,
    where: str,
    using: list[pyoxigraph.NamedNode],
    using_named: list[pyoxigraph.NamedNode],
) -> list[pyoxigraph.Triple]:
    """The oracle: what a query finds in the dataset, which an engine takes beside its text."""
    found = store.query(
        f"SELECT ?s ?p ?o WHERE {{ {where} }}", default_graph=using, named_graphs=using_named
    )
    return [pyoxigraph.Triple(each["s"], each["p"], each["o"]) for each in found]


@given(st.lists(QUADS, max_size=12), st.sampled_from(WHERES), CHOSEN, CHOSEN, st.booleans())
@settings(deadline=None)
def test_an_update_matches_the_graphs_that_are_asked_for(
    quads: list[pyoxigraph.Quad],
    where: str,
    using: list[pyoxigraph.NamedNode],
    using_named: list[pyoxigraph.NamedNode],
    is_deletion: bool,
) -> None:
    held = holding(*quads)
    store = store_of(held)
    if not (using or using_named):
        using = GRAPHS[:1]
    matched = removed_and_added(store, where, using, using_named)
    touched = {
        pyoxigraph.Quad(each.subject, each.predicate, each.object, RESULT) for each in matched
    }
    wanted = set(store) - touched if is_deletion else set(store) | touched
    verb = "DELETE" if is_deletion else "INSERT"
    change(
        held,
        f"{verb} {{ GRAPH {RESULT} {{ ?s ?p ?o }} }} WHERE {{ {where} }}",
        using=[each.value for each in using],
        using_named=[each.value for each in using_named],
    )
    assert set(store) == wanted


@given(st.lists(QUADS, max_size=12), CHOSEN.filter(bool))
@settings(deadline=None)
def test_delete_where_deletes_what_the_graphs_hold(
    quads: list[pyoxigraph.Quad], using: list[pyoxigraph.NamedNode]
) -> None:
    held = holding(*quads)
    store = store_of(held)
    matched = set(removed_and_added(store, "?s ?p ?o", using, []))
    default = pyoxigraph.DefaultGraph()
    wanted = {quad for quad in store if not (quad.graph_name == default and quad.triple in matched)}
    change(held, "DELETE WHERE { ?s ?p ?o }", using=[each.value for each in using])
    assert set(store) == wanted


# The graph store

TRIPLE = b"<a> <http://x.example/p> 'T\xc3\xbcrkiye' ."
XML = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:x="http://x.example/">%b</rdf:RDF>"""
SAID = b'<rdf:Description rdf:about="a"><x:p>T\xc3\xbcrkiye</x:p></rdf:Description>'
LINE = '<http://x.example/a> <http://x.example/p> "Türkiye" .'.encode()
LD = '{"@id": "a", "http://x.example/p": "Türkiye"}'.encode()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/turtle", TRIPLE),
        ("text/turtle;charset=UTF-8", b"\xef\xbb\xbf" + TRIPLE),
        (
            "application/n-triples",
            TRIPLE.replace(b"<a>", b"<http://x.example/a>").replace(b"'", b'"'),
        ),
        ("application/rdf+xml", XML % SAID),
        ("application/ld+json", LD),
    ],
)
def test_a_graph_is_put_in_each_form(content_type: str, body: bytes) -> None:
    held = holding()
    assert ask(held, "PUT", body, content_type=content_type).status == 201
    assert holds(held, f"GRAPH <{GRAPH}> {{ <http://x.example/a> <http://x.example/p> 'Türkiye' }}")
    assert ask(held, "PUT", body, content_type=content_type).status == 204
    assert len(store_of(held)) == 1


@pytest.mark.parametrize(
    ("form", "media_type", "parser"),
    [
        ("turtle", "text/turtle; charset=utf-8", "turtle"),
        ("ntriples", "application/n-triples", "nt"),
        ("jsonld", "application/ld+json", "json-ld"),
        ("rdfxml", "application/rdf+xml", "xml"),
    ],
)
def test_a_graph_is_given_in_each_form(form: str, media_type: str, parser: str) -> None:
    held = holding()
    ask(held, "PUT", TRIPLE + b"\n_:b <http://x.example/p> [ <http://x.example/q> 1.5 ] .")
    reply = ask(held, "GET", form=form)
    assert (reply.status, reply.media_type) == (200, media_type)
    wanted = rdflib.Graph().parse(
        data="@prefix x: <http://x.example/> . x:a x:p 'Türkiye' . [] x:p [ x:q 1.5 ] .",
        format="turtle",
    )
    assert isomorphic(rdflib.Graph().parse(data=reply.body, format=parser), wanted)
    assert ask(held, "HEAD", form=form).media_type == media_type


def test_what_rdf_xml_cannot_write_is_refused() -> None:
    held = holding()
    ask(held, "PUT", b"<a> <http://x.example/1> 1 .")
    problem = refused(lambda: ask(held, "GET", form="rdfxml"))
    assert problem.status == 406
    assert "<http://x.example/1>" in problem.detail


def test_put_replaces_and_post_adds() -> None:
    held = holding()
    assert ask(held, "POST", b"<a> <b> 1 .").status == 201
    assert ask(held, "POST", b"<a> <b> 2 .").status == 204
    assert len(store_of(held)) == 2
    assert ask(held, "PUT", b"<a> <b> 3 .").status == 204
    assert len(store_of(held)) == 1


def test_an_empty_graph_exists_until_it_is_deleted() -> None:
    held = holding()
    assert refused(lambda: ask(held, "GET")).status == 404
    assert ask(held, "PUT", b"", content_type=None).status == 201
    assert (ask(held, "GET").status, ask(held, "GET", form="ntriples").body) == (200, b"")
    assert ask(held, "DELETE").status == 204
    assert refused(lambda: ask(held, "DELETE")).status == 404


def test_the_default_graph_always_exists() -> None:
    held = holding()
    assert ask(held, "GET", graph=None).status == 200
    assert ask(held, "PUT", b"<a> <b> <c> .", graph=None).status == 204
    assert holds(held, "<http://127.0.0.1:8000/a> ?is ?what")
    assert ask(held, "DELETE", graph=None).status == 204
    assert ask(held, "GET", graph=None, form="ntriples").body == b""


def test_other_graphs_are_left_alone() -> None:
    held = holding()
    ask(held, "PUT", b"<a> <b> 1 .", graph="http://x.example/other")
    ask(held, "PUT", b"<a> <b> 2 .", graph=None)
    ask(held, "PUT", b"<a> <b> 3 .")
    ask(held, "DELETE")
    assert len(store_of(held)) == 2


def test_a_post_to_the_store_makes_a_graph_of_its_own() -> None:
    held = holding()
    replies = [ask(held, "POST", TRIPLE, graph=None, is_store=True) for _ in range(2)]
    made = [reply.headers["Location"] for reply in replies]
    assert [reply.status for reply in replies] == [201, 201]
    assert len(set(made)) == 2
    assert all(graph.startswith(f"{STORE}/") for graph in made)
    assert b"rkiye" in ask(held, "GET", graph=made[0]).body
    assert refused(lambda: ask(held, "GET", graph=None, is_store=True)).status == 400


def test_blank_nodes_of_several_uploads_stay_apart() -> None:
    held = holding()
    body = multipart(("a.ttl", None, b"_:b <p> 1 ."), ("b.ttl", None, b"_:b <p> 1 ."))
    ask(held, "POST", body, content_type="multipart/form-data; boundary=b")
    ask(held, "POST", b"_:b <p> 1 .")
    assert len(store_of(held)) == 3


def multipart(*files: tuple[str, str | None, bytes]) -> bytes:
    parts = (
        (
            b"--b\r\nContent-Disposition: form-data; name=f; filename=" + name.encode() + b"\r\n",
            f"Content-Type: {media_type}\r\n".encode() if media_type else b"",
            b"\r\n" + content + b"\r\n",
        )
        for name, media_type, content in files
    )
    return b"".join(chain.from_iterable(parts)) + b"--b--\r\n"


def test_a_form_holds_files_of_several_forms() -> None:
    held = holding()
    body = multipart(
        ("one.ttl", None, TRIPLE + b"\r\n"),
        ("two", "application/ld+json", LD.replace("ü".encode(), b"u")),
        ("three.rdf", "application/rdf+xml", XML % SAID.replace(b'"a"', b'"z"')),
    )
    assert ask(held, "PUT", body, content_type='multipart/form-data; boundary="b"').status == 201
    assert len(store_of(held)) == 3


BAD_BODIES = [
    ("text/turtle", b"<a> <b> <c> .\n<a> <b> x:c .", 400, 2),
    ("text/turtle", b"<a> <b>\n'\xff' .", 400, 2),
    ("text/turtle", "<a> <b> 1 .".encode("utf-16"), 400, 1),
    ("application/n-triples", b"<a> <http://x.example/b> 1 .", 400, 1),
    ("application/rdf+xml", XML % b"\n<x:a></x:b>", 400, 3),
    ("application/rdf+xml", b"<?xml version='1.0' encoding='latin-1'?>" + XML % b"", 400, None),
    ("application/rdf+xml", XML % b"<x:a rdf:ID='1'/>", 400, None),
    ("application/ld+json", b'{\n"@id": }', 400, 2),
    ("application/ld+json", b'{"@context": "http://127.0.0.1:9/", "@id": "a"}', 400, None),
    ("application/ld+json", b'{"@id": "a", "@graph": [{"@id": "b", "p:p": 1}]}', 400, None),
    ("application/ld+json", b'{"a:b":' * 20_000 + b"1" + b"}" * 20_000, 400, None),
    ("text/turtle", b"<a> <b> <<( <a> <b> <c> )>> .", 400, None),
    ("text/turtle; charset=latin-1", TRIPLE, 415, None),
    ("application/trig", TRIPLE, 415, None),
    ("application/json", LD, 415, None),
    ("text/plain", TRIPLE, 415, None),
    ("", TRIPLE, 415, None),
    (None, TRIPLE, 415, None),
    ("multipart/form-data", multipart(("a.ttl", None, TRIPLE)), 400, None),
    ("multipart/form-data; boundary=other", multipart(("a.ttl", None, TRIPLE)), 400, None),
    ("multipart/form-data; boundary=b", b"--b", 400, None),
    ("multipart/form-data; boundary=b", multipart(("a.exe", None, TRIPLE)), 415, None),
    ("multipart/form-data; boundary=b", multipart(("a.ttl", None, b"<a>\n<b>")), 400, 2),
    ("multipart/form-data; boundary=b", multipart(*[("a.ttl", None, b"")] * 101), 400, None),
]


@pytest.mark.parametrize(("content_type", "body", "status", "line"), BAD_BODIES)
def test_a_body_that_cannot_be_read_changes_nothing(
    content_type: str | None, body: bytes, status: int, line: int | None
) -> None:
    held = holding()
    ask(held, "PUT", b"<a> <b> 1 .")
    problem = refused(lambda: ask(held, "PUT", body, content_type=content_type))
    assert (problem.status, problem.members.get("line")) == (status, line), problem.detail
    assert len(store_of(held)) == 1


SECRET = "only this file says it"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE r [<!ENTITY e SYSTEM "{file}">]>',
        "<!DOCTYPE r [<!ENTITY e SYSTEM '{file}'>]>",
        '<!DOCTYPE r [<!ENTITY e PUBLIC "x" "{file}">]>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "{file}"> %p;]>',
        '<!DOCTYPE r SYSTEM "{file}">',
    ],
)
def test_entities_of_xml_read_no_files(head: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("secret") / "secret.txt"
    file.write_text(SECRET, encoding="utf-8")
    said = b'<rdf:Description rdf:about="a"><x:p>&e;</x:p></rdf:Description>'
    body = head.replace("{file}", file.as_uri()).encode() + XML % said
    held = holding()
    problem = refused(lambda: ask(held, "PUT", body, content_type="application/rdf+xml"))
    assert problem.status == 400
    assert SECRET not in json.dumps(problem.document)


def test_entities_within_entities_are_refused() -> None:
    entities = b"".join(b'<!ENTITY e%d "%b">' % (n + 1, b"&e%d;" % n * 10) for n in range(9))
    body = b'<!DOCTYPE r [<!ENTITY e0 "ha">' + entities + b"]>" + XML % SAID
    problem = refused(lambda: ask(holding(), "PUT", body, content_type="application/rdf+xml"))
    assert "entities within entities" in problem.detail


def test_a_patch_changes_its_graph_alone() -> None:
    held = holding()
    ask(held, "PUT", b"<a> <b> 1 . <c> <b> 1 .")
    ask(held, "PUT", b"<a> <b> 1 .", graph=None)
    patch = {"content_type": "application/sparql-update"}
    text = b"DELETE { ?s ?p 1 } INSERT { ?s ?p 2 } WHERE { ?s ?p 1 FILTER(?s = <a>) }"
    assert ask(held, "PATCH", text, **patch).status == 204
    at = "http://x.example"
    assert holds(held, f"GRAPH <{GRAPH}> {{ <{at}/a> <{at}/b> 2 . <{at}/c> <{at}/b> 1 }}")
    assert len(store_of(held)) == 3
    for bad, status in ((b"INSERT DATA { GRAPH <g> { <a> <b> 1 } }", 400), (b"CLEAR", 400)):
        assert refused(lambda bad=bad: ask(held, "PATCH", bad, **patch)).status == status  # type: ignore[misc]
    assert refused(lambda: ask(held, "PATCH", text)).status == 415
    nowhere = {**patch, "graph": "http://x.example/none"}
    assert refused(lambda: ask(held, "PATCH", text, **nowhere)).status == 404


def test_a_method_that_no_graph_knows_is_refused() -> None:
    problem = refused(lambda: ask(holding(), "TRACE"))
    assert (problem.status, problem.headers["Allow"]) == (
        405,
        "GET, HEAD, PUT, POST, DELETE, PATCH",
    )


def test_rdf_that_is_put_is_the_rdf_that_is_given() -> None:
    body = f"<a> <{RDF}type> <b> ; <p> 'x'@en, '1'^^<t>, true ; <q> ( 1 [ <r> 2.5 ] ) .".encode()
    held = holding()
    ask(held, "PUT", body)
    given_back = rdflib.Graph().parse(data=ask(held, "GET").body, format="turtle")
    sent = rdflib.Graph().parse(data=body, format="turtle", publicID=GRAPH)
    assert isomorphic(given_back, sent)
