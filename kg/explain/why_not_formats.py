"""Why a row is not in an answer, for people and for programs."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from kg.explain.nearest import Nearest
from kg.explain.reasons import Reason
from kg.explain.why_not import Period, WhyNot
from kg.prefixes import Prefixes
from kg.terms import Iri

_CITED: Final = 6


def write_text(answer: WhyNot, prefixes: Prefixes) -> str:
    """Gives the reasons with their statements, what holds, what is nearest, and when it is so."""
    wanted = " and ".join(f"{name} {answer.names.of(term)}" for name, term in answer.asked.items())
    if answer.is_there:
        certainty = f" It is {answer.certainty}." if answer.certainty else ""
        return f"There is such a row, with {wanted}: {answer.question}.{certainty}\n"
    lines = [f"There is no row with {wanted}: {answer.question}."]
    for number, reason in enumerate(answer.reasons):
        lines += ["", "Or, with other statements:" if number else "What keeps it away:"]
        lines += _reason_lines(answer, reason, prefixes)
    if answer.reasons:
        lines += _other_conditions(answer.reasons[0])
    if answer.nearest:
        lines += ["", _nearest_heading(answer)]
        lines += [f"  - {nearest_in_words(each, answer)}" for each in answer.nearest]
    elif not any(end.statements for reason in answer.reasons for end in reason.ends):
        lines += ["", "The graph has no statement that is near."]
    if answer.periods:
        lines += ["", f"There is such a row {' and '.join(map(_period, answer.periods))}."]
    elif answer.periods is not None:
        lines += ["", "There is such a row on no day."]
    return "\n".join(lines) + "\n"


def _reason_lines(answer: WhyNot, reason: Reason, prefixes: Prefixes) -> Iterator[str]:
    for end in reason.ends:
        yield f"  - {end.words}"
        yield f"    {end.sparql}"
        for rule in end.rules:
            yield f"    Rule {rule} (ontology/rule/) would make what is looked for of it."
        for iri in end.statements[:_CITED]:
            yield f"    {_statement(answer, iri, prefixes)}"


def _other_conditions(reason: Reason) -> list[str]:
    lines: list[str] = []
    headings = {"holds": "What holds:", "not reached": "What was not reached:"}
    for outcome, heading in headings.items():
        told = [each.words for each in reason.judgements if each.outcome == outcome]
        if told:
            lines += ["", heading, *(f"  - {words}" for words in told)]
    return lines


def _nearest_heading(answer: WhyNot) -> str:
    if answer.day is None:
        return "What is nearest:"
    when = "after" if any(each.is_later for each in answer.nearest) else "by"
    return f"What is nearest, {when} {answer.day}:"


def nearest_in_words(near: Nearest, answer: WhyNot) -> str:
    """Says what is nearest: its type, how many there are, and the newest."""
    statement = answer.statements.get(near.newest)
    day = statement.date if statement else ""
    source = f" ({statement.sources[0].publisher})" if statement and statement.sources else ""
    name = answer.names.of(near.type) if near.type else "statement"
    if near.members is not None:
        return f"{name}: {near.actors} of {near.members} members, the last on {day}{source}"
    if near.number > 1:
        return f"{name}: {near.number}, the last on {day}{source}"
    return f"{name}, {day}{source}"


def _period(period: Period) -> str:
    if period.until is None:
        return f"from {period.since} on"
    return f"from {period.since} until the day before {period.until}"


def _statement(answer: WhyNot, iri: Iri, prefixes: Prefixes) -> str:
    name = prefixes.shorten(iri.value)
    statement = answer.statements.get(iri)
    if statement is None:
        return name
    sources = ", ".join(each.publisher for each in statement.sources)
    return f"{statement.sentence} ({'; '.join(filter(None, [sources, name]))})"


def write_json(answer: WhyNot, prefixes: Prefixes) -> str:
    """Gives everything that was found out, as JSON."""
    document = {
        "question": answer.question,
        "where": {name: _shown(term, prefixes) for name, term in answer.asked.items()},
        "isThere": answer.is_there,
        "certainty": answer.certainty or None,
        "reasons": [_json_reason(each, prefixes) for each in answer.reasons],
        "nearest": [_json_nearest(each, answer, prefixes) for each in answer.nearest],
        "isThereOn": None
        if answer.periods is None
        else [{"from": each.since, "until": each.until} for each in answer.periods],
        "statements": {
            prefixes.shorten(iri.value): {
                "sentence": statement.sentence,
                "date": statement.date or None,
                "sources": [prefixes.shorten(each.iri.value) for each in statement.sources],
            }
            for iri, statement in answer.statements.items()
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _json_reason(reason: Reason, prefixes: Prefixes) -> dict[str, Any]:
    return {
        "fails": [
            {
                "words": end.words,
                "sparql": end.sparql,
                "rules": list(end.rules),
                "statements": [prefixes.shorten(each.value) for each in end.statements],
            }
            for end in reason.ends
        ],
        "conditions": [
            {"words": each.words, "sparql": each.sparql, "outcome": each.outcome}
            for each in reason.judgements
        ],
    }


def _json_nearest(near: Nearest, answer: WhyNot, prefixes: Prefixes) -> dict[str, Any]:
    return {
        "words": nearest_in_words(near, answer),
        "type": prefixes.shorten(near.type.value) if near.type else None,
        "newest": prefixes.shorten(near.newest.value),
        "number": near.number,
        "actors": near.actors,
        "members": near.members,
        "isLater": near.is_later,
    }


def _shown(term: object, prefixes: Prefixes) -> str:
    return prefixes.shorten(term.value) if isinstance(term, Iri) else str(term)


FORMATS: Final[dict[str, Callable[[WhyNot, Prefixes], str]]] = {
    "text": write_text,
    "json": write_json,
}
"""The formats of the answer, by name."""
