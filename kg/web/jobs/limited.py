"""Answers of the engine as bytes, none longer than answers may be."""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

import pyoxigraph

from kg.prefixes import Prefixes
from kg.web.replies import Problem
from kg.web.settings import Limits

TABLE_FORMATS: Final = {
    "json": pyoxigraph.QueryResultsFormat.JSON,
    "xml": pyoxigraph.QueryResultsFormat.XML,
    "csv": pyoxigraph.QueryResultsFormat.CSV,
    "tsv": pyoxigraph.QueryResultsFormat.TSV,
}
"""The formats of tables that the engine itself writes."""
GRAPH_FORMATS: Final = {
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
}
"""The formats of graphs that the engine itself writes."""

_Each = TypeVar("_Each")
_SHORTEST_ROW: Final = 2
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"')
_IRI: Final = re.compile("<([^>]*)>")
_XML_NAME: Final = re.compile(r"[^\W\d][\w.-]*\Z")
_NOT_IN_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


def too_large(limits: Limits) -> Problem:
    """Gives the problem of an answer that is larger than answers may be."""
    return Problem(
        422,
        f"The answer has more than {limits.rows} rows or {limits.size} MB, and is not cut short. "
        "Ask for less, with LIMIT and OFFSET for example, or take the whole graph from /export.nt.",
    )


def within(answer: Iterable[_Each], limits: Limits) -> Iterator[_Each]:
    """Gives rows or triples one by one; raises Problem 422 when they become too many."""
    for number, each in enumerate(answer):
        if number >= limits.rows:
            raise too_large(limits)
        yield each


class _Limited(io.BytesIO):
    """Bytes in memory that refuse to become too many."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limits = limits

    def write(self, content: bytes) -> int:  # type: ignore[override]  # the engine gives bytes
        if self.tell() + len(content) > self.limits.size << 20:
            raise too_large(self.limits)
        return super().write(content)


def table_bytes(answer: pyoxigraph.QuerySolutions, format: str, limits: Limits) -> bytes:
    """Gives the solutions in one of TABLE_FORMATS.

    Raises Problem 422 if they are too many, 406 for a character that XML has not.
    """
    out = _Limited(limits)
    answer.serialize(out, TABLE_FORMATS[format])
    written = out.getvalue() if format != "xml" else well_formed(out.getvalue())
    if len(written) > limits.rows * _SHORTEST_ROW and rows_in(written, format) > limits.rows:
        raise too_large(limits)
    return written


def well_formed(xml: bytes) -> bytes:
    r"""Gives XML that is read as it was meant; raises Problem 406 for a character that XML has not.

    A carriage return becomes a reference, since readers of XML take it for a line feed
    (`XML 1.0, section 2.11 <https://www.w3.org/TR/xml/#sec-line-ends>`_).

    >>> well_formed(b"<literal>a\r\nb</literal>")
    b'<literal>a&#13;\nb</literal>'
    """
    if found := _NOT_IN_XML.search(xml):
        raise Problem(
            406,
            f"The answer has the character U+{ord(found[0].decode()):04X}, which XML has not. "
            "Ask for another form.",
        )
    return xml.replace(b"\r", b"&#13;")


def rows_in(written: bytes, format: str) -> int:
    r"""Counts the rows of a table as the engine wrote it.

    >>> rows_in(b'{"head":{"vars":["a"]},"results":{"bindings":[{},{}]}}', "json")
    2
    >>> rows_in(b'a\r\n"x\r\ny"\r\nz\r\n', "csv"), rows_in(b"?a\n<x>\n", "tsv")
    (2, 1)
    """
    if format == "xml":
        return written.count(b"<result>")
    if format == "tsv":
        return written.count(b"\n") - 1
    if format == "csv":
        return sum(part.count(b"\n") for part in written.split(b'"')[::2]) - 1
    bindings = _STRING.sub(b'"', written).partition(b"[")[2].partition(b"[")[2]
    depth = rows = 0
    for sign in re.findall(rb"[{}]", bindings):
        rows += sign == b"{" and depth == 0
        depth += 1 if sign == b"{" else -1
    return rows


def graph_bytes(
    triples: Iterable[pyoxigraph.Triple], format: str, prefixes: Prefixes, limits: Limits
) -> tuple[bytes, bool]:
    """Gives triples in one of GRAPH_FORMATS, and whether the same bytes come each time.

    They do not where blank nodes are made anew. Raises Problem 422 if they are too many, 406
    for a property that RDF/XML has no name for, or a character that XML has not.
    """
    held = list(within(triples, limits))
    out = _Limited(limits)
    if format == "rdfxml":
        for predicate in {triple.predicate.value for triple in held}:
            if not _XML_NAME.fullmatch(re.split(r"[/#:]", predicate)[-1]):
                raise Problem(
                    406,
                    f"RDF/XML has no name for the property <{predicate}>. Ask for Turtle, "
                    "N-Triples or JSON-LD.",
                )
    pyoxigraph.serialize(
        held,
        out,
        format=GRAPH_FORMATS[format],
        prefixes=_used(held, prefixes) if format != "ntriples" else None,
    )
    blank = (pyoxigraph.BlankNode, pyoxigraph.Triple)
    lasting = not any(
        isinstance(each.subject, blank) or isinstance(each.object, blank) for each in held
    )
    return out.getvalue() if format != "rdfxml" else well_formed(out.getvalue()), lasting


def _used(triples: Iterable[pyoxigraph.Triple], prefixes: Prefixes) -> dict[str, str]:
    """Gives the prefixes that the IRIs of some triples begin with.

    They are found in the text of the triples, which takes a quarter of the time of asking each
    term; what looks like an IRI in a literal does no harm.
    """
    text = pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES) or b""
    iris = set(_IRI.findall(text.decode()))
    found = {iri[: max(iri.rfind("/"), iri.rfind("#")) + 1] for iri in iris}
    return {prefix: each for prefix, each in prefixes.namespaces.items() if each in found}
