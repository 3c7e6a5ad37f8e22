"""Starts the service and its peers on loopback, over the same triples."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RDFLIB_ENDPOINT = "0.6.3"
_RDFLIB_SERVER = """
import sys, uvicorn
from rdflib import Dataset
from rdflib_endpoint import SparqlEndpoint
graph = Dataset(default_union=True)
graph.parse(sys.argv[1])
uvicorn.run(SparqlEndpoint(graph=graph), port=int(sys.argv[2]), log_level="warning")
"""
"""What `rdflib-endpoint serve` does, without an access log."""
_LONGEST_START = 120.0


@dataclass(frozen=True)
class Server:
    """A server that runs: its name, its address, and the path of its SPARQL endpoint."""

    name: str
    address: str
    endpoint: str


@contextmanager
def service(*options: str, name: str = "kg serve") -> Iterator[Server]:
    """Runs `kg serve` without an access log, since its peers write none."""
    port = _free_port()
    command = [sys.executable, "-m", "kg", "serve", "--quiet", "--port", str(port), *options]
    with _running(command, Server(name, f"http://127.0.0.1:{port}", "/sparql")) as server:
        yield server


@contextmanager
def oxigraph(triples: Path) -> Iterator[Server]:
    """Runs the server of Oxigraph, the binary of its Python package."""
    binary = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or "oxigraph"
    store = ["--location", str(triples.with_suffix(".store"))]
    subprocess.run([binary, "load", *store, "--file", str(triples)], check=True)
    bind = f"127.0.0.1:{_free_port()}"
    command = [binary, "serve-read-only", *store, "--bind", bind]
    with _running(command, Server("oxigraph", f"http://{bind}", "/query"), is_quiet=True) as server:
        yield server


@contextmanager
def rdflib_endpoint(triples: Path, python: str | None) -> Iterator[Server]:
    """Runs rdflib-endpoint with an interpreter that has it, else with one made for it."""
    interpreter = python or _installed(triples.with_name("rdflib-endpoint"))
    port = _free_port()
    command = [interpreter, "-c", _RDFLIB_SERVER, str(triples), str(port)]
    server = Server("rdflib-endpoint", f"http://127.0.0.1:{port}", "/")
    with _running(command, server) as running:
        yield running


def _installed(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    wanted = [f"rdflib-endpoint=={RDFLIB_ENDPOINT}", "uvicorn[standard]"]
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


@contextmanager
def _running(command: Sequence[str], server: Server, *, is_quiet: bool = False) -> Iterator[Server]:
    """Runs a server; with `is_quiet` without its words, as on each client that leaves."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL if is_quiet else None
    )
    try:
        _wait_for(f"{server.address}{server.endpoint}?query=ASK%7B%7D", process)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _LONGEST_START
    while time.monotonic() < end:
        assert process.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no server answers at {address}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
