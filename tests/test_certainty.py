"""Certain and possible where dates are coarse: rows that are there, and rows that are not.

Each test changes a copy of the graph, so that a date is as coarse as the question needs.
"""

from pathlib import Path

import pytest

import kg
from kg.article.evidence import answer_with_evidence

IN_GUAM = """
event:guam-chad-{number}-begins a kg:MembershipEvent ;
    kg:state state:chad ;
    kg:organisation organisation:guam ;
    kg:eventType membership-event-type:accession ;
    dcterms:date {begins} ;
    kg:assurance assurance:unverified ;
    prov:wasDerivedFrom source:armeniandiaspora-com-moldova-foreign-min-announces-uzbekistan-withdrawal-from-2005-05-11 .

event:guam-chad-{number}-ends a kg:MembershipEvent ;
    kg:state state:chad ;
    kg:organisation organisation:guam ;
    kg:eventType membership-event-type:withdrawal ;
    dcterms:date {ends} ;
    kg:assurance assurance:unverified ;
    prov:wasDerivedFrom source:armeniandiaspora-com-moldova-foreign-min-announces-uzbekistan-withdrawal-from-2005-05-11 .
"""  # noqa: E501  # the slug of a source is as long as its title


def year(text: str) -> str:
    return f'"{text}"^^xsd:gYear'


def date(text: str) -> str:
    return f'"{text}"^^xsd:date'


def with_chad_in_guam(working_copy: Path, *memberships: tuple[str, str]) -> kg.Graph:
    """Gives the graph with memberships of a state that GUAM never had."""
    file = working_copy / "graph" / "organisations" / "guam.ttl"
    with file.open("a", encoding="utf-8") as handle:
        for number, (begins, ends) in enumerate(memberships):
            handle.write(IN_GUAM.format(number=number, begins=begins, ends=ends))
    return kg.open(working_copy, engine="memory")


def changed(working_copy: Path, file: str, subject: str, old: str, new: str) -> kg.Graph:
    """Gives the graph with another date for one statement."""
    path = working_copy / "graph" / file
    text = path.read_text(encoding="utf-8")
    start = text.index(f"\n{subject} a ")
    place = text.index(old, start)
    path.write_text(text[:place] + new + text[place + len(old) :], encoding="utf-8")
    return kg.open(working_copy, engine="memory")


def chad_on(graph: kg.Graph, day: str) -> list[object]:
    """Gives the certainty of each row about the made-up member on a day."""
    return [
        row["certainty"]
        for row in graph.query("members", organisation="GUAM", on=day)
        if row["name"] == "Chad"
    ]


def test_joining_and_leaving_in_one_year_is_never_certain(working_copy: Path) -> None:
    graph = with_chad_in_guam(working_copy, (year("2010"), year("2010")))
    assert chad_on(graph, "2009-12-31") == []
    assert chad_on(graph, "2010-01-01") == ["possible"]
    assert chad_on(graph, "2010-12-30") == ["possible"]
    assert chad_on(graph, "2010-12-31") == [], "the first day outside is in 2010"


def test_an_end_that_can_lie_before_its_beginning_adds_no_day(working_copy: Path) -> None:
    graph = with_chad_in_guam(working_copy, (date("2010-06-01"), year("2010")))
    assert chad_on(graph, "2010-05-31") == []
    assert chad_on(graph, "2010-07-01") == ["possible"]
    assert chad_on(graph, "2010-12-31") == []


def test_a_membership_is_certain_between_two_coarse_dates(working_copy: Path) -> None:
    graph = with_chad_in_guam(working_copy, (year("2010"), year("2012")))
    for day, certainty in (
        ("2010-06-01", ["possible"]),
        ("2010-12-31", ["certain"]),
        ("2011-12-31", ["certain"]),
        ("2012-01-01", ["possible"]),
        ("2012-12-31", []),
    ):
        assert chad_on(graph, day) == certainty, day


def test_a_former_member_is_possible_until_its_end_is_certain(working_copy: Path) -> None:
    graph = with_chad_in_guam(working_copy, (date("2008-01-01"), year("2010")))

    def former(day: str) -> list[object]:
        rows = graph.query("former-members-of-a-in-b", former="GUAM", organisation="UN", on=day)
        return [row["certainty"] for row in rows if row["name"] == "Chad"]

    assert former("2009-12-31") == []
    assert former("2010-06-01") == ["possible"]
    assert former("2010-12-31") == ["certain"]


def test_who_may_have_come_back_is_possibly_no_former_member(working_copy: Path) -> None:
    graph = with_chad_in_guam(
        working_copy, (date("2008-01-01"), date("2009-01-01")), (year("2010"), year("2012"))
    )

    def former(day: str) -> list[object]:
        rows = graph.query("former-members-of-a-in-b", former="GUAM", organisation="UN", on=day)
        return [row["certainty"] for row in rows if row["name"] == "Chad"]

    assert former("2009-12-31") == ["certain"]
    assert former("2010-06-01") == ["possible"]
    assert former("2011-06-01") == []
    assert former("2012-12-31") == ["certain", "certain"], "two memberships have ended"


@pytest.mark.parametrize(
    ("day", "rows"),
    [
        ("2023-02-28", [("Hungary", "certain"), ("Türkiye", "certain")]),
        ("2023-03-15", [("Hungary", "certain"), ("Türkiye", "possible")]),
        ("2023-03-30", [("Türkiye", "possible")]),
        ("2023-03-31", []),
    ],
)
def test_a_state_that_may_have_ratified_has_possibly_not(
    working_copy: Path, day: str, rows: list[tuple[str, str]]
) -> None:
    """Türkiye's vote on Finland is taken to be of March 2023; Hungary's is of the 27th."""
    graph = changed(
        working_copy,
        "organisations/nato.ttl",
        "event:nato-finland-ratification-by-turkey",
        date("2023-03-30"),
        '"2023-03"^^xsd:gYearMonth',
    )
    table = graph.query("not-ratified", candidate="Finland", organisation="NATO", on=day)
    assert [(row["name"], row["certainty"]) for row in table] == rows


@pytest.mark.parametrize(
    ("day", "rows"),
    [
        ("2022-11-30", [(288062000, "certain")]),
        ("2022-12-15", [(288062000, "possible"), (293062000, "possible")]),
        ("2022-12-31", [(293062000, "certain")]),
    ],
)
def test_a_figure_that_may_be_superseded_is_possibly_the_latest(
    working_copy: Path, day: str, rows: list[tuple[int, str]]
) -> None:
    graph = changed(
        working_copy,
        "figures/kiel-institute.ttl",
        "figure:kiel-estonia-military-aid-2022-12-31",
        date("2022-12-31"),
        '"2022-12"^^xsd:gYearMonth',
    )
    table = graph.query("aid-totals", donor="Estonia", measure="measure:military-aid", on=day)
    assert [(row["value"], row["certainty"]) for row in table] == rows


def test_a_programme_without_a_certain_number_keeps_a_row_of_its_own(graph: kg.Graph) -> None:
    """The plan to train ten thousand in Operation Interflex is of August 2022."""
    for day, wanted in (
        ("2022-07-31", [(None, "certain")]),
        ("2022-08-15", [(None, "certain"), ("10000", "possible")]),
        ("2022-08-31", [("10000", "certain")]),
    ):
        rows = [
            (row["persons"], row["certainty"])
            for row in graph.query("training", beneficiary="Ukraine", on=day)
            if row["name"] == "Operation Interflex"
        ]
        assert rows == wanted, day


def test_an_article_is_judged_by_certain_rows_alone(graph: kg.Graph) -> None:
    for day, certain in (("1949-01-15", 0), ("1949-01-31", 6)):
        asked = graph.asker.bind("members", {"organisation": "Comecon", "on": day})
        answer = answer_with_evidence(graph.engine, asked, graph.project.prefixes)
        assert len(answer.rows()) == certain
