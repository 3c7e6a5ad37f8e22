"""Replies and problems: what a job gives back, before it becomes HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kg.errors import CannotExplain, EngineError, InvalidQuery, KgError, NotThere, UnknownName

PROBLEM_TYPE: Final = "application/problem+json"
"""The media type of `RFC 9457 <https://www.rfc-editor.org/rfc/rfc9457>`_."""
GONE: Final = 499
"""The status that is logged where the client has gone; nobody reads it."""
_PROBLEMS: Final = "https://w3id.org/alliance-kg/problem/"

TITLES: Final = {
    400: "The request cannot be understood",
    401: "A token is required",
    403: "This is not allowed",
    404: "There is no such thing",
    405: "This method is not allowed here",
    406: "No acceptable form of the answer",
    408: "The request took too long to arrive",
    413: "The request is too large",
    414: "The address is too long",
    415: "This media type is not read here",
    422: "The answer is too large",
    429: "Too many requests at once",
    431: "The headers are too large",
    500: "The service has failed",
    502: "Another endpoint has failed",
    503: "The service is busy",
}
"""What each status says in a few words."""

REMEDIES: Final = {
    400: "The detail says what to change, and where in the query if that is no SPARQL.",
    401: "Send the token that the service was started with: Authorization: Bearer TOKEN.",
    403: "This service does not do that for anybody, or not for a page of another site.",
    404: "The detail names what comes nearest, if anything does.",
    405: "The header Allow lists the methods.",
    406: "The member acceptable lists the media types that there are.",
    408: "Send the headers, and then the body, without long pauses.",
    413: "Send less, or in several requests.",
    414: "Send a long query by POST.",
    415: "The detail names the media types that are read.",
    422: "Ask for less, or take the whole graph from /export.nt.",
    429: "Wait as long as the header Retry-After says.",
    431: "Send fewer and shorter headers.",
    500: "It is a mistake of the service. Report it with the id of the request.",
    502: "The detail names the endpoint. Ask again later, or without SERVICE.",
    503: "Wait as long as the header Retry-After says; a request that took too long has to ask "
    "for less.",
}
"""What to do about each status."""


@dataclass(frozen=True)
class Reply:
    """The answer to a request: a body of a media type, with further headers."""

    body: bytes
    media_type: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    is_lasting: bool = True
    """Whether the same request gives the same bytes as long as the graph is the same."""
    coding: str | None = None
    """The content coding of the body; None where it is sent as it is."""
    version: str = ""
    """The state of the graph that gave it."""


class Problem(KgError):
    """A request that is answered by a problem document (RFC 9457) of a status.

    The text is the problem's detail; `members` are further ones, such as line and column.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        **members: str | int | list[str],
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members

    @property
    def document(self) -> dict[str, object]:
        """The members of the problem document but for the instance."""
        kind = TITLES.get(self.status, "The request has failed")
        return {
            "type": _PROBLEMS + slug_of(kind),
            "title": kind,
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }


_COMMANDS: Final = (
    (re.compile(r"kg query lists"), "/query lists"),
    (re.compile(r"kg query ([\w-]+)(?: --help)?"), r"/query/\1"),
    (re.compile(r"kg (why-not|explain) (\w[\w-]*)"), r"/\1/\2"),
    (re.compile(r", or kg export --subject [\w:-]+"), ""),
    (re.compile(r"(?<![\w-])--([a-z]\w*(?:-\w+)*)"), r"\1"),
)


def on_the_web(message: str) -> str:
    """Gives a message with addresses and parameters instead of commands and options.

    >>> on_the_web("--on is empty. See kg query members --help.")
    'on is empty. See /query/members.'
    """
    for pattern, replacement in _COMMANDS:
        message = pattern.sub(replacement, message)
    return message


def slug_of(title: str) -> str:
    """Gives the last part of the IRI of a kind of problem."""
    return title.lower().replace(" ", "-")


def problem_of(error: KgError) -> Problem:
    """Gives the problem that a mistake is told as over HTTP."""
    if isinstance(error, Problem):
        return error
    detail = on_the_web(str(error))
    if isinstance(error, InvalidQuery) and error.line:
        return Problem(400, detail, line=error.line, column=error.column)
    if isinstance(error, UnknownName | NotThere | CannotExplain):
        return Problem(404, detail)
    return Problem(500 if isinstance(error, EngineError) else 400, detail)
