"""What the graph claims to know completely holds against numbers from outside it."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from conftest import ROOT

import kg
from kg.coverage import topics_of
from kg.sparql_file import read_sparql_file
from kg.table import Table

Run = Callable[..., CompletedProcess[str]]

# From the organisations' own lists and histories: the number of members on days of the period.
MEMBERS = {
    "anzus": {"1952-04-29": 3},
    "arab-league": {"1945-03-22": 6, "1993-11-20": 22},
    "asean": {"1967-08-08": 5, "1984-01-08": 6, "1999-04-30": 10, "2025-10-26": 11},
    "aukus": {"2021-09-15": 3},
    "b9": {"2015-11-04": 9},
    "cento": {"1955-11-03": 5, "1959-03-24": 4},
    "comecon": {"1949-12-31": 7, "1979-01-01": 11, "1990-10-03": 10},
    "council-of-europe": {"1989-12-31": 23, "2007-05-11": 47, "2022-03-16": 46},
    "csto": {"1994-04-20": 9, "1999-04-20": 6, "2006-08-16": 7, "2012-12-19": 6},
    "eaeu": {"2015-01-01": 3, "2015-01-02": 4, "2015-08-06": 5},
    "eu": {"1958-01-01": 6, "1973-01-01": 9, "1981-01-01": 10, "1986-01-01": 12},
    "jef": {"2014-09-04": 7, "2017-06-30": 9, "2021-04-30": 10},
    "nato": {"1949-08-24": 12, "1952-02-18": 14, "1955-05-06": 15, "1982-05-30": 16},
    "nordefco": {"2009-11-04": 5},
    "sco": {"2001-06-15": 6, "2017-06-09": 8, "2023-07-04": 9, "2024-07-04": 10},
    "seato": {"1954-09-08": 8, "1974-01-01": 7},
    "visegrad-group": {"1991-02-15": 3, "1993-01-01": 4},
    "warsaw-pact": {"1955-06-05": 8, "1968-09-13": 7, "1990-10-03": 6, "1991-07-01": 0},
    "western-union": {"1948-08-25": 5, "1955-05-05": 5},
    "weu": {"1955-05-06": 7, "1990-03-27": 9, "1995-03-06": 10, "2011-06-30": 0},
}
MEMBERS["eu"] |= {"1995-01-01": 15, "2004-05-01": 25, "2007-01-01": 27, "2013-07-01": 28}
MEMBERS["eu"] |= {"2020-01-31": 28, "2020-02-01": 27}
MEMBERS["nato"] |= {"1999-03-12": 19, "2004-03-29": 26, "2009-04-01": 28, "2017-06-05": 29}
MEMBERS["nato"] |= {"2020-03-27": 30, "2023-04-04": 31, "2024-03-07": 32}

# The United Nations' table of growth in membership, at the end of the year that is named.
GROWTH = {1945: 51, 1946: 55, 1947: 57, 1948: 58, 1949: 59, 1950: 60, 1955: 76, 1956: 80}
GROWTH |= {1957: 82, 1958: 82, 1960: 99, 1961: 104, 1962: 110, 1963: 113, 1964: 115, 1965: 117}
GROWTH |= {1966: 122, 1967: 123, 1968: 126, 1970: 127, 1971: 132, 1973: 135, 1974: 138}
GROWTH |= {1975: 144, 1976: 147, 1977: 149, 1978: 151, 1979: 152, 1980: 154, 1981: 157}
GROWTH |= {1983: 158, 1984: 159, 1990: 159, 1991: 166, 1992: 179, 1993: 184, 1994: 185}
GROWTH |= {1999: 188, 2000: 189, 2002: 191, 2006: 192, 2011: 193}
GROWTH_DIFFERS = {1958: 1, 1959: 1, 1960: 1, 1963: -1, 1965: 1} | dict.fromkeys(
    range(1992, 2000), -1
)


def table(graph: kg.Graph, text: str) -> Table:
    answer = graph.sparql(text)
    assert isinstance(answer, Table)
    return answer


def slug(iri: object) -> str:
    return str(iri).rpartition("/")[2]


@pytest.fixture(scope="module")
def memberships(graph: kg.Graph) -> dict[str, str]:
    """The completeness of the beginnings and ends of membership, by organisation."""
    rows = table(
        graph,
        """SELECT ?organisation ?completeness {
             ?coverage dcterms:subject ?organisation ; kg:completeness ?completeness ;
               kg:coversKind membership-effect:begins-membership ,
                 membership-effect:ends-membership . }""",
    )
    found = [(slug(row["organisation"]), slug(row["completeness"])) for row in rows]
    assert len(found) == len(dict(found))
    return dict(found)


def test_every_organisation_has_one_coverage_of_its_membership(
    graph: kg.Graph, memberships: dict[str, str]
) -> None:
    assert set(memberships) == set(map(slug, graph.query("organisations").column("organisation")))


def test_each_class_of_statements_has_one_coverage_as_a_whole(graph: kg.Graph) -> None:
    rows = table(
        graph,
        """SELECT ?class {
             ?coverage kg:coversClass ?class . MINUS { ?coverage dcterms:subject ?subject } }
           ORDER BY ?class""",
    )
    classes = [str(row["class"]).rpartition("#")[2] for row in rows]
    assert len(classes) == len(set(classes))
    assert {"Transfer", "Figure", "Declaration", "Occurrence", "MembershipEvent"} <= set(classes)
    statements = table(graph, "SELECT ?class { ?class rdfs:subClassOf kg:Statement }")
    recorded = {str(row["class"]).rpartition("#")[2] for row in statements} - {"Candidacy"}
    assert {name for name in recorded if _instances(graph, name)} <= set(classes)


def _instances(graph: kg.Graph, name: str) -> bool:
    return bool(graph.sparql(f"ASK {{ ?thing a kg:{name} ; kg:assurance ?assurance }}"))


def test_each_accession_with_a_ratification_has_one_coverage(graph: kg.Graph) -> None:
    covered = table(
        graph,
        """SELECT ?organisation ?state {
             ?coverage dcterms:subject ?organisation ; kg:coversAccessionOf ?state . }
           ORDER BY ?organisation ?state""",
    )
    confirmed = table(
        graph,
        """SELECT DISTINCT ?organisation ?state {
             ?event kg:eventType/kg:effect membership-effect:confirms-accession ;
               kg:organisation ?organisation ; kg:state ?state . }
           ORDER BY ?organisation ?state""",
    )
    assert list(covered.rows) == list(confirmed.rows)


def test_what_is_complete_has_as_many_members_as_the_world_says(
    graph: kg.Graph, memberships: dict[str, str]
) -> None:
    complete = {name for name, degree in memberships.items() if degree == "complete"}
    assert complete == set(MEMBERS)
    for organisation, numbers in MEMBERS.items():
        certain = {
            day: graph.query("members", organisation=organisation, on=day, certainty="certain")
            for day in numbers
        }
        counted = {day: len(members) for day, members in certain.items()}
        assert counted == numbers, organisation


def test_the_united_nations_differ_from_their_own_totals_only_where_the_note_says(
    graph: kg.Graph, memberships: dict[str, str]
) -> None:
    assert memberships["un"] == "partial"
    expected, total = {}, 0
    for year in range(1945, 2012):
        total = GROWTH.get(year, total)
        expected[year] = total + GROWTH_DIFFERS.get(year, 0)
    counted = {
        year: len(graph.query("members", organisation="un", on=f"{year}-12-31"))
        for year in expected
    }
    assert counted == expected
    (note,) = [
        row["note"]
        for row in graph.query("coverage", thing="organisation:un")
        if str(row["coverage"]).endswith("/un-membership")
    ]
    years = set(re.findall(r"\b(?:19|20)\d\d\b", str(note)))
    assert years == {"1958", "1960", "1963", "1965", "1992", "1999"}


@pytest.mark.parametrize(("state", "parliaments"), [("finland", 30), ("sweden", 31)])
def test_a_complete_accession_was_ratified_by_every_member_of_its_day(
    graph: kg.Graph, state: str, parliaments: int
) -> None:
    rows = table(
        graph,
        f"""SELECT DISTINCT ?actor {{
              ?event kg:organisation organisation:nato ; kg:state state:{state} ;
                kg:eventType membership-event-type:ratification ; kg:actor ?actor . }}""",
    )
    assert len(rows) == parliaments
    joined = {"finland": "2023-04-03", "sweden": "2024-03-06"}[state]
    members = graph.query("members", organisation="nato", on=joined).column("member")
    assert set(rows.column("actor")) == set(members)


def test_no_coverage_reaches_beyond_the_last_statement_that_it_covers(graph: kg.Graph) -> None:
    """Nor does it begin before the first; the day on which it was judged is no ground."""
    rows = table(
        graph,
        """SELECT ?coverage (MIN(?earliest) AS ?first) (MAX(?latest) AS ?last)
             (SAMPLE(?startEarliest) AS ?from) (SAMPLE(?endLatest) AS ?until) {
             ?coverage kg:coversClass ?class ; kg:startEarliest ?startEarliest ;
               kg:endLatest ?endLatest .
             ?statement a ?class ; kg:earliest ?earliest ; kg:latest ?recorded .
             OPTIONAL { ?statement kg:effectLatest ?effect }
             BIND(IF(BOUND(?effect) && ?effect > ?recorded, ?effect, ?recorded) AS ?latest)
             OPTIONAL { ?coverage dcterms:subject ?subject }
             FILTER(!BOUND(?subject) || EXISTS { ?statement kg:organisation ?subject })
             OPTIONAL { ?coverage kg:coversAccessionOf ?state }
             FILTER(!BOUND(?state) || EXISTS { ?statement kg:state ?state })
           } GROUP BY ?coverage""",
    )
    assert len(rows) > 40
    for row in rows:
        first, last, since, until = (row[name] for name in ("first", "last", "from", "until"))
        assert isinstance(last, datetime.date)
        assert isinstance(first, datetime.date)
        assert isinstance(since, datetime.date)
        assert isinstance(until, datetime.date)
        assert first <= since, row["coverage"]
        assert until <= last + datetime.timedelta(days=1), row["coverage"]


def test_a_coverage_is_no_evidence(graph: kg.Graph) -> None:
    assert not graph.sparql("ASK { ?coverage a kg:Coverage ; kg:assurance ?assurance }")
    listed = graph.query("timeline-of", thing="NATO").column("statement")
    assert not any("/coverage/" in str(each) for each in listed)
    sources = {
        slug(row["source"]): row["statements"] for row in graph.query("sources-of", thing="AUKUS")
    }
    events = table(
        graph,
        """SELECT (COUNT(?event) AS ?events) {
             ?event kg:organisation organisation:aukus ; prov:wasDerivedFrom ?source .
             FILTER(STRENDS(STR(?source), "form-military-alliance-2021-09-15")) }""",
    ).column("events")
    assert [
        sources["the-national-biden-johnson-and-morrison-form-military-alliance-2021-09-15"]
    ] == events


def test_an_answer_that_rests_on_absence_has_its_coverage(graph: kg.Graph) -> None:
    found = graph.coverage("not-ratified", candidate="Sweden", organisation="NATO")
    assert [slug(each.coverage) for each in found] == [
        "nato-sweden-ratifications",
        "nato-membership",
    ]
    ratifications = found[0]
    assert ratifications.completeness == "complete"
    assert ratifications.first == datetime.date(2022, 7, 5)
    assert ratifications.last == datetime.date(2024, 3, 7)
    assert ratifications.lists == ("NATO Parliamentary Assembly",)
    (transfers,) = graph.coverage("pledged-not-delivered")
    assert transfers.completeness == "a sample"


def test_an_answer_that_rests_on_what_is_there_has_none(graph: kg.Graph) -> None:
    assert graph.coverage("members", organisation="NATO") == []


@pytest.mark.parametrize("name", ["not-ratified", "organisations", "articles", "sources-of"])
def test_the_engines_agree_on_the_coverage_of_an_answer(
    graph: kg.Graph, rdflib_graph: kg.Graph, endpoint: str, name: str
) -> None:
    here = graph.coverage(name)
    assert here
    assert rdflib_graph.coverage(name) == here
    assert kg.open(endpoint).coverage(name) == here


def test_a_graph_that_claims_no_coverage_has_none(working_copy: Path) -> None:
    (working_copy / "graph" / "coverage.ttl").unlink()
    assert kg.open(working_copy, engine="memory").coverage("articles") == []


def test_the_command_line_says_of_what_coverage_an_answer_is(run_kg: Run) -> None:
    asked = ("query", "not-ratified", "--candidate", "Sweden", "--organisation", "NATO", "--on")
    ran = run_kg(*asked, "2022-10-12", "--format", "csv")
    assert len(ran.stdout.splitlines()) == 3
    assert ran.stderr.splitlines()[-2:] == [
        "Coverage: ratifications of Sweden's accession to NATO are complete from 2022-07-05 to "
        "2024-03-07 (NATO Parliamentary Assembly).",
        "Coverage: beginnings and ends of membership in NATO are complete from 1949-08-24 to "
        "2024-03-07 (EIN Presswire, NATO Parliamentary Assembly).",
    ]
    assert run_kg(*asked, "2022-10-12", "--quiet").stderr == ""
    assert "(NATO Parliamentary Assembly); 2025-01-01 lies outside." in (
        run_kg(*asked, "2025-01-01").stderr
    )


def test_the_command_line_says_where_no_coverage_is_claimed(run_kg: Run) -> None:
    ran = run_kg("query", "not-ratified", "--candidate", "Montenegro", "--on", "2017-01-01")
    assert (
        "Coverage: none is claimed of membership-effect:confirms-accession; "
        "absence proves nothing.\n"
    ) in ran.stderr


def test_other_answers_say_nothing_of_coverage(run_kg: Run) -> None:
    assert "Coverage" not in run_kg("query", "members", "--organisation", "ECSC").stderr


def test_a_query_that_counts_says_what_it_counts(graph: kg.Graph) -> None:
    known = {
        str(row["term"])
        for row in table(graph, "SELECT ?term { ?term rdfs:isDefinedBy|skos:inScheme ?ontology }")
    }
    resting = {name for name, query in graph.queries.items() if "rests-on" in query.head}
    for path in (ROOT / "queries").glob("*.rq"):
        if "(COUNT(" in path.read_text(encoding="utf-8"):
            assert path.stem in resting
    for name in resting:
        assert {topic.value for topic in topics_of(graph.queries[name])} <= known, name


@pytest.mark.parametrize(
    "lines",
    [
        "#+ rests-on: hope\n#+ about: kg:Transfer",
        "#+ rests-on: hope",
        "#+ rests-on: count",
        "#+ about: kg:Transfer",
    ],
)
def test_a_head_that_names_half_of_it_is_refused(tmp_path: Path, lines: str) -> None:
    path = tmp_path / "mine.rq"
    path.write_text(f"#+ summary: Mine.\n{lines}\nSELECT ?x {{ ?x a ?y }}\n", encoding="utf-8")
    with pytest.raises(kg.InvalidDocument, match="rests on absence or a count"):
        read_sparql_file(path)
