"""The Python API as the README shows it."""

import datetime
import subprocess
import sys
from pathlib import Path

import pytest

import kg
from kg.engine import Triples


def test_a_table_iterates_with_python_values(graph: kg.Graph) -> None:
    table = graph.query("members", organisation="NATO", on="2022-10-12")
    first = next(iter(table))
    assert first["member"] == "https://w3id.org/alliance-kg/state/albania"
    assert first["name"] == "Albania"
    assert first["since"] == datetime.date(2009, 4, 1)
    assert table.columns == ("member", "name", "since", "certainty", "source")
    assert "2022-10-12" in table.sparql


def test_a_coarse_date_stays_as_precise_as_it_is(graph: kg.Graph) -> None:
    timeline = graph.query("membership-timeline", organisation="Comecon")
    since = {row["name"]: row["since"] for row in timeline}
    assert since["Poland"] == "1949-01"
    assert since["Cuba"] == "1972"


def test_a_data_frame_has_typed_columns(graph: kg.Graph) -> None:
    pandas = pytest.importorskip("pandas")
    frame = graph.query("members", organisation="NATO", on="2022-10-12").to_pandas()
    assert pandas.api.types.is_datetime64_any_dtype(frame["since"])
    assert pandas.api.types.is_string_dtype(frame["name"])
    assert frame["since"].min() == pandas.Timestamp("1949-08-24")
    counts = graph.query("co-membership-counts", on="2022-10-12").to_pandas()
    assert pandas.api.types.is_integer_dtype(counts["shared"])
    coarse = graph.query("membership-timeline", organisation="Comecon").to_pandas()
    assert pandas.api.types.is_string_dtype(coarse["since"])
    assert coarse["until"].isna().sum() == 0
    empty = graph.query("members", organisation="NATO", on="1900-01-01").to_pandas()
    assert (list(empty.columns), len(empty)) == (
        ["member", "name", "since", "certainty", "source"],
        0,
    )


def test_rows_are_chosen_by_certainty(graph: kg.Graph) -> None:
    founders = graph.query("members", organisation="Comecon", on="1949-01-15")
    certain = graph.query("members", certainty="certain", organisation="Comecon", on="1949-01-15")
    assert founders.column("certainty") == ["possible"] * 6
    assert len(certain) == 0
    assert certain.columns == founders.columns


def test_sparql_gives_a_table_triples_or_the_truth(graph: kg.Graph) -> None:
    assert isinstance(graph.sparql("SELECT ?s { ?s a kg:State }"), kg.Table)
    assert isinstance(graph.sparql("DESCRIBE state:chad"), Triples)
    assert graph.sparql("ASK { state:chad a kg:State }") is True


def test_the_working_copy_answers_for_itself(working_copy: Path) -> None:
    (working_copy / "graph" / "organisations" / "nato.ttl").unlink()
    graph = kg.open(working_copy, engine="memory")
    assert len(graph.query("members", organisation="EU", on="2022-10-12")) == 27
    with pytest.raises(kg.UnknownName, match="No organisation"):
        graph.query("members", organisation="NATO")


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(kg.UnknownName, match="embedded, memory, rdflib"):
        kg.open(engine="jena")


def test_every_public_name_is_listed_in_order() -> None:
    assert kg.__all__ == sorted(kg.__all__)
    assert all(hasattr(kg, name) for name in kg.__all__)


def test_importing_kg_loads_no_heavy_library() -> None:
    code = "import kg.cli.query, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"rdflib", "pyshacl", "SPARQLWrapper", "pandas"}.isdisjoint(ran.stdout.split())
