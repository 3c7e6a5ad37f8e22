"""Reading Turtle files, with errors that name file and line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph

from kg.errors import InvalidDocument
from kg.terms import RDF_TYPE, Iri

_PREFIX: Final = re.compile(r"^\s*@?prefix\s+([\w-]*):\s*<([^>]*)>", re.MULTILINE | re.IGNORECASE)
_SUBJECT: Final = re.compile(
    r"(?:<(?P<iri>[^>\s]+)>|(?P<prefix>[A-Za-z][\w-]*):(?P<name>[\w.-]*))\s"
)


ARTICLE: Final = Iri("https://w3id.org/alliance-kg/ontology#Article")
"""The class of articles."""


def read_turtle(paths: Iterable[Path]) -> Iterator[pyoxigraph.Quad]:
    """Streams the triples of Turtle files; raises InvalidDocument at the first bad line.

    Blank nodes keep apart what stands in different files.
    """
    for path in paths:
        try:
            yield from pyoxigraph.parse(
                path=path, format=pyoxigraph.RdfFormat.TURTLE, rename_blank_nodes=True
            )
        except SyntaxError as error:
            raise InvalidDocument(
                f"{path}:{error.lineno or 1}: the file is no Turtle: {error.msg}. Mend the line; "
                "nothing of the file was read."
            ) from error
        except UnicodeDecodeError as error:
            raise InvalidDocument(f"{path}: the file is not UTF-8: {error}.") from error
        except OSError as error:
            raise InvalidDocument(
                f"{path}: the file cannot be read: {error.strerror or error}."
            ) from error


def described(path: Path, class_: Iri) -> list[Iri]:
    """Gives the things of a class that a Turtle file describes, in the order of their IRIs."""
    return sorted(
        (
            Iri(quad.subject.value)
            for quad in read_turtle([path])
            if quad.predicate.value == RDF_TYPE
            and isinstance(quad.object, pyoxigraph.NamedNode)
            and quad.object.value == class_.value
            and isinstance(quad.subject, pyoxigraph.NamedNode)
        ),
        key=str,
    )


@dataclass(frozen=True)
class Place:
    """Where a thing is described: a file and the line on which it begins."""

    path: Path
    line: int


def describe_places(paths: Iterable[Path]) -> dict[str, Place]:
    """Gives, by IRI, where each thing is described.

    In the house style a description begins at the start of a line with the thing's name, and
    says first what the thing is. A later file wins over an earlier one, and a line with a class
    over one without; what is written otherwise has no place.
    """
    places: dict[str, Place] = {}
    with_class: set[str] = set()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        namespaces = {match[1]: match[2] for match in _PREFIX.finditer(text)}
        for number, line in enumerate(text.splitlines(), start=1):
            if match := _SUBJECT.match(line):
                iri = match["iri"] or namespaces.get(match["prefix"], "") + (match["name"] or "")
                says_what_it_is = line[match.end() :].startswith("a ")
                if says_what_it_is or iri not in with_class:
                    places[iri] = Place(path, number)
                if says_what_it_is:
                    with_class.add(iri)
    return places
