"""What can be set about the service, with the defaults that are safe to leave open."""

import os
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """What one request, one client and all of them together may use."""

    seconds: float = 10.0
    """How long a query may run by the wall clock before its process is killed."""
    memory: int = 1024
    """Megabytes that a process may use beyond the graph itself."""
    rows: int = 200_000
    """How many rows, or triples, an answer may have; a longer one is refused, never cut."""
    size: int = 64
    """Megabytes that an answer may have."""
    workers: int = max(4, 2 * (os.cpu_count() or 1))
    """How many requests are worked on at once, each by a process of its own."""
    client: int = 2
    """How many requests of one client are worked on at once; its others wait."""
    views: int = 4
    """How many views (the graph as known on a day) are held ready at once."""
    waiting: int = 256
    """How many requests may wait in all; the next gets 503."""
    patience: float = 10.0
    """Seconds that a request may wait before it gets 503."""
    body: int = 1
    """Megabytes that a request's body may have."""
    body_of_graph: int = 64
    """Megabytes that a body may have where a graph is written (only with --writable)."""
    headers: int = 32
    """Kilobytes that a request's line and headers may have."""
    address: int = 16
    """Kilobytes that a request's address may have."""
    seconds_to_send: float = 15.0
    """Seconds within which a client has to have sent its headers, and then its body."""
    seconds_to_send_graph: float = 120.0
    """Seconds within which a graph that is written has to have been sent."""
    seconds_to_read: float = 30.0
    """Seconds without progress after which a client that does not read its answer is cut off."""
    connections: int = 1000
    """How many connections may be open."""
    cache: int = 64
    """Megabytes of answers that are remembered."""


@dataclass(frozen=True)
class Settings:
    """How the service is run."""

    host: str = "127.0.0.1"
    port: int = 8000
    at: str | None = None
    writable: bool = False
    token: str | None = None
    """What a writing client has to send as `Authorization: Bearer …`; None where none is asked."""
    reload: bool = False
    services: tuple[str, ...] = ()
    """The endpoints that SERVICE may name; none by default."""
    base: str | None = None
    """The address that people use, where it is not http://host:port (behind a proxy)."""
    access_log: bool = True
    limits: Limits = field(default_factory=Limits)
