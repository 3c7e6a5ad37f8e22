"""The one prefix list, read from ontology/prefixes.ttl.

The file declares each prefix as a sh:PrefixDeclaration
(`SHACL, section 5.2.1 <https://www.w3.org/TR/shacl/#sparql-prefixes>`_).
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pyoxigraph

from kg.errors import InvalidDocument, UnknownName, did_you_mean
from kg.terms import Iri

_SHACL: Final = "http://www.w3.org/ns/shacl#"
_PLAIN_LOCAL_NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_DECLARATION: Final = re.compile(
    r"^\s*PREFIX\s+([\w-]*):\s*<([^>]*)>", re.MULTILINE | re.IGNORECASE
)


@dataclass(frozen=True)
class Prefixes:
    """Prefixes with their namespaces, in alphabetical order.

    >>> prefixes = Prefixes({"state": "https://w3id.org/alliance-kg/state/"})
    >>> prefixes.compact("https://w3id.org/alliance-kg/state/finland")
    'state:finland'
    >>> prefixes.expand("state:finland")
    Iri(value='https://w3id.org/alliance-kg/state/finland')
    """

    namespaces: dict[str, str]

    @cached_property
    def _by_namespace(self) -> dict[str, str]:
        return {namespace: prefix for prefix, namespace in self.namespaces.items()}

    @cached_property
    def _unended(self) -> list[str]:
        """The namespaces that do not end where IRIs are divided, the longest first."""
        unended = (each for each in self._by_namespace if not each.endswith(("/", "#")))
        return sorted(unended, key=len, reverse=True)

    def compact(self, iri: str) -> str | None:
        """Gives the prefixed name of an IRI, or None where it has none that needs no escape.

        >>> Prefixes({"x": "urn:x:"}).compact("urn:x:y")
        'x:y'
        """
        ends = max(iri.rfind("/"), iri.rfind("#")) + 1  # a plain local name has neither sign
        for unended in self._unended:
            if len(unended) > ends and iri.startswith(unended):
                ends = len(unended)
                break
        prefix, local_name = self._by_namespace.get(iri[:ends]), iri[ends:]
        plain = prefix is not None and _PLAIN_LOCAL_NAME.fullmatch(local_name)
        return f"{prefix}:{local_name}" if plain else None

    def shorten(self, iri: str) -> str:
        """Gives the prefixed name of an IRI, or the IRI itself."""
        return self.compact(iri) or iri

    def expand(self, name: str) -> Iri:
        """Gives the IRI of a prefixed name; raises UnknownName for an unknown prefix."""
        prefix, _, local_name = name.partition(":")
        if prefix not in self.namespaces:
            raise UnknownName(
                f'No prefix is called "{prefix}:" (in "{name}").'
                f"{did_you_mean(prefix, self.namespaces)} The prefixes stand in "
                "ontology/prefixes.ttl."
            )
        return Iri(self.namespaces[prefix] + local_name)

    def kind(self, iri: Iri) -> str | None:
        """Gives the prefix under which a thing of this graph stands, such as state or event."""
        name = self.compact(iri.value)
        return name.partition(":")[0] if name else None

    def unknown_in(self, sparql: str) -> str:
        """Gives ' No prefix is called …' for a prefix of SPARQL text that nobody declares."""
        known = {*self.namespaces, *(match.group(1) for match in _DECLARATION.finditer(sparql))}
        unquoted = re.sub(r"<[^<>\s]*>|\"[^\"\n]*\"|'[^'\n]*'|#.*", " ", sparql)
        for match in re.finditer(r"(?<![\w:?$-])([A-Za-z][\w-]*):", unquoted):
            if match[1] not in known:
                return f' No prefix is called "{match[1]}:".{did_you_mean(match[1], known)}'
        return ""

    def declare(self, sparql: str) -> str:
        """Puts PREFIX lines before SPARQL text for the prefixes that it does not declare itself.

        They stand on the first line, so that line numbers in error messages stay those of the
        text.
        """
        declared = {match.group(1) for match in _DECLARATION.finditer(sparql)}
        missing = [
            f"PREFIX {prefix}: <{namespace}>"
            for prefix, namespace in self.namespaces.items()
            if prefix not in declared and f"{prefix}:" in sparql
        ]
        return " ".join([*missing, sparql])


def declared_prefixes(sparql: str) -> Prefixes:
    """Reads the PREFIX lines of SPARQL text."""
    return Prefixes({match.group(1): match.group(2) for match in _DECLARATION.finditer(sparql)})


def read_prefixes(path: Path) -> Prefixes:
    """Reads the prefix list; raises InvalidDocument if the file cannot be read as one."""
    names: dict[str, str] = {}
    namespaces: dict[str, str] = {}
    try:
        for triple in pyoxigraph.parse(path=path, format=pyoxigraph.RdfFormat.TURTLE):
            if triple.predicate.value == _SHACL + "prefix":
                names[str(triple.subject)] = triple.object.value
            elif triple.predicate.value == _SHACL + "namespace":
                namespaces[str(triple.subject)] = triple.object.value
    except (OSError, SyntaxError) as error:
        raise InvalidDocument(f"The prefix list cannot be read: {path}: {error}.") from error
    return Prefixes(
        {names[node]: namespaces[node] for node in sorted(names, key=names.__getitem__)}
    )
