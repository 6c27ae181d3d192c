"""What every HTTP server is measured by, whatever its framework.

| metric | labels | |
|---|---|---|
| `http_requests_total` | method, route, status | requests answered; 499 where the client went away first |
| `http_request_duration_seconds` | method, route, status | until the last byte; of event streams until the first |
| `http_response_first_byte_seconds` | method, route, status | until the head of the answer |
| `http_requests_in_progress` | method, route | not answered to the end yet |
| `http_request_size_bytes` | method, route | bodies that announced their length |
| `http_response_size_bytes` | method, route | bodies as they were sent |
| `http_background_duration_seconds` | route | work after the last byte: background tasks, which are no latency |
| `http_request_exceptions_total` | method, route, exception | exceptions that left the application |
| `http_sessions_in_progress`, `http_session_duration_seconds` | kind, route | WebSockets and event streams |

What a client can make up is never a label: paths that matched nothing are `unmatched`, words that are no method `_OTHER`.
"""

from __future__ import annotations

from time import monotonic
from typing import Any, Dict, Iterable, Optional, Tuple

from . import _core, failures, workers
from .prometheus_client.metrics import Counter, Histogram
from .prometheus_client.metrics_core import GaugeMetricFamily, Metric
from .prometheus_client.registry import REGISTRY

UNMATCHED = "unmatched"
CLIENT_CLOSED_REQUEST = 499

# Bounds in seconds: what people wait for, and from a second to a day.
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
SESSION_BUCKETS = (1, 5, 15, 60, 300, 900, 3_600, 14_400, 43_200, 86_400)
SIZE_BUCKETS = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)

# Every answer has a moment between its last byte and the end of the application; work that is worth a sample is longer.
BACKGROUND_SECONDS_MIN = 0.001

METHODS = frozenset(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"))

# How old the other workers' idea of what is in progress here may be.
_PUBLISH_SECONDS = 0.25


class Families:
    """The metrics of one registry, and which requests are in progress."""

    def __init__(self, registry: Any) -> None:
        by_route, by_status = ("method", "route"), ("method", "route", "status")

        def counter(name: str, documentation: str, labels: Iterable[str]) -> Counter:
            return Counter(name, documentation, labels, registry=registry)

        def histogram(name: str, documentation: str, labels: Iterable[str], buckets: Any) -> Histogram:
            return Histogram(name, documentation, labels, registry=registry, buckets=buckets)

        self.requests = counter(
            "http_requests_total", "Requests answered; 499 where the client went away first.", by_status
        )
        self.duration = histogram(
            "http_request_duration_seconds",
            "Time until the last byte of the answer; of event streams, until the first.",
            by_status,
            LATENCY_BUCKETS,
        )
        self.first_byte = histogram(
            "http_response_first_byte_seconds", "Time until the head of the answer.", by_status, LATENCY_BUCKETS
        )
        self.request_size = histogram(
            "http_request_size_bytes", "Bodies of requests that announced their length.", by_route, SIZE_BUCKETS
        )
        self.response_size = histogram(
            "http_response_size_bytes", "Bodies of answers, as sent.", by_route, SIZE_BUCKETS
        )
        self.background = histogram(
            "http_background_duration_seconds", "Work after the last byte of the answer.", ("route",), LATENCY_BUCKETS
        )
        self.exceptions = counter(
            "http_request_exceptions_total", "Exceptions that left the application.", ("method", "route", "exception")
        )
        self.session_duration = histogram(
            "http_session_duration_seconds",
            "How long event streams and WebSockets were open.",
            ("kind", "route"),
            SESSION_BUCKETS,
        )
        if registry is not REGISTRY:
            registry.register(failures.counter())
        # By status, where a request that is over is counted: finding it is one lookup.
        self._recorders: Dict[Tuple[str, str, int], Any] = {}
        self.active: Dict[int, Any] = {}
        self.in_progress = InProgress(self)
        registry.register(self.in_progress)

    def record(
        self,
        key: Tuple[str, str, int],
        seconds: float,
        first_byte: Optional[float],
        response_bytes: int,
        request_bytes: Optional[int],
        exemplar: Optional[Dict[str, str]] = None,
    ) -> None:
        """Counts a request by its method, route and status."""
        recorder = self._recorders.get(key)
        if recorder is None:
            recorder = self._recorders[key] = self._recorder(*key)
        if exemplar is not None:
            self.duration.labels(key[0], key[1], str(key[2])).observe(seconds, exemplar)
            recorder.record(None, first_byte, response_bytes, request_bytes)
        else:
            recorder.record(seconds, first_byte, response_bytes, request_bytes)

    def _recorder(self, method: str, route: str, status: int) -> Any:
        labels = (method, route, str(status))
        children = (
            self.requests.labels(*labels),
            self.duration.labels(*labels),
            self.first_byte.labels(*labels),
            self.response_size.labels(method, route),
            self.request_size.labels(method, route),
        )
        return _core.Recorder(*children) if children[0]._is_native() else _RecorderOfFiles(*children)


class _RecorderOfFiles:
    """Where requests are counted whose numbers are in files."""

    def __init__(self, *children: Any) -> None:
        self._requests, self._duration, self._first_byte, self._response_size, self._request_size = children

    def record(
        self,
        seconds: Optional[float],
        first_byte: Optional[float],
        response_bytes: float,
        request_bytes: Optional[float],
    ) -> None:
        self._requests.inc()
        if seconds is not None:
            self._duration.observe(seconds)
        if first_byte is not None:
            self._first_byte.observe(first_byte)
            self._response_size.observe(response_bytes)
        if request_bytes is not None:
            self._request_size.observe(request_bytes)


class InProgress:
    """Counts requests in progress when somebody asks: by then the framework has told their routes.

    Other workers cannot ask; they are told while something changes, at most a few times a second.
    """

    def __init__(self, families: Families) -> None:
        self._families = families
        # What the others were told last, by family, kind or method, and route.
        self._published: Dict[Tuple[str, str, str], int] = {}
        self._is_published = False
        self._next = 0.0
        workers.on_publish(self.publish)

    def describe(self) -> Iterable[Metric]:
        """The families without their samples."""
        return self._as_families({})

    def collect(self) -> Iterable[Metric]:
        """The families as they are now."""
        return () if self._is_published else self._as_families(self._counts())

    def changed(self, later: Any) -> None:
        """Something began or ended; `later(seconds, function)` has the others told."""
        now = monotonic()
        if now >= self._next:
            self._next = now + _PUBLISH_SECONDS
            later(_PUBLISH_SECONDS, self.publish)

    def publish(self) -> None:
        """Tells the other workers."""
        try:
            counts = self._counts()
            for key in {*counts, *self._published}:
                if counts.get(key, 0) != self._published.get(key):
                    family, kind, route = key
                    name, documentation, labels = _IN_PROGRESS[family]
                    workers.set_number(
                        "gauge", name, documentation, dict(zip(labels, (kind, route))), counts.get(key, 0), "livesum"
                    )
                    self._published[key] = counts.get(key, 0)
            self._is_published = True
        except Exception:
            failures.count("telling what is in progress")

    def _counts(self) -> Dict[Tuple[str, str, str], int]:
        counts: Dict[Tuple[str, str, str], int] = {}
        for exchange in list(self._families.active.values()):
            kind = ("sessions", exchange.session) if exchange.session else ("requests", exchange.method)
            key = (*kind, exchange.route() or UNMATCHED)
            counts[key] = counts.get(key, 0) + 1
        return counts

    @staticmethod
    def _as_families(counts: Dict[Tuple[str, str, str], int]) -> Iterable[Metric]:
        for kind, (name, documentation, labels) in _IN_PROGRESS.items():
            family = GaugeMetricFamily(name, documentation, labels=labels)
            for (of, first, route), count in counts.items():
                if of == kind:
                    family.add_metric((first, route), count)
            yield family


_IN_PROGRESS = {
    "requests": ("http_requests_in_progress", "Requests that are not answered to the end yet.", ("method", "route")),
    "sessions": ("http_sessions_in_progress", "Event streams and WebSockets that are open.", ("kind", "route")),
}

# One set of families for each registry, however many applications there are in the process.
_made: Dict[int, Tuple[Any, Families]] = {}


def families_of(registry: Any) -> Families:
    """The metrics of a registry, made when they are first wanted."""
    if id(registry) not in _made:
        _made[id(registry)] = (registry, Families(registry))
    return _made[id(registry)][1]
