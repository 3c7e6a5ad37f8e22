"""RDF terms as plain values, so that no library's types cross the engine's door.

They hold what `RDF 1.1 Concepts, section 3 <https://www.w3.org/TR/rdf11-concepts/>`_ calls
IRIs, literals and blank nodes. rdflib has the same, at five times the start-up time of the
whole command line; its terms are made at the border where rdflib is used.
"""

import datetime
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, TypeAlias

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
RDF_LANG_STRING: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
_FORBIDDEN_IN_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|^`\\]")
_NUMBERS: Final = {f"{XSD}{name}" for name in ("integer", "int", "long", "nonNegativeInteger")}


@dataclass(frozen=True, slots=True)
class Iri:
    """An IRI.

    >>> Iri("https://w3id.org/alliance-kg/state/finland").n3()
    '<https://w3id.org/alliance-kg/state/finland>'
    """

    value: str

    def n3(self) -> str:
        """Gives the IRI as N-Triples; characters that an IRI may not hold are percent-encoded."""
        return f"<{_FORBIDDEN_IN_IRI.sub(_percent_encoded, self.value)}>"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class BlankNode:
    """A blank node, by the label that its document gave it."""

    value: str

    def n3(self) -> str:
        """Gives the blank node as N-Triples."""
        return f"_:{self.value}"

    def __str__(self) -> str:
        return self.n3()


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal: its lexical form, its data type's IRI and its language tag.

    >>> Literal("Türkiye", language="en").n3()
    '"Türkiye"@en'
    >>> Literal("2022-10-12", XSD + "date").n3()
    '"2022-10-12"^^<http://www.w3.org/2001/XMLSchema#date>'
    """

    value: str
    datatype: str = XSD + "string"
    language: str | None = None

    def n3(self) -> str:
        """Gives the literal as N-Triples, escaped so that it cannot end early."""
        text = f'"{self.value.translate(_ESCAPES)}"'
        if self.language:
            return f"{text}@{self.language}"
        if self.datatype == XSD + "string":
            return text
        return f"{text}^^<{self.datatype}>"

    def __str__(self) -> str:
        return self.value


Node: TypeAlias = Iri | BlankNode
Term: TypeAlias = Iri | BlankNode | Literal
Triple: TypeAlias = tuple[Node, Iri, Term]
PythonValue: TypeAlias = (
    str | int | bool | Decimal | float | datetime.date | datetime.datetime | None
)


def python_value(term: Term | None) -> PythonValue:
    """Gives the Python value of a term: a date for an xsd:date, text for an IRI.

    Dates coarser than a day stay text ('1949', '1949-01'), since Python has no such type.

    >>> python_value(Literal("1949-04-04", XSD + "date"))
    datetime.date(1949, 4, 4)
    >>> python_value(Literal("1949-01", XSD + "gYearMonth"))
    '1949-01'
    """
    if not isinstance(term, Literal):
        return None if term is None else str(term)
    try:
        if term.datatype == XSD + "date":
            return datetime.date.fromisoformat(term.value)
        if term.datatype == XSD + "dateTime":
            return datetime.datetime.fromisoformat(term.value)
        if term.datatype in _NUMBERS:
            return int(term.value)
        if term.datatype == XSD + "decimal":
            return Decimal(term.value)
        if term.datatype in (XSD + "double", XSD + "float"):
            return float(term.value)
    except (ValueError, ArithmeticError):
        return term.value
    if term.datatype == XSD + "boolean":
        return term.value in ("true", "1")
    return term.value


def name_among_kind(term: Term | None) -> str:
    """Gives the last step of an IRI's path, by which a thing is known among those of its kind.

    >>> name_among_kind(Iri("https://w3id.org/alliance-kg/state/finland"))
    'finland'
    """
    return str(term).rpartition("/")[2] if term else ""


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8"))
