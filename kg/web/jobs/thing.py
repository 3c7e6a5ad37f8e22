"""The job of linked data: what stands at an IRI, as a page or as triples.

That is a thing, all things of a kind (`/state`), the ontology, or the home page.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from kg.description.describe import describe
from kg.description.described import Description, Incoming
from kg.description.kinds import BASE, ONTOLOGY, Listing, kinds_of, nearest, things_of
from kg.description.triples import triples_of, triples_of_kind, triples_of_ontology
from kg.description.vocabulary import is_ontology, vocabulary
from kg.errors import InvalidQuery, UnknownName
from kg.export import write_graph
from kg.graph import Graph
from kg.terms import Iri, Triple, name_among_kind
from kg.web.html import GRAPH_FORMS, alternates_of, path_of, problem_page, render, sparql_address
from kg.web.jobs import Held
from kg.web.negotiation import HTML, named
from kg.web.replies import Problem, Reply

THINGS_A_PAGE: Final = 500
"""How many things a page of a listing names."""
_ALL_THAT_REFER: Final = """PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?thing ?name
WHERE {{
  ?thing {property} {value} .
  OPTIONAL {{ ?thing rdfs:label ?name . }}
}}
ORDER BY ?name ?thing"""


def run(held: Held, request: Mapping[str, Any], body: bytes = b"") -> Reply:
    """Gives what stands at an IRI.

    `iri` is the IRI, `form` html or a form of graphs (the home page has html alone), `page` the
    page of a listing, or of the triples that refer to a thing, from 1. Raises Problem 404, which
    names the nearest things, for an IRI of which nothing is known; the page that says so has that
    status too.
    """
    iri = Iri(str(request["iri"]))
    forms = (HTML,) if iri.value == BASE else (HTML, *GRAPH_FORMS)
    form = named(str(request.get("form", HTML.name)), forms)
    page = _page(request.get("page", 1))
    try:
        if form == HTML:
            return Reply(_html(held.graph, iri, page).encode(), HTML.media_type)
        triples, has_next = _triples(held.graph, iri, page)
        return Reply(
            _written(held, triples, form.name),
            form.media_type,
            headers={"Link": f'<?page={page + 1}>; rel="next"'} if has_next else {},
        )
    except (UnknownName, InvalidQuery) as error:  # what is no IRI at all is not known either
        problem = _unknown(held.graph, iri)
        if form != HTML:
            raise problem from error
        return Reply(problem_page(problem), HTML.media_type, status=problem.status)


def _page(given: object) -> int:
    text = str(given)
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 9):
        raise Problem(400, f'"{text[:20]}" is no page. Give a number from 1.')
    return int(text)


def _html(graph: Graph, iri: Iri, page: int) -> str:
    if iri.value == BASE:
        queries = [graph.queries[name] for name in graph.queries]
        return render("home.html", kinds=kinds_of(graph), queries=queries)
    prefixes = graph.project.prefixes
    alternates = alternates_of(path_of(iri).partition("#")[0])
    if is_ontology(graph, iri):
        return render(
            "ontology.html",
            described=describe(graph, ONTOLOGY),
            terms=vocabulary(graph),
            prefixes=prefixes,
            alternates=alternates_of(path_of(ONTOLOGY)),
        )
    listing = _listing(graph, iri)
    if listing.things:
        return _kind_page(graph, listing, page)
    described = describe(graph, iri)
    return render(
        "thing.html", described=described, all_of=_all_that_refer(iri), alternates=alternates
    )


def _all_that_refer(iri: Iri) -> Callable[[Incoming], str]:
    """Gives what tells the address of all things that refer to a thing by one property."""
    return lambda group: sparql_address(
        _ALL_THAT_REFER.format(property=group.property.iri.n3(), value=iri.n3())
    )


def _listing(graph: Graph, iri: Iri) -> Listing:
    """Gives the things of a kind; none for an IRI that is not one step below the base."""
    name = iri.value.removeprefix(BASE)
    if not iri.value.startswith(BASE) or "/" in name or "#" in name:
        return Listing(iri, (), ())
    return things_of(graph, iri)


def _kind_page(graph: Graph, listing: Listing, page: int) -> str:
    described = _own(graph, listing.kind)
    pages = -(-len(listing.things) // THINGS_A_PAGE)
    if page > pages:
        raise Problem(404, f"There are {pages} pages, and no page {page}.")
    first = (page - 1) * THINGS_A_PAGE
    words = name_among_kind(listing.kind).replace("-", " ").capitalize()
    return render(
        "kind.html",
        title=described.thing.label if described else f"{words}: all of them",
        definition=described.definition if described else None,
        listing=listing,
        shown=listing.things[first : first + THINGS_A_PAGE],
        path=path_of(listing.kind),
        page=page,
        pages=pages,
        alternates=alternates_of(path_of(listing.kind)),
    )


def _own(graph: Graph, kind: Iri) -> Description | None:
    """Describes a kind that is a thing itself, such as a concept scheme."""
    try:
        return describe(graph, kind)
    except UnknownName:
        return None


def _triples(graph: Graph, iri: Iri, page: int) -> tuple[Iterable[Triple], bool]:
    """Gives the triples of what stands at an IRI, and whether there is a further page of them."""
    if is_ontology(graph, iri):
        return triples_of_ontology(graph.project), False
    if _listing(graph, iri).things:
        return triples_of_kind(graph, iri), False
    if not graph.things.is_known(iri):
        raise UnknownName(f"The graph knows nothing of {iri.n3()}.")
    found = triples_of(graph, iri, page=page)
    triples = list(found.triples)
    if not triples:
        raise Problem(404, f"There is no page {page} of what refers to {iri.value}.")
    return triples, found.has_next


def _written(held: Held, triples: Iterable[Triple], format: str) -> bytes:
    given = list(triples)
    if len(given) > held.limits.rows:
        raise Problem(422, f"There are more than {held.limits.rows:,} triples. Ask by SPARQL.")
    return write_graph(given, held.graph.project.prefixes, format=format).encode()


def _unknown(graph: Graph, iri: Iri) -> Problem:
    close = nearest(graph, iri)
    names = " or ".join(f"{each.label} ({path_of(each.iri)})" for each in close)
    meant = f" Did you mean {names}?" if names else " See / for what there is."
    detail = f"The graph knows nothing of {iri.value[:200]}.{meant}"
    return Problem(404, detail, nearest=[path_of(each.iri) for each in close])
