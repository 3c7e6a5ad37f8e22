"""Answers that a process is alive, for /health."""

from collections.abc import Mapping
from typing import Any

from kg.web.jobs import Held
from kg.web.replies import Reply


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives the graph's version."""
    return Reply(held.version.encode(), "text/plain", is_lasting=False)
