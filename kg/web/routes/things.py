"""Linked data: the path of every IRI of the graph leads to what the graph says of it.

Follows `Cool URIs for the Semantic Web <https://www.w3.org/TR/cooluris/>`_: a thing answers 303
with the address of a document about it, in the form that suits; a document answers 200.
"""

import re
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from kg.clocks import IN_FORCE, VIEWS, clocks_of
from kg.terms import Iri
from kg.web.answering import Asked, answer, client_of, freshness, watched
from kg.web.negotiation import GRAPHS, HTML, PLAIN_JSON, RDF, Form, split_suffix
from kg.web.replies import GONE, Problem
from kg.web.routes.reading import form_of, one, only, service_of

BASE: Final = VIEWS.removesuffix("/view/")
"""Where the IRIs of the graph begin, without a slash at the end."""

_OF_ALL: Final = (
    '</.well-known/void>; rel="describedby"; type="text/turtle", '
    '</openapi.json>; rel="service-desc"; type="application/json"'
)
"""The links of the home page."""
_NO_IRI: Final = re.compile(r"[\x00-\x20<>\"{}|\\^`\x7f]")


async def thing(request: Request) -> Response:
    """What the graph says of a thing, of the things of a kind, of the ontology, or at its root."""
    path = request.url.path if request.url.path == "/" else request.scope["path"].rstrip("/")
    if not path.startswith("/") or path.startswith("//") or _NO_IRI.search(path):
        raise Problem(404, "No IRI of this graph has such a path.")
    only(request, ("format", "page"))
    stem, form = split_suffix(path, GRAPHS)
    if form is not None:
        return await _document(request, stem, form, form.media_type, varies=False)
    form, media_type = form_of(request, (HTML,) if path == "/" else GRAPHS, None)
    if _is_document(request, path):
        return await _document(request, path, form, media_type, varies=True)
    return await _see_other(request, path, form)


async def _document(
    request: Request, path: str, form: Form, media_type: str, *, varies: bool
) -> Response:
    told = {
        "iri": BASE + (path if path != "/index" else "/"),
        "form": form.name,
        "media_type": media_type,
        "page": _page(request),
    }
    headers = {"Link": _links(path, form)}
    if varies:
        headers["Content-Location"] = _address(path, form)
    asked = Asked("thing", told, headers=headers, varies=varies)
    return await answer(service_of(request), request, asked)


async def _see_other(request: Request, path: str, form: Form) -> Response:
    """Leads from a thing to a document about it, unless there is no such thing."""
    known = service_of(request).pool.run("known", {"iri": BASE + path}, client=client_of(request))
    reply = await watched(request, known)
    if reply.status == GONE:
        return Response(None, GONE)
    headers = {
        "Location": _address(path, form),
        "Link": _links(path, form),
        "Vary": "Accept",
        "Cache-Control": freshness(service_of(request)),
    }
    return Response(None, 303, headers)


def _is_document(request: Request, path: str) -> bool:
    """Whether a path is the root's, the ontology's, or that of a kind of things."""
    namespaces = service_of(request).snapshot.project.prefixes.namespaces.values()
    return path in ("/", "/ontology") or BASE + path + "/" in namespaces


def _address(path: str, form: Form) -> str:
    return quote("/index" if path == "/" else path, safe="/:@!$&'()*+,;=~") + f".{form.suffix}"


def _links(path: str, form: Form) -> str:
    """Gives the Link header: the other forms, the thing itself, the licence."""
    iri = quote(BASE + path, safe="/:@!$&'()*+,;=~#")
    licence = '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
    if path in ("/", "/index"):  # a page, and no thing
        return f"{_OF_ALL}, {licence}"
    others = [
        f'<{_address(path, each)}>; rel="alternate"; type="{each.media_type}"'
        for each in GRAPHS
        if each is not form
    ]
    own = [f'<{iri}>; rel="describes"', f'<{iri}>; rel="cite-as"']
    return ", ".join([*own, *others, licence])


def _page(request: Request) -> int:
    page = one(request, "page") or "1"
    if not re.fullmatch(r"[1-9][0-9]{0,5}", page):
        raise Problem(400, f'"{page}" is not the number of a page, given for page. Give 1 or more.')
    return int(page)


async def search(request: Request) -> Response:
    """The one thing that a name means, or those nearest to it."""
    only(request, ("name", "format"))
    form, media_type = form_of(request, (HTML, PLAIN_JSON), None)
    told = {"name": one(request, "name") or "", "form": form.name, "media_type": media_type}
    return await answer(service_of(request), request, Asked("search", told))


async def graph_or_view(request: Request) -> Response:
    """A graph of the dataset: what was derived, the graph as known on a day, or of a day."""
    only(request, ("format",))
    stem, form = split_suffix(request.scope["path"].rstrip("/"), RDF)
    media_type = form.media_type if form else ""
    if form is None:
        form, media_type = form_of(request, RDF, None)
    iri = BASE + stem
    told = {"form": form.name, "media_type": media_type, "graph": iri}
    known_on, joined_by = None, IN_FORCE
    if iri.startswith(VIEWS):
        clocks = clocks_of(Iri(iri))
        known_on = None if clocks.known_on is None else clocks.known_on.value
        joined_by = clocks.joined_by
    elif iri != f"{BASE}/graph/derived":
        raise Problem(404, "The graphs are /graph/derived and those of views, such as /view/on/…")
    asked = Asked("export", told, known_on, joined_by, is_of_today=False)
    return await answer(service_of(request), request, asked)
