"""Calls to something else: how long they took and how they ended. Nothing here raises into the call."""

from __future__ import annotations

from asyncio import CancelledError
from time import perf_counter
from typing import Any, Awaitable, Callable, Dict, NamedTuple, Optional, Set, Tuple, TypeVar

from .. import export, failures
from ..correlate import CURRENT, Request, outgoing_headers
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
        self._prefix = prefix
        # How OpenTelemetry's conventions name what is called.
        self._kind = export.CONSUMER if prefix == "task" else export.CLIENT
        self._attribute = {"db_query": "db.operation.name", "redis_command": "db.operation.name"}.get(prefix, "operation")
        self._about = {"db.system.name": "redis"} if prefix == "redis_command" else {}
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
            return Call(self, operation, _span_of_call())
        except Exception:
            failures.count("beginning a call")
            return None

    def end(self, call: "Optional[Call]", outcome: str) -> None:
        """Records how it ended."""
        if call is None:
            return
        try:
            seconds = perf_counter() - call.started
            self._in_progress.labels(call.operation).dec()
            self._duration.labels(call.operation, outcome).observe(seconds)
            if call.span is not None:
                kind, attributes = self._kind, {self._attribute: call.operation, **self._about}
                _end_span(call.span, f"{self._prefix} {call.operation}", kind, seconds, attributes, outcome if outcome != "ok" else None)
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

    __slots__ = ("calls", "operation", "span", "started")

    def __init__(self, calls: Calls, operation: str, span: "Optional[Span]") -> None:
        self.calls = calls
        self.operation = operation
        self.span = span
        self.started = perf_counter()


# The request it is part of, and its own id.
Span = Tuple[Request, str]


def _span_of_call() -> Optional[Span]:
    """The span of a call that begins now, if the request at hand leaves spans."""
    request = CURRENT.get()
    if request is None or not request.may_leave_spans():
        return None
    return request, export.new_span_id()


def _end_span(span: Span, name: str, kind: int, seconds: float, attributes: Dict[str, Any], error: Optional[str]) -> None:
    request, span_id = span
    if error is not None:
        attributes["error.type"] = error
    trace_id, parent_id, sampled = request.trace()
    request.leave_span(((trace_id, span_id, parent_id, sampled), name, kind, *export.times(seconds), attributes, error))


class ExternalCall(NamedTuple):
    """A call to another service that has begun."""

    host: str
    method: str
    started: float
    span: Optional[Span]


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

    def begin(self, host: Optional[str], method: str) -> Optional[ExternalCall]:
        """A call that begins now."""
        try:
            host = host or "other"
            if host not in self._hosts:
                if len(self._hosts) >= _HOSTS_MAX:
                    host = "other"
                self._hosts.add(host)
            method = method.upper() if method.upper() in METHODS else "_OTHER"
            self._in_progress.labels(host, method).inc()
            return ExternalCall(host, method, perf_counter(), _span_of_call())
        except Exception:
            failures.count("beginning a call")
            return None

    def end(self, call: Optional[ExternalCall], status: Any) -> None:
        """Records how it ended: a status, `error` or `cancelled`."""
        if call is None:
            return
        try:
            host, method, started, span = call
            status, seconds = str(status), perf_counter() - started
            self._in_progress.labels(host, method).dec()
            self._requests.labels(host, method, status).inc()
            self._duration.labels(host, method, status).observe(seconds)
            if span is not None:
                attributes: Dict[str, Any] = {"http.request.method": method, "server.address": host}
                if status.isdigit():
                    attributes["http.response.status_code"] = int(status)
                # To the caller an answer that refuses is an error too.
                error = status if not status.isdigit() or int(status) >= 400 else None
                _end_span(span, "HTTP" if method == "_OTHER" else method, export.CLIENT, seconds, attributes, error)
        except Exception:
            failures.count("recording a call")


def add_headers(headers: Any, call: Optional[ExternalCall]) -> None:
    """Tells the called service which request and trace it works for, unless somebody did."""
    try:
        span = call.span if call is not None else None
        for name, value in outgoing_headers(span[1] if span else "").items():
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
