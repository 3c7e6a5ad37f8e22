"""Tables as text: for people, for spreadsheets, and in the W3C's result formats.

CSV and TSV follow `SPARQL 1.1 Query Results CSV and TSV Formats
<https://www.w3.org/TR/sparql11-results-csv-tsv/>`_, JSON and XML the formats of the same name
(`JSON <https://www.w3.org/TR/sparql11-results-json/>`_,
`XML <https://www.w3.org/TR/rdf-sparql-XMLres/>`_).
"""

import csv
import datetime
import io
import json
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from kg.prefixes import Prefixes
from kg.table import Table
from kg.terms import XSD, BlankNode, Iri, Literal, Term, python_value

_XML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})
_SPARQL_RESULTS: Final = "http://www.w3.org/2005/sparql-results#"


def write_csv(table: Table, prefixes: Prefixes) -> str:
    """Gives SPARQL CSV: a header line, plain values, lines that end in CR LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(table.columns)
    writer.writerows(["" if term is None else str(term) for term in row] for row in table.rows)
    return out.getvalue()


def write_tsv(table: Table, prefixes: Prefixes) -> str:
    """Gives SPARQL TSV: the header's names with question marks, terms as in Turtle."""
    lines = ["\t".join(f"?{column}" for column in table.columns)]
    for row in table.rows:
        lines.append("\t".join("" if term is None else term.n3() for term in row))
    return "\n".join(lines) + "\n"


def write_json(table: Table, prefixes: Prefixes) -> str:
    """Gives SPARQL JSON results, indented."""
    bindings = [
        {
            column: _json_term(term)
            for column, term in zip(table.columns, row, strict=True)
            if term is not None
        }
        for row in table.rows
    ]
    document = {"head": {"vars": list(table.columns)}, "results": {"bindings": bindings}}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write_jsonl(table: Table, prefixes: Prefixes) -> str:
    """Gives one JSON object a row, with numbers as numbers and unbound columns as null."""
    lines = [
        json.dumps(
            {column: json_value(term) for column, term in zip(table.columns, row, strict=True)},
            ensure_ascii=False,
        )
        for row in table.rows
    ]
    return "".join(f"{line}\n" for line in lines)


def write_xml(table: Table, prefixes: Prefixes) -> str:
    """Gives SPARQL XML results."""
    variables = "".join(f"<variable name={_quoted(column)}/>" for column in table.columns)
    results = [
        "    <result>"
        + "".join(
            f"<binding name={_quoted(column)}>{_xml_term(term)}</binding>"
            for column, term in zip(table.columns, row, strict=True)
            if term is not None
        )
        + "</result>"
        for row in table.rows
    ]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<sparql xmlns="{_SPARQL_RESULTS}">',
            f"  <head>{variables}</head>",
            "  <results>",
            *results,
            "  </results>",
            "</sparql>",
            "",
        ]
    )


def write_markdown(table: Table, prefixes: Prefixes) -> str:
    """Gives a Markdown table with prefixed names."""
    cells = [[_cell(term, prefixes).replace("|", "\\|") for term in row] for row in table.rows]
    widths = _widths([list(table.columns), *cells])
    lines = [_line(list(table.columns), widths, " | ").join(("| ", " |"))]
    lines.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    lines += [_line(row, widths, " | ").join(("| ", " |")) for row in cells]
    return "\n".join(lines) + "\n"


def write_table(table: Table, prefixes: Prefixes) -> str:
    """Gives a table for reading: aligned columns, prefixed names, numbers to the right."""
    cells = [[_cell(term, prefixes) for term in row] for row in table.rows]
    widths = _widths([list(table.columns), *cells])
    numeric = [
        bool(table.rows) and all(_is_number(row[column]) for row in table.rows)
        for column in range(len(table.columns))
    ]
    lines = [_line(list(table.columns), widths, "  ", numeric).rstrip()]
    lines.append("  ".join("─" * width for width in widths))
    lines += [_line(row, widths, "  ", numeric).rstrip() for row in cells]
    return "\n".join(lines) + "\n"


TABLE_FORMATS: Final[dict[str, Callable[[Table, Prefixes], str]]] = {
    "table": write_table,
    "csv": write_csv,
    "tsv": write_tsv,
    "json": write_json,
    "jsonl": write_jsonl,
    "markdown": write_markdown,
    "xml": write_xml,
}
"""The writers of tables, by the name of their format."""


def write_boolean(value: bool, format: str) -> str:
    """Gives the answer of an ASK query: SPARQL JSON or XML, else the word true or false."""
    word = "true" if value else "false"
    if format == "json":
        return json.dumps({"head": {}, "boolean": value}) + "\n"
    if format == "xml":
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<sparql xmlns="{_SPARQL_RESULTS}">'
            f"<head/><boolean>{word}</boolean></sparql>\n"
        )
    return word + "\n"


def _json_term(term: Term) -> dict[str, str]:
    if isinstance(term, Iri):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    document = {"type": "literal", "value": term.value}
    if term.language:
        document["xml:lang"] = term.language
    elif term.datatype != XSD + "string":
        document["datatype"] = term.datatype
    return document


def json_value(term: Term | None) -> str | int | float | bool | None:
    """Gives a term as JSON has it: numbers and truths as such, all else as text."""
    value = python_value(term)
    if isinstance(value, Decimal | datetime.date):
        return str(term)
    return value


def _xml_term(term: Term) -> str:
    if isinstance(term, Iri):
        return f"<uri>{term.value.translate(_XML)}</uri>"
    if isinstance(term, BlankNode):
        return f"<bnode>{term.value.translate(_XML)}</bnode>"
    attribute = ""
    if term.language:
        attribute = f" xml:lang={_quoted(term.language)}"
    elif term.datatype != XSD + "string":
        attribute = f" datatype={_quoted(term.datatype)}"
    return f"<literal{attribute}>{term.value.translate(_XML)}</literal>"


def _quoted(text: str) -> str:
    return f'"{text.translate(_XML)}"'


def _cell(term: Term | None, prefixes: Prefixes) -> str:
    if term is None:
        return ""
    if isinstance(term, Iri):
        return prefixes.shorten(term.value)
    return " ".join(str(term).split())


def _is_number(term: Term | None) -> bool:
    return isinstance(term, Literal) and isinstance(python_value(term), int | Decimal | float)


def _widths(rows: list[list[str]]) -> list[int]:
    return [max(map(_width, column)) for column in zip(*rows, strict=True)]


def _width(text: str) -> int:
    return sum(
        0
        if unicodedata.combining(character)
        else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _line(cells: list[str], widths: list[int], gap: str, numeric: list[bool] | None = None) -> str:
    right = numeric or [False] * len(cells)
    padded = []
    for cell, width, to_the_right in zip(cells, widths, right, strict=True):
        padding = " " * (width - _width(cell))
        padded.append(padding + cell if to_the_right else cell + padding)
    return gap.join(padded)
