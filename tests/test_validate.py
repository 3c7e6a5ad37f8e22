"""Validation: the shipped graph passes, and each kind of mistake is found and named."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import rdflib
from conftest import ROOT
from rdflib.namespace import RDF, SH

import kg
from kg.documents import describe_places
from kg.project import locate
from kg.report import Finding, Report
from kg.sparql_file import SparqlFolder

BAD = sorted((ROOT / "tests" / "shapes").rglob("*.ttl"))
GOOD = sorted((ROOT / "tests" / "examples").glob("*.ttl"))
WARNED = sorted((ROOT / "tests" / "examples" / "warning").glob("*.ttl"))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT / "tests"))


def expected(path: Path) -> list[str]:
    found = re.findall(r"^\s*# expected: (.+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, f"{path} begins with '# expected: ' and the message"
    return [message.strip() for message in found]


@pytest.fixture(scope="module")
def report(graph: kg.Graph) -> Report:
    return graph.validate()


def test_the_shipped_graph_has_no_violations(report: Report) -> None:
    assert report.to_text() == "" or report.violations == []
    assert report.conforms


def test_the_shipped_graph_lists_what_is_unverified(graph: kg.Graph, report: Report) -> None:
    warned = {
        str(finding.focus)
        for finding in report.warnings
        if finding.rule.value.endswith("/unverified-statement")
    }
    assert warned == set(graph.query("unverified").column("statement"))


def test_a_finding_says_in_which_file_and_line_the_thing_stands(report: Report) -> None:
    for finding in report.findings:
        line = (ROOT / finding.file).read_text(encoding="utf-8").splitlines()[finding.line - 1]
        assert line.startswith(report.prefixes.shorten(str(finding.focus)))


def together(paths: list[Path]) -> list[list[Path]]:
    """Gives files that can be validated at once: none names what only another one describes."""
    project = locate()
    known = set(map(project.prefixes.shorten, describe_places(project.turtle_files())))
    groups: list[tuple[set[str], list[Path]]] = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        named = {
            f"{prefix}:{name}"
            for prefix, name in re.findall(r"(?<![\w-])([a-z][a-z-]*):([a-z0-9][\w-]*)", text)
            if project.prefixes.namespaces.get(prefix, "").endswith(f"/alliance-kg/{prefix}/")
        }
        things = (named - known) | set(describe_places([path]))
        for taken, group in groups:
            if taken.isdisjoint(things):
                taken |= things
                group.append(path)
                break
        else:
            groups.append((things, [path]))
    return [group for _, group in groups]


@pytest.fixture(scope="module")
def found(graph: kg.Graph) -> dict[str, list[Finding]]:
    """What is found in each file of mistakes; shapes look at single things, so many at once."""
    shapes = [path for path in BAD if path.parent.name == "shape"]
    checks = [[path] for path in BAD if path.parent.name == "check"]
    findings: dict[str, list[Finding]] = {}
    for group in [*together(shapes), *checks]:
        paths = {str(path) for path in group}
        for finding in graph.validate(group).violations:
            for path in {finding.file} & paths or paths:  # what is derived stands elsewhere
                findings.setdefault(path, []).append(finding)
    return findings


@pytest.mark.parametrize("path", BAD, ids=named)
def test_a_mistake_is_found_and_named(found: dict[str, list[Finding]], path: Path) -> None:
    rule = f"/{path.parent.name}/{path.stem}"
    here = found.get(str(path), [])
    said = [finding.message for finding in here if finding.rule.value.endswith(rule)]
    for message in expected(path):
        assert any(message in each for each in said), [(each.rule, each.message) for each in here]


@pytest.mark.parametrize("path", GOOD, ids=named)
def test_a_correct_example_has_no_violations(graph: kg.Graph, path: Path) -> None:
    report = graph.validate([path])
    assert [finding.message for finding in report.violations] == []


@pytest.mark.parametrize("path", WARNED, ids=named)
def test_a_doubtful_example_is_warned_of(graph: kg.Graph, path: Path) -> None:
    report = graph.validate([path])
    assert report.conforms
    for message in expected(path):
        assert any(message in finding.message for finding in report.warnings)


def test_every_shape_and_check_has_a_mistake_to_find() -> None:
    project = locate()
    shapes = rdflib.Graph()
    for file in project.shapes_files():
        shapes.parse(file)
    names = {f"shape/{str(shape).rpartition('/')[2]}" for shape in shapes.subjects(SH.targetClass)}
    for name, check in SparqlFolder(project.checks).items():
        if check.head["severity"] == "violation":
            names.add(f"check/{name}")
    assert names == {f"{path.parent.name}/{path.stem}" for path in BAD}


def test_every_class_has_a_shape() -> None:
    project = locate()
    shapes, terms = rdflib.Graph(), rdflib.Graph()
    for file in project.shapes_files():
        shapes.parse(file)
    for file in sorted(project.ontology.glob("*.ttl")):
        terms.parse(file)
    classes = set(terms.subjects(RDF.type, rdflib.OWL.Class))
    assert classes <= set(shapes.objects(None, SH.targetClass))


def test_every_shape_says_how_things_should_be() -> None:
    shapes = rdflib.Graph()
    for file in locate().shapes_files():
        shapes.parse(file)
    for shape in shapes.subjects(RDF.type, SH.PropertyShape):
        (message,) = shapes.objects(shape, SH.message)
        assert str(message).endswith("."), shape
        assert not isinstance(shape, rdflib.BNode)


def test_a_report_as_turtle_is_a_validation_report(graph: kg.Graph) -> None:
    report = graph.validate([BAD[0]])
    read = rdflib.Graph().parse(data=report.to_turtle(), format="turtle")
    (node,) = read.subjects(RDF.type, SH.ValidationReport)
    assert read.value(node, SH.conforms) == rdflib.Literal(False)
    results = list(read.objects(node, SH.result))
    assert len(results) == len(report.findings)
    for result in results:
        for required in (
            SH.focusNode,
            SH.resultSeverity,
            SH.sourceConstraintComponent,
            SH.resultMessage,
            SH.sourceShape,
        ):
            assert read.value(result, required) is not None


def test_a_report_is_the_same_in_every_run(
    run_kg: Callable[..., CompletedProcess[str]],
) -> None:
    path = str(next(path for path in BAD if path.stem == "MembershipEvent-eventType"))
    for format in ("text", "json", "turtle"):
        runs = {
            run_kg("validate", path, "-f", format, env={"PYTHONHASHSEED": seed}).stdout
            for seed in "123"
        }
        assert len(runs) == 1


def test_violations_make_the_command_exit_with_1(
    run_kg: Callable[..., CompletedProcess[str]],
) -> None:
    path = next(path for path in BAD if path.stem == "MembershipEvent-date")
    ran = run_kg("validate", str(path), "--format", "json")
    document = json.loads(ran.stdout)
    assert ran.returncode == 1
    assert document["conforms"] is False
    first = document["results"][0]
    assert first["file"] == str(path)
    assert path.read_text(encoding="utf-8").splitlines()[first["line"] - 1].startswith("event:")
    text = run_kg("validate", str(path)).stdout
    assert f"{path}:{first['line']}: violation: event:" in text
    assert "1 violations" in ran.stderr


def test_a_good_file_makes_the_command_exit_with_0(
    run_kg: Callable[..., CompletedProcess[str]],
) -> None:
    assert run_kg("validate", str(GOOD[0]), "--quiet").returncode == 0


def test_an_endpoint_is_not_validated(endpoint: str) -> None:
    with pytest.raises(kg.EngineError, match="Give --at a folder"):
        kg.open(endpoint).validate()
