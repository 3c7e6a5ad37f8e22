"""Reads and writes whole graphs of the scratch copy.

The request is `{"method": …, "graph": IRI or null for the default graph, "is_store": whether it
is about the store itself, "base": the store's address, "form": name of a form,
"content_type": …}`, the body what was sent
(`SPARQL 1.1 Graph Store HTTP Protocol, section 5
<https://www.w3.org/TR/sparql11-http-rdf-update/#graph-management>`_).
"""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pyoxigraph

from kg.engine.oxigraph_engine import OxigraphEngine
from kg.export import write_lines
from kg.prefixes import Prefixes
from kg.web.jobs import Held
from kg.web.jobs.update import update
from kg.web.negotiation import RDFXML, TURTLE, content_type, named
from kg.web.protocol import SPARQL_UPDATE, read_media_type
from kg.web.replies import Problem, Reply
from kg.web.uploads import PARSERS, read_upload
from kg.web.writing import DONE, scratch

FORMS: Final = tuple(PARSERS)
"""The forms that a graph is given in."""
METHODS: Final = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH")
_CREATED: Final = Reply(b"", "", status=201, is_lasting=False)
_NAME_IN_XML: Final = re.compile(r"[^\W\d][\w.-]*$")
_Name: TypeAlias = pyoxigraph.NamedNode | pyoxigraph.DefaultGraph


@dataclass(frozen=True)
class _Asked:
    """A request about one graph, and the store that holds it."""

    store: pyoxigraph.Store
    name: _Name
    base: str
    prefixes: Prefixes
    form: str
    content_type: str | None
    body: bytes

    @property
    def is_there(self) -> bool:
        """Whether the graph exists; the default graph always does."""
        if isinstance(self.name, pyoxigraph.DefaultGraph):
            return True
        return bool(self.store.contains_named_graph(self.name))

    def refuse_absence(self) -> None:
        """Raises Problem 404 where the graph does not exist."""
        if not self.is_there:
            raise Problem(404, f"The store holds no graph {self.name}. PUT makes one.")


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Does what the request says; raises Problem."""
    method, graph, base = str(request["method"]), request.get("graph"), str(request["base"])
    if method not in METHODS:
        raise Problem(
            405, f"{method} is nothing that a graph knows.", headers={"Allow": ", ".join(METHODS)}
        )
    made = None
    if request.get("is_store"):
        if method != "POST":
            raise Problem(400, "Name a graph by ?graph=IRI, or the default graph by ?default.")
        graph = made = f"{base.rstrip('/')}/{uuid.uuid4().hex}"
    asked = _Asked(
        store=scratch(held).store,
        name=pyoxigraph.NamedNode(graph) if graph else pyoxigraph.DefaultGraph(),
        base=str(graph or base),
        prefixes=held.graph.project.prefixes,
        form=str(request.get("form") or TURTLE.name),
        content_type=request.get("content_type"),
        body=body,
    )
    reply = _DOING[method](asked)
    if made:
        return Reply(b"", "", status=201, headers={"Location": made}, is_lasting=False)
    return reply


def _get(asked: _Asked) -> Reply:
    asked.refuse_absence()
    form = named(asked.form, FORMS)
    if form is RDFXML:
        _refuse_nameless(asked)
    lines = asked.store.dump(format=pyoxigraph.RdfFormat.N_TRIPLES, from_graph=asked.name) or b""
    written = write_lines(lines.decode("utf-8").split("\n")[:-1], asked.prefixes, format=form.name)
    return Reply(written.encode("utf-8"), content_type(form.media_type))


def _put(asked: _Asked) -> Reply:
    triples = read_upload(asked.content_type, asked.body, base=asked.base)
    reply = DONE if asked.is_there else _CREATED
    asked.store.clear_graph(asked.name)
    _add(asked, triples)
    return reply


def _post(asked: _Asked) -> Reply:
    triples = read_upload(asked.content_type, asked.body, base=asked.base)
    reply = DONE if asked.is_there else _CREATED
    _add(asked, triples)
    return reply


def _delete(asked: _Asked) -> Reply:
    asked.refuse_absence()
    asked.store.remove_graph(asked.name)
    return DONE


def _patch(asked: _Asked) -> Reply:
    """Runs an update on a store that holds the graph alone, so that it can touch no other."""
    instead = f"Send a SPARQL Update as {SPARQL_UPDATE}."
    if read_media_type(asked.content_type, instead) != SPARQL_UPDATE:
        raise Problem(415, f"A graph is patched by an update. {instead}")
    asked.refuse_absence()
    alone = pyoxigraph.Store()
    alone.bulk_extend(
        pyoxigraph.Quad(quad.subject, quad.predicate, quad.object)
        for quad in asked.store.quads_for_pattern(None, None, None, asked.name)
    )
    try:
        text = asked.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem(400, f"The body is no UTF-8 at byte {error.start + 1}.") from error
    update(OxigraphEngine(alone), text, base=asked.base, prefixes=asked.prefixes)
    if any(True for _ in alone.named_graphs()):
        raise Problem(400, "A patch is about its graph alone. Leave GRAPH out, or use /sparql.")
    triples = [quad.triple for quad in alone]
    asked.store.clear_graph(asked.name)
    _add(asked, triples)
    return DONE


def _add(asked: _Asked, triples: Iterable[pyoxigraph.Triple]) -> None:
    """Adds triples to a graph, which then exists even if there are none."""
    if isinstance(asked.name, pyoxigraph.NamedNode):
        asked.store.add_graph(asked.name)
    asked.store.bulk_extend(
        pyoxigraph.Quad(triple.subject, triple.predicate, triple.object, asked.name)
        for triple in triples
    )


def _refuse_nameless(asked: _Asked) -> None:
    """Raises Problem 406 for a predicate that RDF/XML has no name for."""
    predicates = {
        quad.predicate.value for quad in asked.store.quads_for_pattern(None, None, None, asked.name)
    }
    for predicate in sorted(predicates):
        if not _NAME_IN_XML.search(predicate):
            raise Problem(
                406,
                f"RDF/XML has no way to write the property <{predicate}>. Ask for another form.",
                acceptable=[form.media_type for form in FORMS if form is not RDFXML],
            )


_DOING: Final[Mapping[str, Callable[[_Asked], Reply]]] = {
    "GET": _get,
    "HEAD": _get,
    "PUT": _put,
    "POST": _post,
    "DELETE": _delete,
    "PATCH": _patch,
}
