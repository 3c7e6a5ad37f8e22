"""Addresses: each handler reads a request and says which job answers it."""

from starlette.routing import BaseRoute, Route

from kg.web.routes.about import (
    examples,
    export,
    health,
    metrics,
    openapi,
    problem,
    robots,
    style,
    void,
)
from kg.web.routes.questions import coverage, disagreements, explain, question, questions, why_not
from kg.web.routes.sparql import sparql
from kg.web.routes.things import graph_or_view, search, thing
from kg.web.routes.writing import graph_store

_WRITING = ["GET", "PUT", "POST", "PATCH", "DELETE"]


def routes_of(*, is_writable: bool) -> list[BaseRoute]:
    """Gives the routes of the service, the most special first."""
    writing: list[BaseRoute] = [
        Route("/graph-store", graph_store, methods=_WRITING),
        Route("/graph-store/{path:path}", graph_store, methods=_WRITING),
    ]
    return [
        Route("/sparql", sparql, methods=["GET", "POST"]),
        Route("/sparql/", sparql, methods=["GET", "POST"]),
        *(writing if is_writable else []),
        Route("/query", questions),
        Route("/query.{suffix}", questions),
        Route("/query/{name}", question),
        Route("/explain/{name}", explain),
        Route("/why-not/{name}", why_not),
        Route("/coverage", coverage),
        Route("/coverage.{suffix}", coverage),
        Route("/disagreements", disagreements),
        Route("/disagreements.{suffix}", disagreements),
        Route("/export.{suffix}", export),
        Route("/openapi.json", openapi),
        Route("/problem/{slug}", problem),
        Route("/.well-known/void", void),
        Route("/.well-known/sparql-examples", examples),
        Route("/health", health),
        Route("/metrics", metrics),
        Route("/style.css", style),
        Route("/robots.txt", robots),
        Route("/search", search),
        Route("/view/{path:path}", graph_or_view),
        Route("/graph/{path:path}", graph_or_view),
        Route("/{path:path}", thing),
    ]
