"""One request of a server that is not ASGI: what WSGI and aiohttp have in common."""

from __future__ import annotations

import threading
from time import perf_counter
from typing import Any, Callable, Dict, Optional, Tuple

from . import export, failures, logs, workers
from .correlate import CURRENT, Request, accept_request_id
from .http_metrics import METHODS, UNMATCHED, Families


class Served(Request):
    """A request from its arrival to the last byte of its answer."""

    __slots__ = (
        "families",
        "method",
        "session",
        "started",
        "first_byte",
        "ended",
        "request_bytes",
        "response_bytes",
        "find_route",
        "error",
        "path",
        "query",
        "about",
        "_token",
    )

    def __init__(
        self,
        families: Families,
        method: str,
        sent_id: Optional[str],
        sent_trace: Tuple[Optional[str], Optional[str]],
        sent_length: Optional[str],
        find_route: Callable[[], Optional[str]],
    ) -> None:
        """`sent_trace`: the headers `traceparent` and `tracestate`."""
        self.started = perf_counter()
        self.families = families
        self.method = method if method in METHODS else "_OTHER"
        self.session = ""
        self.first_byte = 0.0
        self.ended = 0.0
        self.response_bytes = 0
        known = sent_length is not None and sent_length.isascii() and sent_length.isdigit() and len(sent_length) < 19
        self.request_bytes = int(sent_length) if known and sent_length is not None else None
        self.find_route = find_route
        # Servers make one of several; the first is meant, as with ASGI.
        self.request_id = accept_request_id(_encoded(None if sent_id is None else sent_id.partition(",")[0]))
        self.sent_parent, self.sent_state = _encoded(sent_trace[0]), _encoded(sent_trace[1])
        self.error: Optional[BaseException] = None
        # What only its span tells.
        self.path = self.query = ""
        self.about: Dict[str, str] = {}
        self.arrive()
        if self.sent_parent is not None or export.wants_spans():
            self.begin_recording()
        families.active[id(self)] = self
        self._token: Any = CURRENT.set(self)

    def route(self) -> Optional[str]:
        """The template that it matched, as soon as it is known."""
        return self.find_route()

    def end(self, status: int) -> None:
        """Records it, once."""
        if self.ended:
            return
        self.ended = perf_counter()
        self.families.active.pop(id(self), None)
        try:
            route = self.route() or UNMATCHED
            if self.session:
                self.families.session_duration.labels(self.session, route).observe(
                    self.ended - (self.first_byte or self.started)
                )
                if self.session == "websocket":
                    return
            started, first = self.started, self.first_byte
            seconds = (first if self.session and first else self.ended) - started
            leaves_spans = self.decide(status >= 500 or self.error is not None, seconds)
            self.families.record(
                (self.method, route, status),
                seconds,
                first - started if first else None,
                self.response_bytes,
                self.request_bytes,
                self.exemplar(),
            )
            if leaves_spans and export.wants_spans():
                times = self.ended - started, 0.0
                request_span(self, self.method, route, status, times, self.path, self.query, self.about, self.error)
        except Exception:
            failures.count("recording a request")

    def failed(self, error: BaseException) -> None:
        """Counts an exception that left the application."""
        self.error = error
        try:
            self.families.exceptions.labels(self.method, self.route() or UNMATCHED, type(error).__name__).inc()
        except Exception:
            failures.count("recording an exception")

    def leave(self) -> None:
        """From now on the code at hand belongs to no request."""
        self.end_recording()
        try:
            CURRENT.reset(self._token)
        except ValueError:
            # The server went on in another context, which never was in this request.
            pass


def _encoded(header: Optional[str]) -> Optional[bytes]:
    return None if header is None else header.encode("latin-1", "replace")


def request_span(
    request: Request,
    method: str,
    route: str,
    status: int,
    times: Tuple[float, float],
    path: str,
    query: str,
    about: Dict[str, Any],
    error: Optional[BaseException],
) -> None:
    """Exports the span of a request under the stable names of OpenTelemetry's conventions; `times`: how long it took, and how long ago
    it was over."""
    trace_id, span_id, sampled = request.trace()
    attributes = {
        **about,
        "http.request.method": method,
        "http.response.status_code": status,
        "url.path": path,
        "request_id": request.request_id,
    }
    if query:
        attributes["url.query"] = logs.redact_url("?" + query)[1:]
    name = "HTTP" if method == "_OTHER" else method
    if route != UNMATCHED:
        attributes["http.route"] = route
        name = f"{name} {route}"
    failed = None
    if status >= 500:
        attributes["error.type"] = str(status) if error is None else type(error).__qualname__
        failed = "" if error is None else type(error).__qualname__
    trace = trace_id, span_id, request.parent_id, sampled, request.trace_state()
    export.span((trace, name, export.SERVER, *export.times(*times), attributes, failed))


def changed(families: Families) -> None:
    """A request began; other workers are told soon."""
    if workers.is_joined():
        families.in_progress.changed(_later)


def _later(seconds: float, function: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
