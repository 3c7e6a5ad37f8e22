"""Articles, claims and tests, read from the graph."""

from dataclasses import dataclass, replace
from typing import Final

from kg.article.own import own_statements
from kg.article.reading_tests import ClaimTest, read_test
from kg.engine import Engine, select
from kg.errors import InvalidDocument
from kg.explain.cited import web_address
from kg.terms import Iri, Literal, Term, name_among_kind

_PREFIXES: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
PREFIX prov:    <http://www.w3.org/ns/prov#>
PREFIX rdfs:    <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema:  <https://schema.org/>
PREFIX skos:    <http://www.w3.org/2004/02/skos/core#>
"""
_ARTICLE: Final = (
    _PREFIXES
    + """
SELECT ?title ?publisher ?issued ?sentences ?address
WHERE {{
  {article} dcterms:title ?title ;
    dcterms:publisher/rdfs:label ?publisher ;
    dcterms:issued ?issued ;
    dcterms:source ?source .
  OPTIONAL {{ {article} kg:sentenceCount ?sentences . }}
  OPTIONAL {{ ?source schema:url ?address . }}
}}
"""
)
_MARKED: Final = (
    _PREFIXES
    + """
SELECT ?mark ?number
WHERE {{
  VALUES (?marking ?mark) {{
    (kg:contextSentence "context")
    (kg:headingSentence "heading")
    (kg:questionSentence "question")
  }}
  {article} ?marking ?number .
}}
"""
)
_CLAIMS: Final = (
    _PREFIXES
    + """
SELECT ?claim ?sentence ?quotation ?kind ?reading ?claimant ?who ?because ?recorded ?date
WHERE {{
  ?claim schema:isPartOf {article} ;
    a kg:ArticleClaim .
  OPTIONAL {{ ?claim kg:sentence ?sentence . }}
  OPTIONAL {{ ?claim kg:quotation ?quotation . }}
  OPTIONAL {{ ?claim kg:claimKind ?kind . }}
  OPTIONAL {{ ?claim rdfs:label ?reading . }}
  OPTIONAL {{
    ?claim prov:wasAttributedTo ?claimant .
    ?claimant rdfs:label ?who .
  }}
  OPTIONAL {{ ?claim kg:undecidedBecause ?because . }}
  OPTIONAL {{ ?claim dcterms:date ?date . }}
  OPTIONAL {{
    ?review schema:itemReviewed ?claim ;
      kg:verdict ?recorded .
  }}
}}
"""
)
_TESTS: Final = (
    _PREFIXES
    + """
SELECT ?claim ?test ?property ?value
WHERE {{
  ?claim schema:isPartOf {article} .
  ?test kg:tests ?claim ;
    ?property ?value .
}}
"""
)
KINDS: Final = ("count", "fact", "forecast", "opinion", "quotation")
"""The kinds of claims."""
_KG: Final = "https://w3id.org/alliance-kg/ontology#"


@dataclass(frozen=True)
class Claim:
    """One thing that a sentence of an article asserts or reports, with its tests.

    `claimants` are names with their kinds: ('BBC', 'organisation').
    """

    iri: Iri
    sentence: int
    quotation: str
    kind: str
    reading: str
    claimants: tuple[tuple[str, str], ...]
    date: str
    because: str
    recorded: str | None
    tests: tuple[ClaimTest, ...]
    mistake: str = ""


@dataclass(frozen=True)
class Article:
    """A text of one date: what it is, which sentences were marked, and its claims in order.

    `sentences` is 0 where the text is not at hand. `own` are the statements that rest on nothing
    but this text, or others by its publisher: no text bears itself out.
    """

    iri: Iri
    title: str
    publisher: str
    issued: Literal
    sentences: int
    address: str
    marked: dict[int, str]
    own: frozenset[Iri]
    own_sources: frozenset[Iri]
    claims: tuple[Claim, ...]

    @property
    def uncovered(self) -> list[int]:
        """The numbers of the sentences that no claim is about and that are not marked."""
        covered = {claim.sentence for claim in self.claims} | set(self.marked)
        return [number for number in range(1, self.sentences + 1) if number not in covered]


def read_article(engine: Engine, article: Iri) -> Article:
    """Reads an article and its claims; raises InvalidDocument if its description is not whole."""
    rows = select(engine, _ARTICLE.format(article=article.n3())).rows
    if not rows:
        raise InvalidDocument(
            f"The description of {article} is not whole: an article has a title, a publisher, a "
            "date and a source. kg validate says what is missing."
        )
    title, publisher, issued, sentences, address = rows[0]
    marked = {
        _integer(number): str(mark)
        for mark, number in select(engine, _MARKED.format(article=article.n3())).rows
    }
    if not isinstance(issued, Literal):
        raise InvalidDocument(f'{article} is dated "{issued}", which is no date.')
    own, own_sources = own_statements(engine, article)
    return Article(
        iri=article,
        title=str(title),
        publisher=str(publisher),
        issued=issued,
        sentences=_integer(sentences),
        address=web_address(address),
        marked=marked,
        own=own,
        own_sources=own_sources,
        claims=tuple(_claims(engine, article)),
    )


def _claims(engine: Engine, article: Iri) -> list[Claim]:
    tests: dict[Term, dict[Iri, list[tuple[str, Term]]]] = {}
    rows = select(engine, _TESTS.format(article=article.n3())).rows  # sorted faster here
    for claim, test, property_, value in sorted(rows, key=str):
        if claim is not None and isinstance(test, Iri) and value is not None:
            name = str(property_).removeprefix(_KG)
            tests.setdefault(claim, {}).setdefault(test, []).append((name, value))
    claims: dict[Iri, Claim] = {}
    for row in sorted(select(engine, _CLAIMS.format(article=article.n3())).rows, key=str):
        iri, sentence, quotation, kind, reading, claimant, who, because, recorded, date = row
        claimants = ((str(who), _kind_of(claimant)),) if who else ()
        if not isinstance(iri, Iri):
            continue
        if iri in claims:  # one row for each of several claimants
            together = dict.fromkeys((*claims[iri].claimants, *claimants))
            claims[iri] = replace(claims[iri], claimants=tuple(together))
            continue
        missing = [name for name, term in (("kind", kind), ("reading", reading)) if term is None]
        claims[iri] = Claim(
            iri,
            _integer(sentence),
            str(quotation or ""),
            name_among_kind(kind),
            str(reading or ""),
            claimants,
            str(date or ""),
            str(because or ""),
            name_among_kind(recorded) or None,
            tuple(read_test(test, given) for test, given in tests.get(iri, {}).items()),
            f"It has no {' and no '.join(missing)}."
            if missing
            else _unknown(name_among_kind(kind)),
        )
    return sorted(claims.values(), key=lambda claim: (claim.sentence, claim.iri.value))


def _unknown(kind: str) -> str:
    return "" if kind in KINDS else f'Its kind is "{kind}", which is none of {", ".join(KINDS)}.'


def _integer(term: Term | None) -> int:
    try:
        return int(str(term))
    except ValueError:
        return 0


def _kind_of(term: Term | None) -> str:
    """Gives the kind of a thing, which is the last but one step of its IRI's path."""
    return str(term).rsplit("/", 2)[-2] if str(term).count("/") > 1 else ""
