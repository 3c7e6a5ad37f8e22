"""What the tests share: the graph on its three engines, a working copy, the command line."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import kg
from kg.engine import construct
from kg.engine.rdflib_engine import RdflibEngine, to_rdflib
from kg.project import locate

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
collect_ignore = ["schemathesis_rules.py"]  # for schemathesis alone, which calls it
VIEWED = "2022-10-12"
"""The day as known on which the endpoint has a view."""


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the tests' stores away from the user's, and the user's settings from the tests."""
    before = dict(os.environ)
    os.environ["KG_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    os.environ.pop("KG_AT", None)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def graph(_own_cache: None) -> kg.Graph:
    """The shipped graph on the embedded engine."""
    return kg.open()


@pytest.fixture(scope="session")
def rdflib_graph(graph: kg.Graph) -> kg.Graph:
    """The shipped graph on rdflib, the second opinion."""
    everything = construct(graph.engine, "CONSTRUCT WHERE { ?s ?p ?o }")
    return kg.Graph(graph.project, RdflibEngine(to_rdflib(everything)))


@pytest.fixture(scope="session")
def endpoint(graph: kg.Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real SPARQL server on loopback that holds the exported graph.

    It holds the graph as known on VIEWED too, as a named graph.
    """
    folder = tmp_path_factory.mktemp("oxigraph")
    exported = folder / "graph.nt"
    exported.write_text(graph.export("ntriples"), encoding="utf-8")
    server = shutil.which("oxigraph", path=str(Path(sys.executable).parent)) or "oxigraph"
    store = ["--location", str(folder / "store")]
    view = folder / "view.nq"
    view.write_text(graph.as_of(known_on=VIEWED).export("nquads"), encoding="utf-8")
    for file in (exported, view):
        subprocess.run([server, "load", *store, "--file", str(file)], check=True)
    port = _free_port()
    bind = f"127.0.0.1:{port}"
    process = subprocess.Popen(
        [server, "serve-read-only", *store, "--bind", bind],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"http://{bind}/query?query=ASK%7B%7D", process)
        yield f"http://{bind}/query"
    finally:
        process.terminate()
        process.wait(10)


class Served:
    """A service that was started by `kg serve` on a free port of loopback."""

    def __init__(self, *options: str, env: dict[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kg", "serve", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        assert self.process.stdout and self.process.stderr
        line = self.process.stdout.readline()
        assert "http://" in line, line + self.process.stderr.read()
        self.address = line.split(" at ")[1].split(" ")[0]
        self.words: list[str] = []
        """The lines of its standard error, the access log among them."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        self.words.extend(iter(self.process.stderr.readline, ""))

    def stop(self) -> int:
        """Asks it to end, and gives its exit code."""
        self.process.terminate()
        code = self.process.wait(20)
        self._reader.join(5)
        return code


@pytest.fixture(scope="session")
def start_service(graph: kg.Graph) -> Iterator[Callable[..., Served]]:
    """Starts services with options of their own; they end with the tests."""
    started: list[Served] = []

    def start(*options: str, env: dict[str, str] | None = None) -> Served:
        started.append(Served(*options, env=env))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.stop()


@pytest.fixture(scope="session")
def service(start_service: Callable[..., Served]) -> Served:
    """The service as it is started by default: `kg serve`."""
    return start_service()


@pytest.fixture(scope="module")
def writable_service(start_service: Callable[..., Served]) -> Iterator[str]:
    """The address of a service that can be written to, fresh for each file of tests."""
    served = start_service("--writable")
    yield served.address
    served.stop()


@pytest.fixture
def working_copy(tmp_path: Path) -> Path:
    """A folder with a copy of the graph and the ontology, to be changed at will."""
    for name in ("graph", "ontology"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="session")
def run_kg(graph: kg.Graph) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the kg command as a process of its own and gives what it printed.

    The store of the shipped graph is in the cache by then.
    """

    def run(
        *arguments: str, input: str | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [sys.executable, "-m", "kg", *arguments],
            capture_output=True,
            input=None if input is None else input.encode(),
            env={**os.environ, **(env or {})},
        )
        out, words = ran.stdout.decode(), ran.stderr.decode()
        return subprocess.CompletedProcess(arguments, ran.returncode, out, words)

    return run


@pytest.fixture(scope="session")
def project_prefixes() -> dict[str, str]:
    """The namespaces of the project's prefixes."""
    return locate().prefixes.namespaces


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"no server answers at {address}")
