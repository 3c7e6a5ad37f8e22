"""Measures start-up, articles, rebuilding, clocks, reasons, changes, queries, export, as ratios."""

import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph

import kg
from kg.clocks import read_clocks
from kg.engine import construct
from kg.engine.oxigraph_engine import OxigraphEngine
from kg.engine.rdflib_engine import RdflibEngine, to_rdflib
from kg.worlds import make_world

ROOT = Path(__file__).parent.parent
DAY = "2022-10-12"
MEMBERS = ["-m", "kg", "query", "members", "--organisation", "NATO", "--on", DAY, "--format", "csv"]


def main() -> None:
    """Prints one line for each measurement."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["KG_CACHE"] = str(Path(scratch) / "cache")
        os.environ.pop("KG_AT", None)
        graph = kg.open()
        start_up()
        article(Path(scratch))
        after_a_change(Path(scratch))
        worlds(graph)
        days_and_reasons()
        changes(graph)
        export(graph)
        second_opinion = kg.Graph(graph.project, RdflibEngine(to_rdflib(everything(graph))))
        queries(graph, second_opinion)


def start_up() -> None:
    """Compares a warm answer with the import of rdflib alone, both as whole processes."""
    command = Path(sys.executable).with_name("kg")
    ours = [str(command), *MEMBERS[2:]] if command.exists() else [sys.executable, *MEMBERS]
    theirs = [sys.executable, "-c", "import rdflib"]
    mine, other = interleaved(lambda: process(ours), lambda: process(theirs), repeats=25)
    show("warm kg query members", mine, "import rdflib", other)


def article(scratch: Path) -> None:
    """Compares the check of the whole article with the start of one process that answers."""
    command = str(Path(sys.executable).with_name("kg"))
    ours = [command, "article", "check", "nato-explainer-2022-10-12", "--quiet"]
    start = [command, *MEMBERS[2:]]
    mine, other = interleaved(lambda: process(ours), lambda: process(start), repeats=15)
    show("warm kg article check", mine, "kg query", other)
    colds = []
    for number in range(5):
        os.environ["KG_CACHE"] = str(scratch / f"cold-{number}")
        colds.append(timed(lambda: process(ours)))
    os.environ["KG_CACHE"] = str(scratch / "cache")
    show("cold kg article check", colds, "a warm one", mine)


def after_a_change(scratch: Path) -> None:
    """Compares the first answer after a change of one file with a warm one."""
    for name in ("graph", "ontology", "queries"):
        shutil.copytree(ROOT / name, scratch / name)
    command = [sys.executable, *MEMBERS, "--at", str(scratch)]
    file = scratch / "graph" / "organisations" / "nato.ttl"
    firsts, warm = [], []
    for number in range(5):
        with file.open("a", encoding="utf-8") as handle:
            handle.write(f"\n# change {number}\n")
        time.sleep(2.5)  # a file that changed this moment is not trusted to have settled
        firsts.append(timed(lambda: process(command)))
        warm.append(timed(lambda: process(command)))
    show("first answer after a change", firsts, "a warm one", warm)


def worlds(graph: kg.Graph) -> None:
    """Compares a world with loading its triples, and a query in one that is kept with another."""
    engine, rules = graph.engine, graph.project.rules
    assert isinstance(engine, OxigraphEngine)
    clocks = read_clocks(known_on=DAY)
    triples = b"".join(sorted(make_world(engine, rules, clocks).lines()))
    mine, other = interleaved(
        lambda: make_world(engine, rules, clocks),
        lambda: pyoxigraph.Store().bulk_load(triples, format=pyoxigraph.RdfFormat.N_TRIPLES),
        repeats=9,
    )
    show(f"the world known on {DAY}", mine, "loading it", other)
    plain = [str(Path(sys.executable).with_name("kg")), *MEMBERS[2:]]
    process([*plain, "--known-on", DAY])
    time.sleep(5)  # the world is kept by a process of its own, after the answer
    mine, other = interleaved(
        lambda: process([*plain, "--known-on", DAY]), lambda: process(plain), repeats=15
    )
    show("kg query members --known-on", mine, "kg query", other)


def days_and_reasons() -> None:
    """Compares what a day and an explanation cost with plain questions, as whole processes."""
    command = str(Path(sys.executable).with_name("kg"))
    plain = [command, "sparql", "-q", "-e", "SELECT ?state { ?m org:member ?state ; "
             "org:organization organisation:nato ; kg:startLatest ?start }"]  # fmt: skip
    held = "SELECT ?state { ?state org:memberOf organisation:nato }"
    on = [command, "sparql", "-q", "--on", DAY, "-e", held]
    mine, other = interleaved(lambda: process(on), lambda: process(plain), repeats=15)
    show("kg sparql --on, a relation of the day", mine, "the dated nodes", other)
    asked = [command, *MEMBERS[2:]]
    members = MEMBERS[4:-2]
    row = [command, "explain", "members", *members, "--where", "name=Hungary"]
    mine, other = interleaved(lambda: process(row), lambda: process(asked), repeats=15)
    show("kg explain, one row", mine, "kg query", other)
    counted = "SELECT (COUNT(?state) AS ?states) { ?state org:memberOf organisation:un }"
    count = [command, "explain", "sparql", "--on", DAY, "-e", counted]
    mine, other = interleaved(lambda: process(count), lambda: process(asked), repeats=7)
    show("kg explain, a count of 193", mine, "kg query", other)


def changes(graph: kg.Graph) -> None:
    """Compares what changed with plain questions: one as a process, all with asking both."""
    command = str(Path(sys.executable).with_name("kg"))
    one = [command, "changed", "members", "--since", DAY, "--on", "2024-04-01"]
    mine, other = interleaved(
        lambda: process(one, code=1), lambda: process([command, *MEMBERS[2:]]), repeats=15
    )
    show("kg changed, one question", mine, "kg query", other)
    then = graph.as_of(known_on=DAY)
    mine, other = interleaved(
        lambda: graph.changed(DAY),
        lambda: [each.query(name) for name in graph.queries for each in (then, graph)],
        repeats=3,
    )
    show(f"all that changed since {DAY}", mine, "asking both", other)


def queries(graph: kg.Graph, second_opinion: kg.Graph) -> None:
    """Compares each stored query, bound once, on the embedded engine and on rdflib."""
    ratios = []
    for name, query in graph.queries.items():
        values = {"on": DAY} if any(each.name == "on" for each in query.parameters) else {}
        text = graph.asker.bind(name, values)
        ours = [timed(lambda text=text: graph.engine.query(text)) for _ in range(7)]
        theirs = [timed(lambda text=text: second_opinion.engine.query(text))]
        if theirs[0] < 2:
            theirs += [timed(lambda text=text: second_opinion.engine.query(text)) for _ in range(2)]
        ratios.append(statistics.median(theirs) / statistics.median(ours))
        show(f"query {name}", ours, "rdflib", theirs)
    mean = math.exp(statistics.mean(map(math.log, ratios)))
    print(f"queries: {mean:.0f} times faster in the geometric mean, the slowest {min(ratios):.1f}")


def export(graph: kg.Graph) -> None:
    """Compares the export of the whole graph with rdflib's longturtle of the same triples."""
    ours = [timed(graph.export) for _ in range(5)]
    theirs_graph = to_rdflib(everything(graph))
    for prefix, namespace in graph.project.prefixes.namespaces.items():
        theirs_graph.bind(prefix, namespace)
    theirs = [timed(lambda: theirs_graph.serialize(format="longturtle")) for _ in range(2)]
    show("export as Turtle", ours, "longturtle", theirs)


def everything(graph: kg.Graph) -> object:
    """Gives all triples of the graph, derived ones included."""
    return construct(graph.engine, "CONSTRUCT WHERE { ?s ?p ?o }")


def process(command: list[str], *, code: int = 0) -> None:
    """Runs a command, which ends with an exit code, and throws its output away."""
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert ran.returncode == code, command


def timed(work: Callable[[], object]) -> float:
    """Gives how many seconds some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(
    mine: Callable[[], object], other: Callable[[], object], *, repeats: int
) -> tuple[list[float], list[float]]:
    """Times two pieces of work in turn, so that noise falls on both."""
    pairs = [(timed(mine), timed(other)) for _ in range(repeats)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def show(what: str, mine: list[float], peer: str, other: list[float]) -> None:
    """Prints both medians and the peer's as a multiple of ours."""
    ours, theirs = statistics.median(mine), statistics.median(other)
    times = f"{ours * 1000:9.1f} ms   {peer:14} {theirs * 1000:9.1f} ms"
    print(f"{what:32} {times}   {theirs / ours:7.2f}")


if __name__ == "__main__":
    main()
