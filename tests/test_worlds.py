"""The graph as known on a day, and with another step counted as joining."""

import datetime
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyoxigraph
import pytest
from conftest import ROOT, VIEWED
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import memberships, read_events
from test_memberships import ENLARGEMENTS, expected_pairs, pairs

import kg
from kg.clocks import IN_FORCE, STAGES, Clocks, read_clocks
from kg.dates import bounds
from kg.documents import read_turtle
from kg.engine import construct, select
from kg.engine.oxigraph_engine import OxigraphEngine, from_term
from kg.engine.rdflib_engine import RdflibEngine, to_rdflib
from kg.project import locate
from kg.rules import derive, in_order
from kg.sparql_file import SparqlFile, SparqlFolder
from kg.terms import Iri, Literal
from kg.worlds import make_world

KG = "https://w3id.org/alliance-kg/ontology#"
SCHEMA = "https://schema.org/"
KNOWN_FROM = f"<{KG}knownFrom>".encode()
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
BEGINNINGS = (f"{SCHEMA}foundingDate", f"{SCHEMA}startDate")
ENDS = (f"{SCHEMA}dissolutionDate", f"{SCHEMA}endDate")
DESCRIBED = tuple(KG + name for name in ("Occurrence", "Organisation", "State"))
DAYS = ("1949-06-20", "1991-12-25", "2022-07-06", VIEWED)
CLOCKS = [
    *(Clocks(known_on=Literal(day)) for day in DAYS),
    *(Clocks(joined_by=stage) for stage in STAGES[1:]),
    Clocks(known_on=Literal("1992-01-01"), joined_by="signed"),
    Clocks(known_on=Literal("1949-06-20"), joined_by="deposited"),
]


@pytest.fixture(scope="module")
def asserted() -> list[pyoxigraph.Quad]:
    return list(read_turtle(locate().turtle_files()))


@pytest.fixture(scope="module")
def known(graph: kg.Graph) -> dict[str, str]:
    """The day from which each thing is known, as the rules say."""
    rows = select(graph.engine, f"SELECT ?thing ?day {{ ?thing <{KG}knownFrom> ?day }}").rows
    return {str(thing): str(day) for thing, day in rows}


@pytest.fixture(scope="module")
def then(graph: kg.Graph) -> kg.Graph:
    return graph.as_of(known_on=VIEWED)


def world(graph: kg.Graph, clocks: Clocks) -> OxigraphEngine:
    assert isinstance(graph.engine, OxigraphEngine)
    return make_world(graph.engine, graph.project.rules, clocks)


def last_day(term: object) -> str:
    days = bounds(term) if isinstance(term, Literal) else None
    return days[1].value if days else ""


def known_then(
    asserted: list[pyoxigraph.Quad], known: dict[str, str], day: str
) -> Iterator[pyoxigraph.Quad]:
    """Gives the asserted triples that were known on a day, by plain Python."""
    described = {
        quad.subject.value
        for quad in asserted
        if quad.predicate.value == TYPE and quad.object.value in DESCRIBED
    }
    ended = {
        quad.subject.value: last_day(from_term(quad.object))
        for quad in asserted
        if quad.predicate.value in ENDS
    }
    for quad in asserted:
        about, value = quad.subject.value, from_term(quad.object)
        if max(known.get(about, ""), known.get(str(value), "")) > day:
            continue
        is_edge = about in described and quad.predicate.value in (*BEGINNINGS, *ENDS)
        if is_edge and last_day(value) > day:
            continue
        if quad.predicate.value == f"{KG}mergedInto" and ended.get(about, "") > day:
            continue
        yield quad


def rules_for(clocks: Clocks) -> dict[str, SparqlFile]:
    """Gives all rules, with the stage of joining put in its place."""
    folder = locate().rules
    rules = dict(SparqlFolder(folder))
    if clocks.joined_by != IN_FORCE:
        rules |= SparqlFolder(folder / "joined-by")
    stage = Iri(f"https://w3id.org/alliance-kg/joining-stage/{clocks.joined_by}")
    return {
        name: replace(rule, text=rule.bind({"stage": stage}), parameters=())
        for name, rule in rules.items()
    }


def from_scratch(
    asserted: list[pyoxigraph.Quad], known: dict[str, str], clocks: Clocks
) -> set[bytes]:
    """Makes a world by running all rules on the asserted triples that were known."""
    day = clocks.known_on.value if clocks.known_on else "9999-12-31"
    store = pyoxigraph.Store()
    store.bulk_extend(known_then(asserted, known, day))
    derive(store, rules_for(clocks))
    return comparable(OxigraphEngine(store))


def comparable(engine: OxigraphEngine) -> set[bytes]:
    """Gives a world's lines but for kg:knownFrom, which is told by all that is known today."""
    return {line for line in engine.lines() if KNOWN_FROM not in line}


@pytest.mark.parametrize("clocks", CLOCKS, ids=lambda clocks: clocks.path)
def test_a_world_is_what_all_rules_derive_from_what_was_known(
    graph: kg.Graph, asserted: list[pyoxigraph.Quad], known: dict[str, str], clocks: Clocks
) -> None:
    made, expected = comparable(world(graph, clocks)), from_scratch(asserted, known, clocks)
    assert (sorted(made - expected)[:3], sorted(expected - made)[:3]) == ([], [])


@pytest.mark.parametrize("clocks", [Clocks(), read_clocks(known_on="9999-12-31")])
def test_all_that_is_known_is_the_graph_itself(graph: kg.Graph, clocks: Clocks) -> None:
    assert isinstance(graph.engine, OxigraphEngine)
    assert set(world(graph, clocks).lines()) == set(graph.engine.lines())


@settings(max_examples=6, deadline=None, database=None, derandomize=True)
@given(day=st.dates(datetime.date(1946, 1, 1), datetime.date(2025, 12, 31)))
def test_on_any_day_nothing_is_known_too_soon_and_memberships_are_the_oracles(
    graph: kg.Graph,
    asserted: list[pyoxigraph.Quad],
    known: dict[str, str],
    day: datetime.date,
) -> None:
    clocks = read_clocks(known_on=day)
    made = world(graph, clocks)
    assert comparable(made) == from_scratch(asserted, known, clocks)
    query = f"SELECT ?thing ?day {{ ?thing <{KG}knownFrom> ?day FILTER(STR(?day) > '{day}') }}"
    assert select(made, query).rows == []
    events = read_events(ROOT / "graph" / "organisations", day)
    assert pairs(made) == expected_pairs(list(memberships(events)))


@pytest.mark.parametrize("day", ENLARGEMENTS)
def test_nato_grows_in_knowledge_on_the_day_of_each_enlargement(graph: kg.Graph, day: str) -> None:
    """Asked about the end of 2030, as known on the day before and on the day."""
    day_before = datetime.date.fromisoformat(day) - datetime.timedelta(days=1)
    counts = [
        len(
            kg.Graph(graph.project, world(graph, read_clocks(known_on=each))).query(
                "members", organisation="organisation:nato", on="2030-12-31"
            )
        )
        for each in (day_before, day)
    ]
    assert tuple(counts) == ENLARGEMENTS[day]


def test_of_an_accession_that_came_later_there_is_no_trace(then: kg.Graph) -> None:
    assert isinstance(then.engine, OxigraphEngine)
    assert not any(b"/event/nato-finland-accession>" in line for line in then.engine.lines())
    names = then.query("members", organisation="NATO", on="2024-01-01").column("name")
    assert len(names) == 30
    assert "Finland" not in names
    candidates = then.query("candidates", organisation="NATO", on="2024-01-01").column("name")
    assert {"Finland", "Sweden"} <= set(candidates)


def test_ratifications_that_came_later_are_not_known(graph: kg.Graph, then: kg.Graph) -> None:
    """By 12 October 2022 28 had ratified; Turkey, Hungary and Finland did in 2023 and 2024."""
    asked = {"candidate": "Sweden", "organisation": "NATO", "on": "2024-12-31"}
    by_now = set(graph.query("ratifications", **asked).column("name"))
    by_then = set(then.query("ratifications", **asked).column("name"))
    assert len(by_then) == 28
    assert by_now - by_then == {"Finland", "Hungary", "Türkiye"}


def test_a_withdrawal_is_known_from_the_act_and_not_from_its_effect(graph: kg.Graph) -> None:
    """The United Kingdom left on 31 January 2020 at midnight in Brussels."""
    for known_on, is_member in (("2020-01-30", True), ("2020-01-31", False)):
        view = graph.as_of(known_on=known_on)
        names = view.query("members", organisation="EU", on="2020-03-01").column("name")
        assert ("United Kingdom" in names) is is_member


def test_an_account_that_was_set_aside_never_stands_alone(graph: kg.Graph) -> None:
    """Turkey joined on 18 February 1952; lists that date it from the protocol came later."""
    view = graph.as_of(known_on="1952-02-17")
    names = view.query("members", organisation="NATO", on="1952-02-17").column("name")
    assert len(names) == 12
    assert "Türkiye" not in names


SOURCE = "source:nato-parliamentary-assembly-ratification-of-finland-and-swedens-accession-to a"


def test_a_correction_that_was_published_later_leaves_the_earlier_value_standing(
    working_copy: Path,
) -> None:
    """The Assembly's page gave 7 July for Denmark at first and 5 July later.

    The graph does not know when the page was changed; the day given here is the test's own.
    """
    file = working_copy / "graph" / "sources" / "nato-parliamentary-assembly.ttl"
    lines = file.read_text(encoding="utf-8").splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(SOURCE))
    lines.insert(at + 1, '    dcterms:issued "2022-09-01"^^xsd:date ;')
    prefix = "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> ."
    lines = lines if prefix in lines else [prefix, *lines]
    file.write_text("\n".join(lines), encoding="utf-8")
    graph = kg.open(working_copy, engine="memory")
    for known_on, date in (("2022-08-31", "2022-07-07"), ("2022-09-01", "2022-07-05")):
        rows = graph.as_of(known_on=known_on).query(
            "ratifications", candidate="Finland", organisation="NATO", on="2022-12-31"
        )
        assert [str(row["date"]) for row in rows if row["name"] == "Denmark"] == [date]


def test_what_was_secret_is_known_from_its_publication(graph: kg.Graph) -> None:
    """The longer-range missiles of October 2023 and April 2024 were reported on 24 April 2024."""
    text = "ASK { transfer:united-states-atacms-block-1-delivered-2023-10 a kg:Transfer }"
    assert graph.as_of(known_on="2024-04-23").sparql(text) is False
    assert graph.as_of(known_on="2024-04-24").sparql(text) is True


def test_an_end_that_lies_ahead_is_not_described(graph: kg.Graph) -> None:
    ends = "SELECT ?thing ?end { ?thing schema:dissolutionDate|kg:mergedInto|kg:endLatest ?end }"
    about = " VALUES ?thing { organisation:warsaw-pact state:soviet-union state:east-germany }"
    text = ends.replace("{", "{" + about, 1)
    for known_on, count in (("1980-01-01", 0), ("1992-01-01", 4)):
        answer = graph.as_of(known_on=known_on).sparql(text)
        assert isinstance(answer, kg.Table)
        assert len(answer) == count


def test_a_name_means_the_same_as_of_any_time(graph: kg.Graph) -> None:
    view = graph.as_of(known_on="1980-01-01")
    assert len(view.query("members", organisation="CSTO", on="2022-10-12")) == 0
    answer = view.sparql("ASK { organisation:csto ?property ?value }")
    assert answer is False


JOINED = {
    ("signed", "1949-06-20"): 12,
    ("in-force", "1949-06-20"): 0,
    ("deposited", "1949-06-20"): 3,
    ("signed", "2022-07-04"): 30,
    ("signed", "2022-10-12"): 32,
    ("invited", "2022-06-28"): 30,
    ("invited", "2022-06-29"): 32,
    ("deposited", "2022-10-12"): 30,
    ("in-force", "2022-10-12"): 30,
    ("deposited", "2023-04-04"): 31,
    ("invited", "1949-06-20"): 0,
}
"""NATO's members by stage: the treaty was signed on 4 April 1949; Canada, the United Kingdom and
Belgium had deposited by 20 June; Finland and Sweden were invited on 29 June 2022 and signed on
5 July (nato.int, member countries; the depositary's list of the North Atlantic Treaty)."""


@pytest.mark.parametrize(("stage", "day"), JOINED)
def test_nato_by_each_stage_of_joining(graph: kg.Graph, stage: str, day: str) -> None:
    view = graph.as_of(joined_by=stage)
    certain = view.query("members", organisation="NATO", on=day, certainty="certain")
    assert len(certain) == JOINED[stage, day]


def test_a_signature_counts_though_nothing_came_of_it_yet(graph: kg.Graph) -> None:
    view = graph.as_of(known_on=VIEWED, joined_by="signed")
    names = view.query("members", organisation="NATO", on=VIEWED).column("name")
    assert len(names) == 32
    assert {"Finland", "Sweden"} <= set(names)


def test_without_a_recorded_step_a_membership_is_dated_at_the_latest(graph: kg.Graph) -> None:
    text = """SELECT ?first ?last ?latest {
      membership:nato-norway-accession kg:startEarliest ?first ;
        kg:startLatest ?last ;
        kg:isDatedAtTheLatest ?latest .
    }"""
    answer = graph.as_of(joined_by="invited").sparql(text)
    assert isinstance(answer, kg.Table)
    assert [list(map(str, row)) for row in answer.rows] == [["1949-04-04", "1949-08-24", "true"]]


@pytest.mark.parametrize("stage", STAGES[1:])
def test_no_other_stage_makes_two_memberships_of_one_or_loses_a_state(
    graph: kg.Graph, stage: str
) -> None:
    view = graph.as_of(joined_by=stage)
    for organisation in ("UN", "EU", "OAS", "Rio Pact", "WEU", "CSTO", "Council of Europe"):
        for day in ("1950-06-01", "1990-06-01", "2022-10-12"):
            before = graph.query("members", organisation=organisation, on=day).column("member")
            members = view.query("members", organisation=organisation, on=day).column("member")
            assert len(set(members)) == len(members)
            assert set(before) <= set(members), (organisation, day)


@pytest.mark.parametrize("clocks", [Clocks(), Clocks(joined_by="signed")], ids=str)
def test_rdflib_derives_the_same(clocks: Clocks) -> None:
    """The rules that tell what is known and who joined, over two organisations."""
    names = ["ontology/taxonomy/membership-event-type.ttl", "ontology/core.ttl"]
    names += ["graph/organisations/weu.ttl", "graph/organisations/rio-pact.ttl"]
    engine, rules = OxigraphEngine(pyoxigraph.Store()), rules_for(clocks)
    engine.store.bulk_extend(read_turtle(ROOT / name for name in names))
    derive(engine.store, {})
    second = RdflibEngine(to_rdflib(construct(engine, "CONSTRUCT WHERE { ?a ?b ?c }")))
    for rule in in_order(rules):
        wanted = set(construct(engine, rule.text))
        assert set(construct(second, rule.text)) == wanted, rule.name
        engine.insert(rule.text)
        for triple in to_rdflib(wanted):
            second.graph.add(triple)


def test_the_stages_are_the_concepts_of_the_taxonomy(graph: kg.Graph) -> None:
    answer = graph.sparql(
        "SELECT ?stage { ?stage skos:inScheme <https://w3id.org/alliance-kg/joining-stage> }"
    )
    assert isinstance(answer, kg.Table)
    assert sorted(str(row[0]).rpartition("/")[2] for row in answer.rows) == sorted(STAGES)


def test_every_rule_says_how_far_its_triples_reach() -> None:
    rules = locate().rules
    for rule in [*SparqlFolder(rules).values(), *SparqlFolder(rules / "joined-by").values()]:
        assert rule.head.get("scope") in ("graph", "statement"), rule.path


ALIKE = """
import os, sys
from pathlib import Path
import kg
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.knowledge import knowledge_of
from kg.worlds import joining_rules

graph = kg.open()
rules = joining_rules(graph.project.rules)
base = OxigraphEngine(kg.open(engine="memory").engine.store, written=Path(sys.argv[1]))
expected = knowledge_of(OxigraphEngine(base.store), rules).until(None)
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        os._exit(0 if knowledge_of(base, rules).until(None) == expected else 1)
    children.append(child)
sys.exit(sum(os.waitpid(child, 0)[1] != 0 for child in children))
"""


def test_copies_of_a_process_that_write_at_once_do_not_disturb_each_other(
    graph: kg.Graph, tmp_path: Path
) -> None:
    """Their objects have the same identities, which once named the file that is being written."""
    ran = subprocess.run([sys.executable, "-c", ALIKE, str(tmp_path)], capture_output=True)
    assert ran.returncode == 0, ran.stderr.decode()
