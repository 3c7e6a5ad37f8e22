"""Puts the relay in the place of the endpoints that SERVICE names in a query.

An endpoint that is not on the list, a variable, or a SERVICE that may be read otherwise than it
is read here is refused, so that the engine never sees an address of somebody's choosing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import pairwise
from typing import Final
from urllib.parse import urljoin, urlsplit

from kg.engine.network_guard import may_reach_network, refuse_service
from kg.errors import InvalidQuery
from kg.sparql.keywords import sure_tokens
from kg.sparql.tokens import Token, refusal
from kg.web.replies import Problem

_MOST: Final = 4
_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Federated:
    """A query whose SERVICE clauses name the relay; without any it is the query itself.

    `endpoints` are those that it names, by their addresses at the relay.
    """

    text: str
    endpoints: Mapping[str, str] = field(default_factory=dict)
    _replaced: tuple[tuple[int, int, int], ...] = ()
    """Of each address its place in the text, its length, and that of what stood there."""

    def placed(self, error: InvalidQuery) -> InvalidQuery:
        """Gives an error with its place in the query as it was before."""
        if not error.line:
            return error
        lines = self.text.split("\n")
        start = sum(len(line) + 1 for line in lines[: error.line - 1])
        position = start + error.column - 1
        shift = 0
        for place, length, before in self._replaced:
            if start <= place < position:
                shift += max(before - length, place - position)
        return InvalidQuery(error.reason, line=error.line, column=error.column + shift)

    def failure(self, error: Exception) -> Problem | None:
        """Gives the problem that an error of the engine is; None where no endpoint was asked.

        It tells what the relay says, and never the relay's address.
        """
        if not self.endpoints:
            return None
        told = re.search(r" returned by \S+ with payload:\n(.*)", str(error), re.DOTALL)
        asked = " and ".join(f"<{each}>" for each in self.endpoints.values())
        detail = told[1] if told else f"What {asked} answered to SERVICE cannot be used: {error}."
        for address, endpoint in self.endpoints.items():
            detail = detail.replace(address, endpoint)
        return Problem(502, detail)

    def check(self) -> None:
        """Raises Problem 502 if SILENT has passed over a limit of this service.

        The answer would be short without a word. The relay is asked what it refused.
        """
        if not (self.endpoints and "silent" in self.text.lower()):
            return
        parts = urlsplit(next(iter(self.endpoints)))
        relay = HTTPConnection(str(parts.hostname), parts.port, timeout=_SECONDS)
        with closing(relay):
            relay.request("GET", parts.path)
            beyond = relay.getresponse().read().decode()
        if beyond:
            raise Problem(502, beyond)


@dataclass(frozen=True)
class _Clause:
    """A SERVICE clause: its first token, and the token of its endpoint, which is on the list."""

    keyword: Token
    name: Token
    endpoint: str

    @property
    def end(self) -> int:
        """Where the token of the endpoint ends."""
        return self.name.start + len(self.name.text)


def federated(
    text: str, services: Mapping[str, str], *, number: str, base: str | None = None
) -> Federated:
    """Puts addresses at the relay, by endpoint, into a query; its `number` is added to them.

    `base` is what relative IRIs are read against where the query does not say. Raises Problem 403
    for any other SERVICE, InvalidQuery where there are no services at all.
    """
    if not services:
        refuse_service(text)
    if not may_reach_network(text):
        return Federated(text)
    try:
        return _federated(text, services, number, base or "")
    except InvalidQuery as error:
        raise Problem(
            403,
            f"It is not certain what SERVICE asks here: {error.reason} {_allowed(services)}",
            line=error.line,
            column=error.column,
        ) from error


def _federated(text: str, services: Mapping[str, str], number: str, base: str) -> Federated:
    clauses = list(_clauses(text, services, base))
    if len(clauses) > _MOST:
        raise _refused(f"{len(clauses)} are named, and {_MOST} can be at once.", services)
    addresses = {each.endpoint: f"{services[each.endpoint]}/{number}" for each in clauses}
    written = [f"<{addresses[each.endpoint]}>" for each in clauses]
    rewritten = _put(text, [(each.name.start, each.end) for each in clauses], written)
    _prove(text, rewritten, clauses, services, frozenset(written))
    endpoints = {address: endpoint for endpoint, address in addresses.items()}
    return Federated(rewritten, endpoints, _shifts([each.name for each in clauses], written))


def _clauses(text: str, services: Mapping[str, str], base: str) -> Iterator[_Clause]:
    """Gives the SERVICE clauses of a query; raises Problem 403, or InvalidQuery."""
    found = [*sure_tokens(text), Token("end", "", len(text))]
    names = _Names(text, base)
    within: list[str] = []
    opens_clause = False
    for position, token in enumerate(found):
        if token.text == "{":
            within.append("service" if opens_clause else "group")
            opens_clause = False
        elif token.text == "}" and within:
            within.pop()
        elif _is(token, "prefix", "base"):
            names.declare(found[position + 1 : position + 3])
        elif _is(token, "service"):
            if "service" in within or opens_clause:
                raise _refused("One within another is not relayed; put them apart.", services)
            silent = _is(found[position + 1], "silent")
            name = found[position + (2 if silent else 1)]
            yield _Clause(token, name, _endpoint(names, name, services))
            opens_clause = True


def _endpoint(names: _Names, token: Token, services: Mapping[str, str]) -> str:
    """Gives the endpoint on the list that a token names."""
    if token.kind == "variable":
        raise _refused(f"{token.text} is a variable; the endpoint has to be written.", services)
    iri = names.iri(token)
    if iri not in services:
        raise _refused(f"<{iri}> may not be asked.", services)
    return iri


class _Names:
    """The names that a query has declared so far."""

    def __init__(self, text: str, base: str) -> None:
        self.text = text
        self.base = base
        self.namespaces: dict[str, str] = {}

    def declare(self, said: Sequence[Token]) -> None:
        """Reads what follows PREFIX or BASE."""
        if said[0].kind == "iri":
            self.base = self.iri(said[0])
        elif said[0].kind == "name" and said[-1].kind == "iri":
            self.namespaces[said[0].text.removesuffix(":")] = self.iri(said[-1])

    def iri(self, token: Token) -> str:
        """Gives the IRI of a token; raises InvalidQuery where it is none."""
        if token.kind == "iri":
            return urljoin(self.base, token.text[1:-1])
        prefix, _, local = token.text.partition(":")
        if token.kind == "name" and prefix in self.namespaces:
            return self.namespaces[prefix] + re.sub(r"\\(.)", r"\1", local)
        reason = f'"{token.text}" is no IRI, and an endpoint has to follow SERVICE.'
        raise refusal(self.text, token.start, reason)


def _put(text: str, spans: Iterable[tuple[int, int]], written: Iterable[str]) -> str:
    """Puts texts in the place of spans of a text, which are in order."""
    parts: list[str] = []
    last = 0
    for (start, end), each in zip(spans, written, strict=True):
        parts += [text[last:start], each]
        last = end
    return "".join([*parts, text[last:]])


def _shifts(names: Iterable[Token], written: Iterable[str]) -> tuple[tuple[int, int, int], ...]:
    shift = 0
    found: list[tuple[int, int, int]] = []
    for name, address in zip(names, written, strict=True):
        found.append((name.start + shift, len(address), len(name.text)))
        shift += len(address) - len(name.text)
    return tuple(found)


def _prove(
    text: str,
    rewritten: str,
    clauses: Sequence[_Clause],
    services: Mapping[str, str],
    written: frozenset[str],
) -> None:
    """Raises Problem 403 unless a rewritten query names the relay alone, read again.

    The clauses are taken out of the query, and the guard looks at what is left.
    """
    spans = [(each.keyword.start, each.end) for each in clauses]
    rest = _put(text, spans, ["GRAPH <http://relay/>" for _ in clauses])
    found = [each.text for each in sure_tokens(rewritten) if not _is(each, "silent")]
    named = [after for word, after in pairwise(found) if word.lower() == "service"]
    if may_reach_network(rest) or len(named) != len(clauses) or not written.issuperset(named):
        raise _refused("Another word here may be read as a SERVICE too. Leave it out.", services)


def _is(token: Token, *words: str) -> bool:
    return token.kind == "word" and token.text.isascii() and token.text.lower() in words


def _allowed(services: Mapping[str, str]) -> str:
    return f"SERVICE may name {' or '.join(f'<{each}>' for each in services)}."


def _refused(reason: str, services: Mapping[str, str]) -> Problem:
    return Problem(403, f"{reason} {_allowed(services)}", services=list(services))
