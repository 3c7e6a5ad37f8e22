"""The kg command as people run it: a process, its output, its words, its exit code."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib
from conftest import ROOT

import kg
from kg.cli import command
from kg.export import GRAPH_FORMATS
from kg.version import VERSION

Run = Callable[..., subprocess.CompletedProcess[str]]
MEMBERS = ("query", "members", "--organisation", "NATO", "--on", "2022-10-12")


def test_members_as_csv(run_kg: Run) -> None:
    ran = run_kg(*MEMBERS, "--format", "csv")
    rows = list(csv.reader(io.StringIO(ran.stdout, newline="")))
    assert rows[0] == ["member", "name", "since", "certainty", "source"]
    assert len(rows) == 31
    assert ran.returncode == 0
    assert ran.stdout.count("\r\n") == 31


def test_members_as_json_and_jsonl_and_tsv(run_kg: Run) -> None:
    document = json.loads(run_kg(*MEMBERS, "--format", "json").stdout)
    first = document["results"]["bindings"][0]
    assert document["head"]["vars"] == ["member", "name", "since", "certainty", "source"]
    assert first["name"] == {"type": "literal", "value": "Albania", "xml:lang": "en"}
    assert first["since"]["datatype"] == "http://www.w3.org/2001/XMLSchema#date"
    lines = run_kg(*MEMBERS, "--format", "jsonl").stdout.splitlines()
    assert json.loads(lines[0])["since"] == "2009-04-01"
    tsv = run_kg(*MEMBERS, "--format", "tsv").stdout.splitlines()
    assert tsv[0] == "?member\t?name\t?since\t?certainty\t?source"
    assert tsv[1].split("\t")[1] == '"Albania"@en'


def test_members_as_a_table_and_as_markdown(run_kg: Run) -> None:
    table = run_kg(*MEMBERS).stdout.splitlines()
    assert table[0].split() == ["member", "name", "since", "certainty", "source"]
    since = table[0].index("since")
    assert all(line[since - 2 : since] == "  " and line[since].isdigit() for line in table[2:])
    markdown = run_kg(*MEMBERS, "--format", "markdown").stdout.splitlines()
    assert set(markdown[1]) == {"|", "-"}
    assert len(markdown) == 32


def test_kg_query_lists_the_questions(run_kg: Run) -> None:
    listed = [line.split()[0] for line in run_kg("query").stdout.splitlines()]
    assert listed == sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))


def test_help_shows_parameters_with_type_default_and_meaning(run_kg: Run) -> None:
    words = " ".join(run_kg("query", "members", "--help").stdout.split())
    assert "--organisation NAME The organisation whose members are listed." in words
    assert "[default: organisation:nato]" in words
    assert "--on YEAR-MONTH-DAY" in words
    assert "[default: today]" in words
    assert "kg query members --organisation organisation:nato --on 2022-10-12" in words


def test_every_command_has_help_with_an_example(run_kg: Run) -> None:
    for name in command.list_commands(None):  # type: ignore[arg-type]
        assert f"kg {name}" in run_kg(name, "--help").stdout


HELP = [(), *((name,) for name in command.list_commands(None))]  # type: ignore[arg-type]
HELP += [("article", "check"), ("article", "new"), ("query", "members")]


@pytest.mark.parametrize("arguments", HELP, ids=" ".join)
def test_help_gives_each_example_a_line_of_its_own(run_kg: Run, arguments: tuple[str, ...]) -> None:
    shown = run_kg(*arguments, "--help").stdout
    assert "\\b" not in shown
    assert "\b" not in shown
    assert not re.search(r"^ +kg .* kg ", shown, re.MULTILINE)


def test_sparql_prints_the_bound_query_which_runs_as_it_stands(run_kg: Run, tmp_path: Path) -> None:
    bound = run_kg(
        "query", "members", "--organisation", "EU", "--on", "1990-01-01", "--sparql"
    ).stdout
    assert "{ organisation:eu }" in bound
    assert '{ "1990-01-01"^^xsd:date }' in bound
    file = tmp_path / "members.rq"
    file.write_text(bound, encoding="utf-8")
    assert len(run_kg("sparql", str(file), "--format", "csv").stdout.splitlines()) == 13


def test_what_was_not_given_is_said_in_one_line_on_standard_error(run_kg: Run) -> None:
    ran = run_kg("query", "members", "--on", "2022-10-12", "--format", "csv")
    first, *_ = ran.stderr.splitlines()
    assert first == "--organisation was not given: organisation:nato (the query's example)."
    assert run_kg("query", "members", "--quiet").stderr == ""


def test_rows_can_be_chosen_by_their_certainty(run_kg: Run) -> None:
    asked = ("query", "members", "--organisation", "CENTO", "--on", "1979-03-01", "-f", "csv")
    names = {
        flag: [line.split(",")[1] for line in run_kg(*asked, *flag).stdout.splitlines()[1:]]
        for flag in ((), ("--certain",), ("--possible",))
    }
    assert names[("--certain",)] == ["Pakistan"]
    assert names[("--possible",)] == ["Iran", "Türkiye", "United Kingdom"]
    assert names[()] == ["Iran", "Pakistan", "Türkiye", "United Kingdom"]


def test_help_offers_certainty_only_where_rows_tell_it(run_kg: Run) -> None:
    assert "--certain" in run_kg("query", "members", "--help").stdout
    assert "--certain" not in run_kg("query", "states", "--help").stdout


def test_a_day_before_the_first_membership_is_told_of(run_kg: Run) -> None:
    asked = ("query", "members", "--organisation", "NATO", "--format", "csv", "--on")
    ran = run_kg(*asked, "1800-01-01")
    assert ran.returncode == 0
    assert ran.stdout.splitlines() == ["member,name,since,certainty,source"]
    line = "The graph's first dated statement about memberships is of 1945.\n"
    assert ran.stderr == line
    assert run_kg(*asked, "1944-12-31").stderr == line
    assert run_kg(*asked, "1945-01-01").stderr == ""
    assert run_kg(*asked, "1800-01-01", "--quiet").stderr == ""
    assert run_kg("query", "supplied-by", "--supplier", "Chad", "--on", "1800-01-01").stderr == (
        "--stage was not given: transfer-stage:pledged (the query's example).\n"
    )


def test_an_output_file_holds_what_would_have_been_printed(run_kg: Run, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    printed = run_kg(*MEMBERS, "--format", "csv").stdout
    ran = run_kg(*MEMBERS, "--format", "csv", "--output", str(file))
    assert ran.stdout == ""
    assert file.read_bytes().decode() == printed
    assert [path.name for path in tmp_path.iterdir()] == ["members.csv"]


@pytest.mark.parametrize(
    ("text", "code", "printed"),
    [
        ("ASK { state:finland a kg:State }", 0, "true\n"),
        ("ASK { state:finland a kg:Source }", 1, "false\n"),
    ],
)
def test_an_ask_query_answers_by_its_exit_code_too(
    run_kg: Run, text: str, code: int, printed: str
) -> None:
    ran = run_kg("sparql", "-e", text)
    assert (ran.returncode, ran.stdout) == (code, printed)
    answered = json.loads(run_kg("sparql", "-e", text, "--format", "json").stdout)
    assert answered["boolean"] is (code == 0)


def test_a_query_from_standard_input(run_kg: Run) -> None:
    ran = run_kg(
        "sparql", "-", "--format", "csv", input="SELECT (COUNT(?s) AS ?n) { ?s a kg:State }"
    )
    assert ran.stdout.splitlines() == ["n", "206"]


def test_select_as_xml(run_kg: Run) -> None:
    ran = run_kg(
        "sparql", "-e", 'SELECT ?a ?b { VALUES (?a ?b) { (UNDEF "<&\\">"@en) } }', "-f", "xml"
    )
    namespace = "{http://www.w3.org/2005/sparql-results#}"
    root = ElementTree.fromstring(ran.stdout)
    (literal,) = root.iter(f"{namespace}literal")
    assert literal.text == '<&">'
    assert [each.get("name") for each in root.iter(f"{namespace}binding")] == ["b"]


@pytest.mark.parametrize(
    "format", [name for name in GRAPH_FORMATS if name not in ("trig", "nquads")]
)
def test_construct_and_describe_in_every_format(run_kg: Run, format: str) -> None:
    parser = {"jsonld": "json-ld", "rdfxml": "xml", "ntriples": "nt"}.get(format, format)
    for text in ("DESCRIBE organisation:nato", "CONSTRUCT WHERE { organisation:nato ?p ?o }"):
        ran = run_kg("sparql", "-e", text, "--format", format)
        read = rdflib.Graph().parse(data=ran.stdout, format=parser)
        assert (rdflib.URIRef("https://w3id.org/alliance-kg/organisation/nato"), None, None) in read


def test_version(run_kg: Run) -> None:
    assert run_kg("--version").stdout == f"alliance-kg, version {VERSION}\n"


def test_completion_offers_questions_options_and_names(run_kg: Run) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "_KG_COMPLETE" in run_kg("completion", shell).stdout

    def complete(line: str) -> str:
        words = line.split(" ")
        asked = {
            "_KG_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        return run_kg(env=asked).stdout

    assert "plain,members" in complete("kg query mem")
    assert "plain,--organisation" in complete("kg query members --org")
    assert "plain,sweden" in complete("kg query organisations-of --state swed")


WRONG = {
    "query": (("query", "membrs"), "Did you mean members?"),
    "parameter": (("query", "members", "--organization", "NATO"), "--organisation"),
    "thing": (("query", "members", "--organisation", "NATO2"), "Did you mean organisation:nato"),
    "kind": (
        ("query", "members", "--organisation", "state:sweden"),
        "an organisation is asked for",
    ),
    "ambiguous": (("query", "organisations-of", "--state", "CS"), "Name one of them"),
    "date": (("query", "members", "--on", "2022-13-40"), "year-month-day"),
    "empty": (("query", "members", "--organisation", " "), "--organisation is empty"),
    "format": (("query", "members", "--format", "xlsx"), "Choose from table, csv"),
    "certainty of what has none": (
        ("query", "states", "--certain"),
        "neither certain nor possible",
    ),
    "certainty of counts": (
        ("query", "co-membership-counts", "--possible"),
        "neither certain nor possible",
    ),
    "both certainties": (
        ("query", "members", "--certain", "--possible"),
        "Give one, or neither for all.",
    ),
    "certainty without rows": (
        ("query", "members", "--certain", "--sparql"),
        "--sparql prints the question",
    ),
    "graph format": (("export", "--format", "turtel"), "Did you mean turtle?"),
    "format of the other form": (("sparql", "-e", "DESCRIBE state:finland", "-f", "csv"), "graphs"),
    "command": (("qurey",), "No such command"),
    "hostile": (
        ("query", "members", "--organisation", '"} <x> { # \\'),
        "No organisation is called",
    ),
    "SPARQL": (("sparql", "-e", "SELECT ?s\nWHERE { ?s a }"), "line 2, column"),
    "prefix": (("sparql", "-e", "SELECT ?s { ?s a foo:State }"), 'No prefix is called "foo:"'),
    "update": (("sparql", "-e", "INSERT DATA { <a:b> <a:b> <a:b> }"), "line 1, column"),
    "no query": (("sparql",), "-e TEXT"),
    "file": (("sparql", "no-such-file.rq"), "no-such-file.rq cannot be read"),
    "folder": (("query", "members", "--at", "/no/such/folder"), "There is no folder"),
    "path": (("validate", "no-such-file.ttl"), "There is no file or folder no-such-file.ttl"),
    "no subject": (("export", "--subject", ""), "--subject is empty"),
    "letters lost": (
        ("query", "members", "--organisation", "Не NATO"),
        "No organisation is called",
    ),
    "subject": (("export", "--subject", "state:atlantis"), "knows nothing of"),
    "output": ((*MEMBERS, "--output", "/no/such/folder/members.csv"), "cannot be written"),
    "shell": (("completion", "tcsh"), "Choose from bash, zsh, fish"),
    "timeout": (("query", "members", "--timeout", "0"), "--timeout"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_request_gets_one_message_and_exit_code_2(run_kg: Run, case: str) -> None:
    arguments, words = WRONG[case]
    ran = run_kg(*arguments)
    assert ran.returncode == 2
    assert words in ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr


def test_a_failed_output_leaves_the_old_file_as_it_was(run_kg: Run, tmp_path: Path) -> None:
    folder = tmp_path / "members.csv"
    folder.mkdir()
    ran = run_kg(*MEMBERS, "--output", str(folder))
    assert (ran.returncode, list(tmp_path.iterdir())) == (2, [folder])
    assert "cannot be written" in ran.stderr


def test_an_output_that_is_a_pipe_a_link_or_private_stays_so(run_kg: Run, tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target", tmp_path / "link", tmp_path / "pipe"
    target.touch(mode=0o600)
    link.symlink_to(target)
    os.mkfifo(pipe)
    assert run_kg(*MEMBERS, "--output", str(link)).returncode == 0
    assert link.is_symlink()
    assert len(target.read_text(encoding="utf-8").splitlines()) == 32
    assert target.stat().st_mode & 0o777 == 0o600
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert run_kg(*MEMBERS, "--output", str(pipe)).returncode == 0
        assert reader.stdout is not None
        assert len(reader.stdout.read().splitlines()) == 32
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command_line = [sys.executable, "-m", "kg", *MEMBERS]
        ran = subprocess.run(command_line, stdout=full, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 2
    assert "No space left on device" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_malformed_turtle_is_refused_with_file_and_line(run_kg: Run, working_copy: Path) -> None:
    file = working_copy / "graph" / "states.ttl"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines[40] = "this is no Turtle"
    file.write_text("\n".join(lines), encoding="utf-8")
    for arguments in (("query", "states"), ("validate",), ("export",)):
        ran = run_kg(*arguments, "--at", str(working_copy), "--quiet")
        assert ran.returncode == 2
        assert "graph/states.ttl:41: the file is no Turtle" in ran.stderr
        assert ran.stdout == ""


def test_a_malformed_stored_query_is_refused_with_file_and_line(
    run_kg: Run, working_copy: Path
) -> None:
    queries = working_copy / "queries"
    queries.mkdir()
    (queries / "mine.rq").write_text("#+ sumary: A slip.\nSELECT ?s { ?s ?p ?o }", encoding="utf-8")
    ran = run_kg("query", "mine", "--at", str(working_copy))
    assert ran.returncode == 2
    assert "mine.rq:1:" in ran.stderr


def test_a_folder_may_bring_queries_of_its_own(run_kg: Run, working_copy: Path) -> None:
    queries = working_copy / "queries"
    queries.mkdir()
    chad = "<https://w3id.org/alliance-kg/state/chad>"
    text = f"#+ summary: A state.\nSELECT ?s {{ VALUES ?s {{ {chad} }} }}"
    (queries / "mine.rq").write_text(text, encoding="utf-8")
    assert "state:chad" in run_kg("query", "mine", env={"KG_AT": str(working_copy)}).stdout
    assert run_kg("query", "--at", str(working_copy)).stdout.split() == ["mine", "A", "state."]


def test_colours_are_off_where_they_are_not_wanted(run_kg: Run) -> None:
    assert "\x1b" not in run_kg("query", "membrs", env={"NO_COLOR": "1"}).stderr


def test_a_reader_that_has_seen_enough_is_no_error(run_kg: Run) -> None:
    command_line = "python -m kg export --format ntriples | head -n 1"
    ran = subprocess.run(
        [
            "bash",
            "-o",
            "pipefail",
            "-c",
            command_line.replace("python", sys.executable),
        ],
        capture_output=True,
        encoding="utf-8",
    )
    assert ran.stdout.count("\n") == 1
    assert "Traceback" not in ran.stderr
    assert ran.returncode == 0


def test_the_version_is_the_packages() -> None:
    assert kg.__version__ == VERSION


def test_an_answer_that_rests_on_a_disputed_statement_says_so_unasked(run_kg: Run) -> None:
    """Of Hungary's accession an American text gives 1997; of AUKUS no source says otherwise."""
    members = ("query", "members", "--on", "2022-10-12", "--organisation")
    (line,) = run_kg(*members, "NATO").stderr.splitlines()
    assert line.startswith("Disputed: sources differ on NATO, ")
    assert run_kg(*members, "AUKUS").stderr == ""
    assert run_kg(*members, "NATO", "--quiet").stderr == ""
    held = "SELECT ?s { ?s org:memberOf organisation:%s }"
    assert "Disputed: " in run_kg("sparql", "-e", held % "nato").stderr
    assert run_kg("sparql", "-e", held % "aukus").stderr == ""
    counted = ("query", "co-membership-counts", "--with", "Hungary", "--on", "2022-10-12")
    assert "Disputed: " in run_kg(*counted).stderr
