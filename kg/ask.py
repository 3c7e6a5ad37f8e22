"""Asking a stored query: values as people type them become terms, terms become SPARQL."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from kg.dates import parse_day, today
from kg.engine import Engine, select
from kg.errors import InvalidValue, UnknownName, did_you_mean
from kg.sparql_file import Parameter, SparqlFile
from kg.table import Table
from kg.terms import XSD, Iri, Literal, Term
from kg.things import ANYTHING, Things

CERTAINTIES: Final = ("certain", "possible")
"""What a row can be where dates are too coarse to tell of each day, in the column `certainty`."""


class Asker:
    """Answers stored queries from an engine; `on` is the day they are about, None is today."""

    def __init__(
        self,
        engine: Engine,
        things: Things,
        queries: Mapping[str, SparqlFile],
        *,
        on: Literal | None = None,
    ) -> None:
        self.on = on
        self.engine = engine
        self.things = things
        self.queries = queries

    def stored_query(self, name: str) -> SparqlFile:
        """Gives a stored query by name; raises UnknownName with the nearest names."""
        if name in self.queries:
            return self.queries[name]
        raise UnknownName(
            f'No stored query is called "{name}".{did_you_mean(name, self.queries)} '
            "kg query lists them all."
        )

    def bind(
        self, name: str, values: Mapping[str, str], *, tell: Callable[[str], None] = lambda _: None
    ) -> str:
        """Gives a stored query's SPARQL text with the values in the place of its examples."""
        return self.stored_query(name).bind(self.terms(name, values, tell=tell))

    def terms(
        self, name: str, values: Mapping[str, str], *, tell: Callable[[str], None] = lambda _: None
    ) -> dict[str, Term]:
        """Gives the terms that a stored query's parameters stand for.

        `on` not given is the asker's day or today; any other parameter not given keeps the
        file's example. `tell` is told.
        """
        query = self.stored_query(name)
        terms = {key: self._term(query.parameter(key), text) for key, text in values.items()}
        for parameter in query.parameters:
            if parameter.name in terms or parameter.example is None:
                continue
            if parameter.name == "on" and self.on:
                terms["on"] = self.on
                continue
            terms[parameter.name] = today() if parameter.name == "on" else parameter.example
            shown = self._shown(terms[parameter.name])
            example = "today" if parameter.name == "on" else "the query's example"
            tell(f"--{parameter.name} was not given: {shown} ({example}).")
        return terms

    def ask(
        self,
        name: str,
        values: Mapping[str, str],
        *,
        certainty: str | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> Table:
        """Answers a stored query; with one of CERTAINTIES only by the rows that have it."""
        if certainty is not None:
            self._can_tell(name, certainty)
        table = select(self.engine, self.bind(name, values, tell=tell))
        return table if certainty is None else table.having("certainty", certainty)

    def _can_tell(self, name: str, certainty: str) -> None:
        if certainty not in CERTAINTIES:
            raise InvalidValue(
                f'"{certainty}" is no certainty. Give {" or ".join(CERTAINTIES)}, or neither.'
            )
        if not self.stored_query(name).tells_certainty:
            raise InvalidValue(
                f"The rows of {name} are neither certain nor possible, so that none can be chosen "
                "by it. Ask without it; a query that has the column certainty can be asked so."
            )

    def _term(self, parameter: Parameter, text: str) -> Term:
        where = f"--{parameter.name}"
        if not text.strip():
            raise InvalidValue(f"{where} is empty. {parameter.meaning}")
        example = parameter.example
        if example is None or isinstance(example, Iri):
            return self.things.find(text, kind=self.kind(parameter))
        if parameter.is_date:
            return parse_day(text, where=where)
        if isinstance(example, Literal) and example.datatype.startswith(XSD):
            return _typed_literal(text, example.datatype.removeprefix(XSD), where)
        return Literal(text)

    def kind(self, parameter: Parameter) -> str:
        """Gives the kind of thing that a parameter takes.

        That is the parameter's name where it is a kind (`state`) or `thing`, else the kind of
        its example: `candidate` takes a state because state:sweden is one.
        """
        if parameter.name == ANYTHING or parameter.name in self.things.prefixes.namespaces:
            return parameter.name
        if isinstance(parameter.example, Iri):
            return self.things.prefixes.kind(parameter.example) or ANYTHING
        return ANYTHING

    def _shown(self, term: Term | None) -> str:
        return self.things.prefixes.shorten(term.value) if isinstance(term, Iri) else str(term)


def _typed_literal(text: str, datatype: str, where: str) -> Literal:
    value = text.strip()
    try:
        if datatype == "integer":
            return Literal(str(int(value)), XSD + datatype)
        if datatype == "decimal":
            return Literal(f"{Decimal(value):f}", XSD + datatype)
    except (ValueError, InvalidOperation) as error:
        raise InvalidValue(f'"{text}" is not a number, given for {where}.') from error
    if datatype == "boolean":
        if value.lower() not in ("true", "false"):
            raise InvalidValue(f'"{text}" is neither true nor false, given for {where}.')
        return Literal(value.lower(), XSD + datatype)
    return Literal(text, XSD + datatype)
