"""Stores that hold a project's graph, built once and kept in the user's cache.

A store is keyed by the content of the files that it was made of, so that an answer never comes
from an older graph. Reading all content at each start would cost more than the query, so a note
says which sizes and times of change stand for which content, as Git's index does.
"""

import os
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pyoxigraph

from kg.engine.oxigraph_engine import OxigraphEngine, open_read_only
from kg.errors import EngineError, InvalidDocument
from kg.project import Project, cache_folder
from kg.version import VERSION

_MADE_BY: Final = f"layout 3, kg {VERSION}, pyoxigraph {pyoxigraph.__version__}, {sys.byteorder}"
"""Changes when stores are filled in another way."""
_WORTH_KEEPING: Final = 14 * 24 * 3600.0
_A_DAY: Final = 24 * 3600.0
_SETTLED: Final = 2.0


def open_embedded(
    project: Project, *, tell: Callable[[str], None] = lambda _: None
) -> OxigraphEngine:
    """Opens the project's store from the cache and builds it first where it is missing.

    `tell` gets one line where building takes a moment. Where the cache cannot be used, the
    store is built in memory.
    """
    folder = cache_folder()
    note = folder / "notes" / f"{zlib.crc32(str(project).encode()):08x}"
    try:
        state = _state(project)
    except OSError as error:
        raise InvalidDocument(f"A file of the graph cannot be read: {error}.") from error
    if store := _noted(note, state, folder):
        return store
    from kg.build import build_in_memory, build_on_disk, discard, forget_old  # for a change only

    try:
        ready = folder / "stores" / content_key(project)
        ready.parent.mkdir(parents=True, exist_ok=True)
        store = _opened(ready)
        if store is None:
            tell("The graph is new or has changed: building its store.")
            if ready.is_dir():
                discard(ready)  # it is damaged
            store = build_on_disk(project, ready, still=lambda: content_key(project) == ready.name)
            forget_old(folder, unused_since=time.time() - _WORTH_KEEPING)
        _take_note(note, ready.name, state, project)
        return store
    except OSError as error:
        tell(f"The cache {folder} cannot be used ({error.strerror or error}): building in memory.")
        return build_in_memory(project)


def _opened(ready: Path) -> OxigraphEngine | None:
    """Opens a store, unless it is missing or damaged."""
    try:
        if not ready.is_dir():
            return None
        if time.time() - ready.stat().st_mtime > _A_DAY:
            os.utime(ready)  # it is in use
        return open_read_only(ready)
    except (EngineError, OSError):
        return None


def _noted(note: Path, state: str, folder: Path) -> OxigraphEngine | None:
    """Opens the store that the note names, if the files are as they were when it was taken."""
    try:
        key, _, noted_state = note.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    return _opened(folder / "stores" / key) if noted_state == state else None


def _take_note(note: Path, key: str, state: str, project: Project) -> None:
    """Notes which content the state stands for, unless a file changed only this moment."""
    newest = max((path.stat().st_mtime for path in inputs(project)), default=0.0)
    if abs(time.time() - newest) > _SETTLED:
        note.parent.mkdir(parents=True, exist_ok=True)
        fresh = note.with_suffix(f".{os.getpid()}")
        fresh.write_text(f"{key}\n{state}", encoding="utf-8")
        fresh.replace(note)


def inputs(project: Project) -> list[Path]:
    """Gives the files that a project's store is made of."""
    return [*project.turtle_files(), *sorted(project.rules.rglob("*.rq"))]


def _state(project: Project) -> str:
    lines = [_MADE_BY]
    for path in inputs(project):
        status = path.stat()
        lines.append(f"{path}\t{status.st_size}\t{status.st_mtime_ns}\t{status.st_ctime_ns}")
    return "\n".join(lines)


def content_key(project: Project) -> str:
    """Gives the name of a project's content, which its store in the cache bears."""
    import hashlib  # OpenSSL takes a moment to load, and only a change needs it

    digest = hashlib.blake2b(_MADE_BY.encode(), digest_size=16)
    for path in inputs(project):
        content = path.read_bytes()
        digest.update(f"{project.short_path(path)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
