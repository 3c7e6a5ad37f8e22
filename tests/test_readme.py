"""What the READMEs say is run, and what it prints is what they show."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
KG = Path(sys.executable).with_name("kg")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def run(command: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    assert words[0] == ".venv/bin/kg"
    return subprocess.run([str(KG), *words[1:]], capture_output=True, encoding="utf-8")


def test_the_first_command_ends_with_the_main_job() -> None:
    setup, _ = blocks("console")[0].splitlines()
    ran = run(setup.rpartition("&&")[2].strip())
    assert ran.returncode == 0
    assert len(ran.stdout.splitlines()) == 32


def test_the_second_command_runs_these_tests() -> None:
    _, tests = blocks("console")[0].splitlines()
    assert tests == ".venv/bin/python -m pytest -q"


def test_what_the_commands_print_is_what_the_readme_shows() -> None:
    shown: dict[str, list[str]] = {}
    for line in blocks("console")[1].splitlines():
        if line.startswith("$ "):
            lines = shown.setdefault(line[2:], [])
        else:
            lines.append(line)
    assert len(shown) == 2
    for command, lines in shown.items():
        assert run(command).stdout.splitlines() == lines


def test_the_python_block_runs() -> None:
    (code,) = blocks("python")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_readme_is_one_screen() -> None:
    assert len(README.splitlines()) <= 60


def test_every_link_in_a_readme_leads_somewhere() -> None:
    for readme in [ROOT / "README.md", *ROOT.glob("*/README.md")]:
        for target in re.findall(r"\]\(([^)#]+)", readme.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (readme.parent / target).exists(), (readme, target)


def test_every_top_folder_has_a_readme() -> None:
    for name in ("ontology", "graph", "queries", "kg", "tests", "benchmarks"):
        assert (ROOT / name / "README.md").is_file()


def test_the_readme_of_the_tests_names_every_test_file() -> None:
    text = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        assert f"`{path.name}`" in text, path.name
