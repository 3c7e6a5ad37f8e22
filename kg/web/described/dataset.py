"""The graph as a dataset, for /.well-known/void.

The words are those of `VoID <https://www.w3.org/TR/void/>`_ and of `DCAT
<https://www.w3.org/TR/vocab-dcat-3/>`_. What the dataset is called, who made it and under which
licence is what the ontology's header says; all numbers are counted.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from kg.graph import Graph
from kg.prefixes import Prefixes
from kg.terms import Iri, Literal, Term, Triple
from kg.web.described.service import default_graph, derived_graph
from kg.web.described.statements import BASE, english, number, say, with_descriptions
from kg.web.described.statistics import Header, Statistics, links_to
from kg.web.negotiation import NTRIPLES, TURTLE, Form

NQUADS: Final = Form("nquads", "application/n-quads", "nq")
DUMPS: Final = (TURTLE, NTRIPLES, NQUADS)
"""The forms in which the whole graph can be taken home, at /export.SUFFIX."""

_W3C_NAMES: Final = {"ttl": "Turtle", "nt": "N-Triples", "nq": "N-Quads"}
_PROTOCOL: Final = Iri("https://www.w3.org/TR/sparql11-protocol/")
_OPENAPI: Final = Iri("https://spec.openapis.org/oas/v3.1.1.html")


def dataset_description(
    graph: Graph, address: str, header: Header, counted: Statistics, *, version: str = ""
) -> Iterator[Triple]:
    """Gives the triples of VoID and DCAT for the graph that a service at an address holds.

    `version` names the content, where it is known.
    """
    prefixes = with_descriptions(graph.project.prefixes)
    yield from _document(prefixes, address, header)
    yield from _dataset(graph, prefixes, address, header, counted)
    if version:
        yield from say(prefixes, default_graph(address), {"dcat:version": Literal(version)})
    yield from _parts(prefixes, address, counted)
    yield from _links(graph, prefixes, address)
    yield from _distributions(prefixes, address, header)
    yield from _services(prefixes, address, header)


def _document(prefixes: Prefixes, address: str, header: Header) -> Iterator[Triple]:
    return say(
        prefixes,
        Iri(f"{address}/.well-known/void"),
        {
            "a": "void:DatasetDescription",
            "dcterms:title": english(f"Description of {header.title}"),
            "foaf:primaryTopic": default_graph(address),
            "foaf:topic": [default_graph(address), derived_graph(address), _wikidata(address)],
        },
    )


def _dataset(
    graph: Graph, prefixes: Prefixes, address: str, header: Header, counted: Statistics
) -> Iterator[Triple]:
    dataset = default_graph(address)
    yield from ((dataset, property_, value) for property_, value in header.facts)
    yield from say(
        prefixes,
        dataset,
        {
            "a": ["void:Dataset", "dcat:Dataset", "sd:Graph"],
            "dcterms:title": english(header.title),
            "dcterms:description": english(header.description),
            "foaf:homepage": Iri(f"{address}/"),
            "dcat:landingPage": Iri(f"{address}/"),
            "dcat:distribution": [_distribution(address, form) for form in DUMPS],
            "void:triples": number(counted.triples),
            "void:entities": number(counted.entities),
            "void:classes": number(len(counted.classes)),
            "void:properties": number(len(counted.properties)),
            "void:distinctSubjects": number(counted.subjects),
            "void:distinctObjects": number(counted.objects),
            "void:vocabulary": _vocabularies(prefixes, counted),
            "void:uriSpace": Literal(BASE),
            "void:sparqlEndpoint": Iri(f"{address}/sparql"),
            "void:uriLookupEndpoint": Iri(f"{address}/search?name="),
            "void:exampleResource": _examples(graph),
            "void:feature": [f"formats:{name}" for name in ("Turtle", "N-Triples", "JSON-LD")],
            "void:dataDump": [_dump(address, form) for form in DUMPS],
            "void:subset": [derived_graph(address), _wikidata(address)],
        },
    )
    yield from say(
        prefixes,
        derived_graph(address),
        {
            "a": ["void:Dataset", "sd:Graph"],
            "dcterms:title": english(f"What rules derive in {header.title}"),
            "void:triples": number(counted.derived),
        },
    )


def _parts(prefixes: Prefixes, address: str, counted: Statistics) -> Iterator[Triple]:
    """Gives a partition for each class and for each property."""
    dataset = default_graph(address)
    for class_, things in counted.classes:
        part = _part(prefixes, address, "class", class_)
        yield from say(prefixes, dataset, {"void:classPartition": part})
        yield from say(
            prefixes,
            part,
            {"a": "void:Dataset", "void:class": class_, "void:entities": number(things)},
        )
    for used in counted.properties:
        part = _part(prefixes, address, "property", used.iri)
        yield from say(prefixes, dataset, {"void:propertyPartition": part})
        yield from say(
            prefixes,
            part,
            {
                "a": "void:Dataset",
                "void:property": used.iri,
                "void:triples": number(used.triples),
                "void:distinctSubjects": number(used.subjects),
                "void:distinctObjects": number(used.objects),
            },
        )


def _part(prefixes: Prefixes, address: str, kind: str, term: Iri) -> Iri:
    name = prefixes.shorten(term.value).replace("#", "%23")
    return Iri(f"{address}/.well-known/void#{kind}-{name}")


def _links(graph: Graph, prefixes: Prefixes, address: str) -> Iterator[Triple]:
    items = prefixes.namespaces["wd"]
    others = prefixes.expand("wd:Q2013")  # Wikidata's own item
    yield from say(
        prefixes,
        _wikidata(address),
        {
            "a": "void:Linkset",
            "dcterms:title": english("Exact matches with items of Wikidata"),
            "void:linkPredicate": "skos:exactMatch",
            "void:subjectsTarget": default_graph(address),
            "void:objectsTarget": others,
            "void:triples": number(links_to(graph, items)),
        },
    )
    yield from say(
        prefixes,
        others,
        {
            "a": "void:Dataset",
            "dcterms:title": english("Wikidata"),
            "void:uriSpace": Literal(items),
            "void:sparqlEndpoint": Iri("https://query.wikidata.org/sparql"),
        },
    )


def _distributions(prefixes: Prefixes, address: str, header: Header) -> Iterator[Triple]:
    for form in DUMPS:
        yield from say(
            prefixes,
            _distribution(address, form),
            {
                "a": "dcat:Distribution",
                "dcterms:title": english(f"{header.title} as {_W3C_NAMES[form.suffix]}"),
                "dcterms:license": _licences(header),
                "dcterms:format": f"formats:{_W3C_NAMES[form.suffix]}",
                "dcat:mediaType": prefixes.expand(f"media-type:{form.media_type}"),
                "dcat:accessURL": _dump(address, form),
                "dcat:downloadURL": _dump(address, form),
            },
        )


def _services(prefixes: Prefixes, address: str, header: Header) -> Iterator[Triple]:
    """Gives the endpoint and the interface of the stored questions as services."""
    for path, title, described_at, standard in (
        ("/sparql", "SPARQL endpoint", "/sparql", _PROTOCOL),
        ("/query", "Stored questions", "/openapi.json", _OPENAPI),
    ):
        yield from say(
            prefixes,
            Iri(f"{address}{path}"),
            {
                "a": "dcat:DataService",
                "dcterms:title": english(f"{title} of {header.title}"),
                "dcterms:license": _licences(header),
                "dcterms:conformsTo": standard,
                "dcat:endpointURL": Iri(f"{address}{path}"),
                "dcat:endpointDescription": Iri(f"{address}{described_at}"),
                "dcat:servesDataset": default_graph(address),
            },
        )


def _licences(header: Header) -> Sequence[Term]:
    return [Iri(header.licence)] if header.licence else []


def _vocabularies(prefixes: Prefixes, counted: Statistics) -> list[Term]:
    """Gives the namespaces of all classes and properties that are used."""
    terms = [class_ for class_, _ in counted.classes] + [each.iri for each in counted.properties]
    namespaces = prefixes.namespaces
    found = {prefixes.kind(term) or "" for term in terms} & namespaces.keys()
    return [Iri(namespaces[prefix]) for prefix in sorted(found)]


def _examples(graph: Graph) -> list[Term]:
    """Gives the things of which the stored questions are asked in their examples."""
    parameters = [each for query in graph.queries.values() for each in query.parameters]
    things = {each.example.value for each in parameters if isinstance(each.example, Iri)}
    return [Iri(thing) for thing in sorted(things)]


def _dump(address: str, form: Form) -> Iri:
    return Iri(f"{address}/export.{form.suffix}")


def _distribution(address: str, form: Form) -> Iri:
    return Iri(f"{address}/.well-known/void#{form.suffix}")


def _wikidata(address: str) -> Iri:
    return Iri(f"{address}/.well-known/void#wikidata")
