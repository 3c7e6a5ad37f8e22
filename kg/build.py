"""Building a store: the asserted triples of the files, and what follows from them."""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pyoxigraph

from kg.documents import ARTICLE, described, read_turtle
from kg.engine.oxigraph_engine import OxigraphEngine, written_name
from kg.errors import InvalidDocument
from kg.project import Project
from kg.rules import DERIVED, derive
from kg.sparql_file import SparqlFolder

_KEPT: Final = ("notes", "stores", "worlds")
"""The folders of the cache."""


def build_in_memory(
    project: Project, extra: Iterable[Path] = (), replaced: Iterable[Path] = ()
) -> OxigraphEngine:
    """Builds the store of a project in memory, with further Turtle files where given.

    `replaced` are files of the project that are left out.
    """
    left_out = set(replaced)
    own = [path for path in project.turtle_files() if path not in left_out]
    known = {path.resolve() for path in own}
    further = [path for path in extra if path.resolve() not in known]
    store = pyoxigraph.Store()
    store.bulk_extend(read_turtle([*own, *further]))
    derive(store, SparqlFolder(project.rules))
    return OxigraphEngine(store)


def build_with(project: Project, files: Iterable[Path]) -> OxigraphEngine:
    """Builds the store of a project with further Turtle files in memory.

    A file that describes an article takes the place of the project's own file about it.
    """
    further = list(files)
    told_anew = {article for path in further for article in described(path, ARTICLE)}
    replaced = [
        path
        for path in sorted((project.graph / "claims").glob("*.ttl"))
        if told_anew.intersection(described(path, ARTICLE))
    ]
    return build_in_memory(project, further, replaced)


def build_on_disk(project: Project, ready: Path, *, still: Callable[[], bool]) -> OxigraphEngine:
    """Builds the store of a project in a folder, which appears whole or not at all.

    Gives the store in memory of which the folder holds a copy, with its graphs as N-Triples for
    exports. `still` tells whether the files are those that the folder is named after; raises
    InvalidDocument if they changed while they were read.
    """
    building = Path(tempfile.mkdtemp(prefix=f"{ready.name}.", dir=ready.parent))
    try:
        engine = build_in_memory(project)
        for graph in (None, DERIVED):
            content = b"".join(sorted(engine.dump(graph).splitlines(keepends=True)))
            (building / written_name(graph, len(content))).write_bytes(content)
        store = pyoxigraph.Store(str(building / "store"))
        store.bulk_extend(engine.store)
        store.flush()
        del store  # closes it
        if not still():
            raise InvalidDocument("The graph changed while it was read. Ask again.")
        try:
            building.rename(ready)
        except OSError:
            if not ready.is_dir():  # another process may have built the same store meanwhile
                raise
        return OxigraphEngine(engine.store, written=ready)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def forget_old(folder: Path, *, unused_since: float) -> None:
    """Discards the stores, worlds and notes of a cache that nothing has used since a time."""
    for path in [each for name in _KEPT for each in (folder / name).glob("*")]:
        if path.stat().st_mtime < unused_since:
            discard(path)


def discard(path: Path) -> None:
    """Removes a file or folder of the cache, as far as it can be."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
