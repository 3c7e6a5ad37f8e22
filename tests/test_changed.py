"""What changed: new, gone and changed rows, each with the statements behind it.

The repository of these tests holds three revisions of a copy of the graph: `base`, as shipped;
`edited`, with statements added, changed and taken out; `rethought`, with another rule and other
questions. So what must be found is known from what was done.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT

import kg
from kg.changes.changes import ChangedQuestion, ChangedRow, Changes
from kg.changes.formats import FORMATS
from kg.changes.revisions import find_revision, unpack
from kg.changes.rows import compare
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.errors import EngineError, InvalidValue, UnknownName
from kg.prefixes import Prefixes
from kg.project import Project, locate
from kg.table import Row, Table
from kg.terms import Iri, Literal
from kg.worlds import keep

Run = Callable[..., subprocess.CompletedProcess[str]]

ON = "2024-04-01"
ADDED = """
event:nato-austria-accession a kg:MembershipEvent ;
    kg:state state:austria ;
    kg:organisation organisation:nato ;
    kg:eventType membership-event-type:accession ;
    dcterms:date "2024-01-01"^^xsd:date ;
    kg:assurance assurance:sourced ;
    prov:wasDerivedFrom source:nato-official-texts-17120 .

event:nato-sweden-early-ratification-by-turkey a kg:MembershipEvent ;
    kg:state state:sweden ;
    kg:organisation organisation:nato ;
    kg:actor state:turkey ;
    kg:eventType membership-event-type:ratification ;
    dcterms:date "2022-10-01"^^xsd:date ;
    kg:assurance assurance:sourced ;
    prov:wasDerivedFrom source:nato-official-texts-17120 .
"""


def git(folder: Path, *arguments: str) -> None:
    user = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", "-C", str(folder), *user, *arguments], check=True, capture_output=True)


def commit(folder: Path, tag: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", tag)
    git(folder, "tag", tag)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, old)
    file.write_text(text.replace(old, new), encoding="utf-8")


def edit_statement(file: Path, name: str, old: str, new: str) -> None:
    """Replaces text within the description of one thing; an empty `old` is all of it."""
    before, start, rest = file.read_text(encoding="utf-8").partition(f"\n{name} a ")
    described, end, after = rest.partition(" .\n")
    assert start and (not old or described.count(old) == 1), name
    whole = f"{start}{described.replace(old, new)}{end}" if old else new
    file.write_text(f"{before}{whole}{after}", encoding="utf-8")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    for name in ("graph", "ontology", "queries"):
        shutil.copytree(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    commit(folder, "base")

    nato = folder / "graph" / "organisations" / "nato.ttl"
    edit_statement(nato, "event:nato-finland-accession", '"2023-04-04"', '"2023-04-05"')
    edit_statement(nato, "event:nato-norway-accession", "", "\n")
    edit_statement(
        nato,
        "event:nato-czechia-accession",
        "    kg:preferredOver event:nato-czechia-accession-2 ;\n",
        "",
    )
    nato.write_text(nato.read_text(encoding="utf-8") + ADDED, encoding="utf-8")
    states = folder / "graph" / "states.ttl"
    edit_statement(states, "state:iceland", '"Iceland"@en', '"Republic of Iceland"@en')
    commit(folder, "edited")

    queries, rules = folder / "queries", folder / "ontology" / "rule"
    edit(queries / "members.rq", 'IF(?isCertain, "certain"', 'IF(?isCertain, "sure"')
    edit(
        rules / "memberships.rq",
        "BIND(COALESCE(?effectiveDate, ?date) AS ?startDate)",
        "BIND(?date AS ?startDate)",
    )
    (queries / "states.rq").rename(queries / "countries.rq")
    commit(folder, "rethought")
    git(folder, "tag", "2022-10-12")
    git(folder, "tag", "2022")
    return folder


@pytest.fixture(scope="module")
def copy(repository: Path) -> kg.Graph:
    return kg.open(repository)


@pytest.fixture(scope="module")
def edited(copy: kg.Graph) -> Changes:
    """Members of NATO before and after the statements were edited, one row of a kind explained."""
    return copy.changed("base", until="edited", queries=["members"], on=ON, most=1)


@pytest.fixture(scope="module")
def members(copy: kg.Graph) -> ChangedQuestion:
    """The same with all rows explained."""
    return copy.changed("base", until="edited", queries=["members"], on=ON)["members"]


def rows(question: ChangedQuestion, how: str) -> dict[str, ChangedRow]:
    """Gives rows by the name of what they are about, in their first column."""
    found = (row for row in question.rows if row.how == how)
    return {str((row.now or row.then or ())[0]).rpartition("/")[2]: row for row in found}


def behind(row: ChangedRow) -> set[tuple[str, str]]:
    assert row.causes is not None
    return {(cause.how, cause.statement.iri.value.rpartition("/")[2]) for cause in row.causes}


# Rows and what is behind them


def test_an_added_event_makes_a_new_row(members: ChangedQuestion) -> None:
    row = rows(members, "new")["austria"]
    assert behind(row) == {("new", "nato-austria-accession")}
    assert row.then is None and row.now is not None


def test_a_removed_event_takes_its_row_away(members: ChangedQuestion) -> None:
    row = rows(members, "gone")["norway"]
    assert behind(row) == {("gone", "nato-norway-accession")}
    assert row.causes and row.causes[0].statement.date == "1949-08-24"


def test_a_changed_date_changes_the_row(members: ChangedQuestion) -> None:
    row = rows(members, "changed")["finland"]
    assert behind(row) == {("changed", "nato-finland-accession")}
    assert row.causes is not None
    (said,) = row.causes[0].said
    assert (said.property, said.then, said.now) == ("date", ("2023-04-04",), ("2023-04-05",))


def test_a_statement_that_is_no_longer_set_aside_gives_a_row(members: ChangedQuestion) -> None:
    """Both accounts of one accession count as soon as none is preferred."""
    row = rows(members, "new")["czechia"]
    assert ("changed", "nato-czechia-accession") in behind(row)


def test_a_changed_name_is_no_statement(members: ChangedQuestion) -> None:
    row = rows(members, "changed")["iceland"]
    assert behind(row) == {("changed", "iceland")}
    assert row.causes is not None and not row.causes[0].is_statement


def test_no_other_row_differs(members: ChangedQuestion) -> None:
    assert {how: set(rows(members, how)) for how in ("new", "changed", "gone")} == {
        "new": {"austria", "czechia"},
        "changed": {"finland", "iceland"},
        "gone": {"norway"},
    }
    assert members.count == members.count_then + 1 == 33


def test_what_keeps_a_row_away_is_named(copy: kg.Graph) -> None:
    changes = copy.changed("base", until="edited", queries=["not-ratified"], on="2022-10-12")
    gone = rows(changes["not-ratified"], "gone")
    assert behind(gone["turkey"]) == {("new", "nato-sweden-early-ratification-by-turkey")}


def test_what_kept_a_row_away_is_named(copy: kg.Graph) -> None:
    """The other way round, as if the ratification were taken back."""
    changes = copy.changed("edited", until="base", queries=["not-ratified"], on="2022-10-12")
    new = rows(changes["not-ratified"], "new")
    assert behind(new["turkey"]) == {("gone", "nato-sweden-early-ratification-by-turkey")}


def test_a_count_names_what_is_counted_besides(copy: kg.Graph) -> None:
    changes = copy.changed(
        "base",
        until="edited",
        queries=["co-membership-counts"],
        values={"with": "Finland"},
        on=ON,
    )
    counts = rows(changes["co-membership-counts"], "changed")
    names = changes["co-membership-counts"].columns
    shared = names.index("shared")
    austria = counts["austria"]
    assert austria.then and austria.now
    assert int(str(austria.now[shared])) == int(str(austria.then[shared])) + 1
    assert ("new", "nato-austria-accession") in behind(austria)


def test_statements_are_counted(edited: Changes) -> None:
    assert dict(edited.statements) == {"new": 2, "changed": 2, "gone": 1}


def test_rows_are_told_without_causes_beyond_the_first(edited: Changes) -> None:
    new = [row for row in edited["members"].rows if row.how == "new"]
    assert [row.causes is None for row in new] == [False, True]


# Rules and questions


def test_a_changed_question_is_named_where_no_statement_changed(copy: kg.Graph) -> None:
    question = copy.changed("edited", queries=["members"], on=ON)["members"]
    assert question.files == ("ontology/rule/memberships.rq", "queries/members.rq")
    assert all(row.how == "changed" for row in question.rows)
    for row in question.rows[:5]:
        assert row.causes == () and "queries/members.rq" in row.note


def test_a_changed_rule_is_named(copy: kg.Graph) -> None:
    """Tajikistan signed on 15 May 1992 a treaty that came into force on 20 April 1994."""
    changes = copy.changed(
        "edited", queries=["membership-timeline"], values={"organisation": "CSTO"}, most=None
    )
    question = changes["membership-timeline"]
    row = rows(question, "changed")["tajikistan"]
    since = question.columns.index("since")
    assert row.then and row.now
    assert (str(row.then[since]), str(row.now[since])) == ("1994-04-20", "1992-05-15")
    assert row.causes == () and "ontology/rule/memberships.rq" in row.note
    assert question.files == ("ontology/rule/memberships.rq",)


def test_a_question_that_one_revision_has_is_said_so(copy: kg.Graph) -> None:
    changes = copy.changed("edited", queries=["states", "countries"])
    assert (changes.only_then, changes.only_now) == (("states",), ("countries",))
    assert changes and changes.asked == 0


# As known on a day


def test_what_was_not_yet_known_is_new(graph: kg.Graph) -> None:
    """Finland joined on 4 April 2023 and Sweden on 7 March 2024 (nato.int, member countries)."""
    question = graph.changed("2022-10-12", queries=["members"], on=ON)["members"]
    new = rows(question, "new")
    assert (question.count_then, question.count, len(question.rows)) == (30, 32, 2)
    assert behind(new["finland"]) == {("new", "nato-finland-accession")}
    assert behind(new["sweden"]) == {("new", "nato-sweden-accession")}
    dates = {str(row.causes[0].statement.date) for row in new.values() if row.causes}
    assert dates == {"2023-04-04", "2024-03-07"}


def test_the_day_is_the_same_for_both(graph: kg.Graph) -> None:
    """Thirty members on 12 October 2022, then as now, though two have joined since."""
    changes = graph.changed("2022-10-12", queries=["members"], on="2022-10-12")
    assert not changes and changes.on == "2022-10-12"
    assert changes.statements["new"] > 0


def test_until_leaves_out_what_came_later(graph: kg.Graph) -> None:
    changes = graph.changed("2022-10-12", until="2023-06-01", queries=["members"], on=ON)
    assert set(rows(changes["members"], "new")) == {"finland"}


def test_the_clocks_of_the_graph_hold_for_both(graph: kg.Graph) -> None:
    """Finland and Sweden signed on 5 July 2022 (nato.int), so by signature nobody is new."""
    signed = graph.as_of(on=ON, joined_by="signed")
    changes = signed.changed("2022-10-12", queries=["members"])
    assert not changes and changes.on == ON
    with pytest.raises(UnknownName, match="answered as before"):
        changes["members"]


def test_a_state_that_joins_shares_one_membership_less(graph: kg.Graph) -> None:
    """Partners for Peace that join NATO leave the partnership, which Ukraine belongs to."""
    changes = graph.changed(
        "2022-10-12", queries=["co-membership-counts"], values={"with": "Ukraine"}, on=ON
    )
    finland = rows(changes["co-membership-counts"], "changed")["finland"]
    assert behind(finland) == {("new", "pfp-finland-status-end")}


# Moments


def test_a_date_wins_over_a_tag_of_its_name(copy: kg.Graph) -> None:
    assert copy.changed("2022-10-12", queries=["members"]).since == "what was known on 2022-10-12"
    assert copy.changed("2022", queries=["members"]).since.startswith("revision 2022 (")


def test_the_same_moment_twice_is_no_change(copy: kg.Graph) -> None:
    changes = copy.changed("rethought")
    assert not changes and changes.asked > 40
    assert set(changes.statements.values()) == {0}


def test_an_unknown_revision_says_what_to_do(copy: kg.Graph) -> None:
    with pytest.raises(InvalidValue, match=r'"nonesuch" is no date and no revision .* git log'):
        copy.changed("nonesuch")
    with pytest.raises(InvalidValue, match="no date and no revision"):
        copy.changed("--exec=touch")


def test_a_folder_that_git_does_not_keep_says_so(working_copy: Path) -> None:
    with pytest.raises(EngineError, match=r"is in no Git repository .* Give --at a folder"):
        find_revision(locate(working_copy), "HEAD", where="--since")


def test_a_revision_without_a_graph_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "README").write_text("Nothing yet.\n", encoding="utf-8")
    commit(tmp_path, "empty")
    (tmp_path / "graph").mkdir()
    project = locate(tmp_path)
    revision = find_revision(project, "empty", where="--since")
    with pytest.raises(InvalidValue, match="holds no folder graph/"):
        unpack(project, revision, tmp_path / "unpacked")


def test_the_packaged_graph_has_no_revisions() -> None:
    packaged = Path(kg.__file__).parent / "data"
    project = Project(packaged / "ontology", packaged / "graph", packaged / "queries")
    with pytest.raises(EngineError, match="no revisions of the packaged graph"):
        find_revision(project, "HEAD", where="--since")


def test_a_revision_can_be_asked_as_known_on_a_day(copy: kg.Graph) -> None:
    """Austria's added accession of 2024 was not known in 2023, Finland's changed one was."""
    earlier = copy.as_of(known_on="2023-06-01", on=ON)
    question = earlier.changed("base", until="edited", queries=["members"])["members"]
    assert set(rows(question, "new")) == {"czechia"}
    assert "finland" in rows(question, "changed")


def test_a_world_whose_rules_are_gone_is_not_kept(graph: kg.Graph, tmp_path: Path) -> None:
    """The files of a revision are gone when its worlds would be kept for another time."""
    assert isinstance(graph.engine, OxigraphEngine) and graph.engine.written
    ready = tmp_path / "worlds" / "world"
    keep(str(graph.engine.written), str(tmp_path / "rule"), "2022-10-12", "in-force", str(ready))
    assert not ready.exists()


def test_an_endpoint_is_refused(endpoint: str) -> None:
    with pytest.raises(EngineError, match=r"cannot be told .* --known-on DATE"):
        kg.open(endpoint).changed("2022-10-12")


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("2022-02-30", None, "not a day of the calendar .* given for --since"),
        ("1066-10-14", None, "Nothing that the graph holds was known .* given for --since"),
        ("2023-01-01", "2022-01-01", "comes after --until"),
    ],
)
def test_a_moment_that_cannot_be_says_so(
    graph: kg.Graph, since: str, until: str | None, says: str
) -> None:
    with pytest.raises(InvalidValue, match=says):
        graph.changed(since, until=until)


def test_parameters_belong_to_one_question(graph: kg.Graph) -> None:
    with pytest.raises(InvalidValue, match="belongs to one question"):
        graph.changed("2022-10-12", values={"organisation": "NATO"})
    with pytest.raises(UnknownName, match="Did you mean members"):
        graph.changed("2022-10-12", queries=["membres"])


# Pairing rows


def thing(name: str) -> Iri:
    return Iri(f"https://example.org/thing/{name}")


PREFIXES = Prefixes(
    {"thing": "https://example.org/thing/", "source": "https://example.org/source/"}
)


def pairs(then: list[Row], now: list[Row]) -> tuple[object, ...]:
    columns = ("about", "value")
    found = compare(Table(columns, then), Table(columns, now), PREFIXES)
    return found.new, found.changed, found.gone


def test_rows_count_as_often_as_they_are_there() -> None:
    row = (thing("a"), Literal("1"))
    assert pairs([row], [row, row]) == ((1,), (), ())


def test_of_rows_about_one_thing_the_most_alike_are_one() -> None:
    then: list[Row] = [(thing("a"), Literal("1")), (thing("b"), Literal("2"))]
    now: list[Row] = [(thing("b"), Literal("3")), (thing("c"), Literal("1"))]
    assert pairs(then, now) == ((1,), ((1, 0),), (0,))


def test_another_source_changes_a_row() -> None:
    one, other = (Iri(f"https://example.org/source/{name}") for name in ("one", "other"))
    assert pairs([(thing("a"), one)], [(thing("a"), other)]) == ((), ((0, 0),), ())


def test_other_columns_alone_are_no_change() -> None:
    then = Table(("about",), [(thing("a"),)])
    now = Table(("about", "value"), [(thing("a"), Literal("1"))])
    assert not compare(then, now, PREFIXES)


# The command, and how changes are written


def test_the_command_answers_with_its_exit_code(run_kg: Run, repository: Path) -> None:
    words = ["changed", "members", "--organisation", "NATO", "--at", str(repository), "--on", ON]
    ran = run_kg(*words, "--since", "base", "--until", "edited")
    assert ran.returncode == 1, ran.stderr
    assert "32 rows then, 33 now: 2 new, 2 changed, 1 gone." in ran.stdout
    assert "kg query members --organisation NATO --on 2024-04-01" in ran.stdout
    assert "~ state:finland, Finland: since 2023-04-04 → 2023-04-05" in ran.stdout
    assert "date: 2023-04-04 → 2023-04-05" in ran.stdout
    same = run_kg(*words, "--since", "HEAD", "--quiet")
    assert (same.returncode, same.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--since is missing"),
        (["--since", "2022-10-12", "--organisation", "NATO"], "belongs to one question"),
        (["--since", "2022-10-12", "members", "--organistion", "NATO"], "Did you mean organ"),
        (["--since", "2022-10-12", "members", "--organisation"], "no parameter with a value"),
        (["--since", "2022-10-12", "--known-on", "2022-01-01"], "--since and --until"),
        (["--since", "2022-10-12", "--format", "xml"], "No format for changes"),
        (["--since", "2022-10-12", "-x"], "no option of kg changed"),
    ],
)
def test_a_wrong_request_is_one_message(run_kg: Run, words: list[str], says: str) -> None:
    ran = run_kg("changed", *words)
    assert ran.returncode == 2
    assert says in ran.stderr and "Traceback" not in ran.stderr


@pytest.fixture(scope="module")
def known(graph: kg.Graph) -> Changes:
    return graph.changed("2022-10-12", queries=["members", "organisations"], on=ON)


def test_json_holds_rows_and_causes(graph: kg.Graph, known: Changes) -> None:
    document = json.loads(FORMATS["json"](known, graph.project.prefixes))
    (members, _) = document["questions"]
    (finland, _) = members["rows"]
    assert (finland["how"], finland["then"], finland["now"]["since"]) == (
        "new",
        None,
        "2023-04-04",
    )
    assert [cause["name"] for cause in finland["causes"]] == ["event:nato-finland-accession"]
    assert finland["causes"][0]["sources"][0]["published"] == "2023-04-04"


def test_text_and_markdown_name_statement_and_source(graph: kg.Graph, known: Changes) -> None:
    text = FORMATS["text"](known, graph.project.prefixes)
    assert "- NATO, Finland: accession, 2023-04-04." in text
    assert "EIN Presswire, 2023-04-04" in text
    markdown = FORMATS["markdown"](known, graph.project.prefixes)
    assert markdown.startswith("# Changes from what was known on 2022-10-12 to now")
    assert "## Members of an organisation on a date" in markdown
    assert "(<https://www.einpresswire.com/article/626059468/" in markdown
