"""What the OpenAPI document says is so: schemathesis finds nothing that is otherwise.

All operations are tried when KG_SCHEMATHESIS is `all`, which takes ten minutes; else some of
each kind, chosen by the seed.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from conftest import Served

TESTS = Path(__file__).parent
SEED = 2022
OF_EACH_KIND = 1
FIXED = ["/sparql", "/{kind}/{slug}", "/search"]
INSTEAD = "negative_data_rejection,positive_data_acceptance"
"""The checks that the rules replace by others, which know more."""


def paths_of(address: str) -> list[str]:
    """Gives the paths to try."""
    paths = list(json.loads(httpx.get(f"{address}/openapi.json", timeout=30).content)["paths"])
    if os.environ.get("KG_SCHEMATHESIS") == "all":
        return paths
    chance = random.Random(SEED)
    kinds = [
        sorted(path for path in paths if path.startswith(f"/{kind}/"))
        for kind in ("query", "explain", "why-not")
    ]
    return [*FIXED, *(path for some in kinds for path in chance.sample(some, OF_EACH_KIND))]


def test_schemathesis_finds_nothing(start_service: Callable[..., Served], tmp_path: Path) -> None:
    served = start_service("--timeout", "3", "--client", "8", "--quiet")
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "--no-color"),
        *("--config-file", str(TESTS / "schemathesis.toml"), "run"),
        *(f"{served.address}/openapi.json", "--workers", "1", "--seed", str(SEED)),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--no-shrink"),
        *("--exclude-checks", INSTEAD, "--suppress-health-check", "all"),
        *(part for path in paths_of(served.address) for part in ("--include-path", path)),
    ]
    rules = {"SCHEMATHESIS_HOOKS": "schemathesis_rules", "PYTHONPATH": str(TESTS)}
    ran = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, **rules}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
    served.stop()
    assert not [line for line in served.words if line.startswith("Traceback")]
