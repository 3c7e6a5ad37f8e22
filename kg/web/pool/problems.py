"""What is told where a process could not answer."""

from kg.web.replies import Problem
from kg.web.settings import Limits


def stopped(limits: Limits, *, was_killed: bool) -> Problem:
    """Gives the problem of a request whose process was ended at its time, or ended itself."""
    if was_killed:
        return Problem(
            503,
            f"The request took longer than {limits.seconds:g} s and was stopped. Ask for less, or "
            "ask the graph on a machine of your own.",
        )
    return Problem(
        503,
        f"The request needed more than {limits.memory} MB of memory, or its process was ended. "
        "Ask for less, without sorting or joining everything for example.",
    )


def not_at_hand() -> Problem:
    """Gives the problem of a request that came while no process held the graph."""
    return Problem(
        503, "The graph was not at hand for a moment. Try again.", headers={"Retry-After": "1"}
    )
