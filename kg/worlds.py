"""Worlds: the graph as it could be known on a day, and with another step counted as joining.

A world is a store of its own. What was known is read from kg.knowledge, and the rules that join
several statements are run afresh on it; where another stage counts as joining, the rules of
ontology/rule/joined-by/ are run too, and take the place of those of the same name. A world of a
store in the cache is kept there, by a process of its own when the answer has been given.
"""

import atexit
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyoxigraph

from kg.clocks import IN_FORCE, Clocks
from kg.engine.oxigraph_engine import OxigraphEngine, open_read_only, written_name
from kg.errors import EngineError, NotThere
from kg.knowledge import Knowledge, knowledge_of
from kg.rules import DERIVED, in_order
from kg.sparql_file import SparqlFile, SparqlFolder
from kg.terms import Iri, Literal

_STAGE: Final = "https://w3id.org/alliance-kg/joining-stage/"
_A_DAY: Final = 24 * 3600.0
_WORTH_KEEPING: Final = 14 * _A_DAY
_MOST_KEPT: Final = 4
"""How many of the worlds that one process made are kept: the newest."""

_MOST_WORLDS: Final = 24
"""How many worlds the cache holds at the most; one takes twenty megabytes."""

_to_keep: list[tuple[str, ...]] = []


def open_world(base: OxigraphEngine, rules: Path, clocks: Clocks) -> OxigraphEngine:
    """Opens a world of a graph from the cache, or makes it.

    `rules` is the folder of the graph's rules. Raises NotThere for a day before anything of
    the graph was known.
    """
    ready = _place(base, clocks)
    opened = _opened(ready) if ready else None
    if opened is None:
        opened = make_world(base, rules, clocks)
        if ready and base.written:
            if ready.is_dir():
                _discard_damaged(ready)
            _keep_later(base.written, rules, clocks, ready)
    opened.derived = lambda: _derived(opened, base, rules, clocks)
    return opened


def make_world(base: OxigraphEngine, rules: Path, clocks: Clocks) -> OxigraphEngine:
    """Makes a world of a graph in memory; raises NotThere as open_world does."""
    known = _knowledge(base, rules)
    day = clocks.known_on.value if clocks.known_on else None
    if day is not None and day < known.first:
        raise NotThere(
            f"Nothing that the graph holds was known on {day}, given for --known-on. Its first "
            f"statement is known from {known.first}; give that day or a later one."
        )
    store = pyoxigraph.Store()
    # written by ourselves: nothing is checked again
    store.bulk_load(known.until(day), format=pyoxigraph.RdfFormat.N_TRIPLES, lenient=True)
    world = OxigraphEngine(store)
    for rule in joining_rules(rules, clocks.joined_by):
        world.insert(rule.text)
    return world


def joining_rules(rules: Path, joined_by: str = IN_FORCE) -> list[SparqlFile]:
    """Gives the rules that join several statements in their order, with a stage of joining."""
    own = rules_of(rules, joined_by)
    return [rule for rule in in_order(own) if rule.head.get("scope") != "statement"]


def rules_of(rules: Path, joined_by: str = IN_FORCE) -> Mapping[str, SparqlFile]:
    """Gives the rules of a folder by name, as they are where a stage counts as joining."""
    own: dict[str, SparqlFile] = dict(SparqlFolder(rules))
    if joined_by != IN_FORCE:
        stage = Iri(_STAGE + joined_by)
        for name, rule in SparqlFolder(rules / "joined-by").items():
            own[name] = replace(rule, text=rule.bind({"stage": stage}), parameters=())
    return own


def keep(written: str, rules: str, known_on: str, joined_by: str, ready: str) -> None:
    """Makes a world of a store in the cache once more and writes it there, whole or not at all."""
    import shutil  # what only the process that keeps a world needs
    import tempfile

    from kg.build import discard, forget_old

    place = Path(ready)
    if not Path(rules).is_dir():  # a folder that is gone has no rules to make a world with
        return
    day = Literal(known_on) if known_on else None
    world = make_world(open_read_only(Path(written)), Path(rules), Clocks(None, day, joined_by))
    place.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        content = b"".join(sorted(world.lines()))
        (making / written_name(None, len(content))).write_bytes(content)
        store = pyoxigraph.Store(str(making / "store"))
        store.bulk_extend(world.store)
        store.flush()
        del store  # closes it
        making.rename(place)
    except OSError:
        if not place.is_dir():  # another process may have kept the same world meanwhile
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    forget_old(place.parent.parent, unused_since=time.time() - _WORTH_KEEPING)
    by_use = sorted(place.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in by_use[_MOST_WORLDS:]:
        discard(path)


def _knowledge(base: OxigraphEngine, rules: Path) -> Knowledge:
    return knowledge_of(base, joining_rules(rules))


def _place(base: OxigraphEngine, clocks: Clocks) -> Path | None:
    """Gives the folder in the cache in which a world of a store is kept."""
    if base.written is None:
        return None
    return (
        base.written.parent.parent
        / "worlds"
        / "-".join([base.written.name, clocks.path.replace("/", "-")])
    )


def _opened(ready: Path) -> OxigraphEngine | None:
    try:
        if not ready.is_dir():
            return None
        if time.time() - ready.stat().st_mtime > _A_DAY:
            os.utime(ready)  # it is in use
        return open_read_only(ready)
    except (EngineError, OSError):
        return None


def _discard_damaged(ready: Path) -> None:
    from kg.build import discard  # what builds stores is needed for a change only

    discard(ready)


def _derived(world: OxigraphEngine, base: OxigraphEngine, rules: Path, clocks: Clocks) -> list[str]:
    """Gives what of a world was derived, as lines of N-Triples."""
    day = clocks.known_on.value if clocks.known_on else None
    known = _knowledge(base, rules).until(day).decode("utf-8").split("\n")
    asserted = set(known).difference(base.ntriples(DERIVED))
    return [line for line in world.ntriples() if line not in asserted]


def _keep_later(written: Path, rules: Path, clocks: Clocks, ready: Path) -> None:
    """Has a world kept when this process has given its answers and ends."""
    if not _to_keep:
        atexit.register(_keep_now)
    day = clocks.known_on.value if clocks.known_on else ""
    _to_keep.append((str(written), str(rules), day, clocks.joined_by, str(ready)))


def _keep_now() -> None:
    import subprocess  # it takes a moment to load, and a world that is kept needs none

    package = str(Path(__file__).parent.parent)
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    for arguments in dict.fromkeys(_to_keep[-_MOST_KEPT:]):
        code = "import sys; from kg.worlds import keep; keep(*sys.argv[1:])"
        try:
            subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": path},
            )
        except OSError:  # the world is made again the next time
            return
