"""Calls to something else: how long they took and how they ended. Nothing here raises into the call."""

from __future__ import annotations

from asyncio import CancelledError
from time import perf_counter
from typing import (
    Any,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Set,
    Tuple,
    TypeVar,
)

from .. import export, failures
from ..correlate import CURRENT, Request, outgoing_headers
from ..http_metrics import LATENCY_BUCKETS, METHODS, SIZE_BUCKETS
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
                _end_span(
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


def _span_of_call() -> Optional[Span]:
    """The span of a call that begins now, if the request at hand leaves spans."""
    request = CURRENT.get()
    if request is None or not request.may_leave_spans():
        return None
    return request, export.new_span_id()


def _end_span(
    span: Span, name: str, kind: int, seconds: float, attributes: Dict[str, Any], error: Optional[str]
) -> None:
    request, span_id = span
    if error is not None:
        attributes["error.type"] = error
    trace_id, parent_id, sampled = request.trace()
    request.leave_span(((trace_id, span_id, parent_id, sampled), name, kind, *export.times(seconds), attributes, error))


class ExternalApi:
    """Calls to other services over HTTP. Paths are never labels, and of hosts the first hundred."""

    def __init__(self) -> None:
        by_host, by_status = ["host", "method"], ["host", "method", "status"]

        def histogram(name: str, documentation: str, labels: List[str], buckets: Any) -> Histogram:
            return Histogram(f"external_api_{name}", documentation, labels, buckets=buckets)

        self.requests = Counter("external_api_requests_total", "Calls to other services that ended.", by_status)
        self.duration = histogram(
            "request_duration_seconds",
            "Time until the last byte of the answer was read; of event streams, until the head.",
            by_status,
            LATENCY_BUCKETS,
        )
        self.first_byte = histogram(
            "response_first_byte_seconds", "Time until the head of the answer.", by_status, LATENCY_BUCKETS
        )
        self.in_progress = Gauge(
            "external_api_requests_in_progress",
            "Calls whose answer is not read to the end yet.",
            by_host,
            multiprocess_mode="livesum",
        )
        self.request_size = histogram(
            "request_size_bytes",
            "Bodies of calls that were answered, as far as their size is known.",
            by_host,
            SIZE_BUCKETS,
        )
        self.response_size = histogram(
            "response_size_bytes", "Bodies of answers, as far as they were read.", by_host, SIZE_BUCKETS
        )
        self.incomplete = Counter(
            "external_api_responses_incomplete_total",
            "Answers whose body broke off (error), or was not read to its end (dropped).",
            ["host", "method", "reason"],
        )
        self._hosts: Set[str] = set()

    def begin(self, host: Optional[str], method: str) -> "Optional[ExternalCall]":
        """A call that begins now."""
        try:
            host = host or "other"
            if host not in self._hosts:
                if len(self._hosts) >= _HOSTS_MAX:
                    host = "other"
                self._hosts.add(host)
            method = method.upper() if method.upper() in METHODS else "_OTHER"
            self.in_progress.labels(host, method).inc()
            return ExternalCall(self, host, method)
        except Exception:
            failures.count("beginning a call")
            return None


class ExternalCall:
    """A call to another service, from its beginning to the last byte of its answer; forgotten before, it was given up."""

    __slots__ = (
        "api",
        "host",
        "method",
        "started",
        "span",
        "status",
        "first_byte",
        "is_stream",
        "announced",
        "read_bytes",
        "is_over",
    )

    def __init__(self, api: ExternalApi, host: str, method: str) -> None:
        self.api = api
        self.host = host
        self.method = method
        self.span = _span_of_call()
        self.status: Optional[int] = None
        # Until the head of the answer, in seconds.
        self.first_byte: Optional[float] = None
        # Whether the answer has no end of its own.
        self.is_stream = False
        # How long the body of the answer is, where that is known.
        self.announced: Optional[int] = None
        # `None` where nobody counts.
        self.read_bytes: Optional[int] = 0
        self.is_over = False
        self.started = perf_counter()

    def failed(self, error: Optional[BaseException]) -> None:
        """There will be no answer: because of an error, or because nobody waits for it."""
        self._end("error" if isinstance(error, Exception) else "cancelled", None)

    def answered(
        self, status: int, asked: Mapping[str, str], answer: Any, follow: "Callable[[Any, ExternalCall], None]"
    ) -> None:
        """There is an answer, whose body is still to come and can be followed; `asked` are the headers of the request."""
        try:
            self.status, self.first_byte = status, perf_counter() - self.started
            headers = answer.headers
            self.is_stream = headers.get("content-type", "").partition(";")[0].strip().lower() == "text/event-stream"
            sent = _length_of(asked, 0)
            if sent is not None:
                self.api.request_size.labels(self.host, self.method).observe(sent)
            has_no_body = self.method == "HEAD" or status in (204, 304)
            self.announced = 0 if has_no_body else _length_of(headers, None)
            follow(answer, self)
        except Exception:
            failures.count("recording a call")

    def body_ended(self) -> None:
        """All of the answer was read."""
        self._end(str(self.status), None)

    def body_broke_off(self) -> None:
        """There is no more of the answer, although there should be."""
        self._end(str(self.status), "error")

    def body_left(self) -> None:
        """Nobody reads any further. That may well be after the last byte."""
        is_whole = self.is_stream or (
            self.announced is not None and self.read_bytes is not None and self.read_bytes >= self.announced
        )
        self._end(str(self.status), None if is_whole else "dropped")

    def parts(self, body: Iterable[bytes]) -> Iterator[bytes]:
        """The body of the answer as it comes."""
        try:
            for part in body:
                self._has_read(part)
                yield part
        except Exception:
            self.body_broke_off()
            raise
        self.body_ended()

    async def parts_async(self, body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """The same of one that is awaited."""
        try:
            async for part in body:
                self._has_read(part)
                yield part
        except Exception:
            self.body_broke_off()
            raise
        self.body_ended()

    def __del__(self) -> None:
        if self.first_byte is None:
            self.failed(None)
        else:
            self.body_left()

    def _has_read(self, part: bytes) -> None:
        if self.read_bytes is not None:
            self.read_bytes += len(part)

    def _end(self, status: str, incomplete: Optional[str]) -> None:
        """Records how it ended, the first time."""
        if self.is_over:
            return
        self.is_over = True
        try:
            api, by_host, by_status = self.api, (self.host, self.method), (self.host, self.method, status)
            elapsed = perf_counter() - self.started
            api.in_progress.labels(*by_host).dec()
            api.requests.labels(*by_status).inc()
            # How long a stream was open is no latency.
            is_latency = self.first_byte is None or not self.is_stream
            api.duration.labels(*by_status).observe(elapsed if is_latency else self.first_byte)
            if self.first_byte is not None:
                api.first_byte.labels(*by_status).observe(self.first_byte)
                if self.read_bytes is not None:
                    api.response_size.labels(*by_host).observe(self.read_bytes)
            if incomplete is not None:
                api.incomplete.labels(*by_host, incomplete).inc()
            if self.span is not None:
                self._end_span(self.span, elapsed, status, incomplete)
        except Exception:
            failures.count("recording a call")

    def _end_span(self, span: "Span", elapsed: float, status: str, incomplete: Optional[str]) -> None:
        attributes: Dict[str, Any] = {"http.request.method": self.method, "server.address": self.host}
        error = {"error": "connection_error", "cancelled": "cancelled"}.get(status)
        if self.status is not None:
            attributes["http.response.status_code"] = self.status
            # To the caller an answer that refuses is an error too.
            error = status if self.status >= 400 else "body_error" if incomplete == "error" else None
        _end_span(span, "HTTP" if self.method == "_OTHER" else self.method, export.CLIENT, elapsed, attributes, error)


def _length_of(headers: Mapping[str, str], otherwise: Optional[int]) -> Optional[int]:
    """How long a body is that goes with these headers: `otherwise` if they announce none."""
    if "transfer-encoding" in headers:
        return None
    length = headers.get("content-length", "")
    return int(length) if length.isdigit() else otherwise


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


def external_api() -> ExternalApi:
    """Calls to other services, made when they are first wanted."""
    if "external_api" not in _made:
        _made["external_api"] = ExternalApi()
    return _made["external_api"]  # type: ignore[no-any-return]
