"""What follows from the statements: bounds of dates, then the rules in their order.

A rule is a CONSTRUCT query in ontology/rule/. Its head may say `#+ after: name`, the rule
whose triples it reads. Derived triples stand in the default graph beside the asserted ones, so
that queries see one graph, and once more in the named graph `graph:derived`, so that the two
can be told apart.
"""

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Final

import pyoxigraph

from kg.dates import bounds
from kg.engine import select
from kg.engine.oxigraph_engine import OxigraphEngine, from_term, to_quads
from kg.errors import InvalidDocument
from kg.sparql_file import SparqlFile
from kg.terms import Iri, Literal, Triple

DERIVED: Final = Iri("https://w3id.org/alliance-kg/graph/derived")
"""The named graph that repeats the derived triples."""

_BOUNDS: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT ?bound ?property ?edge
WHERE {
  { ?bound kg:firstDayOf ?property . BIND("first" AS ?edge) }
  UNION
  { ?bound kg:lastDayOf ?property . BIND("last" AS ?edge) }
}
ORDER BY ?bound ?property
"""


def derive(store: pyoxigraph.Store, rules: Mapping[str, SparqlFile]) -> None:
    """Adds to a store of asserted triples whatever follows from them."""
    _add(store, date_bounds(store))
    for rule in in_order(rules):
        OxigraphEngine(store, rule.name).insert(rule.text, DERIVED)


def date_bounds(store: pyoxigraph.Store) -> Iterator[Triple]:
    """Gives the first and last possible day of each date, as the ontology names the bounds."""
    days: dict[Literal, tuple[Literal, Literal] | None] = {}
    for bound, property_, edge in select(OxigraphEngine(store), _BOUNDS).rows:
        if not isinstance(bound, Iri) or not isinstance(property_, Iri):
            continue
        side = 0 if str(edge) == "first" else 1
        dated = store.quads_for_pattern(None, pyoxigraph.NamedNode(property_.value), None)
        for quad in dated:
            node, date = from_term(quad.subject), from_term(quad.object)
            if not isinstance(date, Literal) or node is None or isinstance(node, Literal):
                continue
            if date not in days:
                days[date] = bounds(date)
            if found := days[date]:
                yield node, bound, found[side]


def in_order(rules: Mapping[str, SparqlFile]) -> list[SparqlFile]:
    """Puts rules after those that they read from; raises InvalidDocument if that cannot be."""
    before = {name: _named_after(rule, rules) for name, rule in sorted(rules.items())}
    try:
        return [rules[name] for name in TopologicalSorter(before).static_order()]
    except CycleError as error:
        raise InvalidDocument(
            f"The rules {', '.join(error.args[1])} wait for each other. Mend their "
            '"#+ after:" lines in ontology/rule/.'
        ) from error


def _named_after(rule: SparqlFile, rules: Mapping[str, SparqlFile]) -> list[str]:
    names = [name.strip() for name in rule.head.get("after", "").split(",") if name.strip()]
    for name in names:
        if name not in rules:
            raise InvalidDocument(
                f'{rule.path}: "#+ after: {name}" names no rule of ontology/rule/.'
            )
    return names


def _add(store: pyoxigraph.Store, triples: Iterable[Triple]) -> None:
    new = list(triples)
    store.bulk_extend(to_quads(new))
    store.bulk_extend(to_quads(new, DERIVED))
