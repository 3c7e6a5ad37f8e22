"""What an explanation says: which statements, which sources, which rules, what was not found."""

import json
from collections.abc import Callable

import pytest
import rdflib

import kg
from kg.errors import CannotExplain, InvalidValue, UnknownName
from kg.explain.cited import Statement
from kg.explain.explanation import Explanation
from kg.explain.formats import FORMATS
from kg.terms import Iri

EVENT = "https://w3id.org/alliance-kg/event/"
Run = Callable[..., object]


def cited(explanation: Explanation, row: int = 0) -> set[str]:
    """The names of the statements of a row's witness."""
    return {each.value.rpartition("/")[2] for each in explanation.rows[row].witness.statements}


def asked(graph: kg.Graph, text: str, **options: object) -> Explanation:
    return graph.explain_sparql(text, **options)  # type: ignore[arg-type]  # row and where


def test_a_member_rests_on_its_accession_with_source_date_and_assurance(graph: kg.Graph) -> None:
    explanation = graph.explain(
        "members", organisation="NATO", on="2023-04-04", where={"name": "Finland"}
    )
    (row,) = explanation.rows
    (statement,) = explanation.cited(row.witness.statements)
    assert statement.iri.value == f"{EVENT}nato-finland-accession"
    assert statement.date == "2023-04-04"
    assert statement.assurance == "corroborated"
    assert statement.sources[0].publisher
    assert statement.sources[0].address.startswith("http")
    assert "memberships" in explanation.rules


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (Statement(Iri("x:a"), "A claim.", "2022-10"), "A claim, 2022-10."),
        (Statement(Iri("x:a"), "A figure", "2022", "15 billion"), "A figure, 2022: 15 billion."),
        (Statement(Iri("x:a"), "A plea", text="Help us!"), "A plea: Help us!"),
    ],
)
def test_a_statement_is_said_in_one_sentence(statement: Statement, sentence: str) -> None:
    assert statement.sentence == sentence


def test_an_end_after_the_day_is_not_cited_and_one_that_is_shown_is(graph: kg.Graph) -> None:
    member = graph.explain(
        "members", organisation="Warsaw Pact", on="1960-01-01", where={"name": "Albania"}
    )
    assert cited(member) == {"warsaw-pact-albania-accession"}
    shown = graph.explain(
        "membership-timeline", organisation="Warsaw Pact", where={"name": "Albania"}
    )
    assert cited(shown) == {"warsaw-pact-albania-accession", "warsaw-pact-albania-withdrawal"}


def test_what_keeps_a_state_from_being_counted_is_part_of_the_reason(graph: kg.Graph) -> None:
    """Albania left the Warsaw Pact in 1968; without that it would be an eighth member in 1970."""
    explanation = asked(
        graph.as_of(on="1970-01-01"),
        "SELECT (COUNT(?member) AS ?members) { ?membership org:member ?member ; "
        "org:organization organisation:warsaw-pact ; kg:startLatest ?start . "
        "OPTIONAL { ?membership kg:endEarliest ?end } "
        'FILTER(?start <= "1970-01-01"^^xsd:date) '
        'FILTER(!BOUND(?end) || ?end > "1970-01-01"^^xsd:date) }',
    )
    (row,) = explanation.rows
    assert str(row.row[0]) == "7"
    assert len(row.witness.statements) == 7
    (kept,) = row.witness.kept_out
    assert kept.statement.value == f"{EVENT}warsaw-pact-albania-withdrawal"


def test_a_question_about_all_cites_each_case(graph: kg.Graph) -> None:
    """Of which organisation did both Belgium and Luxembourg sign the founding treaty?"""
    explanation = asked(
        graph,
        "SELECT ?organisation { VALUES ?organisation { organisation:nato } "
        "FILTER NOT EXISTS { VALUES ?state { state:belgium state:luxembourg } "
        "FILTER NOT EXISTS { ?event kg:state ?state ; kg:organisation ?organisation ; "
        "kg:eventType membership-event-type:founding-signature } } }",
    )
    assert cited(explanation) == {
        "nato-belgium-founding-signature",
        "nato-luxembourg-founding-signature",
    }


def test_a_union_cites_the_branch_that_was_found(graph: kg.Graph) -> None:
    explanation = asked(
        graph,
        "SELECT ?event { VALUES ?event { event:nato-finland-application } "
        "{ ?event kg:eventType membership-event-type:application } UNION "
        "{ ?event kg:eventType membership-event-type:invitation . "
        "event:nato-sweden-invitation kg:state ?other } }",
    )
    assert cited(explanation) == {"nato-finland-application"}


def test_a_chain_cites_its_steps_and_none_of_length_nought(graph: kg.Graph) -> None:
    query = "SELECT ?base { weapon:himars schema:isVariantOf%s ?base }"
    chain = asked(graph, query % "+")
    assert all(cited(chain, row) == {"himars"} for row in range(len(chain.rows)))
    nought = asked(graph, query % "*", where={"base": "weapon:himars"})
    assert not nought.rows[0].witness.statements


def test_a_cycle_ends(graph: kg.Graph) -> None:
    explanation = asked(
        graph,
        "SELECT ?state { VALUES ?state { state:sweden } "
        "?state (^kg:state/kg:organisation/^kg:organisation/kg:state)+ ?state }",
    )
    assert len(explanation.rows[0].witness.statements) == 1


def test_the_least_of_many_rests_on_one(graph: kg.Graph) -> None:
    explanation = asked(
        graph,
        "SELECT (MIN(?day) AS ?first) { ?event kg:organisation organisation:nato ; "
        "kg:state state:finland ; kg:effectEarliest ?day ; "
        "kg:eventType membership-event-type:accession }",
    )
    assert cited(explanation) == {"nato-finland-accession"}


def test_what_names_and_types_alone_carry_is_said_to_rest_on_no_statement(graph: kg.Graph) -> None:
    explanation = asked(graph, 'SELECT ?state { ?state rdfs:label "Finland"@en }')
    assert not explanation.rows[0].witness.statements
    assert explanation.rows[0].witness.context
    text = FORMATS["text"](explanation, graph.project.prefixes)
    assert "not on a statement with a source" in text


def test_what_was_not_found_is_said_with_its_coverage(graph: kg.Graph) -> None:
    explanation = graph.explain(
        "not-ratified",
        candidate="Sweden",
        organisation="NATO",
        on="2022-10-12",
        where={"name": "Hungary"},
    )
    text = FORMATS["text"](explanation, graph.project.prefixes)
    assert "looked for, and not found: a confirmation with actor Hungary, with state Sweden" in text
    assert "Coverage: ratifications of Sweden's accession to NATO are complete" in text


def test_a_dispute_about_a_cited_statement_is_told(graph: kg.Graph) -> None:
    """The American text gives 1997, the year in which the protocol was signed."""
    explanation = graph.explain(
        "members", organisation="NATO", on="2022-10-12", where={"name": "Hungary"}
    )
    (dispute,) = explanation.disputes
    assert (dispute.value, dispute.other_value, dispute.kind) == (
        "1999-03-12",
        "1997",
        "definition",
    )


def test_a_row_that_two_statements_carry_names_the_other_too(graph: kg.Graph) -> None:
    explanation = asked(
        graph,
        "SELECT DISTINCT ?state { ?event kg:state ?state ; kg:organisation organisation:nato ; "
        "kg:eventType membership-event-type:application . FILTER(?state = state:ukraine) }",
    )
    witness = explanation.rows[0].witness
    assert len(witness.statements) == 1
    several = asked(
        graph,
        "SELECT DISTINCT ?state { VALUES ?state { state:finland } ?event kg:state ?state ; "
        "kg:organisation organisation:nato ; kg:eventType membership-event-type:ratification }",
    )
    (row,) = several.rows
    assert len(row.witness.statements) == 1
    assert len(row.witness.alternatives) >= 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ASK { ?s ?p ?o }", "ASK cannot be explained"),
        ("CONSTRUCT WHERE { state:finland ?p ?o }", "CONSTRUCT cannot be explained"),
        ("DESCRIBE state:finland", "DESCRIBE cannot be explained"),
        ("SELECT ?s { GRAPH ?g { ?s a kg:State } }", "GRAPH cannot be explained"),
        ("SELECT ?s FROM <http://example.org/> { ?s a kg:State }", "FROM cannot be explained"),
        ("SELECT (RAND() AS ?r) { }", "RAND cannot be explained"),
        ("SELECT ?x { ?x a kg:State } VALUES ?x { state:finland }", "VALUES after the query"),
        ("SELECT ?x { ?x rdf:first (1 2) }", "collection"),
        (
            "SELECT (COUNT(?s) AS ?n) { ?e kg:state ?s ; kg:organisation ?o } GROUP BY ?o",
            "GROUP BY something that is no column",
        ),
        ("SELECT ?s { ?s org:memberOf+ organisation:nato }", "A chain of a day's relation"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_its_name(
    graph: kg.Graph, text: str, words: str
) -> None:
    with pytest.raises(CannotExplain, match=words):
        graph.explain_sparql(text)


def test_a_row_that_is_not_there_is_said_to_be_none(graph: kg.Graph) -> None:
    with pytest.raises(InvalidValue, match=r"no row 99.*has 30"):
        graph.explain("members", organisation="NATO", on="2022-10-12", row=99)
    with pytest.raises(InvalidValue, match=r"Did you mean Finland.*kg why-not members"):
        graph.explain("members", organisation="NATO", where={"name": "Finlnd"})
    with pytest.raises(UnknownName, match="Did you mean name"):
        graph.explain("members", organisation="NATO", where={"nam": "Finland"})


def test_the_command_line_explains_and_refuses(run_kg: Run) -> None:
    options = ["--organisation", "NATO", "--on", "2022-10-12"]
    ran = run_kg("explain", "members", *options, "--row", "1")
    assert ran.returncode == 0  # type: ignore[attr-defined]
    assert "NATO, Albania: accession, 2009-04-01." in ran.stdout  # type: ignore[attr-defined]
    for wrong in (["--row", "0"], ["--where", "name"], ["--format", "xml"]):
        ran = run_kg("explain", "members", *options, *wrong)
        assert ran.returncode == 2  # type: ignore[attr-defined]
        assert "Traceback" not in ran.stderr  # type: ignore[attr-defined]


def test_json_and_turtle_hold_the_statements_and_their_sources(graph: kg.Graph) -> None:
    explanation = graph.explain("members", organisation="NATO", on="2022-10-12", row=1)
    document = json.loads(FORMATS["json"](explanation, graph.project.prefixes))
    assert document["rows"][0]["statements"] == ["event:nato-albania-accession"]
    assert document["statements"]["event:nato-albania-accession"]["sources"][0]["address"]
    provenance = rdflib.Graph()
    provenance.parse(data=FORMATS["turtle"](explanation, graph.project.prefixes), format="turtle")
    derived = rdflib.URIRef("http://www.w3.org/ns/prov#wasDerivedFrom")
    accession = rdflib.URIRef(f"{EVENT}nato-albania-accession")
    assert list(provenance.subjects(derived, accession))
    assert list(provenance.objects(accession, derived))


def test_known_on_a_day_explains_by_what_was_known(graph: kg.Graph) -> None:
    explanation = graph.as_of(known_on="2022-10-12", on="2024-01-01").explain(
        "candidates", organisation="NATO", where={"name": "Finland"}
    )
    assert cited(explanation) == {"nato-finland-application"}


def test_another_step_of_joining_explains_by_its_own_rules(graph: kg.Graph) -> None:
    explanation = graph.as_of(joined_by="signed").explain(
        "members", organisation="NATO", on="2022-10-12", where={"name": "Finland"}
    )
    assert "nato-finland-accession-protocol-signed" in cited(explanation)


def test_an_endpoint_can_be_explained(endpoint: str, graph: kg.Graph) -> None:
    question = {"organisation": "NATO", "on": "2022-10-12"}
    remote = kg.open(endpoint).explain("members", row=1, **question)
    assert cited(remote) == cited(graph.explain("members", row=1, **question))
