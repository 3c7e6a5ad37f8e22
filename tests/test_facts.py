"""The graph holds the facts that it was made from, row by row."""

import csv
from collections import Counter

import pytest
from conftest import SHARED

import kg

FACTS = SHARED / "facts"
needs_facts = pytest.mark.skipif(
    not FACTS.is_dir(), reason="the table of facts is not beside the project"
)

_EVENTS = """
SELECT ?organisation ?state ?actor ?date {
  ?event a kg:MembershipEvent ;
    kg:organisation ?organisation ;
    kg:state ?state ;
    dcterms:date ?date .
  OPTIONAL { ?event kg:actor ?actor }
}
"""


def table(name: str) -> list[dict[str, str]]:
    with (FACTS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def slug(term: object) -> str:
    return str(term or "").rpartition("/")[2]


@needs_facts
def test_every_row_of_the_membership_events_is_an_event(graph: kg.Graph) -> None:
    answer = graph.sparql(_EVENTS)
    assert isinstance(answer, kg.Table)
    held = Counter(
        (slug(organisation), slug(state), slug(actor), str(date))
        for organisation, state, actor, date in answer.rows
    )
    wanted = Counter(
        (
            row["organisation"],
            row["state"],
            "" if row["actor"] == row["state"] else row["actor"],
            row["date"],
        )
        for row in table("membership_events.csv")
    )
    assert sum(wanted.values()) == 1399
    assert wanted - held == Counter()


@needs_facts
def test_every_state_and_organisation_is_there(graph: kg.Graph) -> None:
    for query, name in (("states", "states.csv"), ("organisations", "organisations.csv")):
        held = {slug(row[0]) for row in graph.query(query).rows}
        assert held == {row["id"] for row in table(name)}


@needs_facts
def test_every_conflict_has_both_values(graph: kg.Graph) -> None:
    rows = list(graph.query("disagreements"))
    text = {str(row["preferred"]) + str(row["otherValue"]) for row in rows}
    assert len(text) >= len(table("conflicts.csv"))
    for row in rows:
        assert row["reason"]
        assert row["source"]
        assert row["otherSource"]


@needs_facts
def test_rows_of_general_knowledge_are_unverified(graph: kg.Graph) -> None:
    unverified = {slug(each) for each in graph.query("unverified").column("statement")}
    gcc = [row for row in table("membership_events.csv") if row["organisation"] == "gcc"]
    assert all(row["verified"].startswith("no") for row in gcc)
    assert {f"gcc-{row['state']}-founding" for row in gcc} <= unverified


def test_wikidata_items_are_shown_for_most_things(graph: kg.Graph) -> None:
    items = [row["item"] for row in graph.query("states")]
    assert all(items)
    assert len(set(items)) == len(items)


def test_names_of_states_are_what_the_importer_makes() -> None:
    babel = pytest.importorskip("babel")
    from kg.importers.state_names import state_names
    from kg.project import locate

    graph = kg.open(engine="memory")
    names = {(str(s), str(o), o.language) for s, _, o in state_names(graph.engine)}  # type: ignore[union-attr]
    text = (locate().graph / "state-names.ttl").read_text(encoding="utf-8")
    assert f"Babel {babel.__version__}" in text
    answer = graph.sparql(
        'SELECT ?s ?n { ?s a kg:State ; skos:prefLabel ?n FILTER(LANG(?n) != "en") }'
    )
    assert isinstance(answer, kg.Table)
    assert {(str(s), str(n), n.language) for s, n in answer.rows} == names  # type: ignore[union-attr]
