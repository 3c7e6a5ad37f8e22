"""The stored questions as examples of SPARQL, in the shape that the SIB's tools read.

Each is a sh:SPARQLExecutable (`sparql-examples <https://github.com/sib-swiss/sparql-examples>`_)
whose text runs as it stands, with the file's examples in the place of its parameters.
"""

import html
from collections.abc import Iterator
from typing import Final

from kg.graph import Graph
from kg.parameters import DATE, described
from kg.sparql.reader import read_query
from kg.sparql_file import SparqlFile
from kg.terms import XSD, Iri, Literal, Triple
from kg.web.described.statements import BASE, english, say, with_descriptions

_FORMS: Final = {
    "SELECT": ("sh:SPARQLSelectExecutable", "sh:select"),
    "ASK": ("sh:SPARQLAskExecutable", "sh:ask"),
    "CONSTRUCT": ("sh:SPARQLConstructExecutable", "sh:construct"),
}
_HTML: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML"


def example_queries(graph: Graph, address: str) -> Iterator[Triple]:
    """Gives the triples of all stored questions, and of the prefixes that their texts use."""
    for query in graph.queries.values():
        yield from _example(graph, query, address)
    yield from _declarations(graph)


def text_of(query: SparqlFile) -> str:
    """Gives a question's SPARQL without the lines of its head, which are said apart."""
    lines = query.text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("#+")).strip() + "\n"


def _example(graph: Graph, query: SparqlFile, address: str) -> Iterator[Triple]:
    executable, text = _FORMS[read_query(query.text).form]
    question = query.head.get("question", query.summary)
    return say(
        with_descriptions(graph.project.prefixes),
        Iri(f"{BASE}query/{query.name}"),
        {
            "a": ["sh:SPARQLExecutable", executable],
            "rdfs:label": english(query.summary),
            "rdfs:comment": Literal(html.escape(question, quote=False), _HTML),
            "dcterms:description": english(query.head.get("description", query.summary)),
            "sh:prefixes": Iri(f"{BASE}prefixes"),
            text: Literal(text_of(query)),
            "schema:keywords": [english(word) for word in _keywords(graph, query)],
            "schema:target": Iri(f"{address}/sparql"),
            "rdfs:seeAlso": Iri(f"{address}/query/{query.name}"),
        },
    )


def _keywords(graph: Graph, query: SparqlFile) -> list[str]:
    """Gives the question's name in words and the kinds of things that it is asked of."""
    kinds = [each.kind for each in described(query, graph) if each.type != DATE]
    return list(dict.fromkeys(name.replace("-", " ") for name in [query.name, *kinds]))


def _declarations(graph: Graph) -> Iterator[Triple]:
    prefixes = with_descriptions(graph.project.prefixes)
    for prefix, namespace in graph.project.prefixes.namespaces.items():
        declaration = prefixes.expand(f"prefix:{prefix}")
        yield from say(prefixes, Iri(f"{BASE}prefixes"), {"sh:declare": declaration})
        yield from say(
            prefixes,
            declaration,
            {
                "a": "sh:PrefixDeclaration",
                "sh:prefix": Literal(prefix),
                "sh:namespace": Literal(namespace, f"{XSD}anyURI"),
            },
        )
