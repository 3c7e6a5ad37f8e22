"""Canonical labels for blank nodes, by RDFC-1.0 (https://www.w3.org/TR/rdf-canon/)."""

from collections.abc import Iterable

import pyoxigraph

from kg.engine.oxigraph_engine import from_triple, to_quads
from kg.terms import BlankNode, Triple


def canonical(triples: Iterable[Triple]) -> list[Triple]:
    """Gives each triple once; blank nodes, where there are any, get their canonical labels."""
    distinct = list(set(triples))
    if not any(
        isinstance(subject, BlankNode) or isinstance(object_, BlankNode)
        for subject, _, object_ in distinct
    ):
        return distinct
    dataset = pyoxigraph.Dataset(to_quads(distinct))
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return [from_triple(quad.triple) for quad in dataset]
