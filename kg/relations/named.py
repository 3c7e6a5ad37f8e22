"""Whether a query is about a relation of a day, told by its text alone."""

from functools import lru_cache
from pathlib import Path


def are_named_in(text: str, folder: Path) -> bool:
    """Whether a query's text names a relation: member-of.rq is about org:memberOf."""
    return any(name in text for name in _names(folder))


@lru_cache(maxsize=16)
def _names(folder: Path) -> tuple[str, ...]:
    """Gives the local names of the relations of a folder, which is read once."""
    stems = (path.stem.split("-") for path in folder.glob("*.rq"))
    return tuple(first + "".join(word.title() for word in rest) for first, *rest in stems)
