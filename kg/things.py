"""Finding the thing that a person means: by IRI, prefixed name, slug, label, code or item.

`NATO`, `nato`, `Q7184`, `organisation:nato` and the full IRI all mean the same organisation;
`Turkey`, `Türkiye` and `TUR` the same state.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from kg.engine import Engine, ask, select
from kg.errors import AmbiguousName, InvalidQuery, UnknownName, did_you_mean
from kg.prefixes import Prefixes
from kg.table import Row
from kg.terms import Iri, Literal, name_among_kind

ANYTHING: Final = "thing"
"""The kind of a parameter that takes a thing of whatever kind."""

MAIN_KINDS: Final = ("organisation", "state", "person", "weapon", "article")
"""What people mean by a name that other things share, such as a source about NATO."""

_WIKIDATA: Final = "http://www.wikidata.org/entity/"
_ITEM: Final = re.compile(
    r"(?:https?://www\.wikidata\.org/(?:wiki|entity)/|wd:)?(Q[1-9]\d*)", re.IGNORECASE
)
_PREFIXED: Final = re.compile(r"[A-Za-z][\w-]*:[^/\s]\S*")

_NAMED: Final = """
PREFIX schema: <https://schema.org/>
PREFIX skos:   <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing ?name
WHERE {{
  VALUES ?naming {{ skos:prefLabel skos:altLabel skos:notation schema:legalName }}
  ?thing ?naming ?name .
  FILTER(STRSTARTS(STR(?thing), {base}))
  FILTER({condition})
}}
ORDER BY ?thing ?name
"""
_ITEM_OF: Final = """
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT DISTINCT ?thing
WHERE {{
  ?thing skos:exactMatch {item} .
  FILTER(STRSTARTS(STR(?thing), {base}))
}}
ORDER BY ?thing
"""


class Things:
    """Finds things in an engine's graph."""

    def __init__(self, engine: Engine, prefixes: Prefixes) -> None:
        self.engine = engine
        self.prefixes = prefixes

    def find(self, name: str, *, kind: str = ANYTHING) -> Iri:
        """Gives the one thing of a kind that a name means.

        `kind` is a prefix (organisation, state, event …) or ANYTHING. Raises UnknownName with
        the nearest names, or AmbiguousName with the candidates.
        """
        wanted = name.strip()
        candidates = self.meant(wanted, kind=kind)
        if len(candidates) == 1:
            (only,) = candidates
            return self._of_kind(only, kind, name)
        if candidates:
            written = ", ".join(self.prefixes.shorten(thing.value) for thing in candidates)
            raise AmbiguousName(f'Several things are called "{name}": {written}. Name one of them.')
        raise UnknownName(f'No {kind} is called "{name}".{self._nearest(wanted, kind)}{_see(kind)}')

    def meant(self, name: str, *, kind: str = ANYTHING) -> list[Iri]:
        """Gives all things of a kind that a name means, or none.

        Raises UnknownName for an IRI, or a prefixed name, of which the graph knows nothing.
        """
        candidates = self._by_iri(name) or self._by_slug(name, kind)
        return candidates or self._by_item(name, kind) or self._by_name(name, kind)

    def beginning_with(self, text: str, *, kind: str) -> list[tuple[str, str]]:
        """Gives the slugs, with English labels, of the things of a kind that begin with a text."""
        found: dict[str, str] = {}
        for thing, label in self._named(kind, 'LANG(?name) = "en"'):
            short = self.prefixes.shorten(str(thing))
            slug = short if kind == ANYTHING else short.partition(":")[2]
            begins = (slug.startswith(text.lower()), str(label).lower().startswith(text.lower()))
            if any(begins):
                found.setdefault(slug, str(label))
        return sorted(found.items())

    def _by_iri(self, name: str) -> list[Iri]:
        if name.startswith(("http://", "https://")) and not _ITEM.fullmatch(name):
            thing = Iri(name)
        elif _PREFIXED.fullmatch(name) and not name.startswith("wd:"):
            thing = self.prefixes.expand(name)
        else:
            return []
        if self.is_known(thing):
            return [thing]
        kind = self.prefixes.kind(thing) or ANYTHING
        slug = name_among_kind(thing)
        raise UnknownName(
            f'The graph knows nothing of "{name}".{self._nearest(slug, kind)}{_see(kind)}'
        )

    def _by_slug(self, name: str, kind: str) -> list[Iri]:
        slug = _slug(name)
        namespaces = self.prefixes.namespaces
        kinds = [
            each for each in (MAIN_KINDS if kind == ANYTHING else (kind,)) if each in namespaces
        ]
        things = [Iri(namespaces[each] + slug) for each in kinds if slug]
        return [thing for thing in things if self.is_known(thing)]

    def is_known(self, thing: Iri) -> bool:
        """Whether the graph says anything of a thing; nothing is said of what is no IRI."""
        try:
            return ask(self.engine, f"ASK {{ {thing.n3()} ?property ?value }}")
        except InvalidQuery:
            return False

    def _by_item(self, name: str, kind: str) -> list[Iri]:
        if not (match := _ITEM.fullmatch(name)):
            return []
        item = Iri(_WIKIDATA + match[1].upper())
        query = _ITEM_OF.format(item=item.n3(), base=self._base(kind))
        return [row[0] for row in select(self.engine, query).rows if isinstance(row[0], Iri)]

    def _by_name(self, name: str, kind: str) -> list[Iri]:
        named = self._named(kind, f"LCASE(STR(?name)) = {Literal(name.lower()).n3()}")
        distinct = list(dict.fromkeys(thing for thing, _ in named if isinstance(thing, Iri)))
        main = [thing for thing in distinct if self.prefixes.kind(thing) in MAIN_KINDS]
        return main if kind == ANYTHING and main else distinct

    def _of_kind(self, thing: Iri, kind: str, name: str) -> Iri:
        found = self.prefixes.kind(thing)
        if kind in (ANYTHING, found) or kind not in self.prefixes.namespaces:
            return thing
        raise UnknownName(
            f'"{name}" is {_with_article(found or ANYTHING)}, but {_with_article(kind)} is asked '
            f"for.{_see(kind)}"
        )

    def _nearest(self, name: str, kind: str) -> str:
        written: dict[str, str] = {}
        for thing, label in self._named(kind, 'LANG(?name) IN ("", "en")'):
            short = self.prefixes.shorten(str(thing))
            written.setdefault(str(label).casefold(), short)
            written.setdefault(short.partition(":")[2], short)
        return did_you_mean(name.casefold(), written, written)

    def _named(self, kind: str, condition: str) -> Sequence[Row]:
        """Gives things of a kind with those of their names for which a condition holds."""
        query = _NAMED.format(base=self._base(kind), condition=condition)
        return select(self.engine, query).rows

    def _base(self, kind: str) -> str:
        namespace = "" if kind == ANYTHING else self.prefixes.namespaces.get(kind, "")
        return Literal(namespace).n3()


def _slug(name: str) -> str:
    """Gives a name as a slug (Côte d'Ivoire: cote-divoire), or nothing if letters would be lost."""
    decomposed = unicodedata.normalize("NFKD", name.lower().replace("'", "").replace("’", ""))
    if any(character.isalnum() and not character.isascii() for character in decomposed):
        return ""
    plain = decomposed.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _with_article(kind: str) -> str:
    words = kind.replace("-", " ")
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _see(kind: str) -> str:
    listed = {
        "article": "articles",
        "organisation": "organisations",
        "state": "states",
        "weapon": "weapons-by-class",
    }.get(kind)
    return f" See kg query {listed}." if listed else ""
