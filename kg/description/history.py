"""The history of a thing: what happened when, since when it could be known, who says otherwise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.description.described import Account, Difference, Named, Occasion
from kg.description.names import Names
from kg.engine import Engine, select
from kg.explain.cited import Statement
from kg.table import Row
from kg.terms import Iri

_ACTS: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
PREFIX rdfs:    <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?entry ?label ?date ?knownFrom
WHERE {{
  {{ ?entry kg:organisation {thing} . }}
  UNION
  {{ ?entry kg:state {thing} . }}
  UNION
  {{ ?entry kg:actor {thing} . }}
  UNION
  {{ ?entry kg:seatOf {thing} . }}
  ?entry dcterms:date ?date ;
    kg:knownFrom ?knownFrom ;
    rdfs:label ?label .
}}
"""
_SPANS: Final = """
PREFIX kg:     <https://w3id.org/alliance-kg/ontology#>
PREFIX org:    <http://www.w3.org/ns/org#>
PREFIX rdfs:   <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
SELECT ?entry ?label ?date ?knownFrom ?end
WHERE {{
  {{ ?entry org:organization {thing} . }}
  UNION
  {{ ?entry org:member {thing} . }}
  UNION
  {{ ?entry kg:organisation {thing} . }}
  UNION
  {{ ?entry kg:state {thing} . }}
  ?entry schema:startDate ?date ;
    kg:beganWith ?event ;
    rdfs:label ?label .
  ?event kg:knownFrom ?knownFrom .
  OPTIONAL {{ ?entry schema:endDate ?end . }}
}}
"""
_PAIRS: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT ?preferred ?other
WHERE { ?preferred kg:preferredOver ?other . }
"""
_DIFFERENCES: Final = """
PREFIX kg:   <https://w3id.org/alliance-kg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?preferred ?other ?kind ?reason ?knownFrom ?otherKnownFrom
WHERE {{
  {{ VALUES ?preferred {{ {statements} }} ?preferred kg:preferredOver ?other . }}
  UNION
  {{ VALUES ?other {{ {statements} }} ?preferred kg:preferredOver ?other . }}
  ?other kg:differsIn ?difference ;
    kg:wasSetAsideBecause ?reason .
  FILTER(LANG(?reason) = "en")
  ?difference rdfs:label ?kind .
  OPTIONAL {{ ?preferred kg:knownFrom ?knownFrom . }}
  OPTIONAL {{ ?other kg:knownFrom ?otherKnownFrom . }}
}}
"""


@dataclass(frozen=True)
class Recorded:
    """The rows of a history and of the differences in it, before anything is named."""

    acts: Sequence[Row] = ()
    spans: Sequence[Row] = ()
    pairs: Sequence[Row] = ()
    differences: Sequence[Row] = ()

    @property
    def things(self) -> set[Iri]:
        """The statements that differ, which are to be named."""
        return {term for row in self.differences for term in row[:2] if isinstance(term, Iri)}


def history_of(engine: Engine, thing: Iri) -> Recorded:
    """Looks up what happened to a state or an organisation; of any other thing there is nothing."""
    acts = select(engine, _ACTS.format(thing=thing.n3())).rows
    spans = select(engine, _SPANS.format(thing=thing.n3())).rows
    return Recorded(acts, spans, select(engine, _PAIRS).rows if acts else ())


def differences_of(engine: Engine, statements: Iterable[Iri]) -> Recorded:
    """Looks up the disagreements in which statements have a side."""
    written = " ".join(statement.n3() for statement in statements)
    return Recorded(differences=select(engine, _DIFFERENCES.format(statements=written)).rows)


def history(recorded: Recorded) -> tuple[Occasion, ...]:
    """Gives what happened in order of date, acts before the spans that began with them."""
    others: dict[Iri, list[Iri]] = {}
    set_aside: set[Iri] = set()
    for preferred, other in recorded.pairs:
        if isinstance(preferred, Iri) and isinstance(other, Iri):
            others.setdefault(preferred, []).append(other)
            others.setdefault(other, []).append(preferred)
            set_aside.add(other)
    dates = {row[0]: str(row[2]) for row in recorded.acts}
    occasions: dict[Iri, Occasion] = {}
    for entry, label, date, known_from, *end in (*recorded.acts, *recorded.spans):
        if isinstance(entry, Iri):
            occasions[entry] = Occasion(
                Named(entry, str(label)),
                str(date),
                str(end[0] or "") if end else "",
                bool(end),
                str(known_from),
                tuple(Named(each, dates[each]) for each in others.get(entry, ()) if each in dates),
                entry in set_aside,
            )
    return tuple(sorted(occasions.values(), key=_by_date))


def _by_date(occasion: Occasion) -> tuple[str, bool, str, str]:
    return occasion.date, occasion.is_span, occasion.thing.label, occasion.thing.iri.value


def differences(
    recorded: Recorded, names: Names, statements: Mapping[Iri, Statement]
) -> tuple[Difference, ...]:
    """Gives each disagreement with both accounts; `statements` say what each account is."""
    found: dict[tuple[Iri, Iri], Difference] = {}
    for preferred, other, kind, reason, known, other_known in recorded.differences:
        if isinstance(preferred, Iri) and isinstance(other, Iri):
            found[preferred, other] = Difference(
                _account(names(preferred), statements, str(known or "")),
                _account(names(other), statements, str(other_known or "")),
                str(kind),
                str(reason),
            )
    return tuple(found[pair] for pair in sorted(found, key=str))


def _account(named: Named, statements: Mapping[Iri, Statement], known_from: str) -> Account:
    statement = statements.get(named.iri)
    if statement is None:
        return Account(named, "", known_from, "")
    publisher = statement.sources[0].publisher if statement.sources else ""
    return Account(named, statement.value or statement.date, known_from, publisher)
