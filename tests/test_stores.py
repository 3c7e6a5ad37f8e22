"""The cache of stores: fast, and never an answer from an older graph."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import kg
from kg.build import build_on_disk
from kg.project import cache_folder, locate
from kg.stores import open_embedded

MEMBER = "event:nato-sweden-accession a kg:MembershipEvent"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KG_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def members(folder: Path) -> int:
    return len(kg.open(folder).query("members", organisation="NATO", on="2025-01-01"))


def settle(folder: Path) -> None:
    """Makes the files look as if they had last changed a minute ago."""
    for path in folder.rglob("*"):
        status = path.stat()
        os.utime(path, (status.st_atime, status.st_mtime - 60))


def test_a_store_is_built_once(cache: Path, working_copy: Path) -> None:
    settle(working_copy)
    told: list[str] = []
    for _ in range(3):
        open_embedded(locate(working_copy), tell=told.append)
    assert told == ["The graph is new or has changed: building its store."]


def test_a_changed_file_changes_the_answer_at_once(cache: Path, working_copy: Path) -> None:
    settle(working_copy)
    file = working_copy / "graph" / "organisations" / "nato.ttl"
    assert members(working_copy) == 32
    text = file.read_text(encoding="utf-8")
    start = text.index(MEMBER)
    end = text.index("\n\n", start)
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    assert members(working_copy) == 31
    file.write_text(text, encoding="utf-8")
    assert members(working_copy) == 32


def test_a_change_that_keeps_size_and_time_of_a_fresh_file_is_seen(
    cache: Path, working_copy: Path
) -> None:
    """A file that has changed only this moment is read again, as in Git's index."""
    file = working_copy / "graph" / "organisations" / "nato.ttl"
    text = file.read_text(encoding="utf-8")
    start = text.index(MEMBER)
    date = text.index("2024-03-07", start)
    file.write_text(text, encoding="utf-8")
    times = file.stat()
    assert members(working_copy) == 32
    file.write_text(text[:date] + "2034" + text[date + 4 :], encoding="utf-8")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert members(working_copy) == 31


def test_a_change_with_a_restored_time_of_change_is_seen(cache: Path, working_copy: Path) -> None:
    settle(working_copy)
    file = working_copy / "graph" / "organisations" / "nato.ttl"
    text = file.read_text(encoding="utf-8")
    times = file.stat()
    time.sleep(2.1)
    assert members(working_copy) == 32
    assert members(working_copy) == 32
    date = text.index("2024-03-07", text.index(MEMBER))
    file.write_text(text[:date] + "2034" + text[date + 4 :], encoding="utf-8")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert members(working_copy) == 31


def test_a_graph_that_changes_while_it_is_read_is_not_kept(
    cache: Path, working_copy: Path, tmp_path: Path
) -> None:
    ready = tmp_path / "stores" / "key"
    ready.parent.mkdir()
    with pytest.raises(kg.InvalidDocument, match="changed while it was read"):
        build_on_disk(locate(working_copy), ready, still=lambda: False)
    assert list(ready.parent.iterdir()) == []


def test_a_damaged_file_of_a_store_is_not_exported(cache: Path, working_copy: Path) -> None:
    settle(working_copy)
    whole = kg.open(working_copy).export("ntriples")
    for path in (cache / "stores").rglob("*.nt"):
        path.write_bytes(path.read_bytes()[:1000])
    assert kg.open(working_copy).export("ntriples") == whole


def test_a_changed_rule_changes_the_answer(cache: Path, working_copy: Path) -> None:
    settle(working_copy)
    assert members(working_copy) == 32
    (working_copy / "ontology" / "rule" / "memberships.rq").unlink()
    (working_copy / "ontology" / "rule" / "membership-endings.rq").unlink()
    (working_copy / "ontology" / "rule" / "membership-labels.rq").unlink()
    assert members(working_copy) == 0


def test_a_damaged_store_is_built_again(cache: Path, working_copy: Path) -> None:
    settle(working_copy)
    assert members(working_copy) == 32
    for path in (cache / "stores").rglob("CURRENT"):
        path.write_text("damaged", encoding="utf-8")
    assert members(working_copy) == 32


def test_a_damaged_note_is_no_harm(cache: Path, working_copy: Path) -> None:
    settle(working_copy)
    assert members(working_copy) == 32
    for note in (cache / "notes").iterdir():
        note.write_bytes(b"\xff\x00 half a note")
    assert members(working_copy) == 32


def test_a_cache_that_cannot_be_made_is_done_without(
    working_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file, no folder", encoding="utf-8")
    monkeypatch.setenv("KG_CACHE", str(blocked / "cache"))
    told: list[str] = []
    graph = kg.open(working_copy, tell=told.append)
    assert len(graph.query("members", organisation="NATO", on="2025-01-01")) == 32
    assert len(told) == 1
    assert "building in memory" in told[0]


def test_processes_that_start_at_once_all_get_the_answer(cache: Path, working_copy: Path) -> None:
    code = (
        "import kg, sys; "
        "print(len(kg.open(sys.argv[1]).query('members', organisation='NATO', on='2025-01-01')))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(working_copy)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert [process.communicate()[0] for process in running] == ["32\n"] * 4
    assert len([path for path in (cache / "stores").iterdir() if "." not in path.name]) == 1


def test_nothing_half_built_is_left_after_an_error(cache: Path, working_copy: Path) -> None:
    (working_copy / "graph" / "broken.ttl").write_text("this is no Turtle", encoding="utf-8")
    with pytest.raises(kg.InvalidDocument, match=r"broken\.ttl:1"):
        kg.open(working_copy)
    assert list((cache / "stores").iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "variable", "ending"),
    [
        ("linux", "XDG_CACHE_HOME", "alliance-kg"),
        ("darwin", None, "Library/Caches/alliance-kg"),
        ("win32", "LOCALAPPDATA", "alliance-kg/Cache"),
    ],
)
def test_the_cache_stands_where_the_platform_wants_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    platform: str,
    variable: str | None,
    ending: str,
) -> None:
    monkeypatch.delenv("KG_CACHE", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert cache_folder().as_posix().endswith(ending)
