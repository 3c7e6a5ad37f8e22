"""Reading what a request says: its parameters, its form, its clocks."""

from collections.abc import Iterable, Sequence

from starlette.requests import Request

from kg.errors import did_you_mean
from kg.web.clocks import clocks_asked
from kg.web.negotiation import Form, wanted, whole_header
from kg.web.replies import Problem
from kg.web.service import Service

CLOCKS = ("known-on", "joined-by")
"""The parameters that say which view answers."""


def service_of(request: Request) -> Service:
    """Gives the service that a request was sent to."""
    service: Service = request.app.state.service
    return service


def address_of(request: Request) -> str:
    """Gives the address at which people reach the service, without a slash at its end."""
    base = service_of(request).settings.base
    return base.rstrip("/") if base else f"{request.url.scheme}://{request.url.netloc}"


def one(request: Request, name: str) -> str | None:
    """Gives the value of a parameter, None for an empty one; raises Problem 400 for several."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise Problem(400, f"{name} is given {len(values)} times. Give it once.")
    return values[0] if values and values[0].strip() else None


def only(request: Request, known: Iterable[str]) -> None:
    """Raises Problem 400 for a parameter that is not known, with the nearest names."""
    names = list(known)
    for name in request.query_params:
        if name not in names:
            raise Problem(
                400,
                f'No parameter is called "{name}" here.{did_you_mean(name, names)} '
                + (f"The parameters are {', '.join(names)}." if names else "There are none."),
            )


def form_of(request: Request, forms: Sequence[Form], suffix: str | None) -> tuple[Form, str]:
    """Gives the form that the suffix names, else `format`, else the Accept header.

    Raises Problem 404 for a suffix that names none, 406 where none suits.
    """
    if suffix is None:
        return wanted(whole_header(request.headers, "accept"), forms, name=one(request, "format"))
    for form in forms:
        if form.suffix == suffix:
            return form, form.media_type
    suffixes = ", ".join(f".{form.suffix}" for form in forms)
    raise Problem(404, f'No form ends in ".{suffix}" here. The forms end in {suffixes}.')


def view_of(request: Request) -> tuple[str | None, str]:
    """Gives the day as known on which, and the step of joining by which, is answered.

    Raises InvalidValue for what is no day, Problem 400 for another step, and where a scratch copy
    is written to, which has no views.
    """
    read = clocks_asked(None, one(request, "known-on"), one(request, "joined-by"))
    if not read.are_plain and service_of(request).settings.writable:
        raise Problem(
            400,
            "known-on and joined-by are answered from the graph itself, not from a scratch copy "
            "that is written to. Leave them out, or ask a service without --writable.",
        )
    return (None if read.known_on is None else read.known_on.value), read.joined_by


def day_of(request: Request) -> str | None:
    """Gives the day that is asked about, where one is; raises InvalidValue for what is no day."""
    day = clocks_asked(one(request, "on")).on
    return None if day is None else day.value
