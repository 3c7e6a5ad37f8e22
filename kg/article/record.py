"""Turtle that the program writes: published verdicts, and the beginning of a new article."""

import re
from collections.abc import Sequence
from pathlib import Path

from kg.article.checked import CheckedArticle
from kg.article.sentences import first_words
from kg.errors import InvalidValue, OutputError
from kg.prefixes import Prefixes
from kg.terms import Literal

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_DATE_TYPES = {4: "gYear", 7: "gYearMonth", 10: "date"}


def write_reviews(checked: CheckedArticle, prefixes: Prefixes, folder: Path) -> Path:
    """Writes an article's verdicts to a file of the graph and gives its path.

    Raises OutputError where the folder cannot be written to.
    """
    names = sorted(
        (prefixes.shorten(claim.claim.iri.value).partition(":")[2], claim.verdict)
        for claim in checked.claims
    )
    blocks = [
        f"review:{name} a kg:Review ;\n"
        f"    schema:itemReviewed claim:{name} ;\n"
        f"    kg:verdict verdict:{verdict} ."
        for name, verdict in names
    ]
    used = ("claim", "kg", "review", "schema", "verdict")
    text = "\n\n".join(["\n".join(_prefix_lines(prefixes, used)), *blocks])
    path = folder / f"{prefixes.shorten(checked.article.iri.value).partition(':')[2]}.ttl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
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

    A sentence that ends with a question mark is marked as a question. The text itself is not
    kept: of each sentence the first fifteen words stand as a quotation, to be cut to the words
    that matter. Raises InvalidValue for a name, a date or an address that is none.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidValue(f'"{slug}" is no name. Write small letters, digits and hyphens.')
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", date):
        raise InvalidValue(f'"{date}" is no date. Write it as 2022-10-12, 2022-10 or 2022.')
    if address and not re.fullmatch(r"https?://[^\s<>\"]+", address):
        raise InvalidValue(f'"{address}" is no address. It begins with http:// or https://.')
    issued = f'"{date}"^^xsd:{_DATE_TYPES[len(date)]}'
    numbered = list(enumerate(sentences, start=1))
    questions = [str(number) for number, text in numbered if text.rstrip("\"'”").endswith("?")]
    marked = [f"    kg:questionSentence {number} ;" for number in questions]
    article = [
        f"article:{slug} a kg:Article ;",
        f"    dcterms:publisher {publisher} ;",
        f"    skos:prefLabel {_text(title)} ;",
        f"    dcterms:title {_text(title)} ;",
        f"    kg:sentenceCount {len(numbered)} ;",
        *marked,
        f"    dcterms:issued {issued} ;",
        f"    dcterms:source source:{slug} .",
    ]
    source = [
        f"source:{slug} a kg:Source ;",
        f"    dcterms:publisher {publisher} ;",
        f"    skos:prefLabel {_text(title)} ;",
        f"    dcterms:issued {issued} " + (";" if address else "."),
        *([f'    schema:url "{address}"^^xsd:anyURI .'] if address else []),
    ]
    claims = [
        "\n".join(
            [
                f"claim:{slug}-{number:02d} a kg:ArticleClaim ;",
                f"    schema:isPartOf article:{slug} ;",
                f"    kg:sentence {number} ;",
                "    kg:claimKind claim-kind:fact ;",
                f"    kg:quotation {_text(first_words(text))} ;",
                '    kg:reading "Say here, in your own words, what is examined."@en ;',
                '    kg:undecidedBecause "No test has been written yet."@en ;',
                f"    dcterms:date {issued} ;",
                "    kg:assurance assurance:sourced ;",
                f"    prov:wasAttributedTo {publisher} ;",
                f"    prov:wasDerivedFrom source:{slug} .",
            ]
        )
        for number, text in numbered
        if str(number) not in questions
    ]
    example = [
        "# Tests. A claim with a test has no kg:undecidedBecause. For example:",
        "#",
        f"# test:{slug}-01-1 a kg:Test ;",
        f"#     kg:tests claim:{slug}-01 ;",
        "#     kg:bearing bearing:bears-out ;",
        '#     kg:query "members" ;',
        '#     kg:argument "organisation=nato" ;',
        "#     kg:expectedCount 30 .",
    ]
    used = [
        "article",
        "assurance",
        "bearing",
        "claim",
        "claim-kind",
        "dcterms",
        "kg",
        "organisation",
        "prov",
        "publisher",
        "schema",
        "skos",
        "source",
        "test",
        "xsd",
    ]
    return (
        "\n\n".join(
            [
                "\n".join(_prefix_lines(prefixes, used)),
                "\n".join(article),
                "# Where it was read\n\n" + "\n".join(source),
                "# Claims\n\n" + "\n\n".join(claims),
                "\n".join(example),
            ]
        )
        + "\n"
    )


def _prefix_lines(prefixes: Prefixes, used: Sequence[str]) -> list[str]:
    return [f"@prefix {name}: <{prefixes.namespaces[name]}> ." for name in used]


def _text(value: str) -> str:
    return Literal(value, language="en").n3()
