"""A checked article for people: as text, as Markdown, as a page."""

import datetime
import re
from collections.abc import Sequence
from typing import Final

from kg.article.checked import CheckedArticle, CheckedClaim
from kg.article.words import CAVEAT, WORDS, evidence_of, numbered
from kg.explain.cited import Statement
from kg.prefixes import Prefixes
from kg.terms import name_among_kind
from kg.version import VERSION

_SHOWN: Final = 3


def write_text(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives each claim with its verdict and the first of its evidence, then the counts."""
    lines: list[str] = []
    for checked in articles:
        article = checked.article
        lines += [f"{article.title} ({article.publisher}, {article.issued})", ""]
        for number, claim in numbered(checked):
            if isinstance(claim, str):
                lines.append(f"{number:>4}  {claim}")
                continue
            lines.append(f"{number:>4}  {_verdict(claim)}: {claim.claim.reading}")
            if claim.claim.quotation:
                lines.append(f'      "{claim.claim.quotation}"')
            lines += [f"      {reason}" for reason in checked.reasons(claim)]
            evidence = evidence_of(checked, claim)
            lines += [f"      - {_in_words(each)}" for each in evidence[:_SHOWN]]
            if len(evidence) > _SHOWN:
                lines.append(f"      - and {_counted(len(evidence) - _SHOWN, 'more statement')}")
        lines += ["", _summary(checked), *_uncovered(checked), ""]
    return "\n".join(map(_printable, [*lines, CAVEAT])) + "\n"


def write_markdown(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives a section an article and an entry a claim, with all evidence."""
    lines: list[str] = []
    for checked in articles:
        article = checked.article
        lines += [f"# {_link(article.title, article.address)}", ""]
        lines += [f"{plain(article.publisher)}, {article.issued}. {CAVEAT}", ""]
        lines += [_summary(checked), *_uncovered(checked), ""]
        for number, claim in numbered(checked):
            if isinstance(claim, str):
                lines += [f"## {number} ({claim})", ""]
                continue
            lines += [
                f"## {number} {plain(claim.claim.reading)}",
                "",
                f"**{_verdict(claim)}**",
                "",
            ]
            if claim.claim.quotation:
                lines += [f"> {plain(claim.claim.quotation)}", ""]
            lines += [f"{plain(reason)}\n" for reason in checked.reasons(claim)]
            lines += [f"- {in_markdown(each, prefixes)}" for each in evidence_of(checked, claim)]
            lines += [f"- asked: `{_printable(outcome.command)}`" for outcome in claim.outcomes]
            lines.append("")
    return "\n".join(lines)


def write_html(articles: Sequence[CheckedArticle], prefixes: Prefixes) -> str:
    """Gives one page that needs no other file and asks no other host for anything."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # only pages need it

    environment = Environment(
        loader=PackageLoader("kg.article"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["name"] = name_among_kind
    environment.filters["is_claim"] = lambda entry: not isinstance(entry, str)
    return environment.get_template("article.html").render(
        articles=articles,
        words=WORDS,
        caveat=CAVEAT,
        evidence_of=evidence_of,
        numbered=numbered,
        written=datetime.date.today().isoformat(),
        version=VERSION,
    )


def _verdict(claim: CheckedClaim) -> str:
    verdict = WORDS[claim.verdict]
    if not claim.still_holds and claim.claim.recorded is not None:
        return f"{verdict} (published as {WORDS.get(claim.claim.recorded, claim.claim.recorded)})"
    return verdict


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _printable(line: str) -> str:
    """Gives a line without the characters that a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in line)


def plain(text: str) -> str:
    """Gives text as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", _printable(text))


def _link(text: str, address: str) -> str:
    return f"[{plain(text)}](<{address}>)" if address and ">" not in address else plain(text)


def _summary(checked: CheckedArticle) -> str:
    counts = ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in checked.counts.items())
    return f"{_counted(len(checked.claims), 'claim')}: {counts}."


def _uncovered(checked: CheckedArticle) -> list[str]:
    numbers = checked.article.uncovered
    if not numbers:
        return []
    return [f"Sentences that no claim covers: {', '.join(map(str, numbers))}."]


def _in_words(evidence: Statement) -> str:
    said = evidence.value or evidence.text
    what = " ".join(filter(None, [evidence.name, f"({evidence.date})" if evidence.date else ""]))
    source = evidence.sources[0] if evidence.sources else None
    by = (
        f"{source.publisher}{f', {source.published}' if source.published else ''}" if source else ""
    )
    return f"{what}{f': {said}' if said else ''} [{by}; {evidence.assurance}]"


def in_markdown(evidence: Statement, prefixes: Prefixes) -> str:
    """Gives a statement with its sources in one line of Markdown."""
    said = plain(evidence.value or evidence.text)
    sources = "; ".join(_link(source.title, source.address) for source in evidence.sources)
    date = f" ({evidence.date})" if evidence.date else ""
    what = f"{plain(evidence.name)}{date}{f': {said}' if said else ''}"
    return f"`{prefixes.shorten(evidence.iri.value)}` {what} ({evidence.assurance}): {sources}"
