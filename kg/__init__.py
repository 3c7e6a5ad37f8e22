"""A knowledge graph of organisations, states, weapon systems and membership events.

>>> import kg
>>> len(kg.open().query("members", organisation="NATO", on="2022-10-12"))
30
"""

from kg.errors import (
    AmbiguousName,
    EngineError,
    InvalidDocument,
    InvalidQuery,
    InvalidValue,
    KgError,
    OutputError,
    UnknownName,
)
from kg.graph import Graph
from kg.opening import open_graph as open
from kg.table import Table
from kg.version import VERSION as __version__

__all__ = [
    "AmbiguousName",
    "EngineError",
    "Graph",
    "InvalidDocument",
    "InvalidQuery",
    "InvalidValue",
    "KgError",
    "OutputError",
    "Table",
    "UnknownName",
    "__version__",
    "open",
]
