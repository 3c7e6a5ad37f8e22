"""Validation: SHACL shapes by pySHACL, and the checks that compare nodes by SPARQL.

Without paths the whole graph is validated, what rules derived included. With paths, Turtle files
are read beside the graph, and what is found about the things that they describe is reported,
together with every violation that they bring about elsewhere.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyshacl
import rdflib
from rdflib.namespace import SH
from rdflib.plugins.parsers.notation3 import BadSyntax

from kg.build import build_in_memory
from kg.documents import Place, describe_places, read_turtle
from kg.engine import Engine, construct, select
from kg.engine.oxigraph_engine import from_triple
from kg.engine.rdflib_engine import from_term, to_rdflib
from kg.errors import EngineError, InvalidDocument, UnknownName
from kg.project import Project
from kg.report import VIOLATION, WARNING, Finding, Report
from kg.sparql_file import SparqlFile, SparqlFolder
from kg.terms import RDF_TYPE, Iri, Node, Term, Triple

logging.getLogger("rdflib.term").setLevel(logging.ERROR)  # an ill-typed date is a finding

_SUB_CLASS: Final = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
_CHECK_COMPONENT: Final = Iri(str(SH.SPARQLConstraintComponent))
_EVERYTHING: Final = "CONSTRUCT WHERE { ?subject ?predicate ?object }"
_DERIVED_FROM: Final = """
PREFIX kg:   <https://w3id.org/alliance-kg/ontology#>
PREFIX prov: <http://www.w3.org/ns/prov#>
SELECT DISTINCT ?derived
WHERE {{
  VALUES ?statement {{ {statements} }}
  ?derived prov:wasDerivedFrom ?statement .
  MINUS {{ ?derived a kg:MembershipEvent . }}
}}
"""


def validate(project: Project, paths: Sequence[Path] = ()) -> Report:
    """Validates a project's graph, or Turtle files against it.

    Raises InvalidDocument for a file that is no Turtle, UnknownName for one that does not exist.
    """
    if project.endpoint:
        raise EngineError(
            "An endpoint cannot be validated: shapes and checks run over files. Give --at a folder."
        )
    files = _turtle_files(paths)
    engine = build_in_memory(project, files)
    described = {from_triple(quad.triple)[0] for quad in read_turtle(files)}
    focus = described | _derived_from(engine, described) if files else None
    findings = [*_shapes(project, engine, focus), *_checks(project, engine, focus)]
    places = describe_places([*project.turtle_files(), *files])
    placed = [_placed(finding, places, project) for finding in findings]
    once = {(each.focus, each.rule, each.value, each.message): each for each in placed}
    return Report(sorted(once.values(), key=_order), project.prefixes)


def _shapes(project: Project, engine: Engine, focus: set[Node] | None) -> Iterable[Finding]:
    triples = construct(engine, _EVERYTHING)
    data = to_rdflib(triples if focus is None else _about(focus, triples))
    shapes = rdflib.Graph()
    for path in project.shapes_files():
        try:
            shapes.parse(path, format="turtle")
        except (BadSyntax, ValueError, OSError) as error:
            raise InvalidDocument(f"{path}: the shapes cannot be read: {error}") from error
    _, results, _ = pyshacl.validate(data, shacl_graph=shapes, inference="none")
    for result in results.subjects(SH.focusNode):
        node = from_term(results.value(result, SH.focusNode))
        if focus is not None and node not in focus:
            continue
        shape = results.value(result, SH.sourceShape)
        path = results.value(result, SH.resultPath)
        severity = results.value(result, SH.resultSeverity)
        yield Finding(
            VIOLATION if severity == SH.Violation else WARNING,
            str(shapes.value(shape, SH.message) or results.value(result, SH.resultMessage)),
            _known(node),
            Iri(str(shape)),
            Iri(str(results.value(result, SH.sourceConstraintComponent))),
            None if path is None else Iri(str(path)),
            from_term(results.value(result, SH.value)),
        )


def _about(focus: set[Node], triples: Iterable[Triple]) -> Iterable[Triple]:
    """Gives the triples of the focus nodes, and what kind of thing their neighbours are."""
    known = list(triples)
    own = [triple for triple in known if triple[0] in focus]
    neighbours = {object_ for _, _, object_ in own}
    yield from own
    for subject, predicate, object_ in known:
        if predicate.value == _SUB_CLASS or (
            predicate.value == RDF_TYPE and subject in neighbours and subject not in focus
        ):
            yield subject, predicate, object_


def _checks(project: Project, engine: Engine, focus: set[Node] | None) -> Iterable[Finding]:
    for check in SparqlFolder(project.checks).values():
        severity = _severity(check)
        rule = project.prefixes.expand(f"check:{check.name}")
        table = select(engine, check.text)
        if table.columns != ("focus", "message"):
            raise InvalidDocument(f"{check.path}: a check selects ?focus and ?message.")
        for node, message in table.rows:
            if focus is None or severity == VIOLATION or node in focus:
                yield Finding(
                    severity,
                    str(message),
                    _known(node),
                    rule,
                    _CHECK_COMPONENT,
                    solution=check.head.get("solution", ""),
                )


def _severity(check: SparqlFile) -> str:
    severity = check.head.get("severity", VIOLATION)
    if severity not in (VIOLATION, WARNING):
        raise InvalidDocument(
            f'{check.path}: "#+ severity: {severity}" is neither {VIOLATION} nor {WARNING}.'
        )
    return severity


def _derived_from(engine: Engine, statements: set[Node]) -> set[Node]:
    values = " ".join(sorted(node.n3() for node in statements if isinstance(node, Iri)))
    rows = select(engine, _DERIVED_FROM.format(statements=values)).rows
    return {node for (node,) in rows if isinstance(node, Iri)}


def _turtle_files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise UnknownName(f"There is no file or folder {path}.")
        if not path.is_dir() and not path.is_file():
            raise UnknownName(f"{path} is no regular file. Give a Turtle file or a folder of them.")
        found = sorted(path.rglob("*.ttl")) if path.is_dir() else [path]
        if not found:
            raise UnknownName(f"The folder {path} holds no Turtle files (*.ttl).")
        files += found
    return files


def _placed(finding: Finding, places: dict[str, Place], project: Project) -> Finding:
    focus = str(finding.focus)
    described = [
        focus,
        *(focus.replace(f"/{kind}/", "/event/") for kind in ("membership", "candidacy")),
    ]
    for name in described:
        if place := places.get(name):
            return replace(finding, file=project.short_path(place.path), line=place.line)
    return finding


def _order(finding: Finding) -> tuple[bool, str, int, str, str, str, str]:
    is_warning = finding.severity != VIOLATION
    value = finding.value.n3() if finding.value else ""
    place = (finding.file, finding.line, str(finding.focus))
    return is_warning, *place, finding.rule.value, finding.message, value


def _known(term: Term | None) -> Term:
    assert term is not None, "a finding has a focus node"
    return term
