"""The relations of a day, and between whom they held."""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from kg.engine import Engine, construct
from kg.errors import InvalidDocument
from kg.sparql.patterns import (
    Bind,
    Column,
    Expression,
    Group,
    Place,
    Query,
    Select,
    TriplePattern,
    Values,
    Variable,
)
from kg.sparql.reader import read_query
from kg.sparql.rewrite import substitute
from kg.sparql.scope import visible
from kg.sparql.writer import write_query
from kg.sparql_file import SparqlFolder
from kg.terms import Iri, Literal, Triple


@dataclass(frozen=True)
class Relation:
    """A relation of a day: its property, and the body that tells between whom it held."""

    property: Iri
    subject: Variable
    object: Variable
    body: Group

    def between(self, on: Literal, certainty: str, subject: Place, object_: Place) -> Group:
        """Gives the body with the day in it, between two places; its other variables are apart."""
        fixed: dict[str, Place] = {"on": on, "degree": Literal(certainty)}
        ends = {self.subject.name: subject, self.object.name: object_}
        mark = zlib.crc32(" ".join((self.property.n3(), subject.n3(), object_.n3())).encode())
        own = visible(self.body) - fixed.keys() - ends.keys()
        apart = {name: Variable(f"{name}_{mark:x}") for name in own}
        return substitute(self.body, {**apart, **fixed, **ends})

    def held(self, on: Literal, certainty: str, subject: Place, object_: Place) -> Select:
        """Gives the sub-select of those between whom it held, each pair once."""
        where = self.between(on, certainty, subject, object_)
        columns = tuple(
            Column(place)
            for place in dict.fromkeys((subject, object_))
            if isinstance(place, Variable)
        )
        if not columns:
            one = Variable("held")
            where = Group((*where, Bind(Expression(("1",)), one)))
            columns = (Column(one),)
        return Select(columns, where, is_distinct=True)


def read_relations(folder: Path) -> Mapping[Iri, Relation]:
    """Reads the relations of a folder; raises InvalidDocument for a file that gives none."""
    return _read_relations(folder, tuple(sorted(folder.glob("*.rq"))))


@lru_cache(maxsize=4)
def _read_relations(folder: Path, files: tuple[Path, ...]) -> Mapping[Iri, Relation]:
    found = {}
    for name, file in SparqlFolder(folder).items():
        query = read_query(file.text)
        (pattern,) = query.template if len(query.template) == 1 else (None,)
        if not pattern or not isinstance(pattern.predicate, Iri):
            raise InvalidDocument(f"{folder / name}.rq: a view constructs one plain triple.")
        assert isinstance(pattern.subject, Variable)
        assert isinstance(pattern.object, Variable)
        body = Group(
            tuple(
                element
                for element in query.select.where
                if not isinstance(element, Values)
                or element.variables not in ((Variable("on"),), (Variable("degree"),))
            )
        )
        found[pattern.predicate] = Relation(
            pattern.predicate, pattern.subject, pattern.object, body
        )
    return found


def held_on(
    engine: Engine, relations: Iterable[Relation], on: Literal, *, certainty: str = "certain"
) -> list[Triple]:
    """Gives the triples of the relations that certainly, or merely possibly, held on a day."""
    found: list[Triple] = []
    for relation in relations:
        select = relation.held(on, certainty, relation.subject, relation.object)
        template = (TriplePattern(relation.subject, relation.property, relation.object),)
        query = Query("CONSTRUCT", Select((), Group((select,))), template)
        found += construct(engine, write_query(query))
    if certainty == "possible":
        certain = set(held_on(engine, relations, on)) if found else set()
        found = [triple for triple in found if triple not in certain]
    return sorted(found, key=str)
