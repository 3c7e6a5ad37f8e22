"""A service that is asked everything at once, for a while, holds no more than at the beginning."""

import os
import sys
from collections.abc import Callable

import pytest
from conftest import Served
from soak import OPTIONS, soak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the table of processes")

SECONDS = float(os.environ.get("KG_SOAK_SECONDS", "40"))


def test_memory_and_files_stay_flat(start_service: Callable[..., Served]) -> None:
    served = start_service(*OPTIONS, "--quiet")
    found = soak(served, SECONDS)
    print(found)
    assert found.statuses[200] > SECONDS
    assert found.statuses[304] and found.statuses[400] and found.statuses[422]
    assert not found.mistakes
    assert served.stop() == 0
    assert not [line for line in served.words if line.startswith("Traceback")]
