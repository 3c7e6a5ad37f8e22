"""Turtle as a person would write it, the same bytes for the same triples.

Subjects stand in alphabetical order of their prefixed names, kinds in the order of the prefix
list; predicates in the order of the house style: the type, what the node ties together, its
words, its values and dates, its provenance. Blank nodes get canonical labels by RDFC-1.0
(`RDF Dataset Canonicalization <https://www.w3.org/TR/rdf-canon/>`_) where there are any. The
layout is that of turtlefmt.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from kg.canonical import canonical
from kg.prefixes import Prefixes
from kg.terms import RDF_TYPE, XSD, BlankNode, Iri, Literal, Node, Term, Triple

_ORDER: Final = (
    # what the node ties together
    "org:member", "org:organization", "org:classification", "kg:state", "kg:organisation",
    "kg:actor", "kg:eventType", "kg:seatOf", "kg:predecessor", "kg:effect", "dcterms:subject",
    "dcterms:publisher", "rdfs:subClassOf", "rdfs:subPropertyOf", "rdfs:domain", "rdfs:range",
    "skos:broader", "skos:inScheme",
    # words
    "dcterms:title", "skos:prefLabel", "schema:legalName", "skos:altLabel", "skos:notation",
    "skos:definition", "skos:example", "skos:scopeNote", "skos:note", "kg:actedAs",
    # values and dates, start before end
    "kg:value", "dcterms:date", "kg:effectiveDate", "schema:foundingDate", "schema:startDate",
    "schema:dissolutionDate", "schema:endDate", "dcterms:issued", "dcterms:language",
    "schema:url",
    # bounds
    "kg:earliest", "kg:latest", "kg:effectEarliest", "kg:effectLatest", "kg:startEarliest",
    "kg:startLatest", "kg:endEarliest", "kg:endLatest",
)  # fmt: skip
_LAST: Final = (
    "schema:sameAs", "skos:exactMatch", "kg:preferredOver", "kg:differsIn",
    "kg:wasSetAsideBecause", "kg:assurance", "kg:assuranceNote", "kg:alsoStatedBy",
    "kg:beganWith", "kg:endedWith", "prov:wasDerivedFrom", "rdfs:isDefinedBy",
)  # fmt: skip
_RANK: Final = {
    **{name: rank for rank, name in enumerate(_ORDER)},
    **{name: 1000 + rank for rank, name in enumerate(_LAST)},
}
_LINE_LENGTH: Final = 100


def write_turtle(triples: Iterable[Triple], prefixes: Prefixes) -> str:
    """Gives Turtle for triples, with the prefixes that it uses."""
    writer = _Writer(prefixes)
    body = writer.write(canonical(triples))
    used = sorted(writer.used)
    lines = [f"@prefix {prefix}: <{prefixes.namespaces[prefix]}> ." for prefix in used]
    return "\n".join([*lines, "", *body] if lines else body)


def _in_order(term: Term) -> tuple[bool, str, str]:
    """Puts English first, then the other languages in the order of their tags."""
    language = (term.language or "") if isinstance(term, Literal) else ""
    return language != "en", language, term.n3()


class _Writer:
    """Writes terms with prefixes and remembers which it used."""

    def __init__(self, prefixes: Prefixes) -> None:
        self.prefixes = prefixes
        self.used: set[str] = set()
        self.iri = lru_cache(maxsize=None)(self._iri)
        self.rank = lru_cache(maxsize=None)(self._rank)

    def write(self, triples: Iterable[Triple]) -> list[str]:
        """Gives the lines of all subjects in order."""
        by_subject: dict[Node, dict[Iri, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for subject, predicate, object_ in triples:
            by_subject[subject][predicate].append(object_)
        in_order = sorted(by_subject, key=self._subject_key)
        lines: list[str] = []
        for subject in in_order:
            lines += [*self._subject(subject, by_subject[subject]), ""]
        return lines

    def _subject(self, subject: Node, predicates: dict[Iri, list[Term]]) -> list[str]:
        clauses: list[str] = []
        for predicate in sorted(predicates, key=lambda each: self.rank(each.value)):
            name = "a" if predicate.value == RDF_TYPE else self.iri(predicate.value)
            objects = [
                self.term(each) for each in sorted(set(predicates[predicate]), key=_in_order)
            ]
            together = f"{name} {' , '.join(objects)}"
            fits = len(together) + 6 <= _LINE_LENGTH
            clauses += [together] if fits else [f"{name} {object_}" for object_ in objects]
        first, *others = clauses
        lines = [f"{self.term(subject)} {first}", *(f"    {clause}" for clause in others)]
        return [f"{line} ;" for line in lines[:-1]] + [f"{lines[-1]} ."]

    def term(self, term: Term) -> str:
        """Gives a term as Turtle."""
        if isinstance(term, Iri):
            return self.iri(term.value)
        if isinstance(term, BlankNode):
            return term.n3()
        if term.datatype == XSD + "integer" and term.value.lstrip("+-").isdigit():
            return term.value
        if term.datatype == XSD + "boolean" and term.value in ("true", "false"):
            return term.value
        if term.language or term.datatype == XSD + "string":
            return term.n3()
        return f"{Literal(term.value).n3()}^^{self.iri(term.datatype)}"

    def _iri(self, iri: str) -> str:
        name = self.prefixes.compact(iri)
        if name is None:
            return Iri(iri).n3()
        self.used.add(name.partition(":")[0])
        return name

    def _rank(self, predicate: str) -> tuple[int, str]:
        if predicate == RDF_TYPE:
            return (-1, "")
        name = self.prefixes.shorten(predicate)
        return (_RANK.get(name, 500), name)

    def _subject_key(self, subject: Node) -> tuple[int, str]:
        if isinstance(subject, BlankNode):
            return (2, subject.value)
        name = self.prefixes.compact(subject.value)
        return (1, name) if name else (0, subject.value)
