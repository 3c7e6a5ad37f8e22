"""Why a row is not in an answer: what fails, what is missing, what is nearest, and when it is so.

The expected answers are those of the sources: NATO's and the NATO Parliamentary Assembly's dates of
accession, invitation and ratification, the day on which Georgia's withdrawal took effect.
"""

import json
import random
import subprocess
from collections.abc import Callable

import pytest

import kg
from kg.errors import CannotExplain, UnknownName
from kg.explain.reasons import FAILS, HOLDS, NOT_REACHED, End
from kg.explain.why_not import Period, WhyNot
from kg.explain.why_not_formats import nearest_in_words, write_json, write_text

RunKg = Callable[..., subprocess.CompletedProcess[str]]
THE_DAY = "2022-10-12"


def ends(answer: WhyNot) -> list[End]:
    return [end for reason in answer.reasons for end in reason.ends]


def cited(graph: kg.Graph, answer: WhyNot) -> set[str]:
    shorten = graph.project.prefixes.shorten
    return {shorten(iri.value) for end in ends(answer) for iri in end.statements}


def known(graph: kg.Graph, answer: WhyNot) -> dict[str, str]:
    """What is nearest in words, by the type's name among its kind."""
    return {
        str(each.type).rpartition("/")[2]: nearest_in_words(each, answer) for each in answer.nearest
    }


@pytest.fixture(scope="module")
def sweden(graph: kg.Graph) -> WhyNot:
    return graph.why_not("members", where={"name": "Sweden"}, organisation="NATO", on=THE_DAY)


def test_of_sweden_the_condition_that_fails_is_named_with_its_day(
    graph: kg.Graph, sweden: WhyNot
) -> None:
    (end,) = ends(sweden)
    assert end.words == "The start date of Sweden in NATO is 2024-03-07, after 2022-10-12."
    assert end.sparql == "FILTER(?startEarliest <= ?on)"
    assert cited(graph, sweden) == {"event:nato-sweden-accession"}


def test_sweden_is_a_member_from_its_accession_on(sweden: WhyNot) -> None:
    assert sweden.periods == (Period("2024-03-07", None),)


def test_what_is_nearest_to_swedens_membership_is_its_accession_under_way(
    graph: kg.Graph, sweden: WhyNot
) -> None:
    nearest = known(graph, sweden)
    assert nearest["invitation"].startswith("invitation, 2022-06-29")
    assert nearest["ratification"].startswith("ratification: 28 of 30 members")
    assert nearest["accession-protocol-signed"].startswith("accession protocol signed, 2022-07-05")
    assert "accession" not in nearest


def test_all_conditions_are_judged_and_one_fails(sweden: WhyNot) -> None:
    (reason,) = sweden.reasons
    outcomes = [each.outcome for each in reason.judgements]
    assert outcomes.count(FAILS) == 1
    assert set(outcomes) == {FAILS, HOLDS}


def test_finland_is_a_member_from_its_own_accession_on(graph: kg.Graph) -> None:
    answer = graph.why_not("members", where={"name": "Finland"}, organisation="NATO", on=THE_DAY)
    assert answer.periods == (Period("2023-04-04", None),)
    assert known(graph, answer)["ratification"].startswith("ratification: 28 of 30 members")


def test_of_austria_the_event_is_told_that_would_have_to_be_there(graph: kg.Graph) -> None:
    answer = graph.why_not("members", where={"name": "Austria"}, organisation="NATO", on=THE_DAY)
    (end,) = ends(answer)
    assert end.words == (
        "There would have to be a membership event with event type accession, founding, joining "
        "of a partnership or succession, organisation NATO and state Austria by 2022-10-12."
    )
    assert end.rules == ("memberships",)
    assert answer.nearest == ()
    assert answer.periods == ()


def test_a_part_that_hangs_on_what_is_missing_is_not_reached(graph: kg.Graph) -> None:
    answer = graph.why_not("members", where={"name": "Austria"}, organisation="NATO", on=THE_DAY)
    outcomes = [each.outcome for each in answer.reasons[0].judgements]
    assert (outcomes.count(FAILS), outcomes.count(NOT_REACHED)) == (1, 3)


def test_poland_is_there(graph: kg.Graph) -> None:
    answer = graph.why_not("members", where={"name": "Poland"}, organisation="NATO", on=THE_DAY)
    assert answer.is_there
    assert answer.certainty == "certain"
    assert answer.reasons == ()


def test_france_had_ratified_and_its_ratification_is_cited(graph: kg.Graph) -> None:
    answer = graph.why_not(
        "not-ratified",
        where={"name": "France"},
        candidate="Sweden",
        organisation="NATO",
        on=THE_DAY,
    )
    assert "event:nato-sweden-ratification-by-france" in cited(graph, answer)
    statement = next(
        each
        for iri, each in answer.statements.items()
        if iri.value.endswith("/nato-sweden-ratification-by-france")
    )
    assert statement.date == "2022-08-02"
    assert answer.periods == (Period("2022-07-05", "2022-08-02"),)


def test_georgia_had_left(graph: kg.Graph) -> None:
    answer = graph.why_not("members", where={"name": "Georgia"}, organisation="CIS", on=THE_DAY)
    (end,) = ends(answer)
    assert end.words.endswith("is 2009-08-18, not after 2022-10-12.")
    assert "event:cis-georgia-withdrawal" in cited(graph, answer)
    assert answer.periods is not None
    assert [each.until for each in answer.periods] == ["2009-08-18"]


def test_malta_left_and_came_back(graph: kg.Graph) -> None:
    answer = graph.why_not("members", where={"name": "Malta"}, organisation="PfP", on="2000-10-12")
    assert answer.periods == (Period("1995-04-26", "1996-10-27"), Period("2008-04-03", None))
    assert len(answer.reasons) == 2


def test_a_weapon_that_was_only_pledged_says_so(graph: kg.Graph) -> None:
    answer = graph.why_not(
        "supplied-to",
        where={"name": "NASAMS"},
        recipient="Ukraine",
        stage="delivered",
        on=THE_DAY,
    )
    words = [end.words for end in ends(answer)]
    assert words[0] == "The rung of pledged is 2, less than 5 (the rung of delivered)."
    assert "transfer:united-states-nasams-pledged-2022-10-12" in cited(graph, answer)
    assert answer.periods == (Period("2022-11-07", None),)


def test_a_weapon_that_nobody_supplied_lacks_a_transfer(graph: kg.Graph) -> None:
    answer = graph.why_not(
        "supplied-to",
        where={"name": "Su-35S"},
        recipient="Ukraine",
        stage="delivered",
        on=THE_DAY,
    )
    (end,) = ends(answer)
    assert end.words == (
        "There would have to be a transfer with recipient Ukraine, stage delivered and weapon "
        "Su-35S by 2022-10-12."
    )


def test_a_candidacy_is_followed_through_sub_selects(graph: kg.Graph) -> None:
    answer = graph.why_not("candidates", where={"name": "Austria"}, organisation="NATO", on=THE_DAY)
    (end,) = ends(answer)
    assert end.rules == ("candidacies-open",)
    assert "candidate status or invitation" in end.words


def test_an_end_is_missing_where_the_membership_is_there(graph: kg.Graph) -> None:
    answer = graph.why_not("left-between", where={"name": "Poland"}, organisation="NATO")
    (end,) = ends(answer)
    assert "expulsion or withdrawal" in end.words
    assert end.rules == ("membership-endings",)


def test_a_second_value_is_tested_beside_the_first(graph: kg.Graph) -> None:
    answer = graph.why_not(
        "members", where={"name": "Poland", "since": "1999-01-01"}, organisation="NATO", on=THE_DAY
    )
    (end,) = ends(answer)
    assert end.words == "The start date of Poland in NATO is 1999-03-12, not 1999-01-01."


def test_a_thing_in_a_column_of_things_is_found_by_its_name(graph: kg.Graph) -> None:
    answer = graph.why_not("members", where={"member": "Suomi"}, organisation="NATO", on=THE_DAY)
    assert str(answer.asked["member"]).endswith("/state/finland")


def test_as_known_on_the_day_the_accession_itself_is_missing(graph: kg.Graph) -> None:
    then = graph.as_of(known_on=THE_DAY)
    answer = then.why_not("members", where={"name": "Sweden"}, organisation="NATO", on="2024-10-12")
    (end,) = ends(answer)
    assert end.words.startswith("There would have to be a membership event with event type access")
    assert known(then, answer)["ratification"].startswith("ratification: 28 of 30 members")


def test_a_name_that_nothing_has_is_told_with_the_nearest(graph: kg.Graph) -> None:
    with pytest.raises(UnknownName, match="state:sweden"):
        graph.why_not("members", where={"name": "Swedn"}, organisation="NATO", on=THE_DAY)


def test_a_column_that_is_not_there_is_told_with_the_columns(graph: kg.Graph) -> None:
    with pytest.raises(UnknownName, match="member, name, since, certainty, source"):
        graph.why_not("members", where={"nome": "Sweden"}, organisation="NATO", on=THE_DAY)


@pytest.mark.parametrize("name", ["organisations", "co-membership-counts"])
def test_a_question_that_counts_is_refused_by_its_construct(graph: kg.Graph, name: str) -> None:
    with pytest.raises(CannotExplain, match="GROUP BY"):
        graph.why_not(name, where={"name": "NATO"})


@pytest.mark.parametrize("seed", range(8))
def test_the_answer_is_no_exactly_where_the_row_is_not_there(graph: kg.Graph, seed: int) -> None:
    """The referee is the question itself: its rows on days on which memberships begin or end."""
    choice = random.Random(seed)
    pairs = graph.sparql(
        "SELECT ?organisation ?day { ?membership org:organization ?organisation ; "
        "kg:startEarliest|kg:endLatest ?day } ORDER BY ?organisation ?day"
    )
    assert isinstance(pairs, kg.Table)
    organisation, day = (str(term) for term in choice.choice(pairs.rows))
    members = {row["member"] for row in graph.query("members", organisation=organisation, on=day)}
    states = [str(row["state"]) for row in graph.query("states")]
    for state in choice.sample(states, 6) + sorted(map(str, members))[:3]:
        answer = graph.why_not(
            "members", where={"member": state}, organisation=organisation, on=day
        )
        assert answer.is_there == (state in members), (organisation, day, state)
        assert answer.is_there or all(reason.ends for reason in answer.reasons)
        assert answer.is_there or answer.reasons


def test_rdflib_gives_the_same_reason(rdflib_graph: kg.Graph, sweden: WhyNot) -> None:
    answer = rdflib_graph.why_not(
        "members", where={"name": "Sweden"}, organisation="NATO", on=THE_DAY
    )
    assert ends(answer) == ends(sweden)
    assert answer.nearest == sweden.nearest
    assert answer.periods == sweden.periods


def test_the_text_is_made_of_sentences(graph: kg.Graph, sweden: WhyNot) -> None:
    text = write_text(sweden, graph.project.prefixes)
    assert text.startswith("There is no row with name Sweden: kg query members")
    assert "There is such a row from 2024-03-07 on." in text


def test_the_json_says_what_the_text_says(graph: kg.Graph, sweden: WhyNot) -> None:
    document = json.loads(write_json(sweden, graph.project.prefixes))
    assert document["isThere"] is False
    assert document["isThereOn"] == [{"from": "2024-03-07", "until": None}]
    (reason,) = document["reasons"]
    assert reason["fails"][0]["statements"] == ["event:nato-sweden-accession"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--where", "name=Sweden"], 1),
        (["--where", "name=Poland"], 0),
        (["--where", "name=Swedn"], 2),
        (["--where", "Sweden"], 2),
        ([], 2),
    ],
)
def test_the_exit_code_is_the_answer(run_kg: RunKg, arguments: list[str], code: int) -> None:
    ran = run_kg("why-not", "members", "--organisation", "NATO", "--on", THE_DAY, *arguments)
    assert ran.returncode == code, ran.stderr


def test_an_endpoint_gives_the_same_reason(endpoint: str, sweden: WhyNot) -> None:
    answer = kg.open(endpoint).why_not(
        "members", where={"name": "Sweden"}, organisation="NATO", on=THE_DAY
    )
    assert ends(answer) == ends(sweden)
    assert answer.nearest == sweden.nearest
    assert answer.periods == sweden.periods


def test_with_another_step_of_joining_the_day_is_that_of_the_step(graph: kg.Graph) -> None:
    signed = graph.as_of(joined_by="signed")
    answer = signed.why_not(
        "members", where={"name": "Sweden"}, organisation="NATO", on="2022-06-30"
    )
    assert answer.periods == (Period("2022-07-05", None),)
    assert "event:nato-sweden-accession-protocol-signed" in cited(graph, answer)


@pytest.mark.parametrize(
    "name",
    ["candidates", "events-of", "figures-of", "not-ratified", "ratifications", "supplied-to"],
)
def test_a_row_of_an_answer_is_there(graph: kg.Graph, name: str) -> None:
    on = {"on": THE_DAY} if "on" in {p.name for p in graph.queries[name].parameters} else {}
    table = graph.query(name, **on)
    assert table.rows
    for row in table.rows[:5]:
        where = {table.columns[0]: str(row[0])}
        assert graph.why_not(name, where=where, **on).is_there, where
