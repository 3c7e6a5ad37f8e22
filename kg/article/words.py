"""What the formats of a checked article share: words, order, evidence."""

from typing import Final

from kg.article.checked import NOT_CHECKED, CheckedArticle, CheckedClaim
from kg.explain.cited import Statement

CAVEAT: Final = (
    "A verdict says what this graph holds on a claim, not whether the claim is true. What rests "
    "on the article alone does not bear it out."
)
WORDS: Final = {
    NOT_CHECKED: "not checked",
    "supported": "supported",
    "supported-with-a-difference": "supported with a difference",
    "disputed": "disputed",
    "not-decidable": "not decidable from the graph",
    "opinion-or-forecast": "opinion or forecast",
}
"""The verdicts as people read them."""


def numbered(checked: CheckedArticle) -> list[tuple[str, CheckedClaim | str]]:
    """Gives the claims, and the marks of other sentences, with the numbers of the sentences.

    Claims of which no sentence is known are numbered in their order.
    """
    entries: list[tuple[int, CheckedClaim | str]] = [
        (claim.claim.sentence or position, claim)
        for position, claim in enumerate(checked.claims, start=1)
    ]
    entries += checked.article.marked.items()
    return [(str(number), entry) for number, entry in sorted(entries, key=lambda each: each[0])]


def evidence_of(checked: CheckedArticle, claim: CheckedClaim) -> list[Statement]:
    """Gives the evidence of a claim in the order of its dates."""
    found = (checked.evidence[iri] for iri in claim.statements if iri in checked.evidence)
    return sorted(found, key=lambda each: each.date)
