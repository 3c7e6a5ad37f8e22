"""The installed wheel: its graph, ontology and queries answer from any folder."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "-q",
        "-w",
        str(folder),
        str(ROOT),
    ]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode and "hatchling" in built.stderr:
        pytest.skip("the build tool cannot be installed here")
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("alliance_kg-*.whl")
    return path


def test_the_wheel_carries_graph_ontology_queries_and_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in (
        "kg/py.typed",
        "kg/article/templates/article.html",
        "kg/data/graph/claims/nato-explainer-2022-10-12.ttl",
        "kg/data/graph/states.ttl",
        "kg/data/graph/organisations/nato.ttl",
        "kg/data/ontology/core.ttl",
        "kg/data/ontology/rule/memberships.rq",
        "kg/data/ontology/check/blank-node.rq",
        "kg/data/ontology/organisation.shapes.ttl",
        "kg/data/queries/members.rq",
    ):
        assert name in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/LICENSE-data") for name in names)


def test_an_installed_kg_answers_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    """The dependencies are those of this environment; only kg itself is the wheel's."""
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    zipfile.ZipFile(wheel).extractall(site)
    here = Path(sys.executable).parent.parent
    for package in sorted((here / "lib").glob("python*/site-packages/*")):
        if not package.name.startswith(("alliance_kg", "_alliance_kg", "__editable__", "kg")):
            target = Path(site) / package.name
            if not target.exists():
                target.symlink_to(package)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ran = subprocess.run(
        [str(python), "-m", "kg", "query", "members", "--on", "2022-10-12", "--format", "csv"],
        cwd=elsewhere,
        env={**os.environ, "KG_CACHE": str(tmp_path / "cache"), "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == 31
    where = subprocess.run(
        [str(python), "-c", "import kg; print(kg.__file__)"],
        capture_output=True,
        text=True,
        cwd=elsewhere,
    )
    assert where.stdout.strip().startswith(site)
    shutil.rmtree(folder)
