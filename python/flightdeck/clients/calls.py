"""Calls to something else: how long they took and how they ended. Nothing here raises into the call."""

from __future__ import annotations

from asyncio import CancelledError
from time import perf_counter
from typing import Any, Awaitable, Callable, Dict, Optional, Set, Tuple, TypeVar

from .. import failures
from ..correlate import outgoing_headers
from ..http_metrics import LATENCY_BUCKETS, METHODS
from ..prometheus_client.metrics import Counter, Gauge, Histogram

T = TypeVar("T")

_OPERATIONS_MAX = 200
_HOSTS_MAX = 100


class Calls:
    """Times calls by operation: `NAME_duration_seconds{operation, outcome}` and `NAME_in_progress{operation}`.

    Outcomes are `ok`, `error`, and `cancelled`. Operations beyond the first 200 are one, `other`.
    """

    def __init__(self, prefix: str) -> None:
        self._duration = Histogram(
            f"{prefix}_duration_seconds", "How long calls took, by operation and outcome.", ["operation", "outcome"],
            buckets=LATENCY_BUCKETS,
        )  # fmt: skip
        self._in_progress = Gauge(f"{prefix}_in_progress", "Calls that have not ended.", ["operation"], multiprocess_mode="livesum")
        self._operations: Set[str] = set()

    def begin(self, operation: str) -> "Optional[Call]":
        """A call that begins now."""
        try:
            if operation not in self._operations:
                if len(self._operations) >= _OPERATIONS_MAX:
                    operation = "other"
                self._operations.add(operation)
            self._in_progress.labels(operation).inc()
            return Call(self, operation)
        except Exception:
            failures.count("beginning a call")
            return None

    def end(self, call: "Optional[Call]", outcome: str) -> None:
        """Records how it ended."""
        if call is None:
            return
        try:
            self._in_progress.labels(call.operation).dec()
            self._duration.labels(call.operation, outcome).observe(perf_counter() - call.started)
        except Exception:
            failures.count("recording a call")

    def timed(self, operation: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Calls a function and records it."""
        call = self.begin(operation)
        outcome = "error"
        try:
            result = function(*args, **kwargs)
            outcome = "ok"
            return result
        finally:
            self.end(call, outcome)

    async def timed_async(self, operation: str, function: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
        """Awaits a call and records it, also when it is given up."""
        call = self.begin(operation)
        outcome = "error"
        try:
            result = await function(*args, **kwargs)
            outcome = "ok"
            return result
        except CancelledError:
            outcome = "cancelled"
            raise
        finally:
            self.end(call, outcome)


class Call:
    """A call that has begun."""

    __slots__ = ("calls", "operation", "started")

    def __init__(self, calls: Calls, operation: str) -> None:
        self.calls = calls
        self.operation = operation
        self.started = perf_counter()


class ExternalApi:
    """Calls to other services over HTTP. Paths are never labels, and of hosts the first hundred."""

    def __init__(self) -> None:
        labels = ["host", "method", "status"]
        self._requests = Counter("external_api_requests_total", "Calls to other services.", labels)
        self._duration = Histogram(
            "external_api_request_duration_seconds", "Time until the head of the answer.", labels, buckets=LATENCY_BUCKETS
        )
        self._in_progress = Gauge(
            "external_api_requests_in_progress", "Calls that are not answered yet.", ["host", "method"], multiprocess_mode="livesum"
        )
        self._hosts: Set[str] = set()

    def begin(self, host: Optional[str], method: str) -> Optional[Tuple[str, str, float]]:
        """A call that begins now."""
        try:
            host = host or "other"
            if host not in self._hosts:
                if len(self._hosts) >= _HOSTS_MAX:
                    host = "other"
                self._hosts.add(host)
            method = method.upper() if method.upper() in METHODS else "_OTHER"
            self._in_progress.labels(host, method).inc()
            return host, method, perf_counter()
        except Exception:
            failures.count("beginning a call")
            return None

    def end(self, call: Optional[Tuple[str, str, float]], status: Any) -> None:
        """Records how it ended: a status, `error` or `cancelled`."""
        if call is None:
            return
        try:
            host, method, started = call
            self._in_progress.labels(host, method).dec()
            self._requests.labels(host, method, str(status)).inc()
            self._duration.labels(host, method, str(status)).observe(perf_counter() - started)
        except Exception:
            failures.count("recording a call")


def add_headers(headers: Any) -> None:
    """Tells the called service which request and trace it works for, unless somebody did."""
    try:
        for name, value in outgoing_headers().items():
            if name not in headers:
                headers[name] = value
    except Exception:
        failures.count("passing on the trace")


# The verbs of SQL that are an operation of their own.
_VERBS = frozenset(
    "select insert update delete merge with begin commit rollback savepoint release create alter drop truncate copy call set show "
    "explain vacuum analyze listen notify lock values pragma".split()
)


def verb_of(query: Any) -> str:
    """What a query does, as far as its first word tells."""
    text = query if isinstance(query, str) else query.decode("utf-8", "replace") if isinstance(query, bytes) else str(query)
    text = text[:1000].lstrip(" \t\r\n(")
    while text.startswith(("--", "/*")):
        end = "\n" if text.startswith("--") else "*/"
        text = text.partition(end)[2].lstrip(" \t\r\n(")
    verb = text[:16].split(maxsplit=1)[0].rstrip(";").lower() if text else ""
    return verb if verb in _VERBS else "other"


_made: Dict[str, Any] = {}


def calls_of(prefix: str) -> Calls:
    """The calls of that prefix, made when they are first wanted."""
    if prefix not in _made:
        _made[prefix] = Calls(prefix)
    return _made[prefix]  # type: ignore[no-any-return]


def external_api() -> ExternalApi:
    """Calls to other services, made when they are first wanted."""
    if "external_api" not in _made:
        _made["external_api"] = ExternalApi()
    return _made["external_api"]  # type: ignore[no-any-return]
