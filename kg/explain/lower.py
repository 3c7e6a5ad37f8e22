"""Turns a pattern into one whose solutions can be read back, part by part.

Paths of known length become triple patterns with variables between them, each OPTIONAL and each
branch of a UNION says by a tag of its own that it was found, and what is known of a row is put
where it helps most: into sub-selects too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from kg.sparql.patterns import (
    Bind,
    Element,
    Expression,
    Filter,
    Group,
    Minus,
    Optional,
    Path,
    Place,
    Select,
    TriplePattern,
    Union,
    Values,
    Variable,
)
from kg.sparql.scope import certainly_bound, column_names
from kg.terms import Term

Binding = Mapping[str, Term]
"""The terms of a solution by the names of their variables."""


def tag_of(group: Group) -> str:
    """Gives the name of the variable that says that a tagged group was found."""
    last = group.elements[-1]
    assert isinstance(last, Bind)
    return last.variable.name


def lowered(group: Group, known: Binding) -> Group:
    """Lowers a group; `known` are values that its visible variables are to have."""
    return _Lowering().group(group, known, at_top=True)


def pins(group: Group, known: Binding) -> tuple[Values, ...]:
    """Gives inline data for the known values of variables that triple patterns always bind.

    A variable that BIND gives its value to must not have one before.
    """
    given = {element.variable.name for element in group if isinstance(element, Bind)}
    names = sorted((certainly_bound(group) & known.keys()) - given)
    return tuple(Values((Variable(name),), ((known[name],),)) for name in names)


@dataclass
class _Lowering:
    count: int = field(default=0)

    def new(self, what: str) -> Variable:
        self.count += 1
        return Variable(f"tag_{what}_{self.count}")

    def group(self, group: Group, known: Binding, *, at_top: bool = False) -> Group:
        elements = [each for element in group for each in self.element(element, known)]
        return Group((*(pins(group, known) if at_top else ()), *elements))

    def tagged(self, group: Group, known: Binding) -> Group:
        inside = self.group(group, known)
        return Group((*inside, Bind(Expression(("1",)), self.new("found"))))

    def element(self, element: Element, known: Binding) -> Iterator[Element]:
        if isinstance(element, TriplePattern):
            yield from self.pattern(element)
        elif isinstance(element, Optional):
            yield Optional(self.tagged(element.group, {}))
        elif isinstance(element, Union):
            yield Union(tuple(self.tagged(group, known) for group in element.groups))
        elif isinstance(element, Group):
            yield self.group(element, known, at_top=True)
        elif isinstance(element, Select):
            yield pinned(element, known)
        else:
            yield element

    def pattern(self, pattern: TriplePattern) -> Iterator[Element]:
        path = pattern.predicate
        if not isinstance(path, Path) or path.operator in "+*?!":
            yield pattern
        elif path.operator == "^":
            yield from self.pattern(TriplePattern(pattern.object, path.parts[0], pattern.subject))
        elif path.operator == "|":
            yield Union(
                tuple(
                    self.tagged(Group((TriplePattern(pattern.subject, part, pattern.object),)), {})
                    for part in path.parts
                )
            )
        else:
            places: list[Place] = [pattern.subject]
            places += [self.new("step") for _ in path.parts[1:]]
            places.append(pattern.object)
            for part, start, end in zip(path.parts, places, places[1:], strict=False):
                yield from self.pattern(TriplePattern(start, part, end))


def pinned(select: Select, known: Binding) -> Select:
    """Puts known values into a sub-select, where they only leave out rows that nobody asks for.

    That is so for the plain columns of one that counts nothing, and for the keys of one that does.
    """
    if select.is_limited:
        return select
    shown = set(column_names(select))
    if select.is_aggregate:
        shown &= {key.variable.name for key in select.group_by if key.variable}
    computed = {column.variable.name for column in select.columns if column.expression}  # type: ignore[union-attr]  # an expression in a SELECT has a name
    inside = {name: known[name] for name in (shown - computed) & known.keys()}
    where = Group(
        (
            *pins(select.where, inside),
            *(
                pinned(element, inside)
                if isinstance(element, Select)
                else Group(tuple(_with_pinned_selects(element, inside)))
                if isinstance(element, Group)
                else element
                for element in select.where
            ),
        )
    )
    return replace(select, where=where)


def _with_pinned_selects(group: Group, known: Binding) -> Iterator[Element]:
    """Gives the elements of a group with known values put into its sub-selects."""
    for element in group:
        yield pinned(element, known) if isinstance(element, Select) else element


def without_conditions(group: Group) -> Group:
    """Gives a group without what keeps solutions away: its filters, and what is taken away."""
    return _leaving_out(group, (Filter, Minus))


def mandatory(group: Group) -> Group:
    """Gives a group without what need not be there."""
    return _leaving_out(group, (Optional,))


def _leaving_out(group: Group, kinds: tuple[type, ...]) -> Group:
    """Leaves elements out, in groups and in sub-selects that count nothing too."""
    kept: list[Element] = []
    for element in group:
        if isinstance(element, Group):
            kept.append(_leaving_out(element, kinds))
        elif isinstance(element, Select) and not element.is_aggregate:
            kept.append(replace(element, where=_leaving_out(element.where, kinds)))
        elif not isinstance(element, kinds):
            kept.append(element)
    return Group(tuple(kept))
