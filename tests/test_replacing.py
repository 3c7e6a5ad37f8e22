"""The graph is replaced while it is served, or the disk is full: the answers stay whole."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from conftest import ROOT, Served
from processes import comes, pids_of, zombies_of

NOTES = "SELECT ?note WHERE { organisation:nato skos:note ?note } ORDER BY ?note"
MEMBERS = "/query/members.csv?organisation=NATO&on=2022-10-12"


def write_notes(folder: Path, number: int) -> None:
    """Changes two statements at once."""
    file = folder / "graph" / "notes.ttl"
    making = folder / "notes.new"
    making.write_text(
        "@prefix organisation: <https://w3id.org/alliance-kg/organisation/> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n\n"
        f'organisation:nato skos:note "a {number}", "b {number}" .\n',
        encoding="utf-8",
    )
    making.replace(file)


def notes(client: httpx.Client, serial: int) -> tuple[str, str]:
    """Gives what a query answers, and its entity tag."""
    params = {"query": f"{NOTES} # {serial % 3}", "format": "csv"}
    answer = client.get("/sparql", params=params)
    assert answer.status_code == 200, answer.text
    return answer.text, answer.headers["etag"]


def lines(number: int) -> str:
    return f"note\r\na {number}\r\nb {number}\r\n"


@pytest.fixture
def small_copy(tmp_path: Path) -> Path:
    """A folder with a small part of the graph, which is loaded in a moment."""
    (tmp_path / "graph").mkdir()
    for name in ("states.ttl", "organisations/nato.ttl"):
        shutil.copy(ROOT / "graph" / name, tmp_path / "graph")
    write_notes(tmp_path, 0)
    return tmp_path


@pytest.fixture
def reloading(small_copy: Path, start_service: Callable[..., Served]) -> Iterator[Served]:
    served = start_service("--reload", "--at", str(small_copy))
    yield served
    if served.process.poll() is None:
        served.stop()


def test_each_answer_is_wholly_old_or_wholly_new(reloading: Served, small_copy: Path) -> None:
    found: list[tuple[str, str]] = []
    failures: list[str] = []
    is_over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=reloading.address, timeout=30) as client:
            while not is_over.is_set():
                found.append(notes(client, len(found)))
                pages = ["/organisation/nato.html", "/query/members", "/explain/members.txt?row=1"]
                page = client.get(pages[len(found) % 3], params={"organisation": "NATO"})
                if page.status_code == 500:
                    failures.append(page.text)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    with httpx.Client(base_url=reloading.address, timeout=30) as client:
        assert notes(client, 0)[0] == lines(0)
        for number in (1, 2):
            write_notes(small_copy, number)
            assert comes(lambda number=number: notes(client, 0)[0] == lines(number), 30)
        (small_copy / "graph" / "broken.ttl").write_text("This is no Turtle.")
        assert comes(lambda: any("not taken over" in line for line in reloading.words), 30)
        assert notes(client, 0)[0] == lines(2)
        (small_copy / "graph" / "broken.ttl").unlink()
        write_notes(small_copy, 3)
        assert comes(lambda: notes(client, 0)[0] == lines(3), 30)
    is_over.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert {text for text, _ in found} <= {lines(number) for number in range(4)}
    by_tag = {tag: text for text, tag in found}
    assert all(by_tag[tag] == text for text, tag in found)
    assert not [line for line in reloading.words if line.startswith("Traceback")]
    assert comes(lambda: len(pids_of(reloading.process.pid)) <= 6, 15)
    assert len(zombies_of(reloading.process.pid)) <= 1
    assert serving(reloading)
    assert reloading.stop() == 0
    assert not serving(reloading)


def test_without_reload_nothing_that_happens_to_the_files_changes_an_answer(
    small_copy: Path,
    start_service: Callable[..., Served],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    cache = tmp_path_factory.mktemp("own-cache")
    served = start_service("--at", str(small_copy), env={"KG_CACHE": str(cache)})
    with httpx.Client(base_url=served.address, timeout=30) as client:
        before = client.get("/organisation/nato.ttl")
        write_notes(small_copy, 1)
        assert notes(client, 0)[0] == lines(0)
        shutil.rmtree(small_copy / "graph")
        shutil.rmtree(cache)
        for serial in range(1, 4):
            assert notes(client, serial)[0] == lines(0)
        pages = ["/", "/query", "/query/members?organisation=NATO", "/organisation", "/ontology"]
        pages += ["/organisation/nato.html", "/explain/members?organisation=NATO"]
        pages += ["/query/members?organisation=NATO&known-on=2000-01-01", "/openapi.json"]
        pages += ["/.well-known/void", "/search?name=NATO", "/export.nt"]
        refused = {page: answer.text for page in pages if (answer := client.get(page)).is_error}
        assert not refused
        assert client.get("/organisation/nato.ttl").text == before.text
    assert served.stop() == 0


def serving(served: Served) -> list[Path]:
    return list(Path(os.environ["KG_CACHE"]).glob(f"serving-{served.process.pid}-*"))


# A disk that is full


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_requests_are_served_when_the_log_cannot_be_written(
    start_service: Callable[..., Served],
) -> None:
    command = [sys.executable, "-m", "kg", "serve", "--port", "0"]
    with FULL.open("w") as full:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=full, text=True)
    assert process.stdout
    address = process.stdout.readline().split(" at ")[1].split(" ")[0]
    try:
        for _ in range(3):
            assert httpx.get(address + MEMBERS, timeout=20).status_code == 200
            assert httpx.get(address + "/query/none", timeout=20).status_code == 404
            assert httpx.post(address + "/sparql", data={"query": "SELEKT"}).status_code == 400
        first = next(pid for pid in pids_of(process.pid))
        os.kill(first, 9)
        assert comes(lambda: httpx.get(address + MEMBERS + "&certainty=certain").is_success, 20)
        time.sleep(0.2)
    finally:
        process.terminate()
        assert process.wait(20) in (0, 120)  # 120 is Python's own, for a log that it cannot end


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of a process are not known here")
def test_no_room_for_the_store_is_one_clear_message(tmp_path: Path) -> None:
    """Each file may have as many bytes as a disk that is nearly full would take."""
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "empty.ttl").write_text("")
    limited = (
        "import resource, runpy, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        f"sys.argv = ['kg', 'serve', '--port', '0', '--at', {str(tmp_path)!r}];"
        "runpy.run_module('kg', run_name='__main__')"
    )
    places = {"KG_CACHE": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", limited],
        capture_output=True,
        text=True,
        env={**os.environ, **places},
        timeout=120,
    )
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    assert "There is no place for the store" in ran.stderr
    assert "KG_CACHE" in ran.stderr
