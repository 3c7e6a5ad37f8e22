"""Building a store: the asserted triples of the files, and what follows from them."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pyoxigraph

from kg.documents import read_turtle
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.project import Project
from kg.rules import derive
from kg.sparql_file import SparqlFolder


def build_in_memory(project: Project, extra: Iterable[Path] = ()) -> OxigraphEngine:
    """Builds the store of a project in memory, with further Turtle files where given."""
    own = project.turtle_files()
    known = {path.resolve() for path in own}
    further = [path for path in extra if path.resolve() not in known]
    store = pyoxigraph.Store()
    store.bulk_extend(read_turtle([*own, *further]))
    derive(store, SparqlFolder(project.rules))
    return OxigraphEngine(store)


def build_on_disk(project: Project, ready: Path) -> None:
    """Builds the store of a project in a folder, which appears whole or not at all."""
    building = Path(tempfile.mkdtemp(prefix=f"{ready.name}.", dir=ready.parent))
    try:
        store = pyoxigraph.Store(str(building))
        store.bulk_extend(build_in_memory(project).store)
        store.flush()
        del store  # closes it
        building.rename(ready)
    except OSError:
        if not ready.is_dir():  # another process may have built the same store meanwhile
            raise
    finally:
        shutil.rmtree(building, ignore_errors=True)
