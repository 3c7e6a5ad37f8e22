"""Changes the scratch copy as a SPARQL Update says.

The request is `{"update": text, "using": [IRI …], "using_named": [IRI …], "base": address}`. The
reply is 204: there is nothing to negotiate about, and clients ask for nothing more.
"""

from collections.abc import Mapping
from typing import Any

import pyoxigraph

from kg.engine.oxigraph_engine import OxigraphEngine
from kg.errors import InvalidQuery, KgError
from kg.prefixes import Prefixes
from kg.sparql.updates import with_dataset
from kg.terms import Iri
from kg.web.jobs import Held
from kg.web.replies import Reply
from kg.web.writing import DONE, refuse_triple_terms, scratch


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Changes the scratch copy; raises InvalidQuery with the place in the text as it was sent."""
    text, base = str(request["update"]), request.get("base")
    using = [Iri(iri) for iri in request.get("using") or ()]
    using_named = [Iri(iri) for iri in request.get("using_named") or ()]
    engine = scratch(held)
    update(
        engine,
        text,
        base=base,
        prefixes=held.graph.project.prefixes,
        using=using,
        using_named=using_named,
    )
    return DONE


def update(
    engine: OxigraphEngine,
    text: str,
    *,
    base: str | None,
    prefixes: Prefixes,
    using: list[Iri] | None = None,
    using_named: list[Iri] | None = None,
) -> None:
    """Changes what an engine holds; the project's prefixes need no PREFIX line."""
    known = prefixes.namespaces
    try:
        if using or using_named:
            _judge(text, base=base, prefixes=known)
        rewritten = with_dataset(text, using=using or (), using_named=using_named or ())
        engine.update(rewritten, base=base, prefixes=known)
    except InvalidQuery as error:
        error.reason += prefixes.unknown_in(text)
        raise InvalidQuery(error.reason, line=error.line, column=error.column) from error
    refuse_triple_terms(engine, text)


def _judge(text: str, *, base: str | None, prefixes: Mapping[str, str]) -> None:
    """Raises InvalidQuery for a text that is no SPARQL, with the place before it is rewritten.

    It runs on a store that holds nothing, so what it asks of graphs does not matter.
    """
    nothing = OxigraphEngine(pyoxigraph.Store())
    try:
        nothing.update(text, base=base, prefixes=prefixes)
    except KgError as error:
        if isinstance(error, InvalidQuery):
            raise
