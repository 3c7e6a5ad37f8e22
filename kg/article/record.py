"""Turtle that the program writes: published verdicts, and the beginning of a new article."""

import re
from collections.abc import Sequence
from pathlib import Path

from kg.article.checked import CheckedArticle
from kg.article.sentences import first_words
from kg.dates import bounds
from kg.errors import InvalidValue, OutputError
from kg.prefixes import Prefixes
from kg.terms import XSD, Literal, name_among_kind

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DATE_TYPES = {4: "gYear", 7: "gYearMonth", 10: "date"}


def write_reviews(checked: CheckedArticle, prefixes: Prefixes, folder: Path) -> Path:
    """Writes an article's verdicts to a file of the graph and gives its path.

    Raises OutputError where the folder cannot be written to.
    """
    names = sorted((name_among_kind(claim.claim.iri), claim.verdict) for claim in checked.claims)
    blocks = [
        f"review:{name} a kg:Review ;\n"
        f"    schema:itemReviewed claim:{name} ;\n"
        f"    kg:verdict verdict:{verdict} ."
        for name, verdict in names
    ]
    used = ("claim", "kg", "review", "schema", "verdict")
    text = "\n\n".join(["\n".join(_prefix_lines(prefixes, used)), *blocks])
    path = folder / f"{name_among_kind(checked.article.iri)}.ttl"
    fresh = path.with_suffix(".new")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}. Give --at a folder that is yours."
        ) from error
    return path


def new_article(
    slug: str,
    sentences: Sequence[str],
    prefixes: Prefixes,
    *,
    title: str,
    publisher: str,
    date: str,
    address: str,
) -> str:
    """Gives Turtle for an article, with a claim to be filled in for each of its sentences.

    The claims are commented out, so that a sentence that nobody looked at is found. A sentence
    that ends with a question mark is marked as a question. The text itself is not kept: of each
    sentence the first fifteen words stand as a quotation, to be cut to the words that matter.
    Raises InvalidValue for a name, a title, a date, an address or a text that is none.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidValue(f'"{slug}" is no name. Write small letters, digits and hyphens.')
    if not title.strip():
        raise InvalidValue("The title is empty. Give the title as it is printed.")
    if not sentences:
        raise InvalidValue("The text has no sentences. Give the article's text in a file.")
    if bounds(issued := Literal(date, XSD + _DATE_TYPES.get(len(date), "date"))) is None:
        raise InvalidValue(f'"{date}" is no date. Write it as 2022-10-12, 2022-10 or 2022.')
    if address and not re.fullmatch(r"https?://[^\s<>\"]+", address):
        raise InvalidValue(f'"{address}" is no address. It begins with http:// or https://.')
    day = f'"{date}"^^xsd:{issued.datatype.removeprefix(XSD)}'
    numbered = list(enumerate(sentences, start=1))
    questions = [number for number, text in numbered if text.rstrip("\"'”").endswith("?")]
    article = [
        f"article:{slug} a kg:Article ;",
        f"    dcterms:publisher {publisher} ;",
        f"    skos:prefLabel {_text(title)} ;",
        f"    dcterms:title {_text(title)} ;",
        f"    kg:sentenceCount {len(numbered)} ;",
        *(f"    kg:questionSentence {number} ;" for number in questions),
        f"    dcterms:issued {day} ;",
        f"    dcterms:source source:{slug} .",
    ]
    source = [
        f"source:{slug} a kg:Source ;",
        f"    dcterms:publisher {publisher} ;",
        f"    skos:prefLabel {_text(title)} ;",
        f"    dcterms:issued {day} " + (";" if address else "."),
        *([f'    schema:url "{address}"^^xsd:anyURI .'] if address else []),
    ]
    claims = [
        _commented(
            [
                f"claim:{slug}-{number:02d} a kg:ArticleClaim ;",
                f"    schema:isPartOf article:{slug} ;",
                f"    kg:sentence {number} ;",
                "    kg:claimKind claim-kind:fact ;",
                f"    kg:quotation {_text(first_words(text))} ;",
                '    kg:reading "Say here, in your own words, what is examined."@en ;',
                f"    dcterms:date {day} ;",
                "    kg:assurance assurance:sourced ;",
                f"    prov:wasAttributedTo {publisher} ;",
                f"    prov:wasDerivedFrom source:{slug} .",
            ]
        )
        for number, text in numbered
        if number not in questions
    ]
    example = _commented(
        [
            f"test:{slug}-01-1 a kg:Test ;",
            f"    kg:tests claim:{slug}-01 ;",
            "    kg:bearing bearing:bears-out ;",
            '    kg:query "members" ;',
            '    kg:argument "organisation=nato" ;',
            "    kg:expectedCount 30 .",
        ]
    )
    used = (
        *("article", "assurance", "bearing", "claim", "claim-kind", "dcterms", "kg"),
        *("organisation", "prov", "publisher", "schema", "skos", "source", "test", "xsd"),
    )
    advice = (
        "# Claims: take away the # of those that are examined. A claim without a test says why by\n"
        "# kg:undecidedBecause; a heading or a sentence without a claim is marked by\n"
        "# kg:headingSentence or kg:contextSentence. graph/README.md says more."
    )
    return (
        "\n\n".join(
            [
                "\n".join(_prefix_lines(prefixes, used)),
                "\n".join(article),
                "# Where it was read\n\n" + "\n".join(source),
                advice,
                *claims,
                "# Tests",
                example,
            ]
        )
        + "\n"
    )


def _commented(lines: Sequence[str]) -> str:
    return "\n".join(f"# {line}" for line in lines)


def _prefix_lines(prefixes: Prefixes, used: Sequence[str]) -> list[str]:
    return [f"@prefix {name}: <{prefixes.namespaces[name]}> ." for name in used]


def _text(value: str) -> str:
    return Literal(value, language="en").n3()
