"""The stored questions as an API: their answers, what carries them, what keeps rows away."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from kg.errors import did_you_mean
from kg.sparql_file import SparqlFile
from kg.web.answering import Asked, answer
from kg.web.negotiation import (
    EXPLANATIONS,
    GRAPHS,
    HTML,
    PLAIN_JSON,
    QUESTIONS,
    REFUSALS,
    Form,
    split_suffix,
)
from kg.web.replies import Problem
from kg.web.routes.reading import CLOCKS, form_of, one, only, service_of, view_of

LISTS: Final = (PLAIN_JSON, HTML)
_EVERYWHERE: Final = ("format", *CLOCKS)


async def questions(request: Request) -> Response:
    """The stored questions with their parameters."""
    only(request, ("format",))
    form, media_type = form_of(request, LISTS, request.path_params.get("suffix"))
    told = {"form": form.name, "media_type": media_type}
    return await answer(service_of(request), request, Asked("questions", told))


async def question(request: Request) -> Response:
    """The answer to a stored question."""
    query, suffix = _named(request, QUESTIONS)
    return await _answered(request, query, suffix)


async def coverage(request: Request) -> Response:
    """What the graph claims to hold completely."""
    return await _shortcut(request, "coverage")


async def disagreements(request: Request) -> Response:
    """What sources say otherwise."""
    return await _shortcut(request, "disagreements")


async def _shortcut(request: Request, name: str) -> Response:
    queries = service_of(request).queries
    if name not in queries:
        raise Problem(404, f"This graph has no question called {name}. See /query.")
    suffix = request.path_params.get("suffix")
    return await _answered(request, queries[name], suffix)


async def _answered(request: Request, query: SparqlFile, suffix: str | None) -> Response:
    own = [parameter.name for parameter in query.parameters]
    certainty = ("certainty",) if query.tells_certainty else ()
    others = () if "on" in own else ("on",)
    only(request, (*own, *_EVERYWHERE, *certainty, *others))
    is_graph = query.text.find("SELECT") < 0
    form, media_type = form_of(request, GRAPHS if is_graph else QUESTIONS, suffix)
    told = {
        "name": query.name,
        "values": _values(request, own),
        "on": one(request, "on") if others else None,
        "certainty": one(request, "certainty"),
        "form": form.name,
        "media_type": media_type,
    }
    return await _asked(request, "question", told)


async def explain(request: Request) -> Response:
    """The statements and sources that carry the rows of an answer."""
    query, suffix = _named(request, EXPLANATIONS)
    return await _taken_apart(request, "explain", query, suffix, EXPLANATIONS, ("row", "where"))


async def why_not(request: Request) -> Response:
    """Why a row is not in an answer, and what is nearest."""
    query, suffix = _named(request, REFUSALS)
    return await _taken_apart(request, "why_not", query, suffix, REFUSALS, ("where",))


async def _taken_apart(
    request: Request,
    job: str,
    query: SparqlFile,
    suffix: str | None,
    forms: Sequence[Form],
    further: Sequence[str],
) -> Response:
    own = [parameter.name for parameter in query.parameters]
    others = () if "on" in own else ("on",)
    only(request, (*own, *_EVERYWHERE, *further, *others))
    form, media_type = form_of(request, forms, suffix)
    told = {
        "name": query.name,
        "values": _values(request, own),
        "on": one(request, "on") if others else None,
        "where": _where(request),
        "row": _row(request) if "row" in further else None,
        "form": form.name,
        "media_type": media_type,
    }
    return await _asked(request, job, told)


async def _asked(request: Request, job: str, told: Mapping[str, object]) -> Response:
    known_on, joined_by = view_of(request)
    asked = Asked(job, {**told, "known-on": known_on, "joined-by": joined_by}, known_on, joined_by)
    return await answer(service_of(request), request, asked)


def _named(request: Request, forms: Sequence[Form]) -> tuple[SparqlFile, str | None]:
    """Gives the stored query that the address names, and the suffix; raises Problem 404."""
    queries = service_of(request).queries
    name, form = split_suffix(request.path_params["name"], forms)
    if name not in queries:
        raise Problem(
            404,
            f'No stored query is called "{name}".{did_you_mean(name, queries)} /query lists them '
            "all.",
        )
    return queries[name], form.suffix if form else None


def _values(request: Request, names: Sequence[str]) -> dict[str, str]:
    """Gives the values of the query's own parameters; one left empty counts as not given."""
    values = {name: one(request, name) for name in names}
    return {name: value for name, value in values.items() if value is not None and value.strip()}


def _where(request: Request) -> dict[str, str]:
    """Reads `where=column=value`, which can be repeated; raises Problem 400."""
    found: dict[str, str] = {}
    for pair in request.query_params.getlist("where"):
        column, sign, value = pair.partition("=")
        if not sign or not column.strip() or not value.strip():
            raise Problem(
                400,
                f'"{pair}" names no column and value, given for where. Write it as column=value, '
                "for example where=name=Finland.",
            )
        found[column.strip()] = value.strip()
    return found


def _row(request: Request) -> int | None:
    row = one(request, "row")
    if row is None or row == "":
        return None
    if not row.isascii() or not row.isdigit() or len(row) > 9 or int(row) < 1:
        raise Problem(400, f'"{row}" is no row, given for row. Give its number from 1.')
    return int(row)
