"""A checked article for programs: as JSON, and as ClaimReviews for search engines."""

import datetime
import json
from collections.abc import Sequence
from typing import Any, Final

from kg.article.checked import CheckedArticle, CheckedClaim, Outcome
from kg.article.words import CAVEAT, WORDS
from kg.prefixes import Prefixes

_BASE: Final = "https://w3id.org/alliance-kg/"


def write_json(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives everything that was found, with the statements that each test rests on."""
    document = {"articles": [_article(checked, prefixes) for checked in articles]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write_claim_review(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives schema.org ClaimReviews as JSON-LD, for the claims with a verdict on evidence.

    See `ClaimReview <https://schema.org/ClaimReview>`_. There is no number in the rating, since
    the verdicts are no scale; opinions and what cannot be decided are no claims reviewed.
    """
    reviews = [
        _claim_review(checked, claim)
        for checked in articles
        for claim in checked.claims
        if claim.verdict in ("supported", "supported-with-a-difference", "disputed")
    ]
    document = {"@context": "https://schema.org", "@graph": reviews}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _article(checked: CheckedArticle, prefixes: Prefixes) -> dict[str, Any]:
    article = checked.article
    return {
        "article": article.iri.value,
        "title": article.title,
        "publisher": article.publisher,
        "issued": article.issued.value,
        "address": article.address or None,
        "sentences": article.sentences or None,
        "marked": article.marked,
        "uncovered": article.uncovered,
        "counts": checked.counts,
        "claims": [
            {
                "claim": claim.claim.iri.value,
                "sentence": claim.claim.sentence or None,
                "quotation": claim.claim.quotation or None,
                "reading": claim.claim.reading,
                "kind": claim.claim.kind,
                "claimants": [name for name, _ in claim.claim.claimants],
                "verdict": claim.verdict,
                "publishedVerdict": claim.claim.recorded,
                "reasons": checked.reasons(claim),
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
    review = claim.claim.iri.value.replace("/claim/", "/review/")
    reasons = checked.reasons(claim)
    body = " ".join([f"In the alliance-kg graph this is {WORDS[claim.verdict]}.", *reasons])
    appearance = {
        "@type": "NewsArticle",
        "headline": article.title,
        "url": article.address or None,
        "datePublished": article.issued.value,
        "publisher": {"@type": "Organization", "name": article.publisher},
    }
    return {
        "@type": "ClaimReview",
        "@id": review,
        "url": review,
        "datePublished": datetime.date.today().isoformat(),
        "claimReviewed": claim.claim.reading,
        "author": {"@type": "Organization", "name": "Alliance-KG", "url": _BASE},
        "reviewRating": {"@type": "Rating", "alternateName": WORDS[claim.verdict]},
        "reviewBody": f"{body} {CAVEAT}",
        "itemReviewed": {
            "@type": "Claim",
            "@id": claim.claim.iri.value,
            "author": [
                {"@type": "Person" if kind == "person" else "Organization", "name": name}
                for name, kind in claim.claim.claimants
            ],
            "datePublished": claim.claim.date,
            "appearance": {key: value for key, value in appearance.items() if value},
        },
    }
