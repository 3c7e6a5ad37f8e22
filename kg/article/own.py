"""What rests on an article, or on other texts of its publisher, and on nothing else."""

from typing import Final

from kg.engine import Engine, select
from kg.terms import Iri, Term

_PREFIXES: Final = """
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX kg:      <https://w3id.org/alliance-kg/ontology#>
PREFIX prov:    <http://www.w3.org/ns/prov#>
"""
_OWN_SOURCES: Final = (
    _PREFIXES
    + """
SELECT DISTINCT ?own
WHERE {{
  {article} dcterms:publisher ?publisher .
  ?text a kg:Article ;
    dcterms:publisher ?publisher ;
    dcterms:source ?own .
}}
"""
)
_RESTING_ON: Final = (
    _PREFIXES
    + """
SELECT ?statement ?from
WHERE {{
  VALUES ?own {{ {own} }}
  ?statement prov:wasDerivedFrom ?own ;
    kg:assurance ?assurance ;
    prov:wasDerivedFrom ?from .
}}
"""
)


def own_statements(engine: Engine, article: Iri) -> tuple[frozenset[Iri], frozenset[Iri]]:
    """Gives the statements that rest on the publisher's own texts alone, and those sources.

    At first hand or at any other: what rests on nothing but such statements is one itself.
    """
    rows = select(engine, _OWN_SOURCES.format(article=article.n3())).rows
    sources = frozenset(row[0] for row in rows if isinstance(row[0], Iri))
    own, newest = set(sources), set(sources)
    while newest:
        written = " ".join(sorted(each.n3() for each in newest))
        rests_on: dict[Iri, set[Term | None]] = {}
        for statement, origin in select(engine, _RESTING_ON.format(own=written)).rows:
            if isinstance(statement, Iri):
                rests_on.setdefault(statement, set()).add(origin)
        newest = {each for each, origins in rests_on.items() if origins <= own} - own
        own |= newest
    return frozenset(own - sources), sources
