"""Reads the graphs that are sent to the graph store: one body, or the files of a form."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from xml.parsers import expat

import pyoxigraph
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from kg.web.negotiation import JSONLD, NTRIPLES, RDFXML, TURTLE, Form
from kg.web.protocol import read_media_type
from kg.web.replies import Problem

MULTIPART: Final = "multipart/form-data"
PARSERS: Final = {
    TURTLE: pyoxigraph.RdfFormat.TURTLE,
    NTRIPLES: pyoxigraph.RdfFormat.N_TRIPLES,
    JSONLD: pyoxigraph.RdfFormat.JSON_LD,
    RDFXML: pyoxigraph.RdfFormat.RDF_XML,
}
"""The forms of a graph that are read and written here."""

_BY_MEDIA_TYPE: Final = {
    media_type: form
    for form in PARSERS
    for media_type in (form.media_type, *form.aliases)
    if media_type != "application/json"  # which would be read as a graph that says nothing
}
_INSTEAD: Final = f"Send a graph as {', '.join(form.media_type for form in PARSERS)}."
_MOST_FILES: Final = 100
_ENTITY_OF_ENTITIES: Final = re.compile(rb"""<!ENTITY\s[^"'>]*("[^"]*&[^"]*"|'[^']*&[^']*')""")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass
class _Part:
    """A part of a form, as it is being read."""

    headers: dict[str, bytes] = field(default_factory=dict)
    content: bytearray = field(default_factory=bytearray)

    @property
    def file_name(self) -> str:
        options = parse_options_header(self.headers.get("content-disposition", b""))[1]
        return options.get(b"filename", b"").decode("utf-8", "replace")

    @property
    def content_type(self) -> str | None:
        """The media type that was sent with the part, else that of the file's suffix."""
        if sent := self.headers.get("content-type"):
            return sent.decode("latin-1")
        suffix = PurePosixPath(self.file_name).suffix.removeprefix(".")
        return next((form.media_type for form in PARSERS if form.suffix == suffix), None)


def read_upload(content_type: str | None, body: bytes, *, base: str) -> list[pyoxigraph.Triple]:
    """Gives the triples of a body, whose relative IRIs are resolved against `base`.

    Blank nodes get new names, so that those of several uploads or files stay apart. Raises
    Problem 415 for another media type, 400 with a line for what is not of its media type.
    """
    if not content_type and not body.strip():
        return []
    if read_media_type(content_type, _INSTEAD) != MULTIPART:
        return list(_triples(content_type, body, base=base, where="The body"))
    return [
        triple
        for number, part in enumerate(_parts(content_type or "", body), 1)
        for triple in _triples(
            part.content_type,
            bytes(part.content),
            base=base,
            where=f'The file "{part.file_name}"' if part.file_name else f"Part {number}",
        )
    ]


def _triples(
    content_type: str | None, body: bytes, *, base: str, where: str
) -> Iterator[pyoxigraph.Triple]:
    media_type = read_media_type(content_type, _INSTEAD)
    if media_type not in _BY_MEDIA_TYPE:
        raise Problem(415, f'{where} is "{media_type}", which is not read here. {_INSTEAD}')
    form = _BY_MEDIA_TYPE[media_type]
    text = body.removeprefix(_BYTE_ORDER_MARK)
    if not text.strip():
        return
    if form is JSONLD:
        _refuse_depth(text, where)
    if form is RDFXML and _ENTITY_OF_ENTITIES.search(text):
        raise Problem(400, f"{where} has entities within entities. Send it with none.")
    try:
        for quad in pyoxigraph.parse(
            text,
            format=PARSERS[form],
            base_iri=base,
            without_named_graphs=True,
            rename_blank_nodes=True,
        ):
            if isinstance(quad.object, pyoxigraph.Triple):
                raise Problem(
                    400,
                    f"{where} holds a triple term of RDF 1.2, which is not kept here; name the "
                    "statement instead.",
                )
            yield quad.triple
    except SyntaxError as error:
        raise _unreadable(error, form, text, where) from error
    except ValueError as error:
        raise Problem(400, f"{where} cannot be read as {form.media_type}: {error}.") from error


def _unreadable(error: SyntaxError, form: Form, text: bytes, where: str) -> Problem:
    line, column = error.lineno or 0, error.offset or 0
    if form is RDFXML and not line:
        line, column = _place_in_xml(text)
    detail = f"{where} cannot be read as {form.media_type}: {str(error.msg).rstrip('.')}."
    return Problem(400, detail, line=line, column=column) if line else Problem(400, detail)


def _place_in_xml(text: bytes) -> tuple[int, int]:
    """Gives the line and column where XML is ill-formed, which pyoxigraph does not tell, or 0."""
    try:
        expat.ParserCreate().Parse(text, True)
    except expat.ExpatError as error:
        return error.lineno, error.offset + 1
    return 0, 0


def _refuse_depth(text: bytes, where: str) -> None:
    """Raises Problem for JSON nested so deep that pyoxigraph's reader would not survive it."""
    try:
        json.loads(text)
    except RecursionError as error:
        raise Problem(400, f"{where} is nested too deep. Send flat JSON-LD.") from error
    except ValueError:
        return  # pyoxigraph says better what is wrong with it


def _parts(content_type: str, body: bytes) -> list[_Part]:
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    parts: list[_Part] = []
    name = bytearray()
    value = bytearray()

    def end_header() -> None:
        parts[-1].headers[name.decode("latin-1").lower()] = bytes(value)
        name.clear()
        value.clear()

    try:
        parser = MultipartParser(
            boundary or b"",
            {
                "on_part_begin": lambda: parts.append(_Part()),
                "on_header_field": lambda data, start, end: name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: value.extend(data[start:end]),
                "on_header_end": end_header,
                "on_part_data": lambda data, start, end: parts[-1].content.extend(data[start:end]),
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise Problem(400, f"The form cannot be read: {error}.") from error
    if not boundary or not parts:
        raise Problem(400, f"The form holds no files. {_INSTEAD}")
    if len(parts) > _MOST_FILES:
        raise Problem(400, f"The form holds {len(parts)} files; at most {_MOST_FILES} are read.")
    return parts
