"""What the service answers from: the graph's files as they were at one moment.

The store is linked, and the ontology and the queries are copied, so that neither a change of the
files nor a cleaning of the cache can mix two states of the graph while the service runs.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import BinaryIO, Final

from kg.build import build_on_disk
from kg.engine.oxigraph_engine import written_name
from kg.errors import EngineError, InvalidDocument, KgError
from kg.project import Project, cache_folder
from kg.rules import DERIVED
from kg.stores import content_key, inputs, open_embedded
from kg.terms import Iri

_ATTEMPTS: Final = 5
_NUMBERS: Final = count(1)
_SERVING: Final = "serving-"


@dataclass(frozen=True)
class Snapshot:
    """A graph's files at one moment, in a folder of the service's own.

    `version` names their content, `modified` is when the newest of them changed, in seconds
    since 1970.
    """

    folder: Path
    version: str
    modified: float
    texts: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)
    """The copied files by their paths in the folder, as they are restored."""

    @cached_property
    def store(self) -> Path:
        """The folder with the store and the graph as N-Triples."""
        (store,) = (path.parent for path in self.folder.glob("*/store"))
        return store

    @cached_property
    def written(self) -> Mapping[Iri | None, Path]:
        """The files of N-Triples that the store holds, by graph; None is the default graph."""
        return {
            graph: next(self.store.glob(written_name(graph, None))) for graph in (None, DERIVED)
        }

    @property
    def size(self) -> int:
        """How many bytes the N-Triples have."""
        return sum(file.stat().st_size for file in self.written.values())

    @cached_property
    def project(self) -> Project:
        """The project in the folder, which has no Turtle of its own."""
        return Project(self.folder / "ontology", self.folder / "graph", self.folder / "queries")

    @cached_property
    def _open(self) -> Mapping[Path, BinaryIO]:
        """The files of N-Triples, held open: what is open stays, wherever its name is removed."""
        return {file: file.open("rb") for file in self.written.values()}

    def hold(self) -> None:
        """Makes ready for restoring; raises OSError."""
        (self.store / "store").mkdir(exist_ok=True)
        assert self._open

    def restore(self) -> None:
        """Writes the files again where somebody has removed them, as with the whole cache."""
        if self.folder.is_dir() or not self.texts:
            return
        with suppress(OSError):
            (self.store / "store").mkdir(parents=True)
            for file, held in self._open.items():
                held.seek(0)
                with file.open("wb") as out:
                    shutil.copyfileobj(held, out)
            for name, content in self.texts.items():
                _write(self.folder / name, content)

    def discard(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for file in self.__dict__.get("_open", {}).values():
            file.close()


def take_snapshot(project: Project, *, tell: Callable[[str], None] = lambda _: None) -> Snapshot:
    """Takes a snapshot of a project; raises EngineError where no folder can be written.

    `tell` gets one line where building the store takes a moment. Raises InvalidDocument for
    files that cannot be read, or that go on changing.
    """
    places = (cache_folder(), Path(tempfile.gettempdir()) / "alliance-kg")
    for place in places:
        _forget_ended(place)
        folder = place / f"{_SERVING}{os.getpid()}-{next(_NUMBERS)}"
        try:
            for _ in range(_ATTEMPTS):
                if snapshot := _taken(project, folder, tell):
                    return snapshot
                shutil.rmtree(folder, ignore_errors=True)
            raise InvalidDocument("The graph's files go on changing. Start again when they rest.")
        except KgError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            tell(f"{place} cannot be written ({error.strerror or error}).")
    raise EngineError(
        f"There is no place for the store: neither {places[0]} nor {places[1]} can be written. "
        "Make room there, or name another folder with KG_CACHE."
    )


def _taken(project: Project, folder: Path, tell: Callable[[str], None]) -> Snapshot | None:
    """Takes a snapshot into a folder, unless the files changed meanwhile; raises OSError."""
    key = content_key(project)
    folder.mkdir(parents=True)
    store = folder / key
    try:
        built = open_embedded(project, tell=tell).written
    except InvalidDocument:
        if content_key(project) == key:
            raise
        return None
    if built is not None and built.name == key:
        shutil.copytree(built, store, copy_function=_linked)
    else:
        build_on_disk(project, store, still=lambda: True)
    digest = hashlib.blake2b(key.encode(), digest_size=12)
    newest = 0.0
    texts: dict[str, bytes] = {}
    for name, source in (("ontology", project.ontology), ("queries", project.queries)):
        for path in sorted([*source.rglob("*.rq"), *source.rglob("*.ttl")]):
            content = path.read_bytes()
            copied = f"{name}/{path.relative_to(source)}"
            _write(folder / copied, content)
            texts[copied] = content
            digest.update(f"{copied}\0{len(content)}\0".encode() + content)
            newest = max(newest, path.stat().st_mtime)
    newest = max([newest, *(path.stat().st_mtime for path in inputs(project))])
    if content_key(project) != key:
        return None
    snapshot = Snapshot(folder, digest.hexdigest(), newest, texts)
    snapshot.hold()
    return snapshot


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _forget_ended(place: Path) -> None:
    """Removes the folders of services that ended without doing so."""
    for folder in place.glob(f"{_SERVING}*"):
        pid = folder.name.removeprefix(_SERVING).partition("-")[0]
        with suppress(PermissionError):
            try:
                os.kill(int(pid), 0)
            except (ProcessLookupError, ValueError):
                shutil.rmtree(folder, ignore_errors=True)
