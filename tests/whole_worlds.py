"""Worlds made the long way, to judge explanations by: all context, all rules, chosen statements.

What a statement is, is written down here once more: a node with a source of its own. Names and
types of what is no statement by class are context. Names in other languages than English, which
no stored query reads, are left out to be quick.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import pyoxigraph

from kg.documents import read_turtle
from kg.engine import select
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.project import Project
from kg.rules import derive
from kg.sparql_file import SparqlFile, SparqlFolder
from kg.table import Row
from kg.terms import Iri

_NAMING = ("#type", "#label", "#prefLabel", "#altLabel", "#hiddenLabel", "#notation")
_KG = "https://w3id.org/alliance-kg/ontology#"


class WholeWorlds:
    """The statements of a project's files, and worlds made of some of them."""

    def __init__(self, project: Project) -> None:
        self.rules: Mapping[str, SparqlFile] = SparqlFolder(project.rules)
        quads = [quad for quad in read_turtle(project.turtle_files()) if _is_kept(quad)]
        sources = {quad.subject for quad in quads if _says(quad, "#type", f"{_KG}Source")}
        classes = {quad.subject for quad in quads if _says(quad, "#subClassOf", f"{_KG}Statement")}
        of_class = {
            quad.subject
            for quad in quads
            if quad.predicate.value.endswith("#type") and quad.object in classes
        }
        sourced = {
            quad.subject
            for quad in quads
            if quad.predicate.value.endswith("#wasDerivedFrom") and quad.object in sources
        }
        self.triples: dict[Iri, list[pyoxigraph.Quad]] = defaultdict(list)
        context = []
        self.preferred: dict[Iri, set[Iri]] = defaultdict(set)
        for quad in quads:
            is_name = quad.predicate.value.endswith(_NAMING)
            if quad.subject in sourced and (quad.subject in of_class or not is_name):
                self.triples[Iri(quad.subject.value)].append(quad)
            else:
                context.append(quad)
            if quad.predicate.value == f"{_KG}preferredOver":
                self.preferred[Iri(quad.object.value)].add(Iri(quad.subject.value))
        store = pyoxigraph.Store()
        store.bulk_extend(context)
        derive(store, self.rules)
        self.context = [
            quad for quad in store if isinstance(quad.graph_name, pyoxigraph.DefaultGraph)
        ]

    def rows(self, statements: Iterable[Iri], sparql: str) -> set[Row]:
        """Gives the rows of a question in the world of statements, derived from scratch."""
        store = pyoxigraph.Store()
        store.bulk_extend(self.context)
        for statement in statements:
            store.extend(self.triples.get(statement, ()))
        derive(store, self.rules)
        return set(select(OxigraphEngine(store), sparql).rows)

    def with_preferred(self, statements: Iterable[Iri]) -> set[Iri]:
        """Adds the statements that are preferred over some of them: without these they count."""
        found, waiting = set(statements), list(statements)
        while waiting:
            new = self.preferred.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    def with_set_aside(self, statements: Iterable[Iri]) -> set[Iri]:
        """Adds the statements that were set aside for some of them: they would take their place."""
        found = set(statements)
        while True:
            new = {other for other, some in self.preferred.items() if some & found} - found
            if not new:
                return found
            found |= new


def _is_kept(quad: pyoxigraph.Quad) -> bool:
    language = quad.object.language if isinstance(quad.object, pyoxigraph.Literal) else None
    return language in (None, "en")


def _says(quad: pyoxigraph.Quad, predicate: str, object_: str) -> bool:
    return (
        quad.predicate.value.endswith(predicate)
        and isinstance(quad.object, pyoxigraph.NamedNode)
        and quad.object.value == object_
    )
