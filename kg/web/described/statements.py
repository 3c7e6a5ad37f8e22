"""Triples as they are said: a subject, and by prefixed names what is said of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from kg.prefixes import Prefixes
from kg.terms import RDF_LANG_STRING, RDF_TYPE, XSD, Iri, Literal, Term, Triple

BASE: Final = "https://w3id.org/alliance-kg/"
"""Where the IRIs of the graph begin; what follows is the path at which they are served."""

_FURTHER: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "entailment": "http://www.w3.org/ns/entailment/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "formats": "http://www.w3.org/ns/formats/",
    "media-type": "https://www.iana.org/assignments/media-types/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
}

Said: TypeAlias = "Term | str | Iterable[Term | str]"
"""An object, or several; text is the prefixed name of an IRI."""


def with_descriptions(prefixes: Prefixes) -> Prefixes:
    """Gives prefixes with those of the vocabularies that describe services and datasets."""
    namespaces = {**_FURTHER, **prefixes.namespaces}
    return Prefixes(dict(sorted(namespaces.items())))


def say(prefixes: Prefixes, subject: Iri, said: Mapping[str, Said]) -> Iterator[Triple]:
    """Gives the triples of a subject; the property `a` is its type.

    >>> prefixes = with_descriptions(Prefixes({}))
    >>> for triple in say(prefixes, Iri("https://example.org/sparql"), {"a": "sd:Service"}):
    ...     print(triple[2].n3())
    <http://www.w3.org/ns/sparql-service-description#Service>
    """
    for name, objects in said.items():
        predicate = Iri(RDF_TYPE) if name == "a" else prefixes.expand(name)
        several = [objects] if isinstance(objects, str | Term) else objects
        for each in several:
            yield subject, predicate, prefixes.expand(each) if isinstance(each, str) else each


def number(value: int) -> Literal:
    """Gives a number as an xsd:integer."""
    return Literal(str(value), f"{XSD}integer")


def english(text: str) -> Literal:
    """Gives a text in English."""
    return Literal(text, RDF_LANG_STRING, "en")
