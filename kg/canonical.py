"""Lines of N-Triples, each once, with canonical labels for blank nodes.

RDFC-1.0 (https://www.w3.org/TR/rdf-canon/) gives the labels where there are blank nodes at all.
"""

from collections.abc import Iterable

import pyoxigraph


def canonical_lines(ntriples: Iterable[str]) -> list[str]:
    """Gives each line once; blank nodes, where there are any, get their canonical labels."""
    lines = list(dict.fromkeys(ntriples))
    text = "\n".join(lines)
    if not text.startswith("_:") and "\n_:" not in text and " _:" not in text:
        return lines
    quads = pyoxigraph.parse(text, format=pyoxigraph.RdfFormat.N_TRIPLES)
    dataset = pyoxigraph.Dataset(quads)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    triples = (quad.triple for quad in dataset)
    written = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES)
    return written.decode("utf-8").split("\n")[:-1]  # type: ignore[union-attr]  # bytes, as no output is named
