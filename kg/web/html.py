"""Pages: the one environment of templates, and the addresses that they link to.

Texts are escaped wherever they stand. Pages need no script, and ask no other host for anything.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from kg.description.described import Named
from kg.description.kinds import BASE
from kg.terms import XSD, Iri, Literal, Term
from kg.version import VERSION
from kg.web.negotiation import JSONLD, NTRIPLES, RDFXML, TURTLE, Form
from kg.web.replies import Problem

GRAPH_FORMS: Final = (TURTLE, JSONLD, NTRIPLES, RDFXML)
"""The forms of linked data that a page offers beside itself."""
_KEPT_IN_PATH: Final = "/#:@!$&'()*+,;=~-._"
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_.-][A-Za-z0-9_./#-]*")
"""The path of nearly every thing, in which nothing is to be encoded."""
_DATES: Final = tuple(f"{XSD}{name}" for name in ("date", "gYearMonth", "gYear", "dateTime"))
_PREFIXED: Final = re.compile(r"[a-z]+:[A-Za-z]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def path_of(iri: Iri | str) -> str:
    """Gives the address of a thing: the path of our own, the IRI itself of any other.

    >>> path_of(Iri("https://w3id.org/alliance-kg/organisation/nato"))
    '/organisation/nato'
    >>> path_of("https://w3id.org/alliance-kg//elsewhere.example/a b")
    '/%2Felsewhere.example/a%20b'
    """
    value = str(iri)
    if not value.startswith(BASE):
        return value
    path = value.removeprefix(BASE)
    if _PLAIN_PATH.fullmatch(path):
        return f"/{path}"
    slashes = len(path) - len(path.lstrip("/"))  # two at the beginning would name a host
    return f"/{'%2F' * slashes}{quote(path[slashes:], safe=_KEPT_IN_PATH)}"


def link_of(iri: Iri | str) -> str:
    """Gives the address that a page links to, or nothing for what no browser should open.

    >>> link_of("javascript:alert(1)")
    ''
    """
    address = path_of(iri)
    return address if address.startswith(("/", "http://", "https://")) else ""


def words(named: Named) -> str:
    """Gives the name of a term of another vocabulary in words, any other name as it is.

    >>> words(Named(Iri("https://schema.org/foundingDate"), "schema:foundingDate"))
    'founding date'
    """
    if not _PREFIXED.fullmatch(named.label) or named.iri.value.startswith(BASE):
        return named.label
    return _HUMP.sub(" ", named.label.partition(":")[2]).lower()


def render(template: str, **context: object) -> str:
    """Gives a page; `template` is the name of a file of kg/web/pages."""
    return environment().get_template(template).render(**context)


def compile_all() -> None:
    """Compiles all templates, so that the copies of this process need not."""
    for name in environment().list_templates():
        environment().get_template(name)


def problem_page(problem: Problem, *, request_id: str = "") -> bytes:
    """Gives the page that tells a problem."""
    members = {**problem.document, "nearest": problem.members.get("nearest", [])}
    return render("problem.html", problem=members, request_id=request_id).encode()


def stylesheet() -> bytes:
    """Gives the one stylesheet, which pages ask for as /style.css."""
    return environment().get_template("style.css").render().encode()


def sparql_address(text: str) -> str:
    """Gives the address of a query's answer.

    >>> sparql_address("ASK {}")
    '/sparql?query=ASK+%7B%7D'
    """
    return f"/sparql?{urlencode({'query': text})}"


def alternates_of(path: str, forms: Iterable[Form] = GRAPH_FORMS) -> list[tuple[Form, str]]:
    """Gives the forms of what stands at a path, with their addresses."""
    return [(form, f"{path}.{form.suffix}") for form in forms]


@cache
def environment() -> Environment:
    """The templates of all pages, each compiled once."""
    made = Environment(
        loader=PackageLoader("kg.web", "pages"),
        autoescape=lambda name: name is None or not name.endswith(".css"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        path=path_of, link=link_of, words=words, alternates=alternates_of, number=_number
    )
    made.tests.update(
        named=lambda value: isinstance(value, Named),
        iri=lambda value: isinstance(value, Iri),
        literal=lambda value: isinstance(value, Literal),
        date=_is_date,
        address=lambda value: str(value).startswith(("http://", "https://")),
        numeric=_is_number,
    )
    made.globals.update(
        version=VERSION, base=BASE, wanted="", alternates=(), sparql_address=sparql_address
    )
    return made


def _is_date(value: object) -> bool:
    return isinstance(value, Literal) and value.datatype in _DATES


def _is_number(value: Term | None) -> bool:
    return isinstance(value, Literal) and bool(re.fullmatch(r"[+-]?\d+(\.\d+)?", value.value))


def _number(value: int) -> str:
    """Gives a number with its thousands apart.

    >>> _number(1493)
    '1,493'
    """
    return f"{value:,}"
