"""Moments: the graph as known on a day, as at a revision, or as it is."""

import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kg.changes.revisions import find_revision, unpack
from kg.clocks import Clocks
from kg.errors import InvalidValue
from kg.graph import Graph
from kg.stores import open_embedded

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Moment:
    """A graph, and what people call the moment that it is of."""

    name: str
    graph: Graph


def is_day(text: str) -> bool:
    """Whether a text is meant as a day and not as a revision."""
    return _DAY.fullmatch(text) is not None


def moment_of(
    graph: Graph,
    text: str | None,
    *,
    where: str,
    held_by: ExitStack,
    tell: Callable[[str], None] = lambda _: None,
) -> Moment:
    """Gives a graph at another moment, with its other clocks as they are; None is as it is.

    `text` is a day as known on, or a revision; what reads as a day is one. `where` is the option
    that it was given for, `held_by` keeps the files of a revision as long as they are needed.
    Raises InvalidValue for what is neither, EngineError where there are no revisions.
    """
    clocks = graph.clocks
    known_on = str(clocks.known_on) if clocks.known_on else None
    if text is None:
        return Moment(f"what was known on {known_on}" if known_on else "now", graph)
    if is_day(text):
        return Moment(f"what was known on {text}", _as_of(graph, clocks, text, where))
    revision = find_revision(graph.project, text, where=where)
    folder = Path(held_by.enter_context(tempfile.TemporaryDirectory(prefix="kg-revision-")))
    project = unpack(graph.project, revision, folder)
    told = "The revision is new: building its store."
    plain = Graph(project, open_embedded(project, tell=lambda _: tell(told)))
    return Moment(f"revision {revision}", _as_of(plain, clocks, known_on))


def _as_of(graph: Graph, clocks: Clocks, known_on: str | None, where: str = "") -> Graph:
    on = str(clocks.on) if clocks.on else None
    try:
        return graph.as_of(on=on, known_on=known_on, joined_by=clocks.joined_by)
    except InvalidValue as error:
        raise InvalidValue(str(error).replace("--known-on", where or "--known-on")) from error
