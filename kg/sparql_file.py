"""SPARQL files with a head: stored queries, rules and checks.

A head is made of `#+ key: value` lines, as in grlc. A parameter is a line

    VALUES ?organisation { organisation:nato }  # The organisation whose members are listed.

whose variable is its name, whose term is example, default and type, and whose comment is its
help. Any other VALUES is ordinary SPARQL. The file runs as it stands in any SPARQL tool.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from kg.errors import InvalidDocument, UnknownName, did_you_mean
from kg.prefixes import Prefixes, declared_prefixes
from kg.terms import XSD, Iri, Literal, Term

KEYS: Final = (
    *("summary", "question", "description", "view", "rests-on", "about"),
    *("severity", "solution", "after", "scope"),
)
"""The keys that a head may have."""

RESTS_ON: Final = ("absence", "count")
"""What makes an answer only as good as what is recorded: a row for what is not there, a number."""

RESERVED: Final = (
    *("at", "certain", "certainty", "format", "help", "joined-by", "joined_by"),
    *("known-on", "known_on", "output", "possible", "quiet", "row", "sparql", "timeout", "where"),
)
"""The options that every question has, so that no parameter can be called so."""

_PARAMETER: Final = re.compile(
    r"^[ \t]*VALUES[ \t]+\?(?P<name>\w+)[ \t]*"
    r"\{[ \t]*(?P<term>\"[^\"\n]*\"[^\s{}]*|[^\s{}]+)[ \t]*\}[ \t]*"
    r"\#[ \t]*(?P<meaning>[^\n]+?)[ \t]*$",
    re.MULTILINE,
)
_CERTAINTY: Final = re.compile(r"^SELECT[^{]*\?certainty\b", re.MULTILINE)
_IRI: Final = re.compile(r"<([^<>\"{}|^`\\\s]*)>")
_NAME: Final = re.compile(r"[A-Za-z][\w-]*:[\w.-]*[\w-]|[A-Za-z][\w-]*:")
_STRING: Final = re.compile(
    r'"(?P<value>[^"\\\n]*)"(?:@(?P<language>[A-Za-z-]+)|\^\^(?P<datatype>\S+))?'
)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a stored query. `example` is None where the file says UNDEF, any thing."""

    name: str
    example: Term | None
    meaning: str
    span: tuple[int, int]
    """Where the term stands in the file's text."""

    @property
    def is_date(self) -> bool:
        """Whether the parameter takes a day."""
        return isinstance(self.example, Literal) and self.example.datatype == XSD + "date"


@dataclass(frozen=True)
class SparqlFile:
    """A SPARQL file: its name, its text, its head and its parameters in order."""

    name: str
    path: Path
    text: str
    head: Mapping[str, str]
    parameters: tuple[Parameter, ...] = field(default=())

    @property
    def summary(self) -> str:
        """What the file does, in one sentence."""
        return self.head["summary"]

    @property
    def tells_certainty(self) -> bool:
        """Whether each row of the answer says if it is certain or only possible."""
        return _CERTAINTY.search(self.text) is not None

    @cached_property
    def prefixes(self) -> Prefixes:
        """The prefixes that the file declares."""
        return declared_prefixes(self.text)

    def parameter(self, name: str) -> Parameter:
        """Gives a parameter by name; raises UnknownName if the file has none of that name."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        names = [parameter.name for parameter in self.parameters]
        raise UnknownName(
            f'The query {self.name} has no parameter "{name}".{did_you_mean(name, names)} '
            f"It takes {', '.join(names) or 'none'}. See kg query {self.name} --help."
        )

    def bind(self, values: Mapping[str, Term | None]) -> str:
        """Puts terms in the place of the parameters' examples and gives the SPARQL text.

        Terms are written by their own `n3`, so no value can change the query's structure.
        """
        pieces: list[str] = []
        position = 0
        for parameter in self.parameters:
            if parameter.name in values:
                start, end = parameter.span
                pieces += [self.text[position:start], self._written(values[parameter.name])]
                position = end
        return "".join([*pieces, self.text[position:]])

    def _written(self, term: Term | None) -> str:
        if term is None:
            return "UNDEF"
        if isinstance(term, Iri):
            return self.prefixes.compact(term.value) or term.n3()
        if isinstance(term, Literal) and term.datatype.startswith(XSD):
            local_name = term.datatype.removeprefix(XSD)
            if local_name != "string" and "xsd" in self.prefixes.namespaces:
                return f"{Literal(term.value).n3()}^^xsd:{local_name}"
        return term.n3()


def read_sparql_file(path: Path) -> SparqlFile:
    """Reads a SPARQL file; raises InvalidDocument naming the line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidDocument(f"The SPARQL file cannot be read: {path}: {error}.") from error
    head = _read_head(path, text)
    prefixes = declared_prefixes(text)
    parameters = tuple(
        Parameter(
            match["name"],
            _read_term(
                match["term"], prefixes, f"{path}:{text.count(chr(10), 0, match.start()) + 1}"
            ),
            match["meaning"],
            match.span("term"),
        )
        for match in _PARAMETER.finditer(text)
    )
    names = [parameter.name for parameter in parameters]
    for name in names:
        if name in RESERVED or names.count(name) > 1:
            raise InvalidDocument(
                f'{path}: no parameter can be called "{name}", an option of every question or '
                "a parameter already. Give it another name."
            )
    return SparqlFile(path.stem, path, text, head, parameters)


class SparqlFolder(Mapping[str, SparqlFile]):
    """The SPARQL files of a folder by name, in alphabetical order, each read when asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, SparqlFile] = {}

    def __getitem__(self, name: str) -> SparqlFile:
        if name not in self._read:
            path = self.folder / f"{name}.rq"
            try:
                is_there = path.parent == self.folder and path.is_file()
            except OSError:  # a name that is longer than names of files
                is_there = False
            if not is_there:
                raise KeyError(name)
            self._read[name] = read_sparql_file(path)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(path.stem for path in self.folder.glob("*.rq") if path.is_file()))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _read_head(path: Path, text: str) -> dict[str, str]:
    head: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("#+"):
            break
        key, colon, value = line[2:].partition(":")
        key, value = key.strip(), value.strip()
        if not colon or key not in KEYS or not value or key in head:
            raise InvalidDocument(
                f'{path}:{number}: "{line}" is no line of a head. Write "#+ key: value", each '
                f"key once, with one of the keys {', '.join(KEYS)}."
            )
        head[key] = value
    rests_on = head.get("rests-on", RESTS_ON[0])
    if rests_on not in RESTS_ON or ("about" in head) != ("rests-on" in head):
        raise InvalidDocument(
            f"{path}:1: an answer that rests on {' or a '.join(RESTS_ON)} says so by "
            '"#+ rests-on: " and names by "#+ about: " what would have to be recorded; other '
            "answers say neither."
        )
    if "summary" not in head:
        raise InvalidDocument(f'{path}:1: a SPARQL file begins with "#+ summary: " and a sentence.')
    return head


def _read_term(text: str, prefixes: Prefixes, where: str) -> Term | None:
    if text == "UNDEF":
        return None
    if match := _IRI.fullmatch(text):
        return Iri(match[1])
    if match := _STRING.fullmatch(text):
        if datatype := match["datatype"]:
            name = _read_term(datatype, prefixes, where)
            return Literal(match["value"], str(name))
        return Literal(match["value"], language=match["language"])
    if re.fullmatch(r"[+-]?\d+", text):
        return Literal(text, XSD + "integer")
    if text in ("true", "false"):
        return Literal(text, XSD + "boolean")
    if _NAME.fullmatch(text):
        return prefixes.expand(text)
    raise InvalidDocument(
        f"{where}: {{ {text} }} is not one term. A parameter is a line "
        '"VALUES ?name { term }  # What it means."'
    )
