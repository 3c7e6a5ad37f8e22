"""Names of states in many languages, from Unicode CLDR through Babel.

    python -m kg.importers.state_names > graph/state-names.ttl

A state is known to CLDR by its ISO 3166-1 alpha-2 code. English names are not taken: they stand
in graph/states.ttl, chosen by the editors. Needs the package babel, which the tests install.
"""

import sys
from collections.abc import Iterable
from typing import Final

import babel

from kg.engine import Engine, select
from kg.export import write_graph
from kg.opening import open_graph
from kg.terms import RDF_LANG_STRING, Iri, Literal, Triple

LANGUAGES: Final = (
    "ar", "bg", "bs", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu", "hy",
    "is", "it", "ja", "ka", "ko", "lb", "lt", "lv", "mk", "mt", "nb", "nl", "pl", "pt", "ro", "ru",
    "sk", "sl", "sq", "sr", "sv", "tr", "uk", "zh",
)  # fmt: skip
"""The languages of the NATO, EU and OSCE states and of the United Nations that CLDR covers well."""

_PREF_LABEL: Final = Iri("http://www.w3.org/2004/02/skos/core#prefLabel")
_CODES: Final = """
PREFIX kg:     <https://w3id.org/alliance-kg/ontology#>
PREFIX schema: <https://schema.org/>
PREFIX skos:   <http://www.w3.org/2004/02/skos/core#>
SELECT ?state ?code
WHERE {
  ?state a kg:State ;
    skos:notation ?code .
  FILTER(DATATYPE(?code) = kg:Iso3166Alpha2)
  OPTIONAL { ?state schema:dissolutionDate ?end . }
  FILTER(!BOUND(?end))
}
ORDER BY ?state
"""
_HEAD: Final = f"""# Names of states in other languages: Unicode CLDR, by Babel {babel.__version__}.
# Made by kg.importers.state_names; change the importer or graph/states.ttl, not this file.
"""


def state_names(engine: Engine) -> Iterable[Triple]:
    """Gives a skos:prefLabel for each present state and each of LANGUAGES that names it."""
    locales = [babel.Locale.parse(language) for language in LANGUAGES]
    for state, code in select(engine, _CODES).rows:
        for locale in locales:
            name = locale.territories.get(str(code))
            if name and isinstance(state, Iri):
                yield state, _PREF_LABEL, Literal(name, RDF_LANG_STRING, locale.language)


def main() -> None:
    """Writes the names of the states of the graph that KG_AT names to standard output."""
    graph = open_graph()
    turtle = write_graph(state_names(graph.engine), graph.project.prefixes, format="turtle")
    prefixes, _, body = turtle.partition("\n\n")
    sys.stdout.write(f"{prefixes}\n\n{_HEAD}\n{body.rstrip()}\n")


if __name__ == "__main__":
    main()
