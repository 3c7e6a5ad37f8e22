"""Which form of an answer a client gets: media types, Accept with q-values, suffixes.

Follows `RFC 9110, section 12.5.1 <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1>`_: the
most specific range that matches a media type decides its weight, the highest weight wins, and
of equal ones the form that stands first here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers

from kg.errors import did_you_mean
from kg.web.replies import Problem


@dataclass(frozen=True)
class Form:
    """A form that answers can have.

    `name` is what `format=` calls it, `suffix` how an address ends that asks for it; `aliases`
    are other media types under which it is asked for, and then sent; `names` are what other
    endpoints, and so clients of any, call it in `format=`.
    """

    name: str
    media_type: str
    suffix: str
    aliases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


HTML: Final = Form("html", "text/html", "html")
CSV: Final = Form("csv", "text/csv", "csv")
TSV: Final = Form("tsv", "text/tab-separated-values", "tsv")
RESULTS_JSON: Final = Form("json", "application/sparql-results+json", "srj", ("application/json",))
RESULTS_XML: Final = Form(
    "xml", "application/sparql-results+xml", "srx", ("application/xml", "text/xml")
)
TURTLE: Final = Form("turtle", "text/turtle", "ttl", ("application/x-turtle",), ("n3",))
NTRIPLES: Final = Form("ntriples", "application/n-triples", "nt", (), ("n-triples",))
JSONLD: Final = Form(
    "jsonld", "application/ld+json", "jsonld", ("application/json",), ("json-ld", "json")
)
RDFXML: Final = Form(
    "rdfxml", "application/rdf+xml", "rdf", ("application/xml", "text/xml"), ("rdf+xml", "xml")
)
MARKDOWN: Final = Form("markdown", "text/markdown", "md")
PLAIN_JSON: Final = Form("json", "application/json", "json")
TEXT: Final = Form("text", "text/plain", "txt")

TABLES: Final = (RESULTS_JSON, RESULTS_XML, CSV, TSV, HTML)
"""The forms of a SELECT's answer at the endpoint."""
TRUTHS: Final = (RESULTS_JSON, RESULTS_XML, HTML)
"""The forms of an ASK's answer, for which CSV and TSV have none."""
GRAPHS: Final = (TURTLE, NTRIPLES, JSONLD, RDFXML, HTML)
"""The forms of a graph."""
RDF: Final = (TURTLE, NTRIPLES, JSONLD, RDFXML)
"""The forms of a graph for programs."""

_QUOTED: Final = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
_BETWEEN_COMMAS: Final = re.compile(rf'(?:[^,"]|{_QUOTED})++', re.DOTALL)
_BETWEEN_SEMICOLONS: Final = re.compile(rf'(?:[^;"]|{_QUOTED})++', re.DOTALL)
QUESTIONS: Final = (
    PLAIN_JSON,
    Form("srj", RESULTS_JSON.media_type, "srj"),
    Form("srx", RESULTS_XML.media_type, "srx", RESULTS_XML.aliases),
    CSV,
    TSV,
    MARKDOWN,
    HTML,
)
"""The forms of the answer to a stored question."""
EXPLANATIONS: Final = (PLAIN_JSON, TEXT, TURTLE, HTML)
"""The forms of an explanation; Turtle is PROV-O."""
REFUSALS: Final = (PLAIN_JSON, TEXT, HTML)
"""The forms in which it is said why a row is not there."""

_RANGE: Final = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+)/([\w!#$%&'*+.^`|~-]+)\s*((?:;.*)?)")
_WEIGHT: Final = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.IGNORECASE)
_MOST_RANGES: Final = 64


def choose(accept: str | None, forms: Sequence[Form]) -> tuple[Form, str]:
    """Gives the form that suits an Accept header best, and the media type to send it as.

    Without a header, or with a blank one, that is the first. An alias is sent to those alone who
    name it. Raises Problem 406 where none suits.
    """
    if not (accept or "").strip():
        return forms[0], forms[0].media_type
    ranges = _ranges(accept or "")
    best: tuple[float, Form, str] | None = None
    for form in forms:
        for media_type in (form.media_type, *form.aliases):
            weight = _weight(media_type, ranges, is_alias=media_type != form.media_type)
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
    """Gives the form that `format=` names, by name, suffix or media type; Problem 406 if none.

    A space stands for a plus sign, which it is in an address that was not encoded.
    """
    wanted = name.strip().lower().replace(" ", "+")
    for form in forms:
        if wanted in (form.name, form.suffix, form.media_type, *form.aliases, *form.names):
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


def whole_header(headers: Headers, name: str) -> str | None:
    """Gives the value of a header, which may have been sent in several lines."""
    return ", ".join(headers.getlist(name)) or None


def coding(accept_encoding: str | None) -> str | None:
    """Gives the content coding to send: gzip where it is no less welcome than none, else None.

    >>> coding("br, gzip;q=0.5"), coding("gzip;q=0, *"), coding("identity, gzip;q=0.5")
    ('gzip', None, None)
    """
    weights: dict[str, float] = {}
    for part in (accept_encoding or "").split(",")[:_MOST_RANGES]:
        name, sign, parameter = part.partition(";")
        match = _WEIGHT.fullmatch(parameter) if sign else None
        if match or not sign:
            known = name.strip().lower().removeprefix("x-")
            weights.setdefault(known, float(match[1]) if match else 1.0)
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return "gzip" if gzip > 0 and gzip >= weights.get("identity", 0.0) else None


@dataclass(frozen=True)
class _Range:
    """A media range with its weight, and with how many parameters it is narrowed."""

    kind: str
    subtype: str
    parameters: int
    weight: float

    def matches(self, kind: str, subtype: str) -> bool:
        return self.kind in ("*", kind) and self.subtype in ("*", subtype)

    @property
    def specificity(self) -> tuple[bool, bool, int]:
        return self.kind != "*", self.subtype != "*", self.parameters


def _ranges(accept: str) -> list[_Range]:
    """Reads media ranges with their weights; what is malformed is passed over."""
    parts = _BETWEEN_COMMAS.findall(accept)[:_MOST_RANGES]
    return [found for part in parts if (found := _range(part))]


def _range(part: str) -> _Range | None:
    """Reads one range; None for what is none, or asks for what no form has."""
    match = _RANGE.fullmatch(part)
    if not match or (match[1] == "*" and match[2] != "*"):
        return None
    weight, parameters = 1.0, 0
    for parameter in filter(str.strip, _BETWEEN_SEMICOLONS.findall(match[3])):
        if weighted := _WEIGHT.fullmatch(parameter):
            weight = min(1.0, float(weighted[1]))
            break
        name, _, value = parameter.partition("=")
        if not _is_met(name.strip().lower(), value.strip(' \t"').lower()):
            return None
        parameters += 1
    return _Range(match[1].lower(), match[2].lower(), parameters, weight)


def _is_met(name: str, value: str) -> bool:
    """Whether our forms have a parameter; a profile may be asked for and need not be given."""
    return name == "profile" or (name == "charset" and value == "utf-8")


def _weight(media_type: str, ranges: Iterable[_Range], *, is_alias: bool) -> float:
    kind, _, subtype = media_type.partition("/")
    weights = {
        each.specificity: each.weight
        for each in ranges
        if each.matches(kind, subtype) and not (is_alias and each.subtype == "*")
    }
    return weights[max(weights)] if weights else 0.0
