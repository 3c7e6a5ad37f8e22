"""What `kg query` says after an answer that rests on absence or on a count."""

import datetime
from collections.abc import Mapping
from typing import Final

from kg.coverage import coverage_of, topics_of
from kg.graph import Graph
from kg.sparql_file import SparqlFile
from kg.terms import python_value

_AT_MOST: Final = 3
_PROVES: Final = {
    "absence": "absence proves nothing",
    "count": "there may be more than was counted",
}


def coverage_lines(graph: Graph, query: SparqlFile, values: Mapping[str, str]) -> list[str]:
    """Gives a line for each claim of coverage that bears on an answer, three at the most.

    Where none is claimed of something that the answer rests on, the first line says so.
    """
    terms = graph.asker.terms(query.name, values)
    claims = coverage_of(graph.engine, query, terms)
    claimed = {topic for each in claims for topic in each.topics}
    on = python_value(terms.get("on"))
    day = on if isinstance(on, datetime.date) else None
    lines = [
        f"Coverage: none is claimed of {query.prefixes.shorten(topic.value)}; "
        f"{_PROVES[query.head['rests-on']]}."
        for topic in topics_of(query)
        if topic not in claimed
    ]
    return [*lines, *(f"Coverage: {each.sentence(day)}" for each in claims)][:_AT_MOST]
