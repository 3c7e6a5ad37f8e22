"""The start of the first process over a state of the graph, which holds it and makes the others."""

import asyncio
import os
import socket
import subprocess
import sys
from dataclasses import asdict
from typing import Final

from kg.errors import EngineError
from kg.web.pool.frames import Ended, exchange
from kg.web.pool.generation import Generation
from kg.web.pool.handle import Process
from kg.web.pool.process import Loading

_LONGEST_LOADING: Final = 600.0


async def start(loading: Loading) -> Generation:
    """Starts the first process of a generation; raises EngineError if it cannot load the graph."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    subprocess.Popen(
        [sys.executable, "-m", "kg.web.pool.process", str(theirs.fileno()), loading.folder],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    theirs.close()
    try:
        told = exchange(ours, asdict(loading))
        head, _ = await asyncio.wait_for(told, _LONGEST_LOADING)
    except (Ended, TimeoutError) as error:
        ours.close()
        raise EngineError("The graph cannot be loaded. The lines above say why.") from error
    return Generation(Process(ours, head["pid"]), loading.version, loading.modified)
