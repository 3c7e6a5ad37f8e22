"""The clocks that a request names: a view that cannot be is told in words of the web."""

from kg.clocks import IN_FORCE, Clocks, clocks_of, read_clocks
from kg.errors import UnknownName
from kg.terms import Iri
from kg.web.replies import Problem, on_the_web


def clocks_asked(
    on: str | None = None, known_on: str | None = None, joined_by: str | None = None
) -> Clocks:
    """Gives the clocks of a request's parameters, of which an empty one counts as not given.

    Raises InvalidValue for what is no day, Problem 400 for another step of joining.
    """
    try:
        return read_clocks(on or None, known_on or None, joined_by or IN_FORCE)
    except UnknownName as error:
        raise Problem(400, on_the_web(str(error))) from error


def clocks_of_view(view: str) -> Clocks:
    """Gives the clocks of a view that a dataset names; raises InvalidValue or Problem 400."""
    try:
        return clocks_of(Iri(view))
    except UnknownName as error:
        raise Problem(400, on_the_web(str(error))) from error
