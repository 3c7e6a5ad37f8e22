"""Patterns in words: what was looked for, with names in the place of IRIs."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from kg.engine import Engine, select
from kg.explain.absence import Absence, term_at
from kg.prefixes import Prefixes
from kg.sparql.patterns import (
    Expression,
    Filter,
    Group,
    Optional,
    Path,
    Place,
    Predicate,
    TriplePattern,
    Union,
    Variable,
)
from kg.sparql.writer import write_expression, write_predicate
from kg.terms import RDF_TYPE, Iri, Term

_LABELS: Final = """
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?thing ?label WHERE {{ VALUES ?thing {{ {things} }} ?thing rdfs:label ?label }}
"""
_SIGNS: Final = {
    "<=": "is no later than",
    ">=": "is no earlier than",
    "<": "is before",
    ">": "is after",
    "=": "is",
    "!=": "is not",
    "&&": "and",
    "||": "or",
}


class Names:
    """Names of things, for messages; looked up once."""

    def __init__(self, engine: Engine, prefixes: Prefixes) -> None:
        self.engine, self.prefixes = engine, prefixes
        self._known: dict[Iri, str] = {}

    def learn(self, terms: Iterable[Term | None]) -> None:
        """Looks up the names of several things at once."""
        new = sorted({each for each in terms if isinstance(each, Iri)} - set(self._known), key=str)
        if new:
            text = _LABELS.format(things=" ".join(each.n3() for each in new))
            self._known |= {each: self.prefixes.shorten(each.value) for each in new}
            for thing, label in select(self.engine, text).rows:
                if isinstance(thing, Iri) and label is not None:
                    self._known[thing] = str(label)

    def of(self, term: Term | None) -> str:
        """Gives the name of a thing, or the text of a literal."""
        if isinstance(term, Iri):
            self.learn([term])
            return self._known[term]
        return "" if term is None else str(term)


def absence_in_words(absence: Absence, names: Names) -> str:
    """Says what was looked for and not found, with the values that it was looked for with."""
    values = dict(absence.binding)
    for element in absence.pattern:
        if isinstance(element, Filter):
            values |= _equal_to(element.expression, values)
    _learn(absence.pattern, values, names)
    parts = _stars(absence.pattern, values, names)
    parts += [
        in_words(_unequal(element.expression), values, names)
        for element in absence.pattern
        if isinstance(element, Filter) and _unequal(element.expression).tokens
    ]
    return "; ".join(filter(None, parts))


def in_words(expression: Expression, values: Mapping[str, Term], names: Names) -> str:
    """Gives a condition with values and names in the place of variables and IRIs."""
    words = []
    for token in write_expression(expression).split():
        if token.startswith("?") and token[1:] in values:
            words.append(names.of(values[token[1:]]))
        elif token.startswith("?"):
            words.append(f"its {spaced(token[1:])}")
        elif token.startswith("<") and token.endswith(">"):
            words.append(names.of(Iri(token[1:-1])))
        else:
            words.append(_SIGNS.get(token, token))
    text = " ".join(words).replace("( ", "(").replace(" )", ")")
    return re.sub(r"^\((.*)\)$", r"\1", text)


def spaced(name: str) -> str:
    """Gives the words of a name in camel case.

    >>> spaced("confirmedLatest")
    'confirmed latest'
    """
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f" {match[1].lower()}", name.rstrip("_"))


def _stars(group: Group, values: Mapping[str, Term], names: Names) -> list[str]:
    """Says what is said of each subject of a group."""
    stars: dict[Place, list[TriplePattern]] = {}
    others: list[str] = []
    for element in group:
        if isinstance(element, TriplePattern):
            stars.setdefault(element.subject, []).append(element)
        elif isinstance(element, Group | Optional):
            inside = element.group if isinstance(element, Optional) else element
            others += _stars(inside, values, names)
        elif isinstance(element, Union):
            each = [" and ".join(_stars(branch, values, names)) for branch in element.groups]
            others.append(" or ".join(each))
    return [_star(patterns, values, names) for patterns in stars.values()] + others


def _property(pattern: TriplePattern, values: Mapping[str, Term], names: Names) -> str:
    """Says what a pattern asks for; nothing where any value would do."""
    value = term_at(pattern.object, values)
    if value is None:
        return ""
    return f"with {_named(pattern.predicate, names)} {names.of(value)}"


def _star(patterns: list[TriplePattern], values: Mapping[str, Term], names: Names) -> str:
    """Says what is asked of one subject, or else the first thing that it should have at all."""
    said = ", ".join(filter(None, (_property(each, values, names) for each in patterns)))
    wanted = said or f"with {_named(patterns[0].predicate, names)}"
    return f"{_place(patterns[0].subject, values, names)} {wanted}"


def _named(predicate: Predicate, names: Names) -> str:
    if isinstance(predicate, Iri):
        if predicate.value == RDF_TYPE:
            return "type"
        return re.sub(r"^\w+:", "", spaced(names.of(predicate)))
    if isinstance(predicate, Variable):
        return "any property"
    text = write_predicate(predicate)
    return re.sub(r"<([^>]*)>", lambda match: names.of(Iri(match[1])), text)


def _place(place: Place, values: Mapping[str, Term], names: Names) -> str:
    term = term_at(place, values)
    if term is not None:
        return names.of(term)
    return _with_article(spaced(place.name)) if isinstance(place, Variable) else ""


def _with_article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def _learn(group: Group, values: Mapping[str, Term], names: Names) -> None:
    terms: list[Term | None] = list(values.values())
    for element in group:
        if isinstance(element, TriplePattern):
            terms += [term_at(element.subject, values), term_at(element.object, values)]
            if not isinstance(element.predicate, Path | Variable):
                terms.append(element.predicate)
    names.learn(terms)


def _equal_to(expression: Expression, values: Mapping[str, Term]) -> dict[str, Term]:
    """Gives the values of variables that a condition holds equal to known ones."""
    found: dict[str, Term] = {}
    tokens = expression.tokens
    for position, token in enumerate(tokens[1:-1], start=1):
        if token == "=":  # a sign of SPARQL
            sides = (tokens[position - 1], tokens[position + 1])
            for own, other in (sides, sides[::-1]):
                if isinstance(own, str) and isinstance(other, str) and other[1:] in values:
                    found.setdefault(own.removeprefix("?"), values[other[1:]])
    return found


def _unequal(expression: Expression) -> Expression:
    """Leaves out of a condition the parts that hold two variables equal."""
    text = write_expression(expression)
    text = re.sub(r"\?\w+ = \?\w+ && |( && )?\?\w+ = \?\w+(?=\s*(\)|&&|$))", "", text)
    text = text.replace("( ", "(").strip()
    tokens = tuple(text.replace("(", "( ").split())
    return Expression(tokens if any("?" in token for token in tokens) else ())
