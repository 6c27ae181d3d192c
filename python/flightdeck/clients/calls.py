"""Calls to something else: how long they took and how they ended. Nothing here raises into the call."""

from __future__ import annotations

from asyncio import CancelledError
from time import perf_counter
from typing import (
    Any,
    Awaitable,
    Callable,
    Dict,
    Optional,
    Set,
    Tuple,
    TypeVar,
)

from .. import export, failures
from ..correlate import CURRENT, Request
from ..http_metrics import LATENCY_BUCKETS
from ..prometheus_client.metrics import Gauge, Histogram

T = TypeVar("T")

_OPERATIONS_MAX = 200


class Calls:
    """Times calls by operation: `NAME_duration_seconds{operation, outcome}` and `NAME_in_progress{operation}`.

    Outcomes are `ok`, `error`, and `cancelled`. Operations beyond the first 200 are one, `other`.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        # How OpenTelemetry's conventions name what is called.
        self._kind = export.CONSUMER if prefix == "task" else export.CLIENT
        self._attribute = {"db_query": "db.operation.name", "redis_command": "db.operation.name"}.get(
            prefix, "operation"
        )
        self._about = {"db.system.name": "redis"} if prefix == "redis_command" else {}
        self._duration = Histogram(
            f"{prefix}_duration_seconds", "How long calls took, by operation and outcome.", ["operation", "outcome"],
            buckets=LATENCY_BUCKETS,
        )  # fmt: skip
        self._in_progress = Gauge(
            f"{prefix}_in_progress", "Calls that have not ended.", ["operation"], multiprocess_mode="livesum"
        )
        self._operations: Set[str] = set()

    def begin(self, operation: str) -> "Optional[Call]":
        """A call that begins now."""
        try:
            if operation not in self._operations:
                if len(self._operations) >= _OPERATIONS_MAX:
                    operation = "other"
                self._operations.add(operation)
            self._in_progress.labels(operation).inc()
            return Call(self, operation, span_of_call())
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
                end_span(
                    call.span,
                    f"{self._prefix} {call.operation}",
                    kind,
                    seconds,
                    attributes,
                    outcome if outcome != "ok" else None,
                )
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


def span_of_call() -> Optional[Span]:
    """The span of a call that begins now, if the request at hand leaves spans."""
    request = CURRENT.get()
    if request is None or not request.may_leave_spans():
        return None
    return request, export.new_span_id()


def end_span(
    span: Span, name: str, kind: int, seconds: float, attributes: Dict[str, Any], error: Optional[str]
) -> None:
    request, span_id = span
    if error is not None:
        attributes["error.type"] = error
    trace_id, parent_id, sampled = request.trace()
    trace = trace_id, span_id, parent_id, sampled, request.trace_state()
    request.leave_span((trace, name, kind, *export.times(seconds), attributes, error))


# The verbs of SQL that are an operation of their own.
_VERBS = frozenset(
    "select insert update delete merge with begin commit rollback savepoint release create alter drop truncate copy call set show "
    "explain vacuum analyze listen notify lock values pragma".split()
)


def verb_of(query: Any) -> str:
    """What a query does, as far as its first word tells."""
    text = (
        query
        if isinstance(query, str)
        else query.decode("utf-8", "replace")
        if isinstance(query, bytes)
        else str(query)
    )
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
