"""What the service counts, in the form that Prometheus reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

if TYPE_CHECKING:
    from kg.web.service import Service

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)


class Metrics:
    """Counts of requests, answers remembered, processes ended; and how long answers took."""

    media_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "kg_http_requests_total",
            "Requests that were answered, by what answered and by status.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "kg_http_request_seconds",
            "How long answers took, in seconds.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.remembered = Counter(
            "kg_answers_total",
            "Answers, by whether they were remembered, not modified, or worked out.",
            ["how"],
            registry=self.registry,
        )

    def watch(self, service: Service) -> None:
        """Tells the state of the queue, the processes and the cache whenever it is asked."""
        states = {
            "kg_requests_waiting": ("Requests that wait for their turn.", _waiting),
            "kg_requests_active": ("Requests that processes work on.", _active),
            "kg_processes_ended": ("Processes that were ended at a limit.", _ended),
            "kg_cache_bytes": ("Bytes of answers that are remembered.", _cached),
        }
        for name, (meaning, state) in states.items():
            gauge = Gauge(name, meaning, registry=self.registry)
            gauge.set_function(lambda state=state: state(service))  # type: ignore[misc]

    def written(self) -> bytes:
        """Gives all in Prometheus' text format."""
        return generate_latest(self.registry)


def _waiting(service: Service) -> float:
    return service.pool.turns.waiting


def _active(service: Service) -> float:
    return service.pool.turns.active


def _ended(service: Service) -> float:
    return service.pool.killed


def _cached(service: Service) -> float:
    return service.answers.used
