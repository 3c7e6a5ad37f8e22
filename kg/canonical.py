"""Canonical labels for blank nodes, by RDFC-1.0 (https://www.w3.org/TR/rdf-canon/)."""

from collections.abc import Iterable

import pyoxigraph


def canonical(quads: Iterable[pyoxigraph.Quad]) -> list[pyoxigraph.Quad]:
    """Gives each quad once; blank nodes, where there are any, get their canonical labels."""
    distinct = set(quads)
    if not any(_has_blank_node(quad) for quad in distinct):
        return list(distinct)
    dataset = pyoxigraph.Dataset(distinct)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    return list(dataset)


def _has_blank_node(quad: pyoxigraph.Quad) -> bool:
    places = (quad.subject, quad.object, quad.graph_name)
    return any(isinstance(place, pyoxigraph.BlankNode) for place in places)
