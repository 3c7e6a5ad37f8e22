"""Conditions that fail, in words: what was found, or what would have to be there."""

from collections.abc import Iterable, Mapping
from typing import Final

from kg.engine import Engine, select
from kg.explain.absence import Absence
from kg.explain.comparison import Comparison, comparisons
from kg.explain.conditions import split, unbound
from kg.explain.follow import Finding
from kg.explain.lower import Binding
from kg.explain.phrases import (
    DAYS,
    NUMBERS,
    listing,
    plain,
    predicate_in_words,
    with_article,
)
from kg.explain.words import Names, absence_in_words, in_words, spaced
from kg.sparql.patterns import (
    Element,
    Expression,
    Filter,
    Group,
    Place,
    Predicate,
    Select,
    TriplePattern,
    Values,
    Variable,
)
from kg.sparql.scope import visible
from kg.sparql.writer import write_group
from kg.terms import RDF_TYPE, XSD, Iri, Literal, Term

_LABEL: Final = Iri("http://www.w3.org/2000/01/rdf-schema#label")
_TYPE: Final = Iri(RDF_TYPE)
_MOST_TYPES: Final = 12
_DATE_OF: Final = """
PREFIX kg: <https://w3id.org/alliance-kg/ontology#>
SELECT DISTINCT ?bound ?property ?date
WHERE {{
  {node} ?bound {value} ;
    ?property ?date .
  ?bound kg:firstDayOf|kg:lastDayOf ?property .
}}
ORDER BY ?bound ?property
"""
_KIND: Final = """
PREFIX kg:   <https://w3id.org/alliance-kg/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?class
WHERE {{
  {patterns}
  ?class rdfs:subClassOf kg:Statement .
}}
LIMIT 2
"""


class Teller:
    """Says what fails, with names from one graph."""

    def __init__(self, engine: Engine, names: Names) -> None:
        self.engine, self.names = engine, names

    def condition(self, finding: Finding) -> str:
        """Gives a condition in words, with the values that it was judged with."""
        condition = finding.condition
        values = {**(finding.solutions[0] if finding.solutions else {}), **finding.known}
        if condition.looked_for is not None:
            told = self._pattern(condition.looked_for, values)
            return f"there is no {told.removeprefix('a ')}"
        if condition.test is not None:
            return self._tested(condition.test, finding, values)
        (first, *_) = condition.elements
        inside = first.where if isinstance(first, Select) else Group(condition.elements)
        return self._pattern(inside, values)

    def _tested(self, test: Expression, finding: Finding, values: Binding) -> str:
        """Gives a filter in words; what is not bound need not be compared."""
        told: list[str] = []
        for part in split(test, "||"):
            name = unbound(part)
            if name and name not in values:
                return f"there is no {spaced(name)}"
            if not name:
                compared = [self._compared(e, finding, values, 0) for e in comparisons(part)]
                text = " and ".join(filter(None, compared))
                told.append(text or in_words(part, values, self.names))
        return " or ".join(told)

    def failing(self, leaf: Finding, *, until: str = "") -> str:
        """Says why a condition fails; `until` is a day by which it would have to hold."""
        if not leaf.condition.is_soft:
            return self._missing(leaf, until)
        values = {**leaf.solutions[0], **leaf.known}
        if leaf.condition.looked_for is not None:
            told = self._pattern(leaf.condition.looked_for, leaf.known)
            return f"What must not be there was found: {told}."
        test = leaf.condition.test
        if test is None:
            return ""
        compared = [self._compared(each, leaf, values, 1) for each in comparisons(test)]
        text = ", and ".join(filter(None, compared))
        if not text:
            return f"This does not hold: {in_words(test, values, self.names)}."
        return f"{text[:1].upper()}{text[1:]}."

    def _pattern(self, group: Group, values: Mapping[str, Term]) -> str:
        known = tuple(values.items())
        return absence_in_words(Absence(group, known, "NOT EXISTS"), self.names)

    # What was found, and does not do

    def _compared(self, each: Comparison, leaf: Finding, values: Binding, said: int) -> str:
        left, right = each.values(values)
        if left is None or right is None:
            return ""
        signs = DAYS if _is_day(right) else NUMBERS
        subject, shown = self._told(each.left, left, leaf, values)
        other, _ = self._told(each.right, right, leaf, values)
        beside = f" ({other})" if other and not _is_known(each.right, leaf) else ""
        return f"{subject} is {shown}, {signs[each.sign][said]} {self.names.of(right)}{beside}"

    def _told(self, place: Place, term: Term, leaf: Finding, values: Binding) -> tuple[str, str]:
        """Says of what a value is the value, and gives it as its source does."""
        shown = self.names.of(term)
        for pattern in _patterns(leaf.around):
            subject = pattern.subject
            node = values.get(subject.name) if isinstance(subject, Variable) else subject
            if pattern.object == place and isinstance(node, Iri):
                property_, date = self._date_of(node, pattern.predicate, term)
                if date and date != shown:
                    shown = f"{date} (taken as {shown})"
                return f"the {property_} of {self.names.of(node)}", shown
        return spaced(place.name) if isinstance(place, Variable) else "", shown

    def _date_of(self, node: Iri, predicate: Predicate, value: Term) -> tuple[str, str]:
        """Gives the name of a property, for a bound that of its date, and that date."""
        if _is_day(value):
            text = _DATE_OF.format(node=node.n3(), value=value.n3())
            rows = select(self.engine, text).rows
            own = [row for row in rows if row[0] == predicate]
            for _, property_, date in own or rows:
                return plain(self.names.of(property_)), str(date)
        return self._property(predicate), ""

    def _property(self, predicate: Predicate) -> str:
        if predicate == _TYPE:
            return "type"
        return predicate_in_words(predicate, self.names)

    # What is not there, and would have to be

    def _missing(self, leaf: Finding, until: str) -> str:
        if not leaf.condition.patterns:
            return f"Nothing was found for this: {self.condition(leaf)}."
        told = self.parts(leaf)
        listed = listing(told, "and")
        day = f" by {until}" if until else ""
        kind = self._kind(leaf.condition.patterns)
        beside = f" with {listed}" if listed else ""
        return f"There would have to be {with_article(kind)}{beside}{day}."

    def parts(self, leaf: Finding) -> list[str]:
        """Says what is known of what is missing, property by property, its type first."""
        values = {**(leaf.solutions[0] if leaf.solutions else {}), **leaf.known}
        properties = [e.predicate for e in leaf.condition.patterns if isinstance(e.predicate, Iri)]
        self.names.learn([*values.values(), *properties])
        told = {self._said(each, leaf, values) for each in leaf.condition.patterns}
        return sorted(told - {""}, key=lambda each: ("type" not in each, each))

    def _said(self, pattern: TriplePattern, leaf: Finding, values: Binding) -> str:
        if pattern.predicate == _TYPE:
            return ""
        place = pattern.object
        term = values.get(place.name) if isinstance(place, Variable) else place
        property_ = self._property(pattern.predicate)
        if term is not None:
            return f"{property_} {self.names.of(term)}"
        types = self._types(place, leaf, values) if isinstance(place, Variable) else ""
        return f"{property_} {types}" if types else ""

    def _types(self, place: Variable, leaf: Finding, values: Binding) -> str:
        """Gives the names of the types that a star may be of, as other conditions say of them."""
        about = [e for each in leaf.hanging for e in each.patterns if e.subject == place]
        if all(each.predicate == _LABEL for each in about):
            return ""
        group: list[Element] = list(about)
        names = visible(Group(tuple(about))) | values.keys()
        tests = [each.test for each in leaf.hanging if each.test]
        group += [Filter(test) for test in tests if test.variables <= names]
        given = [Values((Variable(name),), ((term,),)) for name, term in values.items()]
        text = f"SELECT DISTINCT {place.n3()} WHERE {write_group([*given, *group])}"
        terms = [row[0] for row in select(self.engine, text).rows]
        self.names.learn(terms)
        told = sorted(map(self.names.of, terms))
        if not told or len(told) > _MOST_TYPES:
            return ""
        return listing(told, "or")

    def _kind(self, patterns: Iterable[TriplePattern]) -> str:
        """Gives the name of the class of statements that have such properties."""
        kept, given = Variable("kept"), [e for e in patterns if isinstance(e.predicate, Iri)]
        for each in given:
            if each.predicate == _TYPE and isinstance(each.object, Iri):
                return self.names.of(each.object)
        group = [
            TriplePattern(kept, each.predicate, Variable(f"value{number}"))
            for number, each in enumerate(given)
        ]
        if not group:
            return "thing"
        group.append(TriplePattern(kept, _TYPE, Variable("class")))
        rows = select(self.engine, _KIND.format(patterns=write_group(group))).rows
        return self.names.of(rows[0][0]) if len(rows) == 1 else "statement" if rows else "thing"


def _patterns(elements: Iterable[Element]) -> list[TriplePattern]:
    return [each for each in elements if isinstance(each, TriplePattern)]


def _is_day(term: Term) -> bool:
    return isinstance(term, Literal) and term.datatype == XSD + "date"


def _is_known(place: Place, leaf: Finding) -> bool:
    return not isinstance(place, Variable) or place.name in leaf.known
