"""Answers a stored question.

A request has the `name` of the question, the `values` of its parameters as people give them,
`on` where that is none of them, `certainty`, `known-on` and `joined-by` as they were given, and
the `form` and `media_type` of the answer.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import pyoxigraph

from kg.clocks import IN_FORCE, STAGES
from kg.coverage import coverage_lines
from kg.dates import today
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.explain.disputed import disputes_behind
from kg.graph import Graph
from kg.parameters import DescribedParameter, choices, described
from kg.sparql_file import SparqlFile
from kg.table import Table
from kg.table_formats import TABLE_FORMATS, json_value
from kg.terms import Iri
from kg.views import on_day
from kg.web.html import render
from kg.web.jobs import Held
from kg.web.jobs.limited import table_bytes, too_large
from kg.web.negotiation import CSV, MARKDOWN, PLAIN_JSON, TSV
from kg.web.replies import Problem, Reply, on_the_web
from kg.web.settings import Limits

_FAST: Final = {"csv": "csv", "tsv": "tsv", "srj": "json", "srx": "xml"}
"""The forms that the engine itself writes, by the engine's name for them."""
OTHERS: Final = (PLAIN_JSON, CSV, TSV, MARKDOWN)
"""The forms that the page of an answer offers beside itself."""


def run(held: Held, request: Mapping[str, Any], body: bytes) -> Reply:
    """Gives the answer, or the question's form where a page lacks a parameter.

    Raises Problem 400 that says what to send, 422 for an answer that is too large.
    """
    graph = asked_of(held, request)
    query = graph.asker.stored_query(request["name"])
    values, form, media_type = request["values"], request["form"], request["media_type"]
    if form == "html":
        return Reply(_page(graph, query, request, held.limits).encode(), media_type)
    complete(query, graph, values)
    if form in _FAST and not request["certainty"]:
        return Reply(_written(graph, query, values, _FAST[form], held.limits), media_type)
    table = _table(graph, query, request, held.limits)
    prefixes = graph.project.prefixes
    if form != "json":
        name = _FAST.get(form, form)
        return Reply(TABLE_FORMATS[name](table, prefixes).encode(), media_type)
    document = {**_head(graph, query, request), **_content(graph, query, request, table)}
    return Reply(_json(document), media_type)


def asked_of(held: Held, request: Mapping[str, Any]) -> Graph:
    """Gives the graph that a question is asked of: about its day, where one is named."""
    return on_day(held.graph, request["on"]) if request.get("on") else held.graph


def complete(query: SparqlFile, graph: Graph, values: Mapping[str, str]) -> None:
    """Raises Problem 400 for a parameter that has to be given and is not."""
    if all(each.name in values for each in query.parameters):
        return
    parameters = described(query, graph)
    missing = [each for each in parameters if each.is_required and each.name not in values]
    if missing:
        names = " and ".join(each.name for each in missing)
        have = "has" if len(missing) == 1 else "have"
        meanings = " ".join(f"{each.name}: {each.meaning}" for each in missing)
        raise Problem(
            400,
            f"{names} {have} to be given. {meanings} Send for "
            f"example {example_of(query, parameters)}.",
            missing=[each.name for each in missing],
        )


def example_of(query: SparqlFile, parameters: Sequence[DescribedParameter]) -> str:
    """Gives the address of a question with its examples."""
    pairs = {each.name: each.example for each in parameters if each.example is not None}
    return address_of(f"/query/{query.name}", pairs)


def pairs_of(request: Mapping[str, Any]) -> dict[str, str]:
    """Gives what was asked, but for the certainty, as parameters of an address."""
    others = {name: request.get(name) for name in ("on", "known-on", "joined-by")}
    if others["joined-by"] == IN_FORCE:
        del others["joined-by"]
    return {**request["values"], **{name: value for name, value in others.items() if value}}


def address_of(path: str, *pairs: Mapping[str, Any]) -> str:
    """Gives an address with its parameters, of which those that are None are left out."""
    given = {name: value for some in pairs for name, value in some.items() if value is not None}
    return f"{path}?{urlencode(given, safe=':', doseq=True)}" if given else path


def _written(
    graph: Graph, query: SparqlFile, values: Mapping[str, str], format: str, limits: Limits
) -> bytes:
    """Gives the answer as the engine writes it."""
    assert isinstance(graph.engine, OxigraphEngine), "the service holds its own store"
    answer = graph.engine.store.query(graph.asker.bind(query.name, values))
    assert isinstance(answer, pyoxigraph.QuerySolutions), "a stored query is a SELECT"
    return table_bytes(answer, format, limits)


def _table(graph: Graph, query: SparqlFile, request: Mapping[str, Any], limits: Limits) -> Table:
    table = graph.asker.ask(query.name, request["values"], certainty=request["certainty"])
    if len(table) > limits.rows:
        raise too_large(limits)
    return table


def _head(graph: Graph, query: SparqlFile, request: Mapping[str, Any]) -> dict[str, Any]:
    """Gives what was asked, with the values that counted where none was given."""
    terms = graph.asker.terms(query.name, request["values"])
    shorten = graph.project.prefixes.shorten
    return {
        "query": query.name,
        "question": query.head.get("question", query.summary),
        "parameters": {
            name: shorten(term.value) if isinstance(term, Iri) else str(term)
            for name, term in terms.items()
        },
        "clocks": {
            "on": str(terms.get("on") or graph.clocks.on or today()),
            "known-on": request["known-on"],
            "joined-by": request["joined-by"],
        },
    }


def _content(
    graph: Graph, query: SparqlFile, request: Mapping[str, Any], table: Table
) -> dict[str, Any]:
    """Gives the rows, and what is to be known of them."""
    terms = graph.asker.terms(query.name, request["values"])
    rests = "rests-on" in query.head
    disputed = disputes_behind(graph, table.sparql)
    return {
        "columns": list(table.columns),
        "rows": [dict(zip(table.columns, map(json_value, row), strict=True)) for row in table.rows],
        "count": len(table),
        "coverage": coverage_lines(graph.engine, query, terms) if rests else [],
        "disputed": on_the_web(disputed) if disputed else None,
    }


def _json(document: Mapping[str, Any]) -> bytes:
    """Gives a document as JSON, a line for each member and each row of its table.

    The library writes a value without indents ten times as fast as one with them.
    """
    rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in document["rows"])
    rest = {key: value for key, value in document.items() if key != "rows"}
    written = {key: json.dumps(value, ensure_ascii=False) for key, value in rest.items()}
    written["rows"] = f"[\n  {rows}\n ]" if rows else "[]"
    members = ",\n ".join(f"{json.dumps(key)}: {value}" for key, value in written.items())
    return f"{{\n {members}\n}}\n".encode()


def _page(graph: Graph, query: SparqlFile, request: Mapping[str, Any], limits: Limits) -> str:
    """Gives the page of a question: its form, and the answer where nothing is missing."""
    parameters = described(query, graph)
    values, pairs = request["values"], pairs_of(request)
    certainty = {"certainty": request["certainty"]}
    is_complete = all(each.name in values or not each.is_required for each in parameters)
    answer: dict[str, Any] = {}
    reasons: list[tuple[int, str]] = []
    if is_complete:
        table = _table(graph, query, request, limits)
        answer = {"table": table, **_content(graph, query, request, table)}
        explained = f"/explain/{query.name}"
        reasons = [
            (number, address_of(explained, pairs, {"row": number}))
            for number in _numbers(graph, query, request, table)
        ]
    return render(
        "question.html",
        query=query,
        parameters=parameters,
        choices={each.name: choices(graph, each) for each in parameters},
        example=example_of(query, parameters),
        request=request,
        answer=answer,
        reasons=reasons,
        pairs=pairs,
        explained=address_of(f"/explain/{query.name}", pairs),
        with_on=all(each.name != "on" for each in parameters),
        stages=STAGES,
        prefixes=graph.project.prefixes,
        alternates=[
            (form, address_of(f"/query/{query.name}.{form.suffix}", pairs, certainty))
            for form in (OTHERS if is_complete else ())
        ],
    )


def _numbers(
    graph: Graph, query: SparqlFile, request: Mapping[str, Any], table: Table
) -> Iterable[int]:
    """Gives the numbers that rows have in the answer that is not limited by certainty."""
    if not request["certainty"]:
        return range(1, len(table) + 1)
    kept = set(table.rows)
    whole = graph.asker.ask(query.name, request["values"])
    return [number for number, row in enumerate(whole.rows, start=1) if row in kept]
