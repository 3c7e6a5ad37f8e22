"""An explanation for people, for programs, and as provenance in RDF."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from kg.explain.cited import Dispute, Statement
from kg.explain.explanation import ExplainedRow, Explanation
from kg.export import write_graph
from kg.prefixes import Prefixes
from kg.terms import RDF_LANG_STRING, RDF_TYPE, XSD, Iri, Literal, Triple, python_value

_BASE: Final = "https://w3id.org/alliance-kg/"
_PROV: Final = "http://www.w3.org/ns/prov#"
_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_TERMS: Final = "http://purl.org/dc/terms/"
_CONTEXT_SHOWN: Final = 8
_LISTED: Final = 12
_ABSENCES_SHOWN: Final = 6


def write_text(explanation: Explanation, prefixes: Prefixes) -> str:
    """Gives each row with what carries it, then rules, differences and coverage."""
    lines: list[str] = []
    for row in explanation.rows:
        lines += [*_row_lines(explanation, row, prefixes), ""]
    if explanation.rules:
        lines.append("Derived by these rules (ontology/rule/):")
        lines += [f"  {name}: {summary}" for name, summary in explanation.rules.items()]
    lines += [f"Disputed: {dispute_in_words(each, prefixes)}" for each in explanation.disputes]
    lines += explanation.coverage
    return "\n".join(lines).rstrip() + "\n"


def dispute_in_words(dispute: Dispute, prefixes: Prefixes) -> str:
    """Gives a difference between sources as a sentence."""
    preferred, other = (prefixes.shorten(iri.value) for iri in (dispute.preferred, dispute.other))
    return (
        f"{preferred} ({dispute.value}) is preferred over {other} ({dispute.other_value}, "
        f"{dispute.publisher}; {dispute.kind}): {dispute.reason}"
    )


def _row_lines(explanation: Explanation, row: ExplainedRow, prefixes: Prefixes) -> Iterator[str]:
    witness = row.witness
    values = (
        f"{column} {prefixes.shorten(term.value) if isinstance(term, Iri) else term}"
        for column, term in zip(explanation.columns, row.row, strict=True)
        if term is not None
    )
    yield f"{row.number}. {', '.join(values)}"
    statements = explanation.cited(witness.statements)
    if statements:
        yield f"   rests on {_counted(len(statements), 'statement')}:"
    for statement in statements[:_LISTED] if len(statements) > 2 * _LISTED else statements:
        yield from (f"   {line}" for line in statement_lines(statement, prefixes))
    if len(statements) > 2 * _LISTED:
        others = ", ".join(prefixes.shorten(each.iri.value) for each in statements[_LISTED:])
        yield f"   - and {len(statements) - _LISTED} more: {others}"
    if not witness.is_tested:
        yield "   These are listed, not tested one by one."
    if not statements:
        yield "   rests on names, types and schemes alone, not on a statement with a source:"
        for triple in witness.context[:_CONTEXT_SHOWN]:
            yield f"   - {' '.join(explanation.names.of(term) for term in triple)}"
    for alternative in witness.alternatives:
        yield "   also carried by:"
        for statement in explanation.cited(alternative):
            yield from (f"   {line}" for line in statement_lines(statement, prefixes))
    for kept in witness.kept_out:
        (statement,) = explanation.cited([kept.statement])
        others = ", ".join(prefixes.shorten(each.value) for each in kept.others)
        yield f"   not counted: {others or 'what it ends'}, because of"
        yield from (f"   {line}" for line in statement_lines(statement, prefixes))
    for absence in row.not_found[:_ABSENCES_SHOWN]:
        yield f"   looked for, and not found: {absence}."
    if len(row.not_found) > _ABSENCES_SHOWN:
        more = len(row.not_found) - _ABSENCES_SHOWN
        yield f"   and {more} more that were looked for and not found; --format json lists them."


def statement_lines(statement: Statement, prefixes: Prefixes) -> Iterator[str]:
    """Gives a statement as a sentence, with its name, its source's words and its sources."""
    assured = f" ({statement.assurance})" if statement.assurance else ""
    yield f"- {statement.sentence}{assured}"
    yield f"  {prefixes.shorten(statement.iri.value)}"
    if statement.quotation:
        yield f'  "{statement.quotation}"'
    for source in statement.sources:
        published = f", {source.published}" if source.published else ""
        titled = f": {source.title}" if source.title != source.publisher else ""
        yield f"  {source.publisher}{published}{titled}"
        if source.address:
            yield f"  {source.address}"


def write_json(explanation: Explanation, prefixes: Prefixes) -> str:
    """Gives everything that is known of each row, as JSON."""
    document = {
        "question": explanation.question,
        "sparql": explanation.sparql,
        "rows": [_json_row(explanation, row, prefixes) for row in explanation.rows],
        "statements": {
            prefixes.shorten(iri.value): json_statement(statement)
            for iri, statement in explanation.statements.items()
        },
        "rules": dict(explanation.rules),
        "coverage": list(explanation.coverage),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _json_row(explanation: Explanation, row: ExplainedRow, prefixes: Prefixes) -> dict[str, Any]:
    witness = row.witness
    values = map(python_value, row.row)

    def names(iris: tuple[Iri, ...]) -> list[str]:
        return [prefixes.shorten(each.value) for each in iris]

    return {
        "row": row.number,
        "values": {
            column: value if isinstance(value, str | int | bool | None) else str(value)
            for column, value in zip(explanation.columns, values, strict=True)
        },
        "statements": names(witness.statements),
        "alsoCarriedBy": [names(each) for each in witness.alternatives],
        "notCounted": [
            {"because": prefixes.shorten(kept.statement.value), "others": names(kept.others)}
            for kept in witness.kept_out
        ],
        "notFound": list(row.not_found),
        "rules": list(witness.rules),
        "isTested": witness.is_tested,
    }


def json_statement(statement: Statement) -> dict[str, Any]:
    """Gives a statement with its sources and disputes, for JSON."""
    return {
        "iri": statement.iri.value,
        "sentence": statement.sentence,
        "date": statement.date or None,
        "quotation": statement.quotation or None,
        "assurance": statement.assurance or None,
        "sources": [
            {
                "iri": source.iri.value,
                "title": source.title,
                "publisher": source.publisher,
                "published": source.published or None,
                "address": source.address or None,
            }
            for source in statement.sources
        ],
        "disputes": [
            {
                "preferred": dispute.preferred.value,
                "other": dispute.other.value,
                "kind": dispute.kind,
                "value": dispute.value,
                "otherValue": dispute.other_value,
                "otherPublisher": dispute.publisher,
                "reason": dispute.reason,
            }
            for dispute in statement.disputes
        ],
    }


def write_turtle(explanation: Explanation, prefixes: Prefixes) -> str:
    """Gives rows, statements, rules and sources as `PROV-O <https://www.w3.org/TR/prov-o/>`_.

    A row is an entity that was derived from its statements by the activity of answering.
    """
    return write_graph(_triples(explanation), prefixes, format="turtle")


def _triples(explanation: Explanation) -> Iterator[Triple]:
    question = explanation.question.removeprefix("kg explain ")
    asked = Iri(f"{_BASE}answer/{_slug(question)}")
    yield asked, Iri(RDF_TYPE), Iri(f"{_PROV}Activity")
    yield asked, Iri(f"{_RDFS}label"), Literal(question, RDF_LANG_STRING, "en")
    yield asked, Iri(f"{_PROV}value"), Literal(explanation.sparql)
    for name, summary in explanation.rules.items():
        rule = Iri(f"{_BASE}rule/{name}")
        yield asked, Iri(f"{_PROV}used"), rule
        yield rule, Iri(RDF_TYPE), Iri(f"{_PROV}Plan")
        yield rule, Iri(f"{_RDFS}label"), Literal(summary, RDF_LANG_STRING, "en")
    for row in explanation.rows:
        entity = Iri(f"{asked.value}/{row.number}")
        values = ", ".join(str(term) for term in row.row if term is not None)
        yield entity, Iri(RDF_TYPE), Iri(f"{_PROV}Entity")
        yield entity, Iri(f"{_PROV}value"), Literal(values)
        yield entity, Iri(f"{_PROV}wasGeneratedBy"), asked
        for statement in row.witness.whole:
            yield entity, Iri(f"{_PROV}wasDerivedFrom"), statement
        for alternative in row.witness.alternatives:
            for statement in alternative:
                yield entity, Iri(f"{_PROV}wasInfluencedBy"), statement
    for cited in explanation.statements.values():
        yield from _statement_triples(cited)


def _statement_triples(cited: Statement) -> Iterator[Triple]:
    yield cited.iri, Iri(RDF_TYPE), Iri(f"{_PROV}Entity")
    yield cited.iri, Iri(f"{_RDFS}label"), Literal(cited.sentence, RDF_LANG_STRING, "en")
    for source in cited.sources:
        yield cited.iri, Iri(f"{_PROV}wasDerivedFrom"), source.iri
        yield source.iri, Iri(f"{_TERMS}title"), Literal(source.title)
        yield source.iri, Iri(f"{_TERMS}publisher"), Literal(source.publisher)
        if source.published:
            kind = {4: "gYear", 7: "gYearMonth"}.get(len(source.published), "date")
            yield source.iri, Iri(f"{_TERMS}issued"), Literal(source.published, XSD + kind)
        if source.address:
            yield source.iri, Iri("https://schema.org/url"), Literal(source.address, XSD + "anyURI")


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


FORMATS: Final[dict[str, Callable[[Explanation, Prefixes], str]]] = {
    "text": write_text,
    "json": write_json,
    "turtle": write_turtle,
}
"""The formats of explanations, by name."""
