"""What the graph claims to know completely, as far as an answer rests on it.

A stored query whose rows rest on absence, or which counts, says so in its head (`#+ rests-on:`)
and names the classes, or the effects of events, that would have to be recorded (`#+ about:`).
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.engine import Engine, select
from kg.sparql_file import SparqlFile
from kg.table import Row
from kg.terms import Iri, Term, python_value

COMPLETE: Final = "complete"
"""The one degree of completeness with which absence means something."""
_AT_MOST: Final = 3
_PROVES: Final = {
    "absence": "absence proves nothing",
    "count": "there may be more than was counted",
}

_COVERAGE: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
PREFIX prov:    <http://www.w3.org/ns/prov#>
PREFIX rdfs:    <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos:    <http://www.w3.org/2004/02/skos/core#>
SELECT ?coverage ?topic ?name ?completeness ?publisher ?subject ?state ?from ?until ?note
WHERE {{
  VALUES ?topic {{ {topics} }}
  ?coverage a kg:Coverage ;
    kg:coversClass|kg:coversKind|(kg:coversKind/kg:effect) ?topic ;
    rdfs:label ?name ;
    kg:completeness/rdfs:label ?completeness ;
    prov:wasDerivedFrom/dcterms:publisher/rdfs:label ?publisher .
  OPTIONAL {{ ?coverage dcterms:subject ?subject . }}
  FILTER(!BOUND(?subject) || ?subject IN ({things}))
  OPTIONAL {{ ?coverage kg:coversAccessionOf ?state . }}
  FILTER(!BOUND(?state) || ?state IN ({things}))
  OPTIONAL {{ ?coverage kg:startLatest ?from . }}
  OPTIONAL {{ ?coverage kg:endEarliest ?until . }}
  OPTIONAL {{
    ?coverage skos:note ?note .
    FILTER(LANG(?note) = "en")
  }}
}}
ORDER BY ?coverage ?topic ?publisher
"""


@dataclass(frozen=True)
class Coverage:
    """What the graph claims to hold of what there is.

    `topics` are those of the question that it bears on, `first` and `last` the days that are
    certainly covered, `lists` the publishers whose lists it was compared with; `specificity`
    is 2 for the accession of a state, 1 for an organisation, 0 for a class as a whole.
    """

    coverage: Iri
    name: str
    completeness: str
    topics: frozenset[Iri]
    specificity: int
    first: datetime.date | None
    last: datetime.date | None
    note: str
    lists: tuple[str, ...]

    def sentence(self, on: datetime.date | None = None) -> str:
        """Says it in a sentence or two; `on` is the day that was asked about."""
        period = f" from {self.first} to {self.last}" if self.first and self.last else ""
        said = f"{self.name} are {self.completeness}{period}"
        if self.completeness != COMPLETE:
            return f"{said}. {self.note}".rstrip()
        outside = on and self.first and self.last and not self.first <= on <= self.last
        return f"{said} ({', '.join(self.lists)}){f'; {on} lies outside' if outside else ''}."


def topics_of(query: SparqlFile) -> list[Iri]:
    """Gives the classes and effects that an answer rests on, as the query's head names them."""
    names = [name.strip() for name in query.head.get("about", "").split(",")]
    return [query.prefixes.expand(name) for name in names if name]


def coverage_of(
    engine: Engine, query: SparqlFile, values: Mapping[str, Term | None]
) -> list[Coverage]:
    """Gives what the graph claims to hold of what an answer rests on, most specific first.

    `values` are the terms of the query's parameters. What is said of a class as a whole is left
    out where something is said of the very organisation or state.
    """
    topics = topics_of(query)
    if not topics:
        return []
    things = sorted(term.n3() for term in values.values() if isinstance(term, Iri))
    sparql = _COVERAGE.format(
        topics=" ".join(topic.n3() for topic in topics), things=", ".join(things)
    )
    rows: dict[Iri, list[Row]] = {}
    for row in select(engine, sparql).rows:
        if isinstance(row[0], Iri):
            rows.setdefault(row[0], []).append(row)
    found = [_read(coverage, its) for coverage, its in rows.items()]
    return sorted(_nearest(found), key=lambda each: (-each.specificity, each.name))


def _nearest(found: Sequence[Coverage]) -> list[Coverage]:
    specific = {topic for each in found if each.specificity for topic in each.topics}
    return [each for each in found if each.specificity or not each.topics <= specific]


def _read(coverage: Iri, rows: Sequence[Row]) -> Coverage:
    """Reads the rows of one coverage, which differ in topic and publisher."""
    _, _, name, completeness, _, subject, state, first, until, note = rows[0]
    return Coverage(
        coverage,
        str(name),
        str(completeness),
        frozenset(row[1] for row in rows if isinstance(row[1], Iri)),
        (subject is not None) + (state is not None),
        _day(first),
        _day(until, before=1),
        "" if note is None else str(note),
        tuple(sorted({str(row[4]) for row in rows})),
    )


def _day(term: Term | None, *, before: int = 0) -> datetime.date | None:
    value = None if term is None else python_value(term)
    return value - datetime.timedelta(before) if isinstance(value, datetime.date) else None


def coverage_lines(engine: Engine, query: SparqlFile, terms: Mapping[str, Term]) -> list[str]:
    """Gives a line for each claim of coverage that bears on an answer, three at the most.

    Where none is claimed of something that the answer rests on, the first line says so.
    """
    claims = coverage_of(engine, query, terms)
    claimed = {topic for each in claims for topic in each.topics}
    on = python_value(terms.get("on"))
    day = on if isinstance(on, datetime.date) else None
    lines = [
        f"Coverage: none is claimed of {query.prefixes.shorten(topic.value)}; "
        f"{_PROVES[query.head['rests-on']]}."
        for topic in topics_of(query)
        if topic not in claimed
    ]
    return [*lines, *(f"Coverage: {each.sentence(day)}" for each in claims)][:_AT_MOST]
