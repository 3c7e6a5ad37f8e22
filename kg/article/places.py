"""Where claims stand in files, and whether their quotations stand in a text."""

from collections.abc import Iterable
from pathlib import Path

from kg.article.checked import CheckedArticle, CheckedClaim
from kg.article.sentences import stands_in
from kg.documents import Place, describe_places
from kg.project import Project


class Places:
    """Says where claims stand; the files are read when the first place is asked for."""

    def __init__(self, project: Project, further: Iterable[Path] = ()) -> None:
        self.project = project
        self.further = tuple(further)
        self._places: dict[str, Place] | None = None

    def say(self, claim: CheckedClaim, message: str) -> str:
        """Says which claim a message is about, and in which file and line it stands."""
        project = self.project
        if self._places is None:
            files = [] if project.endpoint else [*project.turtle_files(), *self.further]
            self._places = describe_places(files)
        place = self._places.get(claim.claim.iri.value)
        where = f"{project.short_path(place.path)}:{place.line}: " if place else ""
        return f"{where}{project.prefixes.shorten(claim.claim.iri.value)}: {message}"


def compared(
    checked: CheckedArticle, sentences: list[str], text: str, places: "Places"
) -> list[str]:
    """Gives a message for each quotation that does not stand in its sentence of the text."""
    messages = []
    if checked.article.sentences not in (0, len(sentences)):
        messages.append(
            f"{text} has {len(sentences)} sentences, and {checked.article.sentences} were "
            "examined. Compare it with the text that was."
        )
    for claim in checked.claims:
        number, quotation = claim.claim.sentence, claim.claim.quotation
        sentence = sentences[number - 1] if 0 < number <= len(sentences) else ""
        if quotation and not stands_in(quotation, sentence):
            elsewhere = [
                str(other)
                for other, each in enumerate(sentences, start=1)
                if stands_in(quotation, each)
            ]
            now = f" It stands in {', '.join(elsewhere)}." if elsewhere else ""
            messages.append(
                places.say(
                    claim, f'"{quotation}" does not stand in sentence {number} of {text}.{now}'
                )
            )
    return messages
