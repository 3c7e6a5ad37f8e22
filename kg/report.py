"""Validation reports: what is wrong, where, and how to mend it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import rdflib
from rdflib.namespace import RDF, SH

from kg.engine.rdflib_engine import to_term
from kg.prefixes import Prefixes
from kg.terms import XSD, Iri, Literal, Term

_IRI: Final = re.compile(r"https?://[^\s\"<>]*[^\s\"<>.,]")

VIOLATION: Final = "violation"
"""Blocks a merge; `kg validate` exits with 1."""
WARNING: Final = "warning"
"""Is shown and blocks nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing that a shape or a check found.

    `rule` is the IRI of the property shape or check and `component` that of the kind of
    constraint; `file` and `line` are where the focus node is described, if it is in a file.
    """

    severity: str
    message: str
    focus: Term
    rule: Iri
    component: Iri
    path: Iri | None = None
    value: Term | None = None
    solution: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Report:
    """What a validation found, violations first, then by file and line."""

    findings: Sequence[Finding]
    prefixes: Prefixes

    @property
    def violations(self) -> list[Finding]:
        """The findings that block a merge."""
        return [finding for finding in self.findings if finding.severity == VIOLATION]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that are only shown."""
        return [finding for finding in self.findings if finding.severity == WARNING]

    @property
    def conforms(self) -> bool:
        """Whether nothing blocks a merge."""
        return not self.violations

    def to_text(self) -> str:
        """Gives a line a finding: place, severity, node, message, rule and way to mend it."""
        return "".join(f"{self._line(finding)}\n" for finding in self.findings)

    def to_json(self) -> str:
        """Gives the findings as a JSON document with `conforms` and `results`."""
        results = [
            {
                "severity": finding.severity,
                "focusNode": str(finding.focus),
                "message": finding.message,
                "solution": finding.solution or None,
                "rule": finding.rule.value,
                "path": finding.path and finding.path.value,
                "value": None if finding.value is None else str(finding.value),
                "file": finding.file or None,
                "line": finding.line or None,
            }
            for finding in self.findings
        ]
        document = {"conforms": self.conforms, "results": results}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    def to_turtle(self) -> str:
        """Gives a sh:ValidationReport (SHACL, section 3.6: https://www.w3.org/TR/shacl/)."""
        graph = rdflib.Graph(bind_namespaces="none")
        for prefix, namespace in self.prefixes.namespaces.items():
            graph.bind(prefix, namespace)
        report = rdflib.BNode("report")
        graph.add((report, RDF.type, SH.ValidationReport))
        graph.add((report, SH.conforms, rdflib.Literal(not self.findings)))
        for number, finding in enumerate(self.findings):
            self._add(graph, report, rdflib.BNode(f"result{number:06}"), finding)
        return graph.serialize(format="longturtle")

    def _add(
        self, graph: rdflib.Graph, report: rdflib.BNode, result: rdflib.BNode, finding: Finding
    ) -> None:
        severity = SH.Violation if finding.severity == VIOLATION else SH.Warning
        graph.add((report, SH.result, result))
        graph.add((result, RDF.type, SH.ValidationResult))
        graph.add((result, SH.resultSeverity, severity))
        graph.add((result, SH.focusNode, to_term(finding.focus)))
        graph.add((result, SH.sourceShape, to_term(finding.rule)))
        graph.add((result, SH.sourceConstraintComponent, to_term(finding.component)))
        graph.add((result, SH.resultMessage, rdflib.Literal(finding.message, lang="en")))
        if finding.path is not None:
            graph.add((result, SH.resultPath, to_term(finding.path)))
        if finding.value is not None:
            graph.add((result, SH.value, to_term(finding.value)))

    def _line(self, finding: Finding) -> str:
        place = f"{finding.file}:{finding.line}: " if finding.file else ""
        focus = self._short(finding.focus)
        value = "" if finding.value is None else f" Found: {self._short(finding.value)}."
        solution = f" {finding.solution}" if finding.severity == VIOLATION else ""
        rule = self.prefixes.shorten(finding.rule.value)
        message = _IRI.sub(lambda match: self.prefixes.shorten(match.group()), finding.message)
        return f"{place}{finding.severity}: {focus}: {message}{value}{solution.rstrip()} [{rule}]"

    def _short(self, term: Term) -> str:
        if isinstance(term, Iri):
            return self.prefixes.shorten(term.value)
        if isinstance(term, Literal) and not term.language and term.datatype != XSD + "string":
            return f"{Literal(term.value).n3()}^^{self.prefixes.shorten(term.datatype)}"
        return term.n3()
