"""The application: which address is answered by what, and how mistakes are told."""

import json
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp

from kg.errors import KgError
from kg.web.html import problem_page
from kg.web.manners import Manners, methods_of
from kg.web.negotiation import HTML, Form, choose, whole_header
from kg.web.replies import GONE, PROBLEM_TYPE, TITLES, Problem, problem_of
from kg.web.routes import routes_of
from kg.web.service import Service

_PROBLEM = Form("problem", PROBLEM_TYPE, "json", ("application/json",))


def make_app(service: Service) -> ASGIApp:
    """Gives the ASGI application of a service, which starts and stops with it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            await service.start()
        except KgError as error:
            service.failure = error
            raise
        try:
            yield
        finally:
            await service.stop()

    app = Starlette(
        routes=routes_of(is_writable=service.settings.writable),
        lifespan=lifespan,
        exception_handlers={
            KgError: _mistaken,
            HTTPException: _refused,
            ClientDisconnect: _left,
            Exception: _failed,
        },
    )
    app.state.service = service
    return Manners(app, service)


async def _mistaken(request: Request, error: Exception) -> Response:
    assert isinstance(error, KgError), "the handler of KgError"
    return told(request, problem_of(error))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "the handler of HTTPException"
    detail = error.detail
    headers = dict(error.headers or {})
    if error.status_code == 405:
        writable = request.app.state.service.settings.writable
        headers["Allow"] = methods_of(request.url.path, is_writable=writable)
        detail = f"{request.method} is not answered here. The methods are {headers['Allow']}."
    status = error.status_code if error.status_code in TITLES else 400
    return told(request, Problem(status, detail, headers=headers))


async def _left(request: Request, error: Exception) -> Response:
    return Response(None, GONE)


async def _failed(request: Request, error: Exception) -> Response:
    traceback.print_exception(error)
    return told(request, Problem(500, "The service has failed. Its log says how."))


def told(request: Request, problem: Problem) -> Response:
    """Gives the response that tells a problem: as a document of RFC 9457, or a page."""
    document = {**problem.document, "instance": f"urn:request:{request.state.id}"}
    headers = {"Cache-Control": "no-store", "Vary": "Accept", **problem.headers}
    try:
        form, _ = choose(whole_header(request.headers, "accept"), (_PROBLEM, HTML))
    except Problem:
        form = _PROBLEM
    if form is HTML:
        page = problem_page(problem, request_id=request.state.id)
        return Response(page, problem.status, headers, "text/html; charset=utf-8")
    content = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    return Response(content, problem.status, headers, PROBLEM_TYPE)
