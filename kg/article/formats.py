"""A checked article as text, JSON, Markdown, a page, and as ClaimReview for search engines."""

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from kg.article.checked import CheckedArticle, CheckedClaim, Evidence, Outcome
from kg.prefixes import Prefixes

CAVEAT: Final = (
    "A verdict says what this graph holds on a claim, not whether the claim is true. What rests "
    "on the article alone does not bear it out."
)
WORDS: Final = {
    "supported": "supported",
    "supported-with-a-difference": "supported with a difference",
    "disputed": "disputed",
    "not-decidable": "not decidable from the graph",
    "opinion-or-forecast": "opinion or forecast",
}
"""The verdicts as people read them."""
_SHOWN: Final = 3
_BASE: Final = "https://w3id.org/alliance-kg/"


def write_text(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives each claim with its verdict and the first of its evidence, then the counts."""
    lines: list[str] = []
    for checked in articles:
        article = checked.article
        lines += [f"{article.title} ({article.publisher}, {article.issued})", ""]
        for number, claim in _numbered(checked):
            lines.append(f"{number:>4}  {_verdict(claim)}: {claim.claim.reading}")
            if claim.claim.quotation:
                lines.append(f'      "{claim.claim.quotation}"')
            lines += [f"      {reason}" for reason in claim.reasons]
            evidence = _evidence(checked, claim)
            lines += [f"      - {_in_words(each)}" for each in evidence[:_SHOWN]]
            if len(evidence) > _SHOWN:
                lines.append(f"      - and {len(evidence) - _SHOWN} more statements")
        lines += ["", _summary(checked), *_uncovered(checked), ""]
    return "\n".join([*lines, CAVEAT]) + "\n"


def write_markdown(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives a section an article and an entry a claim, with all evidence."""
    lines: list[str] = []
    for checked in articles:
        article = checked.article
        title = f"[{article.title}]({article.address})" if article.address else article.title
        lines += [f"# {title}", "", f"{article.publisher}, {article.issued}. {CAVEAT}", ""]
        lines += [_summary(checked), *_uncovered(checked), ""]
        for number, claim in _numbered(checked):
            lines += [f"## {number} {claim.claim.reading}", "", f"**{_verdict(claim)}**", ""]
            if claim.claim.quotation:
                lines += [f"> {claim.claim.quotation}", ""]
            lines += [f"{reason}\n" for reason in claim.reasons]
            lines += [f"- {_markdown(each, prefixes)}" for each in _evidence(checked, claim)]
            lines += [f"- asked: `{outcome.command}`" for outcome in claim.outcomes]
            lines.append("")
    return "\n".join(lines)


def write_json(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives everything that was found, with the statements that each test rests on."""
    document = {"articles": [_article(checked, prefixes) for checked in articles]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write_claim_review(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives schema.org ClaimReviews as JSON-LD.

    See `ClaimReview <https://schema.org/ClaimReview>`_. There is no number in the rating: the
    verdicts are no scale.
    """
    reviews = [_claim_review(checked, claim) for checked in articles for claim in checked.claims]
    document = {"@context": "https://schema.org", "@graph": reviews}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write_html(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives one page that needs no other file and asks no other host for anything."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # only pages need it

    environment = Environment(
        loader=PackageLoader("kg.article"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["compact"] = lambda iri: prefixes.shorten(iri.value)
    return environment.get_template("article.html").render(
        articles=articles, words=WORDS, caveat=CAVEAT, evidence=_evidence, numbered=_numbered
    )


FORMATS: Final[dict[str, Callable[[Sequence[CheckedArticle], Prefixes], str]]] = {
    "table": write_text,
    "json": write_json,
    "markdown": write_markdown,
    "html": write_html,
    "claimreview": write_claim_review,
}
"""The formats by the names that people type."""


def _numbered(checked: CheckedArticle) -> list[tuple[str, CheckedClaim]]:
    """Gives the claims with the numbers of their sentences, or in their order."""
    return [
        (str(claim.claim.sentence or position), claim)
        for position, claim in enumerate(checked.claims, start=1)
    ]


def _verdict(claim: CheckedClaim) -> str:
    verdict = WORDS[claim.verdict]
    if claim.mistakes:
        return "not checked"
    if not claim.still_holds and claim.claim.recorded is not None:
        return f"{verdict} (published as {WORDS.get(claim.claim.recorded, claim.claim.recorded)})"
    return verdict


def _summary(checked: CheckedArticle) -> str:
    counts = ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in checked.counts.items())
    return f"{len(checked.claims)} claims: {counts}."


def _uncovered(checked: CheckedArticle) -> list[str]:
    numbers = checked.article.uncovered
    if not numbers:
        return []
    return [f"Sentences that no claim covers: {', '.join(map(str, numbers))}."]


def _evidence(checked: CheckedArticle, claim: CheckedClaim) -> list[Evidence]:
    return [checked.evidence[iri] for iri in claim.statements if iri in checked.evidence]


def _in_words(evidence: Evidence) -> str:
    said = evidence.value or evidence.text
    what = " ".join(filter(None, [evidence.name, f"({evidence.date})" if evidence.date else ""]))
    source = evidence.sources[0] if evidence.sources else None
    by = (
        f"{source.publisher}{f', {source.published}' if source.published else ''}" if source else ""
    )
    return f"{what}{f': {said}' if said else ''} [{by}; {evidence.assurance}]"


def _markdown(evidence: Evidence, prefixes: Prefixes) -> str:
    said = evidence.value or evidence.text
    sources = "; ".join(
        f"[{source.title}]({source.address})" if source.address else source.title
        for source in evidence.sources
    )
    date = f" ({evidence.date})" if evidence.date else ""
    what = f"{evidence.name}{date}{f': {said}' if said else ''}"
    return f"`{prefixes.shorten(evidence.iri.value)}` {what} ({evidence.assurance}): {sources}"


def _article(checked: CheckedArticle, prefixes: Prefixes) -> dict[str, Any]:
    article = checked.article
    return {
        "article": article.iri.value,
        "title": article.title,
        "publisher": article.publisher,
        "issued": article.issued.value,
        "address": article.address or None,
        "sentences": article.sentences or None,
        "uncovered": article.uncovered,
        "counts": checked.counts,
        "claims": [
            {
                "claim": claim.claim.iri.value,
                "sentence": claim.claim.sentence or None,
                "quotation": claim.claim.quotation or None,
                "reading": claim.claim.reading,
                "kind": claim.claim.kind,
                "claimants": list(claim.claim.claimants),
                "verdict": claim.verdict,
                "published": claim.claim.recorded,
                "reasons": claim.reasons,
                "mistakes": claim.mistakes,
                "tests": [_test(outcome) for outcome in claim.outcomes],
            }
            for claim in checked.claims
        ],
        "statements": {
            iri.value: {
                "name": each.name,
                "date": each.date or None,
                "value": each.value or None,
                "text": each.text or None,
                "assurance": each.assurance,
                "sources": [
                    {
                        "source": source.iri.value,
                        "title": source.title,
                        "publisher": source.publisher,
                        "published": source.published or None,
                        "address": source.address or None,
                    }
                    for source in each.sources
                ],
            }
            for iri, each in checked.evidence.items()
        },
    }


def _test(outcome: Outcome) -> dict[str, Any]:
    return {
        "test": outcome.test.iri.value,
        "bearing": outcome.test.bearing,
        "asked": outcome.command,
        "expected": outcome.test.expectation.in_words(),
        "holds": outcome.holds,
        "finding": outcome.test.finding or None,
        "statements": [each.value for each in outcome.statements],
        "needed": sorted(each.value for each in outcome.needed),
    }


def _claim_review(checked: CheckedArticle, claim: CheckedClaim) -> dict[str, Any]:
    article = checked.article
    text = {"@type": "NewsArticle", "headline": article.title, "url": article.address or None}
    body = " ".join([f"In the alliance-kg graph this is {WORDS[claim.verdict]}.", *claim.reasons])
    return {
        "@type": "ClaimReview",
        "@id": claim.claim.iri.value.replace("/claim/", "/review/"),
        "url": claim.claim.iri.value,
        "claimReviewed": claim.claim.reading,
        "author": {"@type": "Organization", "name": "Alliance-KG", "url": _BASE},
        "reviewRating": {"@type": "Rating", "alternateName": WORDS[claim.verdict]},
        "reviewBody": f"{body} {CAVEAT}",
        "itemReviewed": {
            "@type": "Claim",
            "@id": claim.claim.iri.value,
            "author": [{"@type": "Thing", "name": name} for name in claim.claim.claimants],
            "datePublished": claim.claim.date,
            "appearance": {key: value for key, value in text.items() if value},
        },
    }
