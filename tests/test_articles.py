"""Articles are held against the graph, and each verdict rests on the statements that it names."""

import csv
import json
import random
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from subprocess import CompletedProcess

import pyoxigraph
import pytest
from conftest import ROOT, SHARED
from hypothesis import given
from hypothesis import strategies as st
from test_questions import QUESTIONS

import kg
from kg.article.checked import CheckedArticle
from kg.article.evidence import answer_with_evidence
from kg.article.formats import FORMATS
from kg.article.sentences import split_sentences, stands_in
from kg.article.words import WORDS
from kg.documents import read_turtle
from kg.engine.oxigraph_engine import OxigraphEngine, to_node
from kg.project import locate
from kg.rules import derive
from kg.sparql.subjects import read_pattern
from kg.sparql_file import SparqlFolder
from kg.terms import Iri

NAME = "nato-explainer-2022-10-12"
TEXT = SHARED / "article" / f"{NAME}.txt"
needs_text = pytest.mark.skipif(not TEXT.is_file(), reason="the article is not beside the project")

RunKg = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def articles(graph: kg.Graph) -> dict[str, CheckedArticle]:
    """Every article of the graph, checked."""
    names = [str(row["article"]) for row in graph.query("articles")]
    return {name.rpartition("/")[2]: graph.check_article(name) for name in names}


@pytest.fixture(scope="module")
def main(articles: dict[str, CheckedArticle]) -> CheckedArticle:
    """The article of 12 October 2022."""
    return articles[NAME]


def claims(checked: CheckedArticle) -> dict[str, str]:
    """Gives the verdict on each claim, by what is left of its name without the article's."""
    article = checked.article.iri.value.rpartition("/")[2]
    return {
        claim.claim.iri.value.rpartition("/")[2].removeprefix(f"{article}-"): claim.verdict
        for claim in checked.claims
    }


# The verdicts


def test_every_published_verdict_still_holds(run_kg: RunKg) -> None:
    ran = run_kg("article", "check", "--quiet")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_sentence_is_covered_or_marked(main: CheckedArticle) -> None:
    assert main.article.sentences == 45
    assert main.article.uncovered == []


def test_the_readme_gives_the_counts_of_the_verdicts(main: CheckedArticle) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for verdict, count in main.counts.items():
        assert f"{count} {WORDS[verdict]}" in " ".join(text.split())


def test_the_numbers_that_sources_give_differently_are_disputed(main: CheckedArticle) -> None:
    for name in ("14-share", "15-package", "17-share"):
        assert claims(main)[name] == "disputed"
        (claim,) = (each for each in main.claims if each.claim.iri.value.endswith(f"-{name}"))
        against = {
            statement
            for outcome in claim.outcomes
            if outcome.test.bearing == "contradicts" and outcome.holds
            for statement in outcome.statements
        }
        sources = {source.iri for each in against for source in main.evidence[each].sources}
        assert len(sources) >= 2, name


def test_the_same_question_comes_out_differently_on_each_date(
    articles: dict[str, CheckedArticle],
) -> None:
    expected = {"2022-04": 30, "2022-06": 30, "2022-10-12": 30, "2023-12": 31, "2024-10": 32}
    for date, members in expected.items():
        counts = [
            len(outcome.rows)
            for claim in articles[f"nato-explainer-{date}"].claims
            for outcome in claim.outcomes
            if outcome.test.query == "members" and outcome.holds
        ]
        assert set(counts) == {members}, date


def test_no_text_bears_itself_out(articles: dict[str, CheckedArticle]) -> None:
    for checked in articles.values():
        for evidence in checked.evidence.values():
            sources = {source.iri for source in evidence.sources}
            assert not sources <= checked.article.own_sources, evidence.iri


def test_every_system_of_the_article_has_class_origin_maker_and_supplier(graph: kg.Graph) -> None:
    for name, suppliers in {
        "caesar": {"France"},
        "gepard": {"Germany"},
        "gmlrs": set(),
        "himars": {"United States"},
        "iris-t-slm": {"Germany"},
        "javelin": {"United States"},
        "m270": {"United Kingdom"},
        "m777": {"United States"},
        "nasams": {"United States"},
        "nlaw": {"United Kingdom"},
        "stinger": {"Germany"},
        "strela-2": {"Germany"},
        "switchblade-300": {"United States"},
        "switchblade-600": {"United States"},
        "t-72": {"Poland"},
        "t-72m1r": {"Poland"},
    }.items():
        table = graph.sparql(
            f"SELECT ?c ?o ?m {{ weapon:{name} kg:weaponClass ?c ; schema:countryOfOrigin ?o ; "
            f"schema:manufacturer ?m }}"
        )
        assert isinstance(table, kg.Table)
        assert len(table) > 0, name
        held = graph.query("suppliers-of", weapon=f"weapon:{name}", on="2024-12-31")
        assert suppliers <= {str(row["name"]) for row in held}, name


# Against the text, where it is at hand


@needs_text
def test_every_quotation_stands_in_its_sentence(run_kg: RunKg) -> None:
    ran = run_kg("article", "check", NAME, "--quiet", "--text", str(TEXT))
    assert (ran.returncode, ran.stderr) == (0, "")


@needs_text
def test_the_article_itself_stays_out_of_the_repository() -> None:
    words = re.findall(r"\w+", TEXT.read_text(encoding="utf-8").lower())
    runs = {" ".join(words[start : start + 16]) for start in range(len(words) - 15)}
    for folder in ("graph", "ontology", "queries", "kg", "tests"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".ttl", ".py", ".rq", ".md", ".toml", ".html"):
                found = re.findall(r"\w+", path.read_text(encoding="utf-8").lower())
                here = {" ".join(found[start : start + 16]) for start in range(len(found) - 15)}
                assert runs.isdisjoint(here), path


@needs_text
def test_every_checkable_sentence_of_the_facts_is_examined(main: CheckedArticle) -> None:
    sentences = split_sentences(TEXT.read_text(encoding="utf-8"))
    examined = {claim.claim.sentence for claim in main.claims}
    with (SHARED / "facts" / "statements.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            numbers = {
                number
                for number, sentence in enumerate(sentences, start=1)
                if stands_in(row["quote"], sentence)
            }
            assert numbers & examined, row["id"]


# What a verdict rests on

PREFERRED_OVER = pyoxigraph.NamedNode("https://w3id.org/alliance-kg/ontology#preferredOver")


def without(asserted: bytes, statements: set[Iri]) -> kg.Graph:
    """Gives the graph as it would be if some statements had never been made.

    What was set aside for them goes too: it is another version of the same act.
    """
    store = pyoxigraph.Store()
    store.bulk_load(asserted, format=pyoxigraph.RdfFormat.N_TRIPLES, lenient=True)
    gone = {to_node(statement) for statement in statements}
    for quad in store.quads_for_pattern(None, PREFERRED_OVER, None):
        if quad.subject in gone:
            gone.add(quad.object)  # type: ignore[arg-type]  # a statement, which is a node
    for subject in gone:
        for quad in list(store.quads_for_pattern(subject, None, None)):
            store.remove(quad)
    derive(store, SparqlFolder(locate().rules))
    return kg.Graph(locate(), OxigraphEngine(store))


def verdicts(graph: kg.Graph, names: list[str]) -> dict[Iri, str]:
    return {
        claim.claim.iri: claim.verdict
        for name in names
        for claim in graph.check_article(name).claims
    }


@pytest.fixture(scope="module")
def asserted() -> bytes:
    """What the files say, without what follows from it, as N-Triples."""
    store = pyoxigraph.Store()
    store.bulk_extend(read_turtle(locate().turtle_files()))
    default = pyoxigraph.DefaultGraph()
    return store.dump(format=pyoxigraph.RdfFormat.N_TRIPLES, from_graph=default) or b""


def apart(names: dict[Iri, set[Iri]]) -> list[set[Iri]]:
    """Gives groups of keys, no two of a group with a name in common, so that each tells alone."""
    groups: list[tuple[set[Iri], set[Iri]]] = []
    for key, its in names.items():
        for members, taken in groups:
            if not its & taken:
                members.add(key)
                taken |= its
                break
        else:
            groups.append(({key}, set(its)))
    return [members for members, _ in groups]


def test_removing_a_statement_changes_the_verdicts_that_rest_on_it_and_no_others(
    articles: dict[str, CheckedArticle], asserted: bytes
) -> None:
    """One drawn from the statements of each claim; what they all carry is tried below."""
    chance = random.Random(20221012)
    drawn: dict[Iri, None] = {}
    everything = [claim for checked in articles.values() for claim in checked.claims]
    for claim in everything:
        named = sorted(claim.statements, key=str)
        drawn.update(dict.fromkeys(chance.sample(named, min(1, len(named)))))
    resting = {
        statement: {each.claim.iri for each in everything if statement in each.statements}
        for statement in drawn
    }
    for group in apart(resting):
        expected = {claim.claim.iri: claim.verdict for claim in everything}
        for claim in everything:
            for statement in group & set(claim.statements):
                expected[claim.claim.iri] = claim.verdict_without(statement)
        assert verdicts(without(asserted, group), list(articles)) == expected, group


def test_removing_all_that_a_claim_names_leaves_it_undecided(
    articles: dict[str, CheckedArticle], asserted: bytes
) -> None:
    for name, checked in articles.items():
        named = {
            claim.claim.iri: set(claim.statements)
            for claim in checked.claims
            if claim.statements and claim.claim.kind not in ("forecast", "opinion")
        }
        for group in apart(named):
            gone = set().union(*(named[claim] for claim in group))
            left = verdicts(without(asserted, gone), [name])
            for claim in group:
                assert left[claim] == "not-decidable", claim


def test_removing_what_no_claim_names_changes_no_verdict(
    articles: dict[str, CheckedArticle], asserted: bytes, graph: kg.Graph
) -> None:
    named = {each for checked in articles.values() for each in checked.evidence}
    table = graph.sparql(
        "SELECT ?s { ?s kg:assurance ?a . ?s dcterms:date ?d MINUS { ?s a kg:ArticleClaim } }"
    )
    assert isinstance(table, kg.Table)
    others = sorted({row[0] for row in table.rows if isinstance(row[0], Iri)} - named, key=str)
    expected = {c.claim.iri: c.verdict for checked in articles.values() for c in checked.claims}
    for statement in random.Random(7).sample(others, 8):
        assert verdicts(without(asserted, {statement}), list(articles)) == expected, statement


def test_asking_for_evidence_gives_the_certain_rows_of_the_question(graph: kg.Graph) -> None:
    traced = 0
    for question in QUESTIONS:
        parameters = {**question["parameters"]}
        parameters.pop("certainty", None)
        sparql = graph.asker.bind(question["query"], parameters)
        answer = answer_with_evidence(graph.engine, sparql, graph.project.prefixes)
        certainty = "certain" if graph.queries[question["query"]].tells_certainty else None
        rows = set(graph.query(question["query"], certainty=certainty, **parameters).rows)
        assert set(answer.rows()) == rows, question["query"]
        assert answer.is_traced or "COUNT" in sparql, question["query"]
        traced += answer.is_traced
    assert traced > 60


def test_what_keeps_a_row_away_is_evidence_too(graph: kg.Graph) -> None:
    asked = {"candidate": "sweden", "organisation": "nato", "on": "2022-10-12"}
    sparql = graph.asker.bind("not-ratified", asked)
    answer = answer_with_evidence(graph.engine, sparql, graph.project.prefixes)
    slovakia = Iri("https://w3id.org/alliance-kg/event/nato-sweden-ratification-by-slovakia")
    assert slovakia in answer.behind(answer.rows())
    assert len(answer.rows()) == 2
    hungary = Iri("https://w3id.org/alliance-kg/event/nato-hungary-accession")
    assert len(answer.rows(without=hungary)) == 1


@pytest.mark.parametrize(
    ("sparql", "subjects"),
    [
        ("SELECT ?a WHERE { ?a <http://example.org/x#y> ?b . ?c ?p ?d }", {"a", "c"}),
        ("SELECT ?a WHERE { ?a ?p '}' . optional { ?c ?p ?d } }", {"a"}),
        ('SELECT ?a WHERE { ?a ?p """ } " { """ } # }', {"a"}),
        ("SELECT ?a WHERE { { ?a ?p ?b } UNION { ?c ?p ?a } }", {"a", "c"}),
        ("SELECT ?a WHERE { ?a ?p ?b { SELECT ?b WHERE { ?c ?p ?b } } }", {"a"}),
    ],
)
def test_the_subjects_of_a_pattern_are_read(sparql: str, subjects: set[str]) -> None:
    pattern = read_pattern(sparql)
    assert pattern is not None
    assert pattern.subjects == subjects


@pytest.mark.parametrize(
    "sparql",
    [
        "SELECT (COUNT(?a) AS ?n) WHERE { ?a ?p ?b }",
        "SELECT ?a WHERE { ?a ?p ?b } LIMIT 5",
        "SELECT ?a WHERE { ?a ?p ?b } GROUP BY ?a",
        "SELECT * WHERE { ?a ?p ?b }",
        "SELECT ?a WHERE { ?a ?p ?b ",
        "ASK { ?a ?p ?b }",
    ],
)
def test_what_cannot_be_traced_is_not_read(sparql: str) -> None:
    assert read_pattern(sparql) is None


# Formats


@pytest.fixture(scope="module")
def hostile(graph: kg.Graph, tmp_path_factory: pytest.TempPathFactory) -> CheckedArticle:
    """An article whose words would break a page that does not escape them."""
    path = tmp_path_factory.mktemp("hostile") / "hostile.ttl"
    path.write_text(article_file("<script>alert('x')</script> & \\\"quoted\\\""), encoding="utf-8")
    return graph.with_files([path]).check_article("example-article")


THIRTY_MEMBERS = """kg:bearing bearing:bears-out ;
    kg:query "members" ;
    kg:argument "organisation=nato" ;
    kg:expectedCount 30"""


def article_file(reading: str = "NATO has thirty members.", test: str = "") -> str:
    """Gives a file with an article, one claim and one test."""
    prefixes = locate().prefixes.namespaces
    head = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in prefixes.items())
    return f"""{head}
article:example-article a kg:Article ;
    dcterms:publisher organisation:bbc ;
    skos:prefLabel "Example"@en ;
    dcterms:title "{reading}"@en ;
    dcterms:issued "2022-10-12"^^xsd:date ;
    dcterms:source source:bbc-home-page .

claim:example-article-01 a kg:ArticleClaim ;
    schema:isPartOf article:example-article ;
    kg:sentence 1 ;
    kg:claimKind claim-kind:count ;
    kg:quotation "thirty members"@en ;
    kg:reading "{reading}"@en ;
    dcterms:date "2022-10-12"^^xsd:date ;
    kg:assurance assurance:sourced ;
    prov:wasAttributedTo organisation:bbc ;
    prov:wasDerivedFrom source:bbc-home-page .

test:example-article-01-1 a kg:Test ;
    kg:tests claim:example-article-01 ;
    {test or THIRTY_MEMBERS} .
"""


class Page(HTMLParser):
    """Reads a page and notes what it loads, its headings and whether its elements nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag in ("script", "img", "link", "iframe"):
            self.loaded.append(tag)
        self.loaded += [name for name, _ in attrs if name in ("src", "srcset", "style", "onclick")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("which", ["main", "hostile"])
def test_the_page_needs_no_other_file_and_escapes_what_it_shows(
    graph: kg.Graph, which: str, request: pytest.FixtureRequest
) -> None:
    checked = request.getfixturevalue(which)
    html = FORMATS["html"]([checked], graph.project.prefixes)
    page = Page()
    page.feed(html)
    assert page.open == []
    assert page.loaded == []
    assert "url(" not in html
    assert {"html", "title", "main", "h1", "h2", "article", "section"} <= page.elements
    assert html.startswith("<!doctype html>") and '<html lang="en">' in html


def test_the_json_names_each_claim_with_its_statements(
    graph: kg.Graph, main: CheckedArticle
) -> None:
    (article,) = json.loads(FORMATS["json"]([main], graph.project.prefixes))["articles"]
    assert article["counts"] == main.counts
    assert len(article["claims"]) == len(main.claims)
    for claim in article["claims"]:
        for test in claim["tests"]:
            assert set(test["needed"]) <= set(test["statements"])
            if test["holds"]:
                assert set(test["statements"]) <= set(article["statements"])
    for statement in article["statements"].values():
        assert statement["sources"]


def test_a_claim_review_has_what_schema_org_asks_for(graph: kg.Graph, main: CheckedArticle) -> None:
    document = json.loads(FORMATS["claimreview"]([main], graph.project.prefixes))
    assert document["@context"] == "https://schema.org"
    for review in document["@graph"]:
        assert review["@type"] == "ClaimReview"
        assert review["claimReviewed"] and review["url"] and review["author"]["name"]
        assert review["reviewRating"]["alternateName"] in WORDS.values()
        assert "ratingValue" not in review["reviewRating"]
        assert review["itemReviewed"]["@type"] == "Claim"
        assert "not whether the claim is true" in review["reviewBody"]
        assert review["datePublished"] and review["itemReviewed"]["author"]


def test_text_and_markdown_show_every_claim(graph: kg.Graph, main: CheckedArticle) -> None:
    for name in ("table", "markdown"):
        text = FORMATS[name]([main], graph.project.prefixes)
        for claim in main.claims:
            assert claim.claim.reading in text


# Mistakes


ASKED = 'kg:bearing bearing:bears-out ; kg:query "members" ; kg:argument "organisation=nato"'
MISTAKES = {
    "a query that is missing": (
        'kg:bearing bearing:bears-out ; kg:query "membres" ; kg:expectedCount 30',
        'No stored query is called "membres". Did you mean members?',
    ),
    "no query at all": (
        "kg:bearing bearing:bears-out ; kg:expectedCount 30",
        "It names no stored query",
    ),
    "a parameter that the query does not have": (
        'kg:bearing bearing:bears-out ; kg:query "members" ; kg:argument "organization=nato" ; '
        "kg:expectedCount 30",
        'has no parameter "organization". Did you mean organisation?',
    ),
    "a parameter that is left out": (
        'kg:bearing bearing:bears-out ; kg:query "members" ; kg:expectedCount 30',
        "It gives no argument for organisation of members.",
    ),
    "a parameter that is given twice": (
        f'{ASKED} , "organisation=eu" ; kg:expectedCount 30',
        'The argument "organisation" is given twice.',
    ),
    "a parameter that does not resolve": (
        'kg:bearing bearing:bears-out ; kg:query "members" ; kg:argument "organisation=NATO2" ; '
        "kg:expectedCount 30",
        'No organisation is called "NATO2". Did you mean organisation:nato',
    ),
    "a day that is none": (
        f'{ASKED} , "on=12 October" ; kg:expectedCount 30',
        '"12 October" is not a date',
    ),
    "an expectation of the wrong type": (
        f'{ASKED} ; kg:expectedCount "thirty"',
        'kg:expectedCount is "thirty", which is no number.',
    ),
    "an expectation that is no finite number": (
        f'{ASKED} ; kg:expectedColumn "name" ; kg:expectedAtLeast "NaN"^^xsd:decimal',
        'kg:expectedAtLeast is "NaN", which is no number.',
    ),
    "two counts": (
        f"{ASKED} ; kg:expectedCount 30 , 31",
        "It has 2 values of kg:expectedCount, and may have one.",
    ),
    "limits that no number keeps": (
        f'{ASKED} ; kg:expectedColumn "name" ; kg:expectedAtLeast 9.0 ; kg:expectedBelow 8.0',
        "No number is 9 or more and below 8.",
    ),
    "values and limits": (
        f'{ASKED} ; kg:expectedColumn "name" ; kg:expectedValue "x" ; kg:expectedBelow 8.0',
        "It expects values and limits",
    ),
    "an expectation of a column that is missing": (
        f'{ASKED} ; kg:expectedColumn "nmae" ; kg:expectedValue "Finland"',
        'members has no column "nmae"; it has member, name, since, certainty, source.',
    ),
    "a value that nothing is called by": (
        f'{ASKED} ; kg:expectedColumn "member" ; kg:expectedValue "state:finlnd"',
        "The graph knows nothing of state:finlnd",
    ),
    "a query that counts": (
        'kg:bearing bearing:bears-out ; kg:query "co-membership-counts" ; '
        'kg:argument "with=finland" ; kg:expectedCountAtLeast 1',
        "counts or limits its rows",
    ),
    "no expectation": (ASKED, "It expects nothing"),
    "no bearing": (
        'kg:query "members" ; kg:argument "organisation=nato" ; kg:expectedCount 30',
        "It does not say what it means for the claim",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_claim_and_file_and_the_others_are_still_reported(
    run_kg: RunKg, tmp_path: Path, mistake: tuple[str, str]
) -> None:
    test, message = mistake
    path = tmp_path / "broken.ttl"
    path.write_text(article_file(test=test), encoding="utf-8")
    ran = run_kg("article", "check", str(path), "nato-explainer-2022-06", "--quiet")
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert re.match(rf"kg: {re.escape(str(path))}:\d+: claim:example-article-01: ", line)
    assert message in line
    assert "supported: Sweden and Finland have asked" in ran.stdout


def test_a_quotation_that_is_not_in_the_text_is_named(run_kg: RunKg, tmp_path: Path) -> None:
    claims_file, text = tmp_path / "claims.ttl", tmp_path / "text.txt"
    claims_file.write_text(article_file(), encoding="utf-8")
    text.write_text("NATO has 30 members.\n", encoding="utf-8")
    ran = run_kg("article", "check", str(claims_file), "--text", str(text), "--quiet")
    assert ran.returncode == 2
    assert "claim:example-article-01" in ran.stderr
    assert '"thirty members" does not stand in sentence 1' in ran.stderr
    text.write_text("NATO has thirty members.\n", encoding="utf-8")
    ran = run_kg("article", "check", str(claims_file), "--text", str(text), "--quiet")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-article"], 'No article is called "no-such-article"'),
        (["nato-explainer-2022-06", "--format", "pdf"], 'No format for articles is called "pdf"'),
        (["nato-explainer-2022-06", "--text", "no-such-file"], "The text cannot be read"),
        (["no-such-file.ttl"], "no-such-file.ttl"),
    ],
)
def test_a_wrong_request_gets_one_message(
    run_kg: RunKg, arguments: list[str], message: str
) -> None:
    ran = run_kg("article", "check", *arguments, "--quiet")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_verdict_that_no_longer_holds_is_an_answer_of_no(
    run_kg: RunKg, working_copy: Path
) -> None:
    path = working_copy / "graph" / "organisations" / "nato.ttl"
    text = path.read_text(encoding="utf-8")
    event = re.compile(r"event:nato-albania-accession a .*?\.\n\n", re.DOTALL)
    path.write_text(event.sub("", text), encoding="utf-8")
    ran = run_kg("article", "check", "nato-explainer-2022-06", "--at", str(working_copy))
    assert ran.returncode == 1
    assert "published as supported" in ran.stdout + ran.stderr
    again = run_kg(
        *("article", "check", "nato-explainer-2022-06", "--at", str(working_copy), "--record")
    )
    assert again.returncode == 0
    final = run_kg("article", "check", "nato-explainer-2022-06", "--at", str(working_copy))
    assert final.returncode == 0


# A new article


def test_a_new_article_is_valid_and_shows_what_is_left_to_do(
    run_kg: RunKg, graph: kg.Graph, tmp_path: Path
) -> None:
    text, path = tmp_path / "text.txt", tmp_path / "example.ttl"
    text.write_text('A heading\nNATO has 30 members. "Is it so?" It is.\n', encoding="utf-8")
    options = ("--title", 'The "title"', "--publisher", "BBC", "--date", "2022-10", "--url")
    ran = run_kg(
        *("article", "new", "example", *options, "https://example.org/a", "--text", str(text)),
        *("-o", str(path), "--quiet"),
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    (violation,) = graph.validate([path]).violations
    assert violation.message == "Of its 4 sentences 1 are covered."
    ran = run_kg("article", "check", str(path))
    assert ran.returncode == 1
    assert "Sentences that no claim covers: 1, 2, 4." in ran.stdout
    filled = re.sub(r"^# (?=claim:|test:|    )", "", path.read_text("utf-8"), flags=re.MULTILINE)
    for number in ("02", "04"):  # the test of the template is about the first
        filled = filled.replace(
            f"claim:example-{number} a kg:ArticleClaim ;",
            f'claim:example-{number} a kg:ArticleClaim ;\n    kg:undecidedBecause "Open."@en ;',
        )
    path.write_text(filled, encoding="utf-8")
    assert [each.message for each in graph.validate([path]).violations] == []
    checked = graph.with_files([path]).check_article("example")
    assert (checked.article.sentences, checked.article.uncovered) == (4, [])
    assert checked.article.marked == {3: "question"}
    assert (checked.counts["supported"], checked.counts["not-decidable"]) == (1, 2)
    again = run_kg(
        *("article", "new", "example", *options, "https://example.org/a", "--text", str(text)),
        *("-o", str(path), "--quiet"),
    )
    assert again.returncode == 2
    assert path.read_text(encoding="utf-8") == filled


def test_an_edited_copy_takes_the_place_of_the_article_in_the_graph(
    run_kg: RunKg, tmp_path: Path
) -> None:
    text = (ROOT / "graph" / "claims" / "nato-explainer-2022-03.ttl").read_text(encoding="utf-8")
    path = tmp_path / "copy.ttl"
    path.write_text(text.replace("kg:expectedCount 12", "kg:expectedCount 13"), encoding="utf-8")
    ran = run_kg("article", "check", str(path), "--quiet")
    assert ran.returncode == 1
    assert "not decidable from the graph (published as supported)" in ran.stdout


def test_one_bad_name_or_file_does_not_silence_the_others(run_kg: RunKg, tmp_path: Path) -> None:
    path = tmp_path / "broken.ttl"
    path.write_text("no Turtle", encoding="utf-8")
    ran = run_kg(
        *("article", "check", str(path), "no-such-article", "nato-explainer-2022-06", "--quiet")
    )
    assert ran.returncode == 2
    assert len(ran.stderr.splitlines()) == 2
    assert "supported: Sweden and Finland" in ran.stdout


# Sentences


def test_the_sentences_of_the_article_are_counted() -> None:
    if TEXT.is_file():
        assert len(split_sentences(TEXT.read_text(encoding="utf-8"))) == 45


@given(st.text(max_size=400))
def test_splitting_loses_and_adds_nothing(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join("".join(sentences).split()) == "".join(
        "".join(line.strip() for line in text.splitlines()).split()
    )
    for sentence in sentences:
        assert sentence.strip()
        assert stands_in(sentence, sentence)
