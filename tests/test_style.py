"""The house style, as far as a tool can check it."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import rdflib
from conftest import ROOT
from rdflib.namespace import DCTERMS, OWL, RDF, SKOS
from rdflib.plugins.sparql.parser import parseQuery

from kg.project import locate
from kg.rules import in_order
from kg.sparql_file import SparqlFolder, read_sparql_file

LAYERS = [
    {"terms", "errors", "prefixes", "dates", "project", "version", "clocks"},
    {
        "canonical",
        "documents",
        "sparql",
        "sparql_file",
        "table",
        "table_formats",
        "turtle_writer",
    },
    {"engine"},
    {"rules", "build", "stores", "knowledge", "worlds"},
    {
        "article",
        "ask",
        "changes",
        "coverage",
        "description",
        "explain",
        "export",
        "graph",
        "opening",
        "parameters",
        "relations",
        "report",
        "things",
        "validate",
        "views",
    },
    {"cli", "importers", "web", "__main__", "__init__"},
]
SPARQL_FILES = sorted(
    [*(ROOT / "queries").glob("*.rq"), *(ROOT / "ontology").rglob("*.rq")],
    key=lambda path: path.name,
)
QUERIES = sorted((ROOT / "queries").glob("*.rq"))
PYTHON_FILES = sorted((ROOT / "kg").rglob("*.py"))


def layer_of(module: str) -> int:
    for number, names in enumerate(LAYERS):
        if module in names:
            return number
    raise AssertionError(f"kg.{module} belongs to no layer")


def imported_modules(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kg."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("kg.")}
    return found


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_from_its_own_or_lower_layers(path: Path) -> None:
    own = layer_of(path.relative_to(ROOT / "kg").parts[0].removesuffix(".py"))
    for module in imported_modules(path):
        assert layer_of(module) <= own, f"{path.name} imports kg.{module}"


def test_the_faces_do_not_import_each_other() -> None:
    for path in (ROOT / "kg" / "importers").glob("*.py"):
        assert "cli" not in imported_modules(path)


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_in_250_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "kg", "tests", "benchmarks"],
        ["ruff", "format", "--check", "kg", "tests", "benchmarks"],
        ["mypy"],
        ["turtlefmt", "--check", "ontology", "graph", "tests"],
    ],
    ids=" ".join,
)
def test_a_tool_finds_nothing(command: list[str]) -> None:
    tool = Path(sys.executable).with_name(command[0])
    ran = subprocess.run([str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", SPARQL_FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_sparql_file_is_well_formed_and_portable(path: Path) -> None:
    text = read_sparql_file(path).text
    parseQuery(text)
    body = text[text.index("{") :]
    assert not re.search(r"\b(GRAPH|SERVICE|FROM)\b", re.sub(r"#.*", "", body))
    assert "SELECT *" not in text
    assert not re.search(r"\?[spo]\b(?!\w)", body)
    prefixes = re.findall(r"^PREFIX +([\w-]+):", text, re.MULTILINE)
    assert prefixes == sorted(prefixes)
    for prefix in prefixes:
        assert re.search(
            rf"(?<![\w-]){prefix}:", body + text[: text.index("{")].split("PREFIX")[-1]
        )
    known = locate().prefixes.namespaces
    assert all(known[p] == n for p, n in re.findall(r"^PREFIX +([\w-]+): +<(.*)>", text, re.M))


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_a_stored_query_says_what_it_asks_and_how_its_rows_are_ordered(path: Path) -> None:
    query = read_sparql_file(path)
    for key in ("summary", "question", "description"):
        assert query.head[key].endswith((".", "?"))
    assert re.search(r"^ORDER BY ", query.text, re.MULTILINE)
    for parameter in query.parameters:
        assert parameter.meaning.endswith(".")
    first = re.search(r"SELECT (?:DISTINCT )?(\S+)", query.text)
    assert first and first[1].startswith("?")


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_a_parameter_inside_optional_is_compared_and_not_matched(path: Path) -> None:
    """rdflib loses rows where a variable bound by VALUES alone stands in a pattern there."""
    query = read_sparql_file(path)
    names = {parameter.name for parameter in query.parameters}
    for inside in re.findall(r"OPTIONAL \{((?:[^{}]|\{[^{}]*\})*)\}", query.text):
        assert "SELECT" not in inside
        patterns = re.sub(r"FILTER\s*\((?:[^()]|\([^()]*\))*\)", "", inside)
        assert names.isdisjoint(re.findall(r"\?(\w+)", patterns))


def test_rules_come_after_what_they_read() -> None:
    rules = SparqlFolder(locate().rules)
    names = [rule.name for rule in in_order(rules)]
    for rule in rules.values():
        for earlier in filter(None, rule.head.get("after", "").split(", ")):
            assert names.index(earlier) < names.index(rule.name)


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    graph = rdflib.Graph()
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        if not path.name.endswith(".shapes.ttl"):
            graph.parse(path)
    return graph


def test_every_term_has_label_definition_and_example(ontology: rdflib.Graph) -> None:
    kinds = (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    terms = {term for kind in kinds for term in ontology.subjects(RDF.type, kind)}
    assert len(terms) > 40
    for term in terms:
        for property_ in (SKOS.prefLabel, SKOS.definition, SKOS.example):
            (text,) = ontology.objects(term, property_)
            assert text.language == "en", (term, property_)  # type: ignore[attr-defined]
        assert str(ontology.value(term, SKOS.definition)).endswith(".")


def test_the_header_says_who_when_and_under_which_licence(ontology: rdflib.Graph) -> None:
    """FOOPS! asks for these: OM1 to OM5, VER1, VER2, FIND1."""
    header = rdflib.URIRef("https://w3id.org/alliance-kg/ontology")
    vann = rdflib.Namespace("http://purl.org/vocab/vann/")
    for property_ in (
        DCTERMS.title,
        DCTERMS.description,
        DCTERMS.license,
        DCTERMS.creator,
        DCTERMS.created,
        DCTERMS.modified,
        DCTERMS.bibliographicCitation,
        OWL.versionIRI,
        OWL.versionInfo,
        vann.preferredNamespacePrefix,
        vann.preferredNamespaceUri,
    ):
        assert ontology.value(header, property_) is not None, property_


def test_the_base_iri_stands_in_prefixes_only() -> None:
    base = "https://w3id.org/alliance-kg/"
    for path in SPARQL_FILES:
        rest = re.sub(r"^PREFIX .*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert base not in rest, path
