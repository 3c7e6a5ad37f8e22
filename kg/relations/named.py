"""Whether a query is about a relation of a day, told by its text alone."""

from pathlib import Path


def are_named_in(text: str, folder: Path) -> bool:
    """Whether a query's text names a relation: member-of.rq is about org:memberOf."""
    stems = (path.stem.split("-") for path in folder.glob("*.rq"))
    names = (first + "".join(word.title() for word in rest) for first, *rest in stems)
    return any(name in text for name in names)
