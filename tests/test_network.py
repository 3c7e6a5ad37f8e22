"""No query reaches the network, however SERVICE is hidden in it."""

import socket

import pytest

import kg
from kg.engine.network_guard import refuse_service
from kg.errors import InvalidQuery

HIDDEN = [
    "SELECT * { SERVICESILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "PREFIX x: <http://127.0.0.1:9/> SELECT * { SERVICEx:leak { ?s ?p ?o } }",
    "PREFIX : <http://127.0.0.1:9/> SELECT * { SERVICE:x { ?s ?p ?o } }",
    "SELECT * { ?x <a:b> 1SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?x <a:b> trueSERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { service silent ?x { ?s ?p ?o } }",
    "SELECT * { ?s ?p ex:a\\#b . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { # a comment\r SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s <http://x/\\u0041#> ?o . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p ex:it\\'s . SERVICE <http://127.0.0.1:9/> { ?s ?p 'x' } }",
    "SELECT * { FILTER(?a<1)SERVICE<http://127.0.0.1:9/>{?s ?p ?o} }",
    'SELECT * { ?s ?p """a"b""" . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }',
    "SELECT * { ?s ?p 'a\\\\' . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    # Oxigraph reads `<` as a sign, and what follows as a comment or a string that ends elsewhere.
    'SELECT * { FILTER(1<#x>"""\n2) SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } #"""',
    "SELECT * { FILTER(1<'''>\"\"\"''') SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } } #\"\"\"",
    'SELECT * { FILTER(1<((1+(2>1)))&&1<#x>"""\n2) SERVICE <http://127.0.0.1:9/> {} } #"""',
    # A space beyond ASCII may stand in an IRI, a name may end at its colon.
    "SELECT * { ?s <http://x/\u00a0#> ?o . SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "PREFIX x: <http://x/> SELECT * { ?s ?p x:.SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "PREFIX x: <http://x/> SELECT * { ?s ?p x:a~.SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
]
HARMLESS = [
    'SELECT * { ?s ?p "the Secret SERVICE" }',
    "SELECT * { ?s ?p ?service }",
    "SELECT * { ?s ?p ex:service } # no SERVICE here",
    "SELECT * { ?s <http://example.org/#SERVICE> ?o }",
    "SELECT * { ?s ?p 'it\\'s SERVICE' }",
    "SELECT ?serviceName { ?s ex:has-service ?serviceName }",
    "SELECT * { VALUES (?a ?b) { (<http://x/#a> <http://x/#b>) } } # no SERVICE",
    "SELECT * { ?s (<http://x/#a>|<http://x/#b>) ?o FILTER(?o IN (<#a>, <#b>)) } # no SERVICE",
    "SELECT * { ?s ?p '1'^^<http://x/#a> FILTER(?s < 1 && ?o > 2) } # no SERVICE",
]


@pytest.mark.parametrize("sparql", HIDDEN)
def test_service_is_refused(sparql: str) -> None:
    with pytest.raises(InvalidQuery, match="SERVICE is off"):
        refuse_service(sparql)


@pytest.mark.parametrize("sparql", HARMLESS)
def test_the_word_in_a_string_or_name_is_harmless(sparql: str) -> None:
    refuse_service(sparql)


def test_every_engine_asks_the_guard(
    graph: kg.Graph, rdflib_graph: kg.Graph, endpoint: str
) -> None:
    for each in (graph, rdflib_graph, kg.open(endpoint)):
        with pytest.raises(InvalidQuery, match="SERVICE is off"):
            each.sparql(HIDDEN[0])


def test_from_fetches_nothing(graph: kg.Graph, rdflib_graph: kg.Graph) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/graph"
        for each in (graph, rdflib_graph):
            each.sparql(f"SELECT ?s FROM <{address}> {{ ?s ?p ?o }} LIMIT 1")
        with pytest.raises(TimeoutError):
            listener.accept()
