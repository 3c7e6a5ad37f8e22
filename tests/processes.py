"""What the system's table of processes says of a service: who there is, and what each holds."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_OF_THE_POOL = b"kg.web.pool.process"


def pids_of(service: int) -> list[int]:
    """Gives the processes of a service's pool, the first of each state of the graph before others.

    They are told by the descriptor and folder on their command line, so that those whose parent
    has ended are found too.
    """
    own = f"/serving-{service}-".encode()
    return [pid for pid in _all() if _OF_THE_POOL in _command(pid) and own in _command(pid)]


def busiest_of(service: int) -> int:
    """Gives the process of the pool that has computed most of late."""
    before = {pid: seconds_of(pid) for pid in pids_of(service)}
    time.sleep(0.2)
    return max(before, key=lambda pid: seconds_of(pid) - before[pid])


def first_of(service: int) -> int:
    """Gives the process that holds the graph: the child of the service itself."""
    (first,) = (pid for pid in pids_of(service) if _parent(pid) == service and _state(pid) != "Z")
    return first


def zombies_of(service: int) -> list[int]:
    """Gives the processes below a service that have ended and that nobody has waited for."""
    family, found = {service}, []
    for pid in _all():  # a parent is older, and so nearly always before its children
        if _parent(pid) in family:
            family.add(pid)
            found += [pid] if _state(pid) == "Z" else []
    return found


def seconds_of(pid: int) -> float:
    """Gives how long a process has computed; 0 for one that is gone."""
    fields = _stat(pid)
    ticks = int(fields[11]) + int(fields[12]) if fields else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Gives the bytes of memory that a process has for itself; 0 for one that is gone."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()
    except (OSError, ValueError):
        return 0
    return (int(pages[1]) - int(pages[2])) * _PAGE if pages else 0


def descriptors(pid: int) -> int:
    """Gives how many files a process has open."""
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0


def comes(condition: Callable[[], bool], within: float = 5.0) -> bool:
    """Tells whether a condition comes to hold within some seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if condition():
                return True
        time.sleep(0.02)
    return condition()


def _all() -> list[int]:
    return sorted(int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _stat(pid: int) -> list[str]:
    """Gives the fields of a process from its state on; none for one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _state(pid: int) -> str:
    fields = _stat(pid)
    return fields[0] if fields else ""


def _parent(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[1]) if fields else 0
