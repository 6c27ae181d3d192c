"""Calls to other services over HTTP: how long they took until the last byte and how they ended. Nothing here raises into the call."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import Any, AsyncIterable, AsyncIterator, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Set

from .. import export, failures
from ..correlate import outgoing_headers
from ..http_metrics import LATENCY_BUCKETS, METHODS, SIZE_BUCKETS
from ..prometheus_client.metrics import Counter, Gauge, Histogram
from .calls import Span, end_span, span_of_call

_HOSTS_MAX = 100


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

    @contextmanager
    def calling(self, host: Optional[str], method: str, headers: Any) -> "Iterator[Answered]":
        """A call from here to its answer, whose headers say for whom it is; what it gives is to be told the answer."""
        call = self._begin(host, method)
        add_headers(headers, call)
        try:
            yield _nobody_counts if call is None else call.answered
        except BaseException as error:
            if call is not None:
                call.failed(error)
            raise

    def _begin(self, host: Optional[str], method: str) -> "Optional[ExternalCall]":
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
        self.span = span_of_call()
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

    def _end_span(self, span: Span, elapsed: float, status: str, incomplete: Optional[str]) -> None:
        attributes: Dict[str, Any] = {"http.request.method": self.method, "server.address": self.host}
        error = {"error": "connection_error", "cancelled": "cancelled"}.get(status)
        if self.status is not None:
            attributes["http.response.status_code"] = self.status
            # To the caller an answer that refuses is an error too.
            error = status if self.status >= 400 else "body_error" if incomplete == "error" else None
        end_span(span, "HTTP" if self.method == "_OTHER" else self.method, export.CLIENT, elapsed, attributes, error)


# Told the status, the headers of the request, the answer, and what follows the body of the answer.
Answered = Callable[[int, Mapping[str, str], Any, Callable[[Any, ExternalCall], None]], None]


def _nobody_counts(*_: Any) -> None:
    pass


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
        told = outgoing_headers(span[1] if span else "")
        # What a trace says belongs to whoever told the trace.
        if "traceparent" in headers:
            told.pop("tracestate", None)
        for name, value in told.items():
            if name not in headers:
                headers[name] = value
    except Exception:
        failures.count("passing on the trace")


_made: List[ExternalApi] = []


def external_api() -> ExternalApi:
    """Calls to other services, made when they are first wanted."""
    if not _made:
        _made.append(ExternalApi())
    return _made[0]
