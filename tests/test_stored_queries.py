"""Stored queries as files: their heads, their parameters, and values that cannot break out."""

import datetime
import re
from pathlib import Path

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyparsing import ParseResults
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

import kg
from kg.errors import InvalidDocument, InvalidValue, KgError, UnknownName
from kg.sparql_file import SparqlFile, read_sparql_file
from kg.terms import XSD, Iri, Literal

FILE = """#+ summary: A question.

PREFIX organisation: <https://w3id.org/alliance-kg/organisation/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>

SELECT ?name
WHERE {
  VALUES ?organisation { organisation:nato }        # The organisation.
  VALUES ?on           { "2022-10-12"^^xsd:date }   # The day.
  VALUES ?word         { "a word"@en }              # A word.
  VALUES ?number       { 3 }                        # A number.
  VALUES ?thing        { UNDEF }                    # Anything.
  VALUES ?other        { organisation:eu organisation:un }
  ?organisation ?word ?name .
}
ORDER BY ?name
"""


def stored(tmp_path: Path, text: str = FILE) -> SparqlFile:
    path = tmp_path / "a-question.rq"
    path.write_text(text, encoding="utf-8")
    return read_sparql_file(path)


def test_a_parameter_is_read_with_its_type_and_meaning(tmp_path: Path) -> None:
    read = {each.name: (each.example, each.meaning) for each in stored(tmp_path).parameters}
    assert read == {
        "organisation": (
            Iri("https://w3id.org/alliance-kg/organisation/nato"),
            "The organisation.",
        ),
        "on": (Literal("2022-10-12", XSD + "date"), "The day."),
        "word": (Literal("a word", language="en"), "A word."),
        "number": (Literal("3", XSD + "integer"), "A number."),
        "thing": (None, "Anything."),
    }


def test_binding_changes_nothing_but_the_terms(tmp_path: Path) -> None:
    query = stored(tmp_path)
    bound = query.bind({"on": Literal("1949-04-04", XSD + "date"), "thing": Iri("urn:x")})
    assert bound == FILE.replace("2022-10-12", "1949-04-04").replace("UNDEF", "<urn:x>")


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("#+ summery: A slip.", 1),
        ("#+ summary", 1),
        ("#+ summary: A.\n#+ summary: B.", 2),
        ("SELECT", 1),
    ],
)
def test_a_wrong_head_is_refused_with_its_line(tmp_path: Path, line: str, number: int) -> None:
    with pytest.raises(InvalidDocument, match=rf"a-question\.rq:{number}:"):
        stored(tmp_path, f"{line}\nSELECT ?x {{ }}")


def test_a_parameter_that_is_no_term_is_refused_with_its_line(tmp_path: Path) -> None:
    text = FILE.replace("organisation:nato }", "nato }")
    with pytest.raises(InvalidDocument, match=r"a-question\.rq:8: \{ nato \}"):
        stored(tmp_path, text)


def tree(part: object) -> object:
    """Gives rdflib's parse of a query as nested tuples that can be compared."""
    if isinstance(part, CompValue):
        return part.name, tuple((key, tree(value)) for key, value in part.items())
    if isinstance(part, ParseResults | list):
        return tuple(map(tree, part))
    return part


def replaced(part: object, old: object, new: object) -> object:
    """Gives a tree with one leaf in the place of another."""
    if isinstance(part, tuple):
        return tuple(replaced(each, old, new) for each in part)
    return new if part == old and type(part) is type(old) else part


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> SparqlFile:
    return stored(tmp_path_factory.mktemp("queries"))


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_text_comes_back_from_the_engine_as_it_went_in(graph: kg.Graph, text: str) -> None:
    answer = graph.engine.query(f"SELECT ?x {{ VALUES ?x {{ {Literal(text).n3()} }} }}")
    assert isinstance(answer, kg.Table)
    assert list(answer.rows) == [(Literal(text),)]


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("\"'{}<>\\\n\r\t#?$%`|^ aé}.;SELECT*")))
def test_a_value_never_changes_the_structure_of_a_query(query: SparqlFile, text: str) -> None:
    """Another parser reads the same tree, with one literal in the place of another."""
    plain = tree(parseQuery(query.bind({"word": Literal("plain", language="en")})))
    bound = tree(parseQuery(query.bind({"word": Literal(text, language="en")})))
    before, after = rdflib.Literal("plain"), rdflib.Literal(text)
    assert bound == replaced(plain, before, after)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_an_iri_cannot_end_early(text: str) -> None:
    written = Iri(f"https://example.org/{text}").n3()
    assert re.fullmatch(r'<[^<>"{}|^`\\\x00-\x20]*>', written)


@settings(max_examples=150, deadline=None)
@given(value=st.text(min_size=1, max_size=40))
def test_whatever_people_type_is_answered_or_refused_in_words(graph: kg.Graph, value: str) -> None:
    for parameters in ({"organisation": value}, {"on": value}):
        try:
            table = graph.query("members", **parameters)
        except KgError as error:
            assert str(error)
        else:
            assert table.columns == ("member", "name", "since", "certainty", "source")


@pytest.mark.parametrize(
    "value", ["2022-13-01", "2022-02-30", "12.10.2022", "2022", "soon", "2022-10-12T00:00"]
)
def test_a_date_that_is_none_is_refused(graph: kg.Graph, value: str) -> None:
    with pytest.raises(InvalidValue, match="--on"):
        graph.query("members", on=value)


def test_a_date_of_python_is_a_date(graph: kg.Graph) -> None:
    assert len(graph.query("members", organisation="NATO", on=datetime.date(2022, 10, 12))) == 30


@pytest.mark.parametrize(
    "name",
    ["Türkiye", "Turkey", "turkey", "TUR", "tr", "Q43", "wd:Q43", "state:turkey", "Turchia",
     "https://www.wikidata.org/wiki/Q43", "http://www.wikidata.org/entity/Q43",
     "https://w3id.org/alliance-kg/state/turkey", " Türkiye "],
)  # fmt: skip
def test_a_state_goes_by_many_names(graph: kg.Graph, name: str) -> None:
    assert graph.things.find(name, kind="state") == graph.things.find("state:turkey")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("NATO2", "organisation", "Did you mean organisation:nato"),
        ("Atlantis", "state", "kg query states"),
        ("state:sweden", "organisation", "is a state, but an organisation is asked for"),
        ("state:sweeden", "state", "Did you mean state:sweden"),
        ("nope:sweden", "state", 'No prefix is called "nope:"'),
        ("CS", "state", "state:czechoslovakia, state:serbia-and-montenegro"),
        ("https://example.org/x", "state", "knows nothing of"),
        ("Q999999999", "state", "No state is called"),
    ],
)
def test_a_name_that_means_nothing_or_too_much_is_refused(
    graph: kg.Graph, name: str, kind: str, words: str
) -> None:
    with pytest.raises(KgError, match=re.escape(words)):
        graph.things.find(name, kind=kind)


def test_nato_is_the_organisation_even_where_any_thing_is_taken(graph: kg.Graph) -> None:
    assert graph.things.find("NATO") == graph.things.find("organisation:nato")


@pytest.mark.parametrize("name", ["format", "at", "organisation", "certainty", "possible"])
def test_a_parameter_cannot_be_called_as_an_option_or_another(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidDocument, match=f'no parameter can be called "{name}"'):
        stored(tmp_path, FILE.replace("?word ", f"?{name} ").replace("?other ", "?unused "))


def test_a_certainty_that_is_none_is_refused(graph: kg.Graph) -> None:
    with pytest.raises(InvalidValue, match='"likely" is no certainty'):
        graph.query("members", certainty="likely")


def test_every_question_about_a_day_tells_certainty_before_its_sources(graph: kg.Graph) -> None:
    for name, query in graph.queries.items():
        about_days = any(parameter.is_date for parameter in query.parameters)
        assert query.tells_certainty == (about_days and name != "co-membership-counts"), name
        if query.tells_certainty:
            head = query.text[query.text.index("\nSELECT") :].partition("WHERE")[0]
            columns = re.findall(r"\?(\w+)", head)
            sources = [column for column in columns if column.lower().endswith("source")]
            assert columns[-len(sources) - 1] == "certainty", name


def test_an_unknown_parameter_is_refused_with_those_that_there_are(graph: kg.Graph) -> None:
    with pytest.raises(UnknownName, match="It takes organisation, on"):
        graph.query("members", organization="NATO")


def test_a_parameter_that_is_not_given_is_told(graph: kg.Graph) -> None:
    told: list[str] = []
    graph.asker.bind("members", {}, tell=told.append)
    today = datetime.date.today().isoformat()
    assert told == [
        "--organisation was not given: organisation:nato (the query's example).",
        f"--on was not given: {today} (today).",
    ]
