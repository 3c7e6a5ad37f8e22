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


def answers(graph: kg.Graph, sparql: str) -> list[tuple[str, ...]]:
    """Gives the rows of a query, IRIs by their last step."""
    answer = graph.sparql(sparql)
    assert isinstance(answer, kg.Table)
    return [
        tuple(slug(term) if "/" in str(term or "") else str(term or "") for term in row)
        for row in answer.rows
    ]


@needs_facts
def test_every_weapon_system_is_there_with_its_class_origin_and_maker(graph: kg.Graph) -> None:
    rows = table("weapon_systems.csv")
    classes = dict(answers(graph, "SELECT ?w ?l { ?w kg:weaponClass/skos:prefLabel ?l }"))
    names = dict(answers(graph, "SELECT ?w ?l { ?w a kg:WeaponSystem ; rdfs:label ?l }"))
    makers = set(answers(graph, "SELECT ?w ?m { ?w schema:manufacturer ?m }"))
    wanted = {row["class_id"]: row["class"] for row in table("weapon_classes.csv")}
    assert len(rows) == len(names) == 300
    for row in rows:
        assert names[row["id"]] == row["name"].rpartition("/")[2] or row["name"].endswith(
            names[row["id"]]
        )
        assert classes[row["id"]] == wanted[row["class_id"]].replace(" / ", " or ")
        for maker in filter(None, row["manufacturer"].split(";")):
            assert (row["id"], maker) in makers
    assert {row["id"] for row in table("manufacturers.csv")} == {
        name for (name,) in answers(graph, "SELECT ?m { ?m a kg:Manufacturer }")
    }


@needs_facts
def test_every_transfer_of_governments_and_press_is_there_and_none_of_the_register(
    graph: kg.Graph,
) -> None:
    states = {row["name"]: row["id"] for row in table("states.csv")} | {"Turkey": "turkey"}
    rows = [row for row in table("transfers.csv") if row["source_kind"] != "dataset copy"]
    wanted = Counter(
        (
            states[row["supplier_state"]],
            states[row["recipient_state"]],
            row["weapon_system"],
            row["status"].replace(" ", "-"),
        )
        for row in rows
    )
    held = Counter(
        answers(
            graph,
            "SELECT ?s ?r ?w ?g "
            "{ ?t kg:supplier ?s ; kg:recipient ?r ; kg:weapon ?w ; kg:stage ?g }",
        )
    )
    assert sum(wanted.values()) == 260
    assert wanted - held == Counter()
    register = {
        slug(row["source_url"])
        for row in table("transfers.csv")
        if row["source_kind"] == "dataset copy"
    }
    elsewhere = {
        transfer
        for transfer, url in answers(
            graph, "SELECT ?t ?u { ?t a kg:Transfer ; prov:wasDerivedFrom/schema:url ?u }"
        )
        if url not in register
    }
    assert elsewhere == {name for (name,) in answers(graph, "SELECT ?t { ?t a kg:Transfer }")}


@needs_facts
def test_every_figure_of_aid_is_there(graph: kg.Graph) -> None:
    rows = answers(
        graph,
        "SELECT ?f ?v ?c { ?f a kg:Figure ; schema:value|schema:minValue ?v "
        "OPTIONAL { ?f schema:currency ?c } }",
    )
    held = Counter((float(value), currency or "%") for _, value, currency in rows)
    wanted = Counter(
        (float(row["amount"]), row["currency"] or "%")
        for row in table("aid_totals.csv")
        if row["amount"]
    )
    assert wanted - held == Counter()
    for measure in ("share-of-arms-imports", "share-of-military-aid", "share-of-weapons-supplied"):
        assert answers(graph, f"SELECT ?f {{ ?f kg:measure measure:{measure} ; kg:shareOf ?w }}")


@needs_facts
def test_every_person_who_is_quoted_has_a_declaration(graph: kg.Graph) -> None:
    speakers = {
        name for _, name in answers(graph, "SELECT ?d ?n { ?d prov:wasAttributedTo/rdfs:label ?n }")
    }
    for row in table("requests_and_training.csv"):
        person = row["asserter"].partition(" (")[0]
        if row["kind"] in ("request", "claim", "support", "statement") and " " in person:
            assert person in speakers, row["id"]
