"""Which form of an answer a client gets: media types, Accept with q-values, suffixes.

Follows `RFC 9110, section 12.5.1 <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1>`_: the
most specific range that matches a media type decides its weight, the highest weight wins, and
of equal ones the form that stands first here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kg.errors import did_you_mean
from kg.web.replies import Problem


@dataclass(frozen=True)
class Form:
    """A form that answers can have.

    `name` is what `format=` calls it, `suffix` how an address ends that asks for it; `aliases`
    are other media types under which it is asked for, and then sent.
    """

    name: str
    media_type: str
    suffix: str
    aliases: tuple[str, ...] = ()


HTML: Final = Form("html", "text/html", "html", ("application/xhtml+xml",))
CSV: Final = Form("csv", "text/csv", "csv")
TSV: Final = Form("tsv", "text/tab-separated-values", "tsv")
RESULTS_JSON: Final = Form("json", "application/sparql-results+json", "srj", ("application/json",))
RESULTS_XML: Final = Form(
    "xml", "application/sparql-results+xml", "srx", ("application/xml", "text/xml")
)
TURTLE: Final = Form("turtle", "text/turtle", "ttl", ("application/x-turtle",))
NTRIPLES: Final = Form("ntriples", "application/n-triples", "nt")
JSONLD: Final = Form("jsonld", "application/ld+json", "jsonld", ("application/json",))
RDFXML: Final = Form("rdfxml", "application/rdf+xml", "rdf", ("application/xml", "text/xml"))
MARKDOWN: Final = Form("markdown", "text/markdown", "md")
PLAIN_JSON: Final = Form("json", "application/json", "json")
TEXT: Final = Form("text", "text/plain", "txt")

TABLES: Final = (RESULTS_JSON, RESULTS_XML, CSV, TSV, HTML)
"""The forms of a SELECT's answer at the endpoint."""
TRUTHS: Final = (RESULTS_JSON, RESULTS_XML, HTML)
"""The forms of an ASK's answer, for which CSV and TSV have none."""
GRAPHS: Final = (TURTLE, NTRIPLES, JSONLD, RDFXML, HTML)
"""The forms of a graph."""

_RANGE: Final = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+)/([\w!#$%&'*+.^`|~-]+)\s*((?:;.*)?)")
_WEIGHT: Final = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.IGNORECASE)
_MOST_RANGES: Final = 64


def choose(accept: str | None, forms: Sequence[Form]) -> tuple[Form, str]:
    """Gives the form that suits an Accept header best, and the media type to send it as.

    Without a header, or with a blank one, that is the first. Raises Problem 406 where none suits.
    """
    if not (accept or "").strip():
        return forms[0], forms[0].media_type
    ranges = _ranges(accept or "")
    best: tuple[float, Form, str] | None = None
    for form in forms:
        for media_type in (form.media_type, *form.aliases):
            weight = _weight(media_type, ranges)
            if weight > (best[0] if best else 0.0):
                best = (weight, form, media_type)
    if best is None:
        raise Problem(
            406,
            "The answer has none of the forms that Accept names. Ask for one of "
            f"{', '.join(form.media_type for form in forms)}.",
            acceptable=[form.media_type for form in forms],
        )
    return best[1], best[2]


def named(name: str, forms: Sequence[Form]) -> Form:
    """Gives the form that `format=` names, by name, suffix or media type; Problem 406 if none."""
    wanted = name.strip().lower()
    for form in forms:
        if wanted in (form.name, form.suffix, form.media_type, *form.aliases):
            return form
    names = [form.name for form in forms]
    raise Problem(
        406,
        f'The answer has no form called "{name}".{did_you_mean(wanted, names)} '
        f"Choose from {', '.join(names)}.",
        acceptable=[form.media_type for form in forms],
    )


def wanted(
    accept: str | None, forms: Sequence[Form], *, name: str | None = None
) -> tuple[Form, str]:
    """Gives the form that `format=` names, else the one that suits the Accept header."""
    if name:
        form = named(name, forms)
        return form, form.media_type
    return choose(accept, forms)


def split_suffix(path: str, forms: Iterable[Form]) -> tuple[str, Form | None]:
    """Gives a path without the suffix that names a form, and that form.

    >>> split_suffix("/query/members.csv", (CSV, HTML))[0]
    '/query/members'
    """
    stem, dot, suffix = path.rpartition(".")
    by_suffix: Mapping[str, Form] = {form.suffix: form for form in forms}
    if dot and suffix in by_suffix and not stem.endswith("/"):
        return stem, by_suffix[suffix]
    return path, None


def content_type(media_type: str) -> str:
    """Gives the value of Content-Type for a media type: text says that it is UTF-8."""
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


def coding(accept_encoding: str | None) -> str | None:
    """Gives the content coding to send: gzip where it is accepted, else None.

    >>> coding("br, gzip;q=0.5"), coding("gzip;q=0"), coding(None)
    ('gzip', None, None)
    """
    for part in (accept_encoding or "").split(",")[:_MOST_RANGES]:
        name, _, parameters = part.partition(";")
        if name.strip().lower() in ("gzip", "x-gzip", "*"):
            match = _WEIGHT.fullmatch(parameters) if parameters.strip() else None
            return "gzip" if not parameters.strip() or (match and float(match[1]) > 0) else None
    return None


def _ranges(accept: str) -> list[tuple[str, str, float]]:
    """Reads media ranges with their weights; what is malformed is passed over."""
    found: list[tuple[str, str, float]] = []
    for part in accept.split(",")[:_MOST_RANGES]:
        match = _RANGE.fullmatch(part)
        if not match:
            continue
        weight, matched = 1.0, True
        for parameter in match[3].split(";")[1:]:
            if weighted := _WEIGHT.fullmatch(parameter):
                weight = min(1.0, float(weighted[1]))
                break
            name, _, value = parameter.partition("=")
            matched = matched and (
                name.strip().lower() == "charset" and value.strip(' "').lower() == "utf-8"
            )
        if matched:
            found.append((match[1].lower(), match[2].lower(), weight))
    return found


def _weight(media_type: str, ranges: Iterable[tuple[str, str, float]]) -> float:
    kind, _, subtype = media_type.partition("/")
    weights = {
        (range_kind != "*") + (range_subtype != "*"): weight
        for range_kind, range_subtype, weight in ranges
        if range_kind in ("*", kind) and range_subtype in ("*", subtype)
    }
    return weights[max(weights)] if weights else 0.0
