"""The plain relations that held on a day: against the oracle, and as people ask for them."""

import datetime
from collections import Counter
from collections.abc import Callable

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Event, Membership, memberships, read_events

import kg
from kg.engine import Triples
from kg.errors import EngineError, InvalidValue
from kg.project import locate
from kg.relations.relation import held_on, read_relations
from kg.table import Table
from kg.terms import XSD, Iri, Literal

ONE_DAY = datetime.timedelta(days=1)
MEMBER_OF = Iri("http://www.w3.org/ns/org#memberOf")
DAYS = st.dates(datetime.date(1940, 1, 1), datetime.date(2030, 12, 31))
Run = Callable[..., object]


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return read_events(ROOT / "graph" / "organisations")


@pytest.fixture(scope="module")
def expected(events: list[Event]) -> list[Membership]:
    return list(memberships(events))


def day_of(day: datetime.date) -> Literal:
    return Literal(day.isoformat(), XSD + "date")


def agrees(graph: kg.Graph, expected: list[Membership], day: datetime.date) -> None:
    relation = read_relations(locate().relations)[MEMBER_OF]
    certain = {
        (each.begins.state, each.begins.organisation) for each in expected if each.certain_on(day)
    }
    possible = {
        (each.begins.state, each.begins.organisation) for each in expected if each.possible_on(day)
    }
    for certainty, wanted in (("certain", certain), ("possible", possible - certain)):
        held = held_on(graph.engine, [relation], day_of(day), certainty=certainty)
        assert {(str(s), str(o)) for s, _, o in held} == wanted, (day, certainty)
        assert len(held) == len(wanted), "a relation holds once"


def test_member_of_is_the_oracles_around_every_boundary(
    graph: kg.Graph, events: list[Event], expected: list[Membership]
) -> None:
    edges = {day for event in events for day in (event.first, event.last)}
    days = sorted({edge + step * ONE_DAY for edge in edges for step in (-1, 0, 1)})
    for day in days:
        agrees(graph, expected, day)


@given(day=DAYS)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_member_of_is_the_oracles_on_any_day(
    graph: kg.Graph, expected: list[Membership], day: datetime.date
) -> None:
    agrees(graph, expected, day)


@pytest.mark.parametrize("day", ["1949-01-15", "1991-12-25", "2022-10-12"])
def test_member_of_is_the_oracles_on_rdflib(
    rdflib_graph: kg.Graph, expected: list[Membership], day: str
) -> None:
    agrees(rdflib_graph, expected, datetime.date.fromisoformat(day))


def test_a_plain_question_is_all_that_a_person_has_to_write(graph: kg.Graph) -> None:
    """On 1 April 1999 NATO had the nineteen members of the enlargement of March."""
    answer = graph.as_of(on="1999-04-01").sparql("SELECT ?s { ?s org:memberOf organisation:nato }")
    assert isinstance(answer, Table)
    assert len(answer) == 19
    assert answer.columns == ("s",)


def test_without_a_day_it_is_today(graph: kg.Graph) -> None:
    answer = graph.sparql("SELECT ?s { ?s org:memberOf organisation:nato }")
    assert isinstance(answer, Table)
    assert len(answer) == 32


def test_rows_that_depend_on_a_coarse_date_are_possible(graph: kg.Graph) -> None:
    """Comecon was founded in January 1949, on a day that its source does not give."""
    on = graph.as_of(on="1949-01-15")
    members = on.sparql("SELECT ?s { ?s org:memberOf organisation:comecon }")
    assert isinstance(members, Table)
    assert Counter(members.column("certainty")) == {"possible": 6}
    others = on.sparql(
        "SELECT ?s { ?s a kg:State FILTER NOT EXISTS { ?s org:memberOf organisation:comecon } }"
    )
    assert isinstance(others, Table)
    assert Counter(others.column("certainty")) == {"certain": 200, "possible": 6}
    counted = on.sparql("SELECT (COUNT(?s) AS ?n) { ?s org:memberOf organisation:comecon }")
    assert isinstance(counted, Table)
    assert counted.column("n") == [0, 1, 2, 3, 4, 5, 6]
    assert set(counted.column("certainty")) == {"possible"}


def test_candidates_and_ratifications_hold_too(graph: kg.Graph) -> None:
    """On the day of the article 28 of 30 parliaments had ratified Sweden's accession."""
    on = graph.as_of(on="2022-10-12")
    ratified = on.sparql(
        "SELECT ?s { ?s kg:hasRatified event:nato-sweden-accession-protocol-signed }"
    )
    assert isinstance(ratified, Table)
    assert len(ratified) == 28
    candidates = on.sparql("SELECT ?s { ?s kg:candidateFor organisation:nato }")
    assert isinstance(candidates, Table)
    names = {str(each).rpartition("/")[2] for each in candidates.column("s")}
    assert {"finland", "sweden", "ukraine"} <= names


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("SELECT ?o { state:finland org:memberOf ?o . state:sweden org:memberOf ?o }", 8),
        ("SELECT ?s { organisation:nato ^org:memberOf ?s }", 30),
        ("SELECT ?s { ?s org:memberOf|kg:candidateFor organisation:nato }", 34),
        ("SELECT DISTINCT ?o { state:sweden org:memberOf/^org:memberOf/org:memberOf ?o }", None),
        ("SELECT ?o { state:finland ?relation ?o . ?o a kg:Organisation }", None),
        ("SELECT ?s { ?s a kg:State MINUS { ?s org:memberOf organisation:un } }", None),
    ],
)
def test_the_ways_to_ask_agree_on_three_engines(
    graph: kg.Graph, rdflib_graph: kg.Graph, endpoint: str, question: str, count: int | None
) -> None:
    answers = []
    for each in (graph, rdflib_graph, kg.open(endpoint)):
        answer = each.as_of(on="2022-10-12").sparql(question)
        assert isinstance(answer, Table)
        answers.append(Counter(map(str, answer.rows)))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]
    if count is not None:
        assert answers[0].total() == count


def test_a_copy_answers_what_cannot_be_unfolded(graph: kg.Graph, endpoint: str) -> None:
    on = graph.as_of(on="2022-10-12")
    chain = "SELECT ?s { state:sweden (org:memberOf|^org:memberOf)+ ?s }"
    reached = on.sparql(chain)
    assert isinstance(reached, Table)
    assert Iri("https://w3id.org/alliance-kg/state/finland") in {row[0] for row in reached.rows}
    described = on.sparql("DESCRIBE state:finland")
    assert isinstance(described, Triples)
    assert MEMBER_OF in {predicate for _, predicate, _ in described.triples}
    with pytest.raises(EngineError, match="copy of the graph"):
        kg.open(endpoint).as_of(on="2022-10-12").sparql(chain)


def test_an_export_of_a_day_holds_its_relations_in_a_graph_of_their_own(graph: kg.Graph) -> None:
    on = graph.as_of(on="1999-04-01")
    assert "org:memberOf organisation:nato" in on.export(subject="state:poland")
    quads = on.export("nquads").splitlines()
    view = "<https://w3id.org/alliance-kg/view/on/1999-04-01> ."
    held = [line for line in quads if line.endswith(view)]
    assert sum(line.split(" ")[1] == MEMBER_OF.n3() for line in held) > 400
    plain = graph.export("nquads").splitlines()
    assert not any(line.split(" ")[1] == MEMBER_OF.n3() for line in plain)


def test_an_endpoint_answers_from_a_published_graph_of_a_day(graph: kg.Graph) -> None:
    """What is exported needs nothing of ours: a store answers the plain question from it."""
    import pyoxigraph

    store = pyoxigraph.Store()
    exported = graph.as_of(on="1999-04-01").export("nquads").encode("utf-8")
    store.load(exported, format=pyoxigraph.RdfFormat.N_QUADS)
    asked = (
        "SELECT ?s { GRAPH <https://w3id.org/alliance-kg/view/on/1999-04-01> { ?s "
        "<http://www.w3.org/ns/org#memberOf> <https://w3id.org/alliance-kg/organisation/nato> } }"
    )
    assert len(list(store.query(asked))) == 19  # type: ignore[arg-type]  # a SELECT's solutions


def test_known_on_gives_the_relations_as_they_were_known(graph: kg.Graph) -> None:
    then = graph.as_of(on="2024-04-01", known_on="2022-10-12")
    answer = then.sparql("SELECT ?s { ?s org:memberOf organisation:nato }")
    assert isinstance(answer, Table)
    assert len(answer) == 30


def test_what_is_no_day_or_no_sparql_is_refused(graph: kg.Graph, run_kg: Run) -> None:
    with pytest.raises(InvalidValue, match="--on"):
        graph.as_of(on="soon")
    for arguments in (
        ["--on", "2022-13-01", "-e", "ASK {}"],
        ["--on", "2022-10-12", "-e", "SELECT ?s { ?s org:memberOf "],
    ):
        ran = run_kg("sparql", *arguments)
        assert ran.returncode == 2  # type: ignore[attr-defined]
        assert "Traceback" not in ran.stderr  # type: ignore[attr-defined]
