"""What an engine's graph is made of: its statements, its context, and the rules it rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from kg.engine import Engine, construct, select
from kg.rules import DERIVED, in_order
from kg.sparql.patterns import Query, TriplePattern, Variable
from kg.sparql.reader import read_query
from kg.sparql.scope import predicates
from kg.sparql_file import SparqlFile
from kg.terms import RDF_TYPE, Iri, Node, Term, Triple

_NODES: Final = """
PREFIX kg:   <https://w3id.org/alliance-kg/ontology#>
PREFIX prov: <http://www.w3.org/ns/prov#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?node ?kind
WHERE {{
  VALUES ?node {{ {nodes} }}
  ?node prov:wasDerivedFrom ?source .
  ?source a kg:Source .
  OPTIONAL {{
    ?node a ?class .
    ?class rdfs:subClassOf ?kind .
    FILTER(?kind = kg:Statement)
  }}
}}
"""
_TRIPLES: Final = f"""
CONSTRUCT {{{{ ?subject ?predicate ?object }}}}
WHERE {{{{
  VALUES ?subject {{{{ {{names}} }}}}
  ?subject ?predicate ?object .
  FILTER(?predicate NOT IN ({{joined}})
    || NOT EXISTS {{{{ GRAPH {DERIVED.n3()} {{{{ ?subject ?predicate ?object }}}} }}}})
}}}}
"""
_PAIRS: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT ?preferred ?other WHERE { ?preferred kg:preferredOver ?other }
"""
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
NAMING: Final = frozenset(
    map(
        Iri,
        (
            RDF_TYPE,
            "http://www.w3.org/2000/01/rdf-schema#label",
            *(f"{_SKOS}{name}" for name in ("prefLabel", "altLabel", "hiddenLabel", "notation")),
        ),
    )
)
"""What names a thing and says what it is; a statement about a thing does not rest on it."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule, read: its name, its summary, and what it constructs from what."""

    name: str
    summary: str
    file: SparqlFile
    query: Query
    joins_statements: bool

    @property
    def makes(self) -> frozenset[Iri]:
        """The properties of the triples that it makes."""
        return frozenset(
            each.predicate for each in self.query.template if isinstance(each.predicate, Iri)
        )

    def heads(self, triple: Triple) -> Iterable[tuple[TriplePattern, Mapping[str, Term]]]:
        """Gives the triples of its template that can be the triple, with what that binds."""
        for pattern in self.query.template:
            bound: dict[str, Term] = {}
            for place, term in zip(
                (pattern.subject, pattern.predicate, pattern.object), triple, strict=True
            ):
                if isinstance(place, Variable):
                    if bound.setdefault(place.name, term) != term:
                        break
                elif place != term:
                    break
            else:
                yield pattern, bound


class Record:
    """The record behind an engine's answers; it remembers what it has looked up.

    `base` is the engine that keeps apart what was asserted, where the answering one does not.
    """

    def __init__(
        self, engine: Engine, rules: Mapping[str, SparqlFile], base: Engine | None = None
    ) -> None:
        self.engine = engine
        self.base = base or engine
        self.files = rules
        self._kinds: dict[Node, str] = {}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules in the order in which they are run."""
        return tuple(
            Rule(
                file.name,
                file.summary,
                file,
                read_query(file.text),
                file.head.get("scope") != "statement",
            )
            for file in in_order(self.files)
        )

    @cached_property
    def joining(self) -> Mapping[Iri, tuple[Rule, ...]]:
        """The rules that join several statements, by the properties that they make."""
        found: dict[Iri, tuple[Rule, ...]] = {}
        for rule in self.rules:
            if rule.joins_statements:
                for property_ in rule.makes:
                    found[property_] = (*found.get(property_, ()), rule)
        return found

    def needed(self, named: Iterable[Iri]) -> tuple[Rule, ...]:
        """Gives the rules that join statements and that the properties may come from."""
        wanted = set(named)
        needed: set[str] = set()
        for rule in reversed(self.rules):
            if rule.joins_statements and rule.makes & wanted:
                needed.add(rule.name)
                wanted |= predicates(rule.query.select.where)
        return tuple(rule for rule in self.rules if rule.name in needed)

    @cached_property
    def set_aside(self) -> Mapping[Iri, frozenset[Iri]]:
        """The statements that were set aside, each with those that are preferred over it."""
        found: dict[Iri, set[Iri]] = {}
        for preferred, other in select(self.engine, _PAIRS).rows:
            if isinstance(preferred, Iri) and isinstance(other, Iri):
                found.setdefault(other, set()).add(preferred)
        return {other: frozenset(preferred) for other, preferred in found.items()}

    def together(self, statements: Iterable[Iri]) -> frozenset[Iri]:
        """Adds to statements that were set aside those that are preferred over them.

        One that was set aside counts for nothing beside the other, and must not without it.
        """
        found: set[Iri] = set()
        waiting = list(statements)
        while waiting:
            statement = waiting.pop()
            if statement not in found:
                found.add(statement)
                waiting += self.set_aside.get(statement, ())
        return frozenset(found)

    def rivals(self, statements: Iterable[Iri]) -> frozenset[Iri]:
        """Adds to statements those that were set aside for them, which go where they go."""
        found = set(statements)
        while True:
            more = {
                other
                for other, preferred in self.set_aside.items()
                if preferred & found and other not in found
            }
            if not more:
                return frozenset(found)
            found |= more

    def learn(self, nodes: Iterable[Term]) -> None:
        """Looks up which of the nodes are statements, or described by a source, at once."""
        found = {node for node in nodes if isinstance(node, Iri) and node not in self._kinds}
        new = sorted(found, key=str)
        if not new:
            return
        for node in new:
            self._kinds[node] = "context"
        text = _NODES.format(nodes=" ".join(node.n3() for node in new))
        for named, kind in select(self.engine, text).rows:
            if isinstance(named, Iri):
                self._kinds[named] = "statement" if kind else "description"

    def is_statement(self, node: Term) -> bool:
        """Whether a node is a statement; many are looked up faster by `learn` before."""
        self.learn([node])
        return isinstance(node, Iri) and self._kinds[node] == "statement"

    def carrier(self, triple: Triple) -> Iri | None:
        """Gives the statement that a triple is part of; None for context."""
        subject, predicate, _ = triple
        self.learn([subject])
        kind = self._kinds.get(subject, "context")
        if kind == "context" or not isinstance(subject, Iri):
            return None
        return None if kind == "description" and predicate in NAMING else subject

    @cached_property
    def _joined(self) -> str:
        """The properties that only rules give which join several statements, as SPARQL."""
        alone = {each for rule in self.rules if not rule.joins_statements for each in rule.makes}
        return ", ".join(sorted(each.n3() for each in self.joining.keys() - alone))

    def triples_of(self, statements: Iterable[Iri]) -> dict[Iri, list[Triple]]:
        """Gives the triples of statements, with what rules made of each alone.

        What rules made of several is left out, where the engine keeps apart what was derived.
        """
        found: dict[Iri, list[Triple]] = {name: [] for name in sorted(statements, key=str)}
        if found:
            names = " ".join(name.n3() for name in found)
            text = _TRIPLES.format(names=names, joined=self._joined)
            for subject, predicate, object_ in construct(self.base, text):
                if isinstance(subject, Iri):
                    found[subject].append((subject, predicate, object_))
        return found
