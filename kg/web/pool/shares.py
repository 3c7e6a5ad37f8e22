"""What each client has had of the processors of late: who has had much more than others yields."""

import time
from collections.abc import Callable
from typing import Final

_HALF_LIFE: Final = 10.0
"""Seconds after which what a client has had counts half."""
_LEAST: Final = 0.5
"""Seconds of work that nobody yields for."""
_MUCH: Final = 1.25
"""How many times the mean of all clients is more than a fair share."""
_MOST_CLIENTS: Final = 1000


class Shares:
    """Seconds of work by client, which fade; `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._had: dict[str, float] = {}  # as if all had been at the beginning
        self._total = 0.0

    def note(self, client: str, seconds: float) -> None:
        """Notes that a client's job has worked for some seconds."""
        worth = seconds * self._growth
        self._had[client] = self._had.get(client, 0.0) + worth
        self._total += worth
        if len(self._had) > _MOST_CLIENTS or self._growth > 1e9:
            self._fade()

    def yields(self, client: str) -> bool:
        """Tells whether a client has had more than its share, so that others come before it."""
        had = self._had.get(client, 0.0)
        return had > _LEAST * self._growth and had * len(self._had) > _MUCH * self._total

    @property
    def _growth(self) -> float:
        """How much more a second counts now than at the beginning."""
        return float(2 ** ((self._clock() - self._began) / _HALF_LIFE))

    def _fade(self) -> None:
        """Begins anew with what still counts: the larger half of the clients."""
        growth = self._growth
        self._began = self._clock()
        kept = sorted(self._had.items(), key=lambda each: -each[1])[: _MOST_CLIENTS // 2]
        self._had = {client: had / growth for client, had in kept}
        self._total = sum(self._had.values())
