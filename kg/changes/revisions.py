"""Revisions of a graph: what Git holds of its folder, unpacked to be read."""

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from kg.errors import EngineError, InvalidValue
from kg.project import Project, is_packaged, locate

_PARTS: Final = ("graph", "ontology", "queries")
_OF_ANOTHER_PLACE: Final = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_WORK_TREE")


@dataclass(frozen=True)
class Revision:
    """A revision as it was named, with its commit and the day on which that was made."""

    name: str
    commit: str
    day: str

    def __str__(self) -> str:
        return f"{self.name} ({self.commit[:8]}, {self.day})"


def find_revision(project: Project, name: str, *, where: str) -> Revision:
    """Finds a commit by what Git calls a revision: a tag, a branch, HEAD~5; `where` is the option.

    Raises EngineError where the graph is in no Git repository, InvalidValue for what is none of
    its revisions.
    """
    folder = _working_tree(project, name, where)
    found = _git(
        folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
    )
    commit = found.stdout.decode().strip()
    if found.returncode or not commit:
        raise InvalidValue(
            f'"{name}" is no date and no revision of the Git repository of {folder}, given for '
            f"{where}. Write a day as year-month-day, or a revision as Git names it: HEAD~5, a "
            "tag, a branch or a commit; git log lists them."
        )
    day = _git(folder, "show", "--no-patch", "--format=%cs", commit).stdout.decode().strip()
    return Revision(name, commit, day)


def unpack(project: Project, revision: Revision, into: Path) -> Project:
    """Writes the folders of a graph as of a revision into an empty folder and gives them.

    Raises InvalidValue for a revision that holds no graph.
    """
    folder = project.graph.parent
    listed = _git(folder, "ls-tree", "--name-only", revision.commit, "--", *_PARTS)
    parts = [part for part in _PARTS if part in listed.stdout.decode().splitlines()]
    if "graph" not in parts:
        raise InvalidValue(
            f"The revision {revision} holds no folder graph/ beside that of {folder}. Name a "
            "later one; git log -- graph lists those that changed it."
        )
    packed = _git(folder, "archive", "--format=tar", revision.commit, "--", *parts)
    if packed.returncode:
        raise EngineError(f"Git cannot read the revision {revision}: {_said(packed)}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            if not member.isfile() or path.is_absolute() or ".." in path.parts:
                continue
            content = archive.extractfile(member)
            assert content is not None, "a file has content"
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
    return locate(into)


def _working_tree(project: Project, name: str, where: str) -> Path:
    """Gives the folder of a graph that Git keeps; raises EngineError for any other."""
    advice = (
        f'Give --at a folder that Git keeps, or a day such as 2022-10-12 for {where}: "{name}" '
        "is no day."
    )
    if is_packaged(project):
        what = "an endpoint" if project.endpoint else "the packaged graph"
        raise EngineError(f"There are no revisions of {what}. {advice}")
    folder = project.graph.parent
    asked = _git(folder, "rev-parse", "--is-inside-work-tree")
    if asked.returncode or asked.stdout.strip() != b"true":
        raise EngineError(f"{folder} is in no Git repository ({_said(asked)}) {advice}")
    return folder


def _git(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    own = {key: value for key, value in os.environ.items() if key not in _OF_ANOTHER_PLACE}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env={**own, "LC_ALL": "C"},
        )
    except OSError as error:
        raise EngineError(
            f"Git cannot be run ({error.strerror or error}). Install it, or give a day such as "
            "2022-10-12 in the place of a revision."
        ) from error


def _said(ran: "subprocess.CompletedProcess[bytes]") -> str:
    said = ran.stderr.decode(errors="replace").strip().splitlines()
    return f"{said[0].rstrip('.')}." if said else "Git gave no reason."
