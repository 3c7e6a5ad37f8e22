"""The clocks as people set them: on the command line, in Python, at an endpoint."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph
import pytest
from conftest import VIEWED

import kg

Run = Callable[..., subprocess.CompletedProcess[str]]
MEMBERS = ("query", "members", "--organisation", "NATO", "--format", "csv", "--quiet")
VIEW = f"https://w3id.org/alliance-kg/view/known-on/{VIEWED}"


def rows(ran: subprocess.CompletedProcess[str]) -> int:
    assert ran.returncode == 0, ran.stderr
    return len(ran.stdout.splitlines()) - 1


def test_the_command_line_takes_each_clock(run_kg: Run) -> None:
    assert rows(run_kg(*MEMBERS, "--on", "2024-01-01")) == 31
    assert rows(run_kg(*MEMBERS, "--on", "2024-01-01", "--known-on", VIEWED)) == 30
    assert rows(run_kg(*MEMBERS, "--on", "1949-06-20", "--joined-by", "signed")) == 12
    both = ("--on", VIEWED, "--known-on", VIEWED, "--joined-by", "invited")
    assert rows(run_kg(*MEMBERS, *both)) == 32


def test_a_query_in_sparql_is_asked_of_what_was_known(run_kg: Run) -> None:
    text = "ASK { event:nato-finland-accession ?property ?value }"
    assert run_kg("sparql", "-e", text).returncode == 0
    assert run_kg("sparql", "-e", text, "--known-on", VIEWED).returncode == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--known-on", "yesterday"), '"yesterday" is not a date, given for --known-on'),
        (("--known-on", "2022-02-30"), "is not a day of the calendar"),
        (("--known-on", "1900-01-01"), "first statement is known from 1945-03-22"),
        (("--joined-by", "singed"), "Did you mean signed"),
    ],
)
def test_a_clock_that_cannot_be_set_is_one_message(
    run_kg: Run, options: tuple[str, ...], said: str
) -> None:
    for command in (MEMBERS, ("export",), ("sparql", "-e", "ASK {}"), ("article", "check")):
        ran = run_kg(*command, *options)
        assert ran.returncode == 2
        assert ran.stdout == ""
        assert said in ran.stderr
        assert len(ran.stderr.splitlines()) == 1


def test_the_shell_completes_the_stages(run_kg: Run) -> None:
    words = "kg query members --joined-by "
    asked = {"_KG_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": "4"}
    said = run_kg(env=asked).stdout
    assert [line.split(",")[1] for line in said.splitlines()] == [
        "in-force",
        "signed",
        "deposited",
        "invited",
    ]


def test_python_takes_each_clock_and_goes_back(graph: kg.Graph) -> None:
    view = graph.as_of(on="2024-01-01", known_on=VIEWED)
    assert len(view.query("members", organisation="NATO")) == 30
    assert len(view.as_of(on="2024-01-01").query("members", organisation="NATO")) == 31
    assert len(view.query("members", organisation="NATO", on="1949-06-20")) == 0
    opened = kg.open(on="1949-06-20", joined_by="signed")
    assert len(opened.query("members", organisation="NATO")) == 12
    assert opened.clocks.path == "joined-by/signed"


def test_an_article_is_checked_with_what_was_known_when_it_was_written(
    graph: kg.Graph, run_kg: Run
) -> None:
    """Two of its claims rest on what was published later; no other verdict changes."""
    article = "nato-explainer-2022-10-12"
    changed = graph.as_of(known_on=VIEWED).check_article(article).changed
    slugs = {
        claim.claim.iri.value.rpartition("/")[2].removeprefix(f"{article}-"): claim.verdict
        for claim in changed
    }
    assert slugs == {"22-training": "not-decidable", "33-nasams": "not-decidable"}
    later = graph.as_of(on="2024-10-12").check_article(article).changed
    assert f"{article}-02-members" in {each.claim.iri.value.rpartition("/")[2] for each in later}
    ran = run_kg("article", "check", "nato-explainer-2024-10", "--known-on", VIEWED)
    assert ran.returncode == 2
    assert "was not yet known with --known-on 2022-10-12" in ran.stderr
    ran = run_kg("article", "check", article, "--on", VIEWED, "--record", "--at", ".")
    assert ran.returncode == 2
    assert "Leave --record or the clocks out." in ran.stderr


def test_an_export_of_a_view_stands_in_its_own_graph(graph: kg.Graph) -> None:
    view = graph.as_of(known_on=VIEWED)
    lines = view.export("ntriples").splitlines()
    for format in ("nquads", "trig"):
        rdf_format = pyoxigraph.RdfFormat.from_extension({"nquads": "nq"}.get(format, format))
        quads = list(pyoxigraph.parse(view.export(format), format=rdf_format))
        assert {str(quad.graph_name) for quad in quads} == {f"<{VIEW}>"}
        assert len(quads) == len(lines)
    assert not any("event/nato-finland-accession>" in line for line in lines)


def test_what_was_derived_in_a_view_can_be_left_out(graph: kg.Graph) -> None:
    view = graph.as_of(known_on=VIEWED)
    asserted = view.export("ntriples", asserted=True)
    assert "\n<https://w3id.org/alliance-kg/membership/" not in asserted
    assert set(asserted.splitlines()) <= set(graph.export("ntriples", asserted=True).splitlines())
    own = view.export("ntriples", subject="event:nato-finland-application", asserted=True)
    assert own
    assert set(own.splitlines()) <= set(asserted.splitlines())


def test_an_endpoint_answers_from_the_view_that_it_holds(graph: kg.Graph, endpoint: str) -> None:
    asked = {"organisation": "NATO", "on": "2024-01-01"}
    there = kg.open(endpoint, known_on=VIEWED).query("members", **asked)
    assert list(there.rows) == list(graph.as_of(known_on=VIEWED).query("members", **asked).rows)
    assert len(there) == 30


def test_an_endpoint_without_the_view_says_how_to_publish_it(endpoint: str) -> None:
    with pytest.raises(kg.EngineError) as caught:
        kg.open(endpoint, known_on="2022-10-13", joined_by="signed")
    options = "--known-on 2022-10-13 --joined-by signed"
    assert "view/known-on/2022-10-13/joined-by/signed" in str(caught.value)
    assert f"kg export {options} --format nquads" in str(caught.value)


def test_an_endpoint_cannot_tell_what_was_derived_in_a_view(endpoint: str) -> None:
    with pytest.raises(kg.EngineError, match="leave --asserted out"):
        kg.open(endpoint, known_on=VIEWED).export("nquads", asserted=True)


def test_a_file_added_to_a_view_is_known_as_the_view_is(graph: kg.Graph) -> None:
    folder = graph.project.graph / "claims"
    view = graph.as_of(known_on=VIEWED).with_files([folder / "nato-explainer-2022-10-12.ttl"])
    assert len(view.query("members", organisation="NATO", on="2024-01-01")) == 30


def wait_for(folder: Path, count: int) -> list[Path]:
    """Waits for worlds to be kept, which is done after the answer."""
    kept: list[Path] = []
    for _ in range(300):
        kept = [path for path in folder.glob("*") if "." not in path.name]
        if len(kept) == count:
            break
        time.sleep(0.1)
    return kept


def test_a_world_is_kept_and_opened_the_next_time(
    graph: kg.Graph, run_kg: Run, tmp_path: Path
) -> None:
    cache = {"KG_CACHE": str(tmp_path / "cache")}
    asked = (*MEMBERS, "--on", "2024-01-01", "--known-on", VIEWED)
    assert rows(run_kg(*asked, env=cache)) == 30
    (kept,) = wait_for(tmp_path / "cache" / "worlds", 1)
    assert kept.name.endswith(f"-known-on-{VIEWED}")
    assert rows(run_kg(*asked, env=cache)) == 30
    whole = run_kg("export", "--format", "ntriples", "--known-on", VIEWED, env=cache).stdout
    assert whole == graph.as_of(known_on=VIEWED).export("ntriples")
    for path in kept.rglob("CURRENT"):
        path.write_text("damaged", encoding="utf-8")
    assert rows(run_kg(*asked, env=cache)) == 30
    (mended,) = wait_for(tmp_path / "cache" / "worlds", 1)
    assert all(path.read_text(encoding="utf-8") != "damaged" for path in mended.rglob("CURRENT"))
