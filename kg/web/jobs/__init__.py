"""What a process that answers can do: each job is a module with a function `run`.

A job gets what the process holds, the request as it was read (JSON values), and a body where
one was sent. It gives a Reply, or raises a KgError, which becomes a problem document.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kg.graph import Graph
from kg.web.replies import Reply
from kg.web.settings import Limits


@dataclass(frozen=True)
class Held:
    """What a process holds: the graph, whose engine is embedded, and the limits of an answer."""

    graph: Graph
    limits: Limits = field(default_factory=Limits)
    version: str = ""
    """Names the content of the graph, for ETags."""
    is_writable: bool = False
    services: Mapping[str, str] = field(default_factory=dict)
    """The endpoints that SERVICE may name, with their addresses at the relay."""


Job: TypeAlias = Callable[[Held, Mapping[str, Any], bytes], Reply]
