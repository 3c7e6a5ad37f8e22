"""The endpoint, described by itself.

Follows `SPARQL 1.1 Service Description <https://www.w3.org/TR/sparql11-service-description/>`_.
Clients ask for it before anything else, so it is short; `/.well-known/void` has the details. The
service is named by the endpoint's address, which is where Comunica looks.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from kg.clocks import STAGES, VIEWS
from kg.graph import Graph
from kg.rules import DERIVED
from kg.terms import Iri, Triple
from kg.web.described.statements import english, number, say, with_descriptions
from kg.web.described.statistics import Header, Statistics

RESULT_FORMATS: Final = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
    "RDF_XML",
)
"""The names under http://www.w3.org/ns/formats/ of what answers can be written in."""

_GRAPHS: Final = (
    "The default graph holds what is asserted and what rules derive from it, together. It is "
    f"not the union of the named graphs: {DERIVED} repeats the derived triples, so that the two "
    "can be told apart."
)
_VIEWS: Final = (
    f"Views answer as of other clocks: {VIEWS}known-on/2022-10-12 is the graph as it could be "
    f"known on that day, {VIEWS}joined-by/signed counts as members whoever has signed, and "
    f"{VIEWS}known-on/2022-10-12/joined-by/signed does both; the stages are "
    f"{', '.join(STAGES)}. Name one by default-graph-uri or FROM, or give the parameter "
    "known-on. The parameter on is the day on which plain relations such as org:memberOf hold; "
    "without it that is today."
)


def service_description(
    graph: Graph,
    address: str,
    header: Header,
    counted: Statistics,
    *,
    is_writable: bool = False,
    services: Sequence[str] = (),
) -> Iterator[Triple]:
    """Gives the triples that describe the endpoint of a service at an address.

    `services` are the endpoints that SERVICE may name; without any, federation is no feature.
    """
    prefixes = with_descriptions(graph.project.prefixes)
    endpoint = Iri(f"{address}/sparql")
    dataset = Iri(f"{address}/sparql#dataset")
    languages = ["sd:SPARQL11Query", *(["sd:SPARQL11Update"] if is_writable else [])]
    yield from say(
        prefixes,
        endpoint,
        {
            "a": "sd:Service",
            "rdfs:label": english(f"SPARQL endpoint of {header.title}"),
            "rdfs:comment": english(f"{_GRAPHS} {_VIEWS}"),
            "rdfs:seeAlso": [
                Iri(f"{address}/.well-known/void"),
                Iri(f"{address}/.well-known/sparql-examples"),
                Iri(f"{address}/openapi.json"),
            ],
            "sd:endpoint": endpoint,
            "sd:supportedLanguage": languages,
            "sd:resultFormat": [f"formats:{name}" for name in RESULT_FORMATS],
            "sd:feature": ["sd:BasicFederatedQuery"] if services else [],
            "sd:defaultEntailmentRegime": "entailment:Simple",
            "sd:defaultDataset": dataset,
        },
    )
    yield from say(
        prefixes,
        dataset,
        {
            "a": "sd:Dataset",
            "dcterms:description": [english(_GRAPHS), english(_VIEWS)],
            "sd:defaultGraph": default_graph(address),
            "sd:namedGraph": Iri(f"{address}/sparql#derived"),
        },
    )
    yield from _graphs(graph, address, header, counted)


def default_graph(address: str) -> Iri:
    """Gives the IRI of the default graph, which is the dataset that VoID describes."""
    return Iri(f"{address}/.well-known/void#alliance-kg")


def derived_graph(address: str) -> Iri:
    """Gives the IRI of the derived triples as a dataset of their own."""
    return Iri(f"{address}/.well-known/void#derived")


def _graphs(graph: Graph, address: str, header: Header, counted: Statistics) -> Iterator[Triple]:
    prefixes = with_descriptions(graph.project.prefixes)
    yield from say(
        prefixes,
        default_graph(address),
        {
            "a": ["sd:Graph", "void:Dataset"],
            "dcterms:title": english(header.title),
            "void:triples": number(counted.triples),
            "void:entities": number(counted.entities),
            "void:classes": number(len(counted.classes)),
            "void:properties": number(len(counted.properties)),
            "void:distinctSubjects": number(counted.subjects),
            "void:distinctObjects": number(counted.objects),
        },
    )
    yield from say(
        prefixes,
        Iri(f"{address}/sparql#derived"),
        {"a": "sd:NamedGraph", "sd:name": DERIVED, "sd:graph": derived_graph(address)},
    )
    yield from say(
        prefixes,
        derived_graph(address),
        {"a": ["sd:Graph", "void:Dataset"], "void:triples": number(counted.derived)},
    )
