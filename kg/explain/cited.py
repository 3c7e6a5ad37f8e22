"""Statements in words: what each says, by whom, and who says otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from kg.engine import Engine, select
from kg.terms import Iri, Term

_STATEMENTS: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
PREFIX prov:    <http://www.w3.org/ns/prov#>
PREFIX rdfs:    <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema:  <https://schema.org/>
SELECT ?statement ?name ?date ?value ?text ?quotation ?assurance
  ?source ?title ?publisher ?published ?address
WHERE {{
  VALUES ?statement {{ {statements} }}
  ?statement rdfs:label ?name ;
    prov:wasDerivedFrom|kg:citation ?source .
  ?source a kg:Source ;
    rdfs:label ?title ;
    dcterms:publisher/rdfs:label ?publisher .
  OPTIONAL {{ ?statement kg:assurance/rdfs:label ?assurance . }}
  OPTIONAL {{ ?statement dcterms:date ?date . }}
  OPTIONAL {{ ?statement kg:value ?value . }}
  OPTIONAL {{ ?statement schema:text ?text . }}
  OPTIONAL {{ ?statement kg:quotation ?quotation . }}
  OPTIONAL {{ ?source dcterms:issued ?published . }}
  OPTIONAL {{ ?source schema:url ?address . }}
}}
"""
_DISPUTES: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
PREFIX rdfs:    <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema:  <https://schema.org/>
SELECT ?preferred ?other ?kind ?date ?otherDate ?value ?otherValue ?reason ?publisher
WHERE {{
  VALUES ?either {{ {statements} }}
  {{ ?either kg:preferredOver ?other . BIND(?either AS ?preferred) }}
  UNION
  {{ ?preferred kg:preferredOver ?either . BIND(?either AS ?other) }}
  ?other kg:differsIn/rdfs:label ?kind ;
    kg:wasSetAsideBecause ?reason ;
    kg:citation/dcterms:publisher/rdfs:label ?publisher .
  FILTER(LANG(?reason) = "en")
  OPTIONAL {{ ?preferred dcterms:date ?date . }}
  OPTIONAL {{ ?other dcterms:date ?otherDate . }}
  OPTIONAL {{ ?preferred kg:value ?value . }}
  OPTIONAL {{ ?other kg:value ?otherValue . }}
}}
"""


@dataclass(frozen=True)
class Source:
    """Where a statement was taken from; `published` and `address` are empty if not known."""

    iri: Iri
    title: str
    publisher: str
    published: str
    address: str


@dataclass(frozen=True)
class Dispute:
    """A difference between sources: the preferred value, the other, its publisher, the reason."""

    preferred: Iri
    other: Iri
    kind: str
    value: str
    other_value: str
    publisher: str
    reason: str


@dataclass(frozen=True)
class Statement:
    """A statement in words, with its sources; `quotation` is of the source's own words."""

    iri: Iri
    name: str
    date: str = ""
    value: str = ""
    text: str = ""
    assurance: str = ""
    sources: tuple[Source, ...] = ()
    quotation: str = ""
    disputes: tuple[Dispute, ...] = field(default=())

    @property
    def sentence(self) -> str:
        """The statement as a sentence: what it is about, its day, and what it says."""
        said = self.value or self.text
        day = f", {self.date}" if self.date else ""
        ending = said if said.endswith((".", "!", "?")) else f"{said}."
        return f"{self.name.removesuffix('.')}{day}{f': {ending}' if said else '.'}"


def read_statements(
    engine: Engine, statements: Iterable[Iri], *, last: frozenset[Iri] = frozenset()
) -> dict[Iri, Statement]:
    """Gives statements in words, with their sources; those of `last` come after the others."""
    written = " ".join(statement.n3() for statement in statements)
    found: dict[Iri, Statement] = {}
    if not written:
        return found
    for row in sorted(select(engine, _STATEMENTS.format(statements=written)).rows, key=str):
        iri, name, date, value, text, quotation, assurance, source, *described = row
        if not isinstance(iri, Iri) or not isinstance(source, Iri):
            continue
        title, publisher, published, _ = (str(each or "") for each in described)
        sources = found[iri].sources if iri in found else ()
        if source not in [each.iri for each in sources]:
            new = Source(source, title, publisher, published, web_address(described[-1]))
            sources = tuple(sorted((*sources, new), key=lambda each: each.iri in last))
        found[iri] = Statement(
            iri,
            str(name),
            str(date or ""),
            str(value or ""),
            str(text or ""),
            str(assurance or ""),
            sources,
            str(quotation or ""),
        )
    return found


def with_disputes(engine: Engine, found: Mapping[Iri, Statement]) -> dict[Iri, Statement]:
    """Adds to statements what other sources say in their place."""
    disputes: dict[Iri, dict[Dispute, None]] = {}
    written = " ".join(statement.n3() for statement in found)
    if written:
        for row in sorted(select(engine, _DISPUTES.format(statements=written)).rows, key=str):
            preferred, other, kind, date, other_date, value, other_value, reason, by = row
            if isinstance(preferred, Iri) and isinstance(other, Iri):
                dispute = Dispute(
                    preferred,
                    other,
                    str(kind),
                    str(value or date or ""),
                    str(other_value or other_date or ""),
                    str(by),
                    str(reason),
                )
                for each in (preferred, other):
                    disputes.setdefault(each, {})[dispute] = None
    return {
        iri: replace(statement, disputes=tuple(disputes.get(iri, ())))
        for iri, statement in found.items()
    }


def web_address(term: Term | None) -> str:
    """Gives an address that a browser opens, or nothing."""
    address = str(term or "")
    return address if address.startswith(("http://", "https://")) else ""
