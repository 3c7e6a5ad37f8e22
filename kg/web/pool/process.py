"""A process that answers: it runs one job at a time, and can make copies of itself.

The first one loads the graph and is only asked for copies, which share its memory. A copy can be
killed in the middle of a job without harm to any other. Started as

    python -m kg.web.pool.process DESCRIPTOR FOLDER

with the number of an open socket, over which it is told the settings of `Loading`, since no other
user of the machine can see them there; the folder tells whose process it is.
"""

import contextlib
import gc
import gzip
import importlib
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pyoxigraph

from kg.clocks import IN_FORCE
from kg.engine.oxigraph_engine import OxigraphEngine, open_read_only
from kg.errors import KgError
from kg.graph import Graph
from kg.web.html import compile_all
from kg.web.jobs import Held, Job
from kg.web.jobs.limited import too_large
from kg.web.pool.frames import Ended, receive, send
from kg.web.replies import Problem, Reply, problem_of
from kg.web.settings import Limits
from kg.web.snapshot import Snapshot

JOBS: Final = (
    *("explain", "export", "graph_store", "known", "ping", "question", "questions", "search"),
    *("service", "sparql", "sparql_page", "thing", "update", "why_not"),
)
"""The jobs, by the names of their modules in kg/web/jobs/."""

_SMALL: Final = 512 << 20
"""Up to how many bytes of N-Triples a graph is held in memory, where queries are faster."""
_WORTH_COMPRESSING: Final = 1000
_GRACE: Final = 2.0
"""Seconds after its limit at which a process ends itself, should nobody have killed it."""


@dataclass(frozen=True)
class Loading:
    """What the first process is told: whose graph to load and what its copies may use."""

    folder: str
    version: str
    modified: float
    limits: Mapping[str, Any]
    is_writable: bool = False
    services: Mapping[str, str] = field(default_factory=dict)

    @property
    def snapshot(self) -> Snapshot:
        """The graph's files as they were when the service took them."""
        return Snapshot(Path(self.folder), self.version, self.modified)


def main(descriptor: int) -> None:
    """Loads the graph, says so, and answers until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the service, which ends us
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies need no one to wait for them
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, whatever it is doing
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end = socket.socket(fileno=descriptor)
    (told, _), _ = receive(end)
    loading = Loading(**told)
    jobs = {name: importlib.import_module(f"kg.web.jobs.{name}").run for name in JOBS}
    held = Held(
        loaded(loading.snapshot, is_writable=loading.is_writable),
        Limits(**loading.limits),
        loading.version,
        loading.is_writable,
        loading.services,
    )
    compile_all()
    gc.collect()
    gc.freeze()  # copies share what is never looked at again
    with contextlib.suppress(Ended):
        send(end, {"pid": os.getpid()})
        serve(end, held, jobs)


def loaded(snapshot: Snapshot, *, is_writable: bool) -> Graph:
    """Gives the graph of a snapshot: in memory where it is small or written to, else on disk.

    A store on disk is opened by each copy for itself.
    """
    if not is_writable and snapshot.size > _SMALL:
        return Graph(snapshot.project, _OnDisk(snapshot.store))  # type: ignore[arg-type]
    store = pyoxigraph.Store()
    for graph, file in snapshot.written.items():
        store.bulk_load(
            path=str(file),
            format=pyoxigraph.RdfFormat.N_TRIPLES,
            to_graph=pyoxigraph.NamedNode(graph.value) if graph else None,
            lenient=True,  # written by ourselves: nothing is checked again
        )
    engine = OxigraphEngine(store, written=None if is_writable else snapshot.store)
    return Graph(snapshot.project, engine)


@dataclass(frozen=True)
class _OnDisk:
    """Stands for a store that is not open yet."""

    folder: Path


def serve(end: socket.socket, held: Held, jobs: Mapping[str, Job]) -> None:
    """Answers what comes over a socket until it is closed."""
    while True:
        (head, body), descriptors = receive(end)
        if head["do"] == "copy":
            if os.fork() == 0:
                end.close()
                _answer_as_copy(socket.socket(fileno=descriptors[0]), held, jobs)
            os.close(descriptors[0])
            continue
        if head["do"] == "become":
            held, answer, content = _become(held, head)
        else:
            began = time.process_time()
            answer, content = _done(held, jobs, head, body)
            answer["used"] = time.process_time() - began
        send(end, answer, content)


def _answer_as_copy(end: socket.socket, held: Held, jobs: Mapping[str, Job]) -> None:
    """Answers as a copy, and ends without anything that the first process would do at its end."""
    try:
        if isinstance(held.graph.engine, _OnDisk):
            engine = open_read_only(held.graph.engine.folder)
            held = replace(held, graph=Graph(held.graph.project, engine))
        _limit_memory(held.limits.memory)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("900")  # rather us than the service
        send(end, {"pid": os.getpid()})
        serve(end, held, jobs)
    except Ended:
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _limit_memory(megabytes: int) -> None:
    """Allows a process this much more than it has; an allocation beyond it ends the process."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (_data_in_use() + (megabytes << 20), hard))


def _data_in_use() -> int:
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) << 10
    return 0


def _become(held: Held, head: Mapping[str, Any]) -> tuple[Held, dict[str, Any], bytes]:
    """Makes of this process one that copies are made of: after an update, or for a view."""
    try:
        engine, known_on, joined_by = held.graph.engine, head["known_on"], head["joined_by"]
        graph = Graph(held.graph.project, engine)  # nothing that was read before an update
        if known_on or joined_by != IN_FORCE:
            graph = graph.as_of(known_on=known_on, joined_by=joined_by)
        _limit_memory(held.limits.memory)
        return replace(held, graph=graph, version=head["version"]), {}, b""
    except KgError as error:
        return held, _told(problem_of(error)), b""
    except Exception:
        traceback.print_exc()
        return held, _told(Problem(500, "The service has failed. Its log says how.")), b""


def _done(
    held: Held, jobs: Mapping[str, Job], head: Mapping[str, Any], body: bytes
) -> tuple[dict[str, Any], bytes]:
    """Runs a job and gives the frame that answers it."""
    signal.setitimer(signal.ITIMER_REAL, head["seconds"] + _GRACE)
    try:
        reply = jobs[head["job"]](held, head["request"], body)
        if len(reply.body) > held.limits.size << 20:
            raise too_large(held.limits)
        reply = _coded(replace(reply, version=held.version), head["coding"])
        return _head_of(reply), reply.body
    except KgError as error:
        return _told(problem_of(error)), b""
    except RecursionError:
        return _told(Problem(400, "The request is nested too deeply to be read.")), b""
    except MemoryError:
        return _told(Problem(503, "The answer needs more memory than it may have.")), b""
    except Exception:
        traceback.print_exc()
        return _told(Problem(500, "The service has failed. Its log says how.")), b""
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _coded(reply: Reply, coding: str | None) -> Reply:
    """Gives a reply with its body compressed, where that is wanted and worth it."""
    if coding != "gzip" or len(reply.body) < _WORTH_COMPRESSING:
        return reply
    return replace(reply, body=gzip.compress(reply.body, 5, mtime=0), coding=coding)


def _head_of(reply: Reply) -> dict[str, Any]:
    return {key: value for key, value in asdict(reply).items() if key != "body"}


def _told(problem: Problem) -> dict[str, Any]:
    return {
        "problem": {
            "status": problem.status,
            "detail": problem.detail,
            "headers": problem.headers,
            "members": problem.members,
        }
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
