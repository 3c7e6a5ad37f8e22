"""Every IRI of the graph is an address: pages for people, triples for programs.

Expected answers are what the files in graph/ and ontology/ say, read by rdflib.
"""

import itertools
import json
import re
from collections import defaultdict
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import rdflib
from conftest import ROOT
from pages import Page
from rdflib.namespace import OWL, RDF, RDFS

import kg
from kg.description.describe import SHOWN, describe
from kg.description.described import Description, Named
from kg.description.triples import triples_of
from kg.engine import select
from kg.errors import InvalidValue, UnknownName
from kg.export import write_graph
from kg.table import Table
from kg.terms import XSD, Iri, Literal
from kg.web.html import environment, link_of, path_of, problem_page, stylesheet
from kg.web.jobs import Held, search, thing
from kg.web.replies import Problem, Reply
from kg.web.settings import Limits

BASE = "https://w3id.org/alliance-kg/"
NATO = rdflib.URIRef(f"{BASE}organisation/nato")
FORMS = {"turtle": "turtle", "ntriples": "nt", "jsonld": "json-ld", "rdfxml": "xml"}
SERVED = {"/", "/query", "/sparql", "/ontology", "/search"}
"""The addresses that are no IRIs of things."""


@pytest.fixture(scope="module")
def held(graph: kg.Graph) -> Held:
    return Held(graph)


@pytest.fixture(scope="module")
def whole(graph: kg.Graph) -> rdflib.Graph:
    """The whole graph as rdflib reads its export."""
    return rdflib.Graph().parse(data=graph.export("ntriples"), format="nt")


@pytest.fixture(scope="module")
def subjects(whole: rdflib.Graph) -> list[str]:
    """The IRIs of the graph's own namespace that something is said of."""
    own = {str(each) for each in whole.subjects() if str(each).startswith(BASE)}
    assert len(own) > 6000
    return sorted(own)


@pytest.fixture(scope="module")
def kinds(subjects: list[str]) -> dict[str, list[str]]:
    """The things of each kind, by the kind's IRI; terms are parts of the ontology's page."""
    found: dict[str, list[str]] = defaultdict(list)
    for iri in subjects:
        if "/" in iri.removeprefix(BASE):
            found[iri.rpartition("/")[0]].append(iri)
    assert {f"{BASE}state", f"{BASE}event", f"{BASE}assurance", f"{BASE}prefix"} <= found.keys()
    return found


def page_of(held: Held, path: str, **request: object) -> Page:
    reply = thing.run(held, {"iri": BASE + path.removeprefix("/"), "form": "html", **request})
    assert (reply.status, reply.media_type) == (200, "text/html")
    read = Page(reply.body.decode())
    assert read.is_good()
    return read


def graph_of(held: Held, iri: str, form: str = "turtle") -> rdflib.Graph:
    reply = thing.run(held, {"iri": iri, "form": form})
    return rdflib.Graph().parse(data=reply.body.decode(), format=FORMS[form])


def described(graph: kg.Graph, name: str) -> Description:
    return describe(graph, graph.project.prefixes.expand(name))


def test_the_page_of_nato_says_what_its_file_says(held: Held) -> None:
    page = page_of(held, "organisation/nato")
    assert "North Atlantic Treaty Organization" in page.text
    assert "Brussels, Belgium" in page.text
    assert "1949-04-04" in page.text
    assert "http://www.wikidata.org/entity/Q7184" in page.links
    assert "https://www.nato.int/cps/en/natohq/official_texts_17120.htm" in page.links
    assert {"/ontology#Organisation", "/organisation-type/military-alliance"} <= set(page.links)


def test_every_link_of_the_page_of_nato_leads_somewhere(held: Held, subjects: list[str]) -> None:
    page = page_of(held, "organisation/nato")
    known = {*subjects, *(f"{BASE}organisation/nato.{suffix}" for suffix in _SUFFIXES)}
    own = {link for link in page.links if link.startswith("/")}
    assert len(own) > 400
    for link in own:
        path = link.partition("?")[0]
        is_served = path in SERVED or path.partition("#")[0] == "/"
        assert is_served or BASE + path.removeprefix("/") in known, link
    alternates = {each["href"] for each in page.all("link") if each["rel"] == "alternate"}
    assert alternates == {f"/organisation/nato.{suffix}" for suffix in _SUFFIXES}


_SUFFIXES = ("ttl", "jsonld", "nt", "rdf")


def test_the_links_to_all_that_refers_are_questions_that_give_all(held: Held) -> None:
    page = page_of(held, "organisation/nato")
    asked = [link for link in page.links if link.startswith("/sparql?query=")]
    (accessions,) = (link for link in asked if "%23organisation" in link)
    (text,) = parse_qs(urlsplit(accessions).query)["query"]
    assert "(358)" in page.text
    assert len(select(held.graph.engine, text)) == 358


@pytest.mark.parametrize("form", FORMS)
def test_each_form_holds_the_same_triples(held: Held, form: str, whole: rdflib.Graph) -> None:
    expected = {*whole.triples((NATO, None, None)), *whole.triples((None, None, NATO))}
    assert len(expected) > 450
    assert set(graph_of(held, str(NATO), form)) == expected


@pytest.mark.parametrize(
    "name", ["organisation:nato", "event:nato-finland-accession", "state:finland"]
)
def test_what_is_said_of_a_thing_is_its_export(held: Held, name: str) -> None:
    exported = rdflib.Graph().parse(data=held.graph.export("turtle", subject=name))
    iri = BASE + name.replace(":", "/")
    own = graph_of(held, iri).triples((rdflib.URIRef(iri), None, None))
    assert set(own) == set(exported)


def test_triples_that_refer_come_page_by_page(graph: kg.Graph, whole: rdflib.Graph) -> None:
    ukraine = Iri(f"{BASE}state/ukraine")
    pages = []
    for number in itertools.count(1):
        page = triples_of(graph, ukraine, page=number, most=300)
        pages.append(list(page.triples))
        if not page.has_next:
            break
    given = [triple for page in pages for triple in page]
    assert len(given) == len(set(given))
    text = write_graph(given, graph.project.prefixes, format="ntriples")
    subject = rdflib.URIRef(ukraine.value)
    expected = {*whole.triples((subject, None, None)), *whole.triples((None, None, subject))}
    assert set(rdflib.Graph().parse(data=text, format="nt")) == expected
    assert all(len(page) == 300 for page in pages[1:-1])


def test_a_page_of_triples_that_is_not_there_is_not_found(held: Held) -> None:
    with pytest.raises(Problem) as caught:
        thing.run(held, {"iri": str(NATO), "form": "turtle", "page": 2})
    assert caught.value.status == 404


def test_an_answer_of_too_many_triples_is_refused(graph: kg.Graph) -> None:
    with pytest.raises(Problem) as caught:
        thing.run(Held(graph, Limits(rows=100)), {"iri": str(NATO), "form": "turtle"})
    assert caught.value.status == 422


@pytest.mark.parametrize("page", ["0", "-1", "x", "1e3", "9" * 30, "²", None])
def test_what_is_no_page_is_refused(held: Held, page: object) -> None:
    with pytest.raises(Problem) as caught:
        thing.run(held, {"iri": str(NATO), "form": "html", "page": page})
    assert caught.value.status == 400


def test_three_things_of_each_kind_have_page_and_triples(
    held: Held, kinds: dict[str, list[str]]
) -> None:
    for things in kinds.values():
        for iri in things[:3]:
            page_of(held, iri.removeprefix(BASE))
            own = graph_of(held, iri).triples((rdflib.URIRef(iri), RDF.type, None))
            assert list(own), iri


def test_each_kind_lists_all_its_things(held: Held, kinds: dict[str, list[str]]) -> None:
    for kind, things in kinds.items():
        listed = graph_of(held, kind)
        assert {str(each) for each in listed.subjects()} - {kind} == set(things), kind
        paths = {f"/{iri.removeprefix(BASE)}" for iri in things}
        first = page_of(held, kind.removeprefix(BASE))
        shown = paths & set(first.links)
        if len(things) <= thing.THINGS_A_PAGE:
            assert shown == paths, kind


def test_the_pages_of_a_listing_hold_each_thing_once(held: Held) -> None:
    events = [
        path
        for number in (1, 2, 3)
        for path in page_of(held, "event", page=number).links
        if path.startswith("/event/")
    ]
    files = (ROOT / "graph").rglob("*.ttl")
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    expected = {
        f"/event/{match[1]}"
        for line in lines
        if (match := re.match(r"event:(\S+) a kg:MembershipEvent", line))
    }
    assert len(events) == len(expected) and set(events) == expected
    with pytest.raises(Problem):
        page_of(held, "event", page=4)


def test_everything_that_something_is_said_of_can_be_described(
    graph: kg.Graph, whole: rdflib.Graph
) -> None:
    for subject in set(whole.subjects()):
        found = describe(graph, Iri(str(subject)))
        assert found.thing.label


def test_no_address_needs_an_escape_or_ends_like_a_form(subjects: list[str]) -> None:
    for iri in subjects:
        assert re.fullmatch(r"[a-z0-9/-]+(#[A-Za-z0-9]+)?", iri.removeprefix(BASE)), iri
        assert path_of(iri) == f"/{iri.removeprefix(BASE)}"


@pytest.mark.parametrize(
    ("iri", "path"),
    [
        (BASE, "/"),
        (f"{BASE}ontology#State", "/ontology#State"),
        (f"{BASE}state/côte", "/state/c%C3%B4te"),
        (f"{BASE}state/a?b%41\r\nSet-Cookie: x", "/state/a%3Fb%2541%0D%0ASet-Cookie:%20x"),
        (f"{BASE}//elsewhere.example", "/%2F%2Felsewhere.example"),
        (f"{BASE}\\elsewhere.example", "/%5Celsewhere.example"),
        ("http://www.wikidata.org/entity/Q7184", "http://www.wikidata.org/entity/Q7184"),
    ],
)
def test_an_address_is_the_path_of_the_iri(iri: str, path: str) -> None:
    assert path_of(iri) == path


@pytest.mark.parametrize("iri", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_only_web_addresses_become_links(iri: str) -> None:
    assert not link_of(iri)


def test_the_home_page_counts_as_the_readme_does(held: Held, graph: kg.Graph) -> None:
    page = page_of(held, "")
    text = " ".join(page.text.split())
    for counted in ("organisation (47)", "state (206)", "weapon (300)", "transfer (262)"):
        assert counted in text
    assert {f"/query/{name}" for name in graph.queries} <= set(page.links)
    assert {"/sparql", "/ontology", "/state", "/assurance"} <= set(page.links)
    assert "about" in page.anchors


def test_the_home_page_is_a_page_alone(held: Held) -> None:
    with pytest.raises(Problem) as caught:
        thing.run(held, {"iri": BASE, "form": "turtle"})
    assert caught.value.status == 406


@pytest.fixture(scope="module")
def ontology() -> rdflib.Graph:
    """All files of the ontology as rdflib reads them."""
    read = rdflib.Graph()
    for path in sorted((ROOT / "ontology").rglob("*.ttl")):
        read.parse(path)
    return read


def test_the_ontology_has_an_anchor_for_each_term(held: Held, ontology: rdflib.Graph) -> None:
    page = page_of(held, "ontology")
    header = rdflib.URIRef(f"{BASE}ontology")
    terms = {str(term) for term in ontology.subjects(RDFS.isDefinedBy, header)}
    assert len(terms) > 140
    assert {term.partition("#")[2] for term in terms} <= set(page.anchors)
    for text in ontology.objects(rdflib.URIRef(f"{BASE}ontology#State"), None):
        assert not isinstance(text, rdflib.Literal) or str(text) in page.text


def test_a_term_says_in_whose_shapes_it_stands(held: Held) -> None:
    reply = thing.run(held, {"iri": f"{BASE}ontology"})
    entry = reply.body.decode().partition('id="headquarters"')[2].partition("</section>")[0]
    assert "in the shapes of" in entry
    assert '<a href="/ontology#Organisation">organisation</a>' in entry


def test_the_ontology_as_data_is_all_its_files(held: Held, ontology: rdflib.Graph) -> None:
    given = graph_of(held, f"{BASE}ontology")

    def named(graph: rdflib.Graph) -> set[tuple[object, ...]]:
        return {
            triple for triple in graph if not any(isinstance(each, rdflib.BNode) for each in triple)
        }

    assert named(given) == named(ontology)
    assert len(given) == len(ontology)


def test_the_ontology_stands_at_its_version_too(held: Held, ontology: rdflib.Graph) -> None:
    version = ontology.value(rdflib.URIRef(f"{BASE}ontology"), OWL.versionIRI)
    assert (
        thing.run(held, {"iri": str(version)}).body
        == thing.run(held, {"iri": f"{BASE}ontology"}).body
    )


def test_a_deprecated_term_says_so(working_copy: Path) -> None:
    file = working_copy / "ontology" / "organisation.ttl"
    text = file.read_text(encoding="utf-8")
    changed = text.replace(
        "kg:headquarters a owl:D", "kg:headquarters owl:deprecated true ; a owl:D"
    )
    assert changed != text
    file.write_text(changed, encoding="utf-8")
    page = page_of(Held(kg.open(at=working_copy)), "ontology")
    assert "headquarters (deprecated)" in " ".join(page.text.split())


def test_an_unknown_thing_is_not_found_and_the_nearest_are_named(held: Held) -> None:
    with pytest.raises(Problem) as caught:
        thing.run(held, {"iri": f"{BASE}state/finlnd", "form": "turtle"})
    assert caught.value.status == 404
    assert "/state/finland" in caught.value.members["nearest"]  # type: ignore[operator]
    assert "Finland" in caught.value.detail
    reply = thing.run(held, {"iri": f"{BASE}state/finlnd", "form": "html"})
    page = Page(reply.body.decode())
    assert reply.status == 404 and page.is_good() and "/state/finland" in page.links


@pytest.mark.parametrize(
    "iri",
    [
        *(f"{BASE}{path}" for path in ("[", "a b", "state/", "stat", "x" * 5000, "state/\ud7ff{}")),
        "http://elsewhere.example/",
        "no iri",
        "",
        f"{BASE}<script>alert(1)</script>",
    ],
)
def test_whatever_is_asked_for_is_not_found_in_good_order(held: Held, iri: str) -> None:
    reply = thing.run(held, {"iri": iri, "form": "html"})
    page = Page(reply.body.decode())
    assert reply.status == 404 and page.is_good()
    with pytest.raises(Problem):
        thing.run(held, {"iri": iri, "form": "ntriples"})
    with pytest.raises(UnknownName):
        describe(held.graph, Iri(f"{BASE}state/finlnd"))


def test_texts_and_addresses_of_the_graph_cannot_break_out_of_a_page(working_copy: Path) -> None:
    file = working_copy / "graph" / "persons.ttl"
    script = '<script>alert(1)</script>\\" onload=\\"x'
    file.write_text(
        file.read_text(encoding="utf-8")
        + f"""
<{BASE}person/mallory> a <https://schema.org/Person> ;
    <http://www.w3.org/2004/02/skos/core#prefLabel> "{script}"@en , "</span>{script}"@fi ;
    <http://www.w3.org/2004/02/skos/core#exactMatch> <javascript:alert(2)> ;
    <https://schema.org/url> "javascript:alert(3)"^^<{XSD}anyURI> ;
    <https://schema.org/affiliation> <{BASE}/elsewhere.example> ;
    <http://www.w3.org/ns/prov#wasDerivedFrom> <{BASE}source/mallory> .
<{BASE}source/mallory> a <{BASE}ontology#Source> ;
    <http://www.w3.org/2004/02/skos/core#prefLabel> "{script}"@en ;
    <https://schema.org/url> "javascript:alert(4)"^^<{XSD}anyURI> ;
    <http://purl.org/dc/terms/publisher> <{BASE}person/mallory> .
""",
        encoding="utf-8",
    )
    held = Held(kg.open(at=working_copy))
    for path in ("person/mallory", "source/mallory", "person", "source"):
        page = page_of(held, path)
        assert not any("javascript" in link for link in page.links)
        if "mallory" in path:
            assert "<script>alert(1)</script>" in page.text
    found = search.run(held, {"name": "<script>"})
    assert Page(found.body.decode()).is_good()


def test_a_statement_that_was_set_aside_tells_both_accounts(graph: kg.Graph, held: Held) -> None:
    name = "event:nato-finland-ratification-by-denmark"
    for each in (name, f"{name}-2"):
        (difference,) = described(graph, each).differences
        assert difference.kind == "revision"
        assert difference.preferred.statement.iri == graph.project.prefixes.expand(name)
        assert (difference.preferred.said, difference.other.said) == ("2022-07-05", "2022-07-07")
        assert difference.preferred.publisher == "NATO Parliamentary Assembly"
        assert difference.reason.startswith("The Assembly later moved Denmark to 5 July")
    page = page_of(held, "event/nato-finland-ratification-by-denmark-2")
    assert {"/state/denmark", "/event/nato-finland-ratification-by-denmark"} <= set(page.links)


def test_a_history_is_in_order_of_date_and_tells_what_was_set_aside(graph: kg.Graph) -> None:
    history = described(graph, "state:finland").history
    assert [each.date for each in history] == sorted(each.date for each in history)
    by_slug = {each.thing.iri.value.removeprefix(BASE): each for each in history}
    accession = by_slug["event/nato-finland-accession"]
    assert (accession.date, accession.known_from) == ("2023-04-04", "2023-04-04")
    assert not accession.is_span and not accession.is_set_aside
    membership = by_slug["membership/nato-finland-accession"]
    assert membership.is_span and (membership.date, membership.end) == ("2023-04-04", "")
    other = by_slug["event/nato-finland-ratification-by-denmark-2"]
    assert other.is_set_aside
    assert [each.label for each in other.other_accounts] == ["2022-07-05"]


def test_the_history_of_nato_holds_every_event_of_its_file(graph: kg.Graph) -> None:
    text = (ROOT / "graph" / "organisations" / "nato.ttl").read_text(encoding="utf-8")
    events = set(re.findall(r"^event:(\S+) a kg:MembershipEvent", text, re.MULTILINE))
    assert len(events) > 300
    history = described(graph, "organisation:nato").history
    told = {each.thing.iri.value.rpartition("/")[2] for each in history if not each.is_span}
    assert events <= told


def test_a_span_that_ended_says_when(graph: kg.Graph) -> None:
    history = described(graph, "state:czechoslovakia").history
    ended = [each for each in history if each.is_span and each.end.startswith("1993")]
    assert ended, "it ended on 1 January 1993, and its memberships with it"


def test_a_membership_can_be_known_from_its_beginning(graph: kg.Graph) -> None:
    membership = described(graph, "membership:nato-finland-accession")
    assert membership.known_from == "2023-04-04"
    assert [said.property.label for said in membership.dates] == ["schema:startDate"]
    assert all(said.is_derived for said in membership.statements)


def test_what_refers_is_counted_whole_and_named_in_part(
    graph: kg.Graph, whole: rdflib.Graph
) -> None:
    for name in ("organisation:nato", "state:ukraine", "kg:MembershipEvent", "publisher:wikidata"):
        thing_ = graph.project.prefixes.expand(name)
        counts: dict[str, int] = defaultdict(int)
        for _, property_, _ in whole.triples((None, None, rdflib.URIRef(thing_.value))):
            counts[str(property_)] += 1
        incoming = describe(graph, thing_).incoming if counts else ()
        assert {each.property.iri.value: each.count for each in incoming} == counts
        assert all(len(each.things) == min(each.count, SHOWN) for each in incoming)


def test_names_in_other_languages_keep_their_language(held: Held, graph: kg.Graph) -> None:
    names = described(graph, "state:finland").names
    assert Literal("Suomi", language="fi") in [Literal(n.value, language=n.language) for n in names]
    reply = thing.run(held, {"iri": f"{BASE}state/finland"})
    assert '<span lang="fi">Suomi</span>' in reply.body.decode()


def test_dates_are_as_precise_as_their_source(graph: kg.Graph) -> None:
    figure = described(graph, "figure:kiel-denmark-financial-aid-2022-09-30")
    dates = {said.property.label: said.values for said in figure.dates}
    assert dates["window start"] == (Literal("2022-02", f"{XSD}gYearMonth"),)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("NATO", "/organisation/nato"),
        ("  nato ", "/organisation/nato"),
        ("Q7184", "/organisation/nato"),
        ("FIN", "/state/finland"),
        ("Türkiye", "/state/turkey"),
        (f"{BASE}state/finland", "/state/finland"),
        ("kg:State", "/ontology#State"),
    ],
)
def test_a_search_that_means_one_thing_leads_to_it(held: Held, name: str, path: str) -> None:
    reply = search.run(held, {"name": name, "form": "html"})
    assert (reply.status, reply.headers) == (303, {"Location": path})


def test_a_search_lists_what_has_the_text_in_its_name(held: Held) -> None:
    page = Page(search.run(held, {"name": "north macedon", "form": "html"}).body.decode())
    assert page.is_good()
    assert "/state/north-macedonia" in page.links


def test_a_misspelt_search_names_the_nearest(held: Held) -> None:
    page = Page(search.run(held, {"name": "Finlnd", "form": "html"}).body.decode())
    assert page.is_good() and "/state/finland" in page.links
    document = json.loads(search.run(held, {"name": "Finlnd", "form": "json"}).body)
    assert ("nearest", "/state/finland") in {(t["match"], t["path"]) for t in document["things"]}


def test_a_name_that_several_share_lists_them(held: Held) -> None:
    name = "NATO, Finland: ratification by Denmark"
    page = Page(search.run(held, {"name": name, "form": "html"}).body.decode())
    slug = "/event/nato-finland-ratification-by-denmark"
    assert page.is_good() and {slug, f"{slug}-2"} <= set(page.links)


@pytest.mark.parametrize("name", ["", " ", "foo:bar", '"}', "\\", "http://[", "%", "?x", "‮"])
def test_whatever_is_searched_for_is_answered(held: Held, name: str) -> None:
    for form in ("html", "json"):
        assert search.run(held, {"name": name, "form": form}).status == 200


def test_a_name_that_is_too_long_is_refused(held: Held) -> None:
    with pytest.raises(InvalidValue):
        search.run(held, {"name": "x" * 201})


def test_a_problem_has_a_page() -> None:
    problem = Problem(400, "<b>No</b>.", line=2, column=5, nearest=["/state/finland", "x:y"])
    page = Page(problem_page(problem, request_id="<1>").decode())
    assert page.is_good()
    assert "<b>No</b>." in page.text and "line 2, column 5" in page.text and "<1>" in page.text
    assert Page(problem_page(Problem(503, "Busy.")).decode()).is_good()


def test_a_table_shows_terms_with_links(graph: kg.Graph) -> None:
    rows = [
        (Iri(f"{BASE}state/finland"), Literal("Suomi", language="fi"), None),
        (Iri("javascript:x"), Literal("3", f"{XSD}integer"), Literal("<b>")),
    ]
    shown = environment().from_string(
        '{% extends "base.html" %}{% from "table.html" import table %}'
        "{% block main %}<h1>x</h1>{{ table(given, 'Rows', prefixes) }}{% endblock %}"
    )
    table = Table(("state", "name", "n"), rows)
    page = Page(shown.render(given=table, prefixes=graph.project.prefixes))
    assert page.is_good()
    assert "/state/finland" in page.links and "state:finland" in page.text
    assert "<b>" in page.text and {"class": "number"} in page.all("td")


def test_the_stylesheet_asks_nobody_for_anything() -> None:
    css = stylesheet().decode()
    assert "url(" not in css and "@import" not in css
    assert "prefers-color-scheme: dark" in css and "@media print" in css


def test_replies_last_as_long_as_the_graph(held: Held) -> None:
    first, second = (thing.run(held, {"iri": str(NATO), "form": "html"}) for _ in range(2))
    assert isinstance(first, Reply) and first.is_lasting and first.body == second.body


def test_a_thing_is_named_in_english_or_by_its_prefixed_name(graph: kg.Graph) -> None:
    assert described(graph, "prefix:kg").thing == Named(Iri(f"{BASE}prefix/kg"), "kg")
    assert described(graph, "state:turkey").thing.label == "Türkiye"
