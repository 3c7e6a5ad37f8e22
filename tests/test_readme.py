"""What the READMEs say is run, and what it prints is what they show."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import ROOT, Served

README = (ROOT / "README.md").read_text(encoding="utf-8")
KG = Path(sys.executable).with_name("kg")
WEB_README = ROOT / "kg" / "web" / "README.md"


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


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_curl_lines_work_as_they_are_pasted(service: Served) -> None:
    (block,) = blocks("sh")
    assert block.count("http://127.0.0.1:8000") == block.count("curl ") == 3
    answers = []
    for line in block.replace("http://127.0.0.1:8000", service.address).splitlines():
        ran = subprocess.run([*shlex.split(line), "-sS", "--fail"], capture_output=True)
        assert (ran.returncode, ran.stderr) == (0, b"")
        answers.append(ran.stdout.decode())
    members, solutions, turtle = answers
    assert len(members.splitlines()) == 31
    assert len(json.loads(solutions)["results"]["bindings"]) == 32  # today
    assert "organisation:nato a kg:Organisation" in turtle


def test_the_unit_for_systemd_starts_the_service() -> None:
    (unit,) = re.findall(r"^```ini\n(.*?)^```$", WEB_README.read_text("utf-8"), re.M | re.S)
    settings = configparser.ConfigParser()
    settings.optionxform = str  # type: ignore[assignment,method-assign]
    settings.read_string(unit)
    command = shlex.split(settings["Service"]["ExecStart"])
    assert Path(command[0]).name == "kg"
    assert run(".venv/bin/kg " + " ".join([*command[1:], "--help"])).returncode == 0
    assert settings["Service"]["Type"] == "notify"


def test_the_container_is_made_of_what_there_is() -> None:
    (lines,) = re.findall(r"^```dockerfile\n(.*?)^```$", WEB_README.read_text("utf-8"), re.M | re.S)
    (command,) = re.findall(r"^CMD (.*)$", lines, re.M)
    name, *arguments = json.loads(command)
    assert name == "kg"
    assert run(" ".join([".venv/bin/kg", *arguments, "--help"])).returncode == 0
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for extra in re.findall(r"\[(\w+)\]'", lines):
        assert extra in project["project"]["optional-dependencies"]


def test_the_readme_is_one_screen() -> None:
    assert len(README.splitlines()) <= 60


def test_every_link_in_a_readme_leads_somewhere() -> None:
    for readme in [ROOT / "README.md", *ROOT.glob("*/README.md"), WEB_README]:
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
