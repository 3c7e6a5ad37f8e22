"""What the graph knows that is nearest to a statement that is not there, and of which days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from kg.engine import Engine, select
from kg.sparql.patterns import TriplePattern, Variable
from kg.terms import RDF_TYPE, XSD, Iri, Literal, Term

_STATEMENTS: Final = """
PREFIX kg:                <https://w3id.org/alliance-kg/ontology#>
PREFIX membership-effect: <https://w3id.org/alliance-kg/membership-effect/>
PREFIX rdfs:              <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos:              <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?statement ?type ?earliest ?latest ?actor ?confirms
WHERE {{
  ?statement {things} ;
    a/rdfs:subClassOf kg:Statement ;
    kg:earliest ?earliest ;
    kg:latest ?latest .
  OPTIONAL {{
    ?statement {typing} ?type .
    ?type a skos:Concept .
  }}
  OPTIONAL {{
    ?type kg:effect ?confirms .
    FILTER(?confirms = membership-effect:confirms-accession)
  }}
  OPTIONAL {{ ?statement kg:actor ?actor . }}
  MINUS {{ ?preferred kg:preferredOver ?statement . }}
}}
"""
_CONCEPTS: Final = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?thing WHERE {{ VALUES ?thing {{ {things} }} ?thing a skos:Concept }}
"""
_TYPING: Final = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?property
WHERE {{
  ?statement {things} ;
    ?property ?type .
  FILTER(?property IN ({properties}))
  ?type a skos:Concept .
}}
"""
_MEMBERS: Final = """
PREFIX kg:  <https://w3id.org/alliance-kg/ontology#>
PREFIX org: <http://www.w3.org/ns/org#>
SELECT (COUNT(DISTINCT ?member) AS ?members)
WHERE {{
  ?membership org:organization {organisation} ;
    org:member ?member ;
    kg:startLatest ?startLatest .
  FILTER(?startLatest <= {on} && ?member != {candidate})
  OPTIONAL {{ ?membership kg:endEarliest ?endEarliest . }}
  FILTER(!BOUND(?endEarliest) || ?endEarliest > {on})
}}
"""
_DAYS: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT DISTINCT ?day
WHERE {{
  ?statement {things} ;
    ?bound ?day .
  FILTER(?bound IN (kg:earliest, kg:latest, kg:effectEarliest, kg:effectLatest))
}}
"""
_KG: Final = "https://w3id.org/alliance-kg/ontology#"
_STATE, _ORGANISATION = Iri(_KG + "state"), Iri(_KG + "organisation")

Things: TypeAlias = frozenset[tuple[Iri, Iri]]
"""The things that a statement is about, each by the property that names it."""


@dataclass(frozen=True)
class Nearest:
    """The newest statement of a type about the same things, and how many there are.

    `members` is, for acts that confirm an accession, the number of members on the day that could
    have acted, and `actors` how many have. `is_later` tells a statement of after the day asked
    about.
    """

    type: Iri | None
    newest: Iri
    number: int
    actors: int = 0
    members: int | None = None
    is_later: bool = False


def things_of(
    engine: Engine, star: Iterable[TriplePattern], found: Mapping[str, Term]
) -> tuple[Things, Iri | None]:
    """Gives what a star of statements is about, and the property that says of which type it is.

    Classes and concepts are left out: they say of which type it is.
    """
    patterns = tuple(star)
    about: dict[tuple[Iri, Iri], None] = {}
    for pattern in patterns:
        place, property_ = pattern.object, pattern.predicate
        term = found.get(place.name) if isinstance(place, Variable) else place
        if isinstance(term, Iri) and isinstance(property_, Iri) and property_.value != RDF_TYPE:
            about[property_, term] = None
    written = " ".join(term.n3() for _, term in about)
    concepts = {row[0] for row in select(engine, _CONCEPTS.format(things=written)).rows}
    things = frozenset(pair for pair in about if pair[1] not in concepts)
    typing = [property_ for property_, term in about if term in concepts]
    if things and not typing:
        properties = dict.fromkeys(e.predicate for e in patterns if isinstance(e.predicate, Iri))
        written = ", ".join(each.n3() for each in properties)
        text = _TYPING.format(properties=written, things=_written(things))
        typed = {row[0] for row in select(engine, text).rows}
        typing = [each for each in properties if each in typed]
    return things, typing[0] if typing else None


def nearest(
    engine: Engine, things: Things, typing: Iri | None, on: Literal | None
) -> tuple[Nearest, ...]:
    """Gives the statements about the same things, newest first and one of each type.

    They are those of the day and before; only where there are none, those of after it.
    """
    fallback = Iri(_KG + "eventType")
    text = _STATEMENTS.format(things=_written(things), typing=(typing or fallback).n3())
    rows = select(engine, text).rows
    earlier = [row for row in rows if on is None or str(row[3]) <= on.value]
    is_later = not earlier
    by_type: dict[Term | None, list[tuple[str, str, Iri, Term | None, bool]]] = {}
    for statement, type_, earliest, latest, actor, confirms in earlier or rows:
        if isinstance(statement, Iri):
            one = (str(latest), str(earliest), statement, actor, confirms is not None)
            by_type.setdefault(type_, []).append(one)
    members = _members(engine, things, on) if any(each[0][4] for each in by_type.values()) else None
    found = []
    for type_, ones in by_type.items():
        newest = max(ones, key=lambda one: (one[0], one[1], one[2].value))
        actors = len({one[3] for one in ones if one[3] is not None})
        number = len({one[2] for one in ones})
        known = members if newest[4] else None
        kind = type_ if isinstance(type_, Iri) else None
        found.append((newest, Nearest(kind, newest[2], number, actors, known, is_later)))
    ordered = sorted(found, key=lambda each: (each[0][0], each[0][2].value), reverse=True)
    return tuple(each for _, each in ordered)


def days_of(engine: Engine, things: Things) -> frozenset[str]:
    """Gives the first and last possible days of all statements about the same things."""
    rows = select(engine, _DAYS.format(things=_written(things))).rows
    return frozenset(str(row[0]) for row in rows)


def _members(engine: Engine, things: Things, on: Literal | None) -> int | None:
    about = dict(things)
    organisation, candidate = about.get(_ORGANISATION), about.get(_STATE)
    if on is None or on.datatype != XSD + "date" or organisation is None or candidate is None:
        return None
    text = _MEMBERS.format(organisation=organisation.n3(), candidate=candidate.n3(), on=on.n3())
    return int(str(select(engine, text).rows[0][0]))


def _written(things: Things) -> str:
    ordered = sorted(things, key=str)
    return " ; ".join(f"{property_.n3()} {term.n3()}" for property_, term in ordered)
