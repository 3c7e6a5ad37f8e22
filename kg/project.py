"""Where things are: the folders of a graph, the packaged copy, the cache.

A project is a folder with `graph/`, and with `ontology/` and `queries/` where it has its own.
An installed package carries all three; `--at` or KG_AT names another folder or an endpoint.
"""

import os
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from kg.errors import UnknownName
from kg.prefixes import Prefixes, read_prefixes

_PACKAGED: Final = Path(__file__).parent / "data"
_CHECKOUT: Final = Path(__file__).parent.parent


@dataclass(frozen=True)
class Project:
    """The folders that a graph is made of, and the endpoint that answers for it, if any."""

    ontology: Path
    graph: Path
    queries: Path
    endpoint: str | None = None

    @cached_property
    def prefixes(self) -> Prefixes:
        """The project's prefix list."""
        return read_prefixes(self.ontology / "prefixes.ttl")

    @property
    def rules(self) -> Path:
        """The folder of the rules that derive triples."""
        return self.ontology / "rule"

    @property
    def relations(self) -> Path:
        """The folder of the plain relations that hold on a day."""
        return self.ontology / "relation"

    @property
    def checks(self) -> Path:
        """The folder of the checks that compare nodes."""
        return self.ontology / "check"

    def turtle_files(self) -> list[Path]:
        """Gives the files that an engine answers from, in a stable order, shapes left out."""
        ontology = (path for path in _files(self.ontology, ".ttl") if not is_shapes_file(path))
        return [*ontology, *_files(self.graph, ".ttl")]

    def shapes_files(self) -> list[Path]:
        """Gives the files that hold SHACL shapes, in a stable order."""
        return [path for path in _files(self.ontology, ".ttl") if is_shapes_file(path)]

    def short_path(self, path: Path) -> str:
        """Gives a path as people say it: from the folder that holds graph/ or ontology/."""
        for folder in (self.graph, self.ontology, self.queries):
            if path.is_relative_to(folder):
                return str(path.relative_to(folder.parent))
        return str(path)


def is_shapes_file(path: Path) -> bool:
    """Tells whether a file holds SHACL shapes, by its name."""
    return path.name.endswith(".shapes.ttl")


def locate(at: str | Path | None = None) -> Project:
    """Finds the project that `at` names; without it KG_AT, else the packaged graph.

    `at` is a folder or the address of a SPARQL endpoint. Raises UnknownName for a folder that
    does not hold a graph.
    """
    place = str(at) if at else os.environ.get("KG_AT", "")
    packaged = _packaged()
    if not place:
        return packaged
    if place.startswith(("http://", "https://")):
        return Project(packaged.ontology, packaged.graph, packaged.queries, endpoint=place)
    folder = _expanded(place).absolute()
    if not (folder / "graph").is_dir():
        raise UnknownName(
            f"There is no folder {folder / 'graph'}. --at (or KG_AT) takes a folder that holds "
            "graph/, or the address of a SPARQL endpoint that begins with http:// or https://."
        )
    return Project(
        _own_or(folder / "ontology", packaged.ontology),
        folder / "graph",
        _own_or(folder / "queries", packaged.queries),
    )


def cache_folder() -> Path:
    """Gives the folder for stores that can be built again; KG_CACHE names another.

    Follows the `XDG Base Directory Specification
    <https://specifications.freedesktop.org/basedir-spec/latest/>`_ and its kin on macOS and
    Windows; platformdirs does the same at a third of a query's whole time.
    """
    if named := os.environ.get("KG_CACHE"):
        return _expanded(named)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(local) / "alliance-kg" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "alliance-kg"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alliance-kg"


def _files(folder: Path, ending: str) -> list[Path]:
    """Gives the files of a folder and the folders in it, by an ending, in a stable order."""
    names = (
        os.path.join(place, name)  # noqa: PTH118  # a hundred Paths less for each file listed
        for place, _, files in os.walk(folder)
        for name in files
        if name.endswith(ending)
    )
    return [Path(name) for name in sorted(names)]


def is_packaged(project: Project) -> bool:
    """Whether a project's graph is the installed one, which is not to be written to."""
    return project.graph.is_relative_to(_PACKAGED) or bool(project.endpoint)


def _packaged() -> Project:
    root = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    return Project(root / "ontology", root / "graph", root / "queries")


def _expanded(place: str) -> Path:
    try:
        return Path(place).expanduser()
    except RuntimeError as error:
        raise UnknownName(f"There is no folder {place}: {error}.") from error


def _own_or(folder: Path, packaged: Path) -> Path:
    return folder if folder.is_dir() else packaged
