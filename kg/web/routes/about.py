"""What the service says of itself, and the whole graph to take along."""

import json

from starlette.requests import Request
from starlette.responses import Response

from kg.web.answering import Asked, answer, unchanging
from kg.web.html import render, stylesheet
from kg.web.negotiation import JSONLD, NTRIPLES, RDF, RDFXML, TURTLE, Form
from kg.web.replies import REMEDIES, TITLES, Problem, slug_of
from kg.web.routes.reading import address_of, day_of, form_of, one, only, service_of, view_of

_NQUADS = Form("nquads", "application/n-quads", "nq")
_TRIG = Form("trig", "application/trig", "trig")
_WHOLE = (TURTLE, NTRIPLES, _NQUADS, _TRIG, JSONLD, RDFXML)


async def health(request: Request) -> Response:
    """Whether the graph is at hand: 200 with its version, else 503."""
    service = service_of(request)
    await service.pool.check()
    status = {"status": "ok", "version": service.pool.version}
    return Response(json.dumps(status), 200, {"Cache-Control": "no-store"}, "application/json")


async def metrics(request: Request) -> Response:
    """What the service has counted, for Prometheus."""
    counted = service_of(request).metrics
    return Response(counted.written(), 200, {"Cache-Control": "no-store"}, counted.media_type)


async def style(request: Request) -> Response:
    """The one style sheet."""
    return unchanging(request, stylesheet(), "text/css")


async def robots(request: Request) -> Response:
    """What crawlers may fetch: things and questions, not the endpoint."""
    rules = "User-agent: *\nDisallow: /sparql\nDisallow: /explain/\nDisallow: /why-not/\n"
    return unchanging(request, rules.encode(), "text/plain")


async def problem(request: Request) -> Response:
    """What a kind of problem is: its type in problem documents leads here."""
    for status, title in TITLES.items():
        if request.path_params["slug"] == slug_of(title):
            page = render("kind_of_problem.html", title=title, status=status, text=REMEDIES[status])
            return unchanging(request, page.encode(), "text/html")
    raise Problem(404, "There is no such kind of problem.")


async def openapi(request: Request) -> Response:
    """The OpenAPI 3.1 document of all this."""
    told = {"what": "openapi", "form": "json", "address": address_of(request)}
    return await answer(service_of(request), request, Asked("service", told, varies=False))


async def void(request: Request) -> Response:
    """The VoID and DCAT description of the dataset."""
    return await _described(request, "void")


async def examples(request: Request) -> Response:
    """The stored queries as sh:SPARQLExecutable."""
    return await _described(request, "examples")


async def _described(request: Request, what: str) -> Response:
    form, media_type = form_of(request, RDF, None)
    told = {
        "what": what,
        "form": form.name,
        "media_type": media_type,
        "address": address_of(request),
    }
    return await answer(service_of(request), request, Asked("service", told))


async def export(request: Request) -> Response:
    """The whole graph, or a view of it, in any of six formats."""
    only(request, ("on", "known-on", "joined-by", "asserted"))
    form, media_type = form_of(request, _WHOLE, request.path_params["suffix"])
    asserted = one(request, "asserted") or "false"
    if asserted not in ("true", "false"):
        raise Problem(400, f'"{asserted}" is neither true nor false, given for asserted.')
    known_on, joined_by = view_of(request)
    told = {
        "form": form.name,
        "media_type": media_type,
        "on": day_of(request),
        "asserted": asserted == "true",
    }
    asked = Asked("export", told, known_on, joined_by, varies=False, is_of_today=False)
    return await answer(service_of(request), request, asked)
