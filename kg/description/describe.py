"""Describing a thing: what it is, what is said of it, by whom, when, and what refers to it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kg.description.described import Description, Incoming, Named, Said, Value
from kg.description.history import Recorded, differences, differences_of, history, history_of
from kg.description.names import Names, names_of
from kg.engine import select
from kg.errors import UnknownName
from kg.explain.cited import read_statements
from kg.graph import Graph
from kg.prefixes import Prefixes
from kg.rules import DERIVED
from kg.terms import BlankNode, Iri, Literal, Term
from kg.turtle_writer import place_of

SHOWN: Final = 20
"""How many of the things that refer to a thing by one property a description names."""

_OWN: Final = f"""
SELECT ?property ?value ?isDerived
WHERE {{{{
  {{thing}} ?property ?value .
  BIND(EXISTS {{{{ GRAPH {DERIVED.n3()} {{{{ {{thing}} ?property ?value }}}} }}}} AS ?isDerived)
}}}}
"""
_INCOMING: Final = """
SELECT ?property (COUNT(?from) AS ?count)
  (GROUP_CONCAT(IF(ISIRI(?from), STR(?from), ""); separator=" ") AS ?things)
WHERE {{ ?from ?property {thing} . }}
GROUP BY ?property
"""
"""One text a property is read four times as fast as one row a thing."""
_KNOWN: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT (MAX(?day) AS ?knownFrom)
WHERE {{ {thing} kg:beganWith/kg:knownFrom ?day . }}
"""

_LABELS: Final = ("rdfs:label", "dcterms:title", "sh:prefix")
_DEFINITIONS: Final = ("skos:definition", "dcterms:description", "skos:note")
_MATCHES: Final = ("skos:exactMatch", "schema:sameAs")
_DATES: Final = (
    *("dcterms:date", "kg:effectiveDate", "schema:foundingDate", "schema:startDate"),
    *("kg:windowStart", "schema:dissolutionDate", "schema:endDate", "dcterms:issued"),
    *("kg:announced", "kg:deliveryBegan", "kg:coveredFrom", "kg:coveredUntil"),
)
_ROLES: Final = {
    *("kg:organisation", "kg:state", "kg:actor", "kg:seatOf", "org:member", "org:organization"),
}
"""By what properties a history refers to a state or an organisation."""
_APART: Final = ("a", "rdfs:label", "kg:knownFrom", "kg:citation", "kg:differsIn")
"""What a description says in places of its own."""


def describe(graph: Graph, thing: Iri) -> Description:
    """Describes a thing; raises UnknownName for one of which the graph says nothing."""
    own = _own(graph, thing)
    if not own:
        raise UnknownName(f"The graph knows nothing of {thing.n3()}.")
    incoming = select(graph.engine, _INCOMING.format(thing=thing.n3())).rows
    shown = _first(incoming)
    values = {name: said for name, said in own.items() if name not in _APART}
    events = [each for name in ("kg:beganWith", "kg:endedWith") for each in _iris(own, name)]
    happened, disputed = _recorded(graph, thing, events, own=own, refers=shown)
    names = names_of(
        graph,
        {
            *disputed.things,
            *(iri for said in own.values() for iri in (said[0], *_of(Iri, said[1]))),
            *(iri for property_, some in shown.items() for iri in (property_, *some)),
        },
    )
    definition = next(filter(None, (_english(own, name) for name in _DEFINITIONS)), None)
    cited = read_statements(graph.engine, {thing, *disputed.things})
    return Description(
        _named(thing, own, graph.project.prefixes),
        definition,
        tuple(sorted(map(names, _iris(own, "a")), key=lambda each: each.label)),
        tuple(_said(values, names, without=(*_DATES, *_MATCHES), definition=definition)),
        _translations(own),
        tuple(_said({name: values[name] for name in _DATES if name in values}, names)),
        _known_from(graph, thing, own, events),
        cited[thing].sources if thing in cited else (),
        tuple(names(each) for name in _MATCHES for each in _iris(own, name)),
        tuple(_incoming(shown, incoming, names)),
        history(happened),
        differences(disputed, names, cited),
    )


_Own = Mapping[str, tuple[Iri, Sequence[Term], bool]]
"""The values of each property by its prefixed name, and whether all of them are derived."""


def _own(graph: Graph, thing: Iri) -> _Own:
    rows = select(graph.engine, _OWN.format(thing=thing.n3())).rows
    prefixes = graph.project.prefixes
    found: dict[Iri, list[tuple[Term, bool]]] = {}
    for property_, value, is_derived in rows:
        if isinstance(property_, Iri) and value is not None:
            found.setdefault(property_, []).append((value, str(is_derived) == "true"))
    named = {_name(property_, prefixes): property_ for property_ in found}
    return {
        name: (
            named[name],
            [value for value, _ in found[named[name]]],
            all(is_derived for _, is_derived in found[named[name]]),
        )
        for name in sorted(named, key=place_of)
    }


def _name(property_: Iri, prefixes: Prefixes) -> str:
    name = prefixes.shorten(property_.value)
    return "a" if name == "rdf:type" else name


def _of(kind: type[Iri], values: Iterable[Term]) -> list[Iri]:
    return [value for value in values if isinstance(value, kind)]


def _iris(own: _Own, name: str) -> list[Iri]:
    return sorted(_of(Iri, own[name][1]), key=str) if name in own else []


def _english(own: _Own, name: str) -> Literal | None:
    """Gives the value of a property in English, or in no language."""
    for value in own[name][1] if name in own else ():
        if isinstance(value, Literal) and value.language in ("en", None):
            return value
    return None


def _named(thing: Iri, own: _Own, prefixes: Prefixes) -> Named:
    label = next(filter(None, (_english(own, name) for name in _LABELS)), None)
    return Named(thing, label.value if label else prefixes.shorten(thing.value))


def _known_from(graph: Graph, thing: Iri, own: _Own, events: Sequence[Iri]) -> str:
    """Gives the day from which a thing could be known; a membership's is that of its beginning."""
    if known := _english(own, "kg:knownFrom"):
        return known.value
    if not events:
        return ""
    ((day,),) = select(graph.engine, _KNOWN.format(thing=thing.n3())).rows
    return str(day or "")


def _recorded(
    graph: Graph, thing: Iri, events: Sequence[Iri], *, own: _Own, refers: Iterable[Iri]
) -> tuple[Recorded, Recorded]:
    """Looks up the history of what has one, and the differences of what can have some."""
    name = graph.project.prefixes.shorten
    roles = {name(property_.value) for property_ in refers}
    happened = history_of(graph.engine, thing) if roles & _ROLES else Recorded()
    if not (events or "kg:differsIn" in own or "kg:preferredOver" in own):
        return happened, Recorded()
    return happened, differences_of(graph.engine, [thing, *events])


def _translations(own: _Own) -> tuple[Literal, ...]:
    """Gives the names of a thing in other languages than English, in the order of their tags."""
    labels = own["skos:prefLabel"][1] if "skos:prefLabel" in own else ()
    found = [each for each in labels if isinstance(each, Literal) and each.language != "en"]
    return tuple(sorted(found, key=lambda each: (each.language or "", each.value)))


def _said(
    own: _Own,
    names: Names,
    *,
    without: tuple[str, ...] = (),
    definition: Literal | None = None,
) -> Iterable[Said]:
    """Gives what is said property by property, in the order of the house style."""
    for name, (property_, values, is_derived) in own.items():
        left = [value for value in values if value != definition]
        if name == "skos:prefLabel":
            left = []
        if name not in without and left:
            yield Said(names(property_), tuple(_in_order(left, names)), is_derived)


def _in_order(values: Iterable[Term], names: Names) -> list[Value]:
    """Gives values in order: things by their names, texts in English first, numbers by size."""
    named = [names(value) if isinstance(value, Iri) else value for value in values]
    return sorted(named, key=_place)


def _place(value: Value) -> tuple[bool, str, str]:
    if isinstance(value, Named):
        return False, "", value.label
    if isinstance(value, BlankNode):
        return True, "", value.value
    return value.language not in ("en", None), value.language or "", value.value


def _first(rows: Iterable[Sequence[Term | None]]) -> dict[Iri, list[Iri]]:
    """Gives the first things in the order of their IRIs, by the property that refers."""
    return {
        property_: [Iri(each) for each in sorted(str(things or "").split())[:SHOWN]]
        for property_, _, things in rows
        if isinstance(property_, Iri)
    }


def _incoming(
    shown: Mapping[Iri, Sequence[Iri]], rows: Iterable[Sequence[Term | None]], names: Names
) -> Iterable[Incoming]:
    """Gives what refers to a thing, the properties of which there are most first."""
    counts = {property_: int(str(count)) for property_, count, _ in rows}
    for property_ in sorted(shown, key=lambda each: (-counts[each], each.value)):
        things = tuple(map(names, shown[property_]))
        yield Incoming(names(property_), things, counts[property_])
