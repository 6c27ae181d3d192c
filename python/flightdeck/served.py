"""One request of a server that is not ASGI: what WSGI and aiohttp have in common."""

from __future__ import annotations

import threading
from time import perf_counter
from typing import Any, Callable, Optional

from . import failures, workers
from .correlate import CURRENT, Request, accept_request_id
from .http_metrics import METHODS, UNMATCHED, Families


class Served(Request):
    """A request from its arrival to the last byte of its answer."""

    __slots__ = ("families", "method", "session", "started", "first_byte", "ended", "request_bytes", "response_bytes", "find_route", "_token")

    def __init__(
        self,
        families: Families,
        method: str,
        sent_id: Optional[str],
        sent_parent: Optional[str],
        sent_length: Optional[str],
        find_route: Callable[[], Optional[str]],
    ) -> None:
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
        self.request_id = accept_request_id(None if sent_id is None else sent_id.encode("latin-1", "replace"))
        self.sent_parent = None if sent_parent is None else sent_parent.encode("latin-1", "replace")
        self.is_recorded = False
        self._trace = None
        if sent_parent is not None:
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
                self.families.session_duration.labels(self.session, route).observe(self.ended - (self.first_byte or self.started))
                if self.session == "websocket":
                    return
            started, first = self.started, self.first_byte
            self.families.record(
                (self.method, route, status),
                (first if self.session and first else self.ended) - started,
                first - started if first else None,
                self.response_bytes,
                self.request_bytes,
                self.exemplar(),
            )
        except Exception:
            failures.count("recording a request")

    def failed(self, error: BaseException) -> None:
        """Counts an exception that left the application."""
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


def changed(families: Families) -> None:
    """A request began; other workers are told soon."""
    if workers.is_joined():
        families.in_progress.changed(_later)


def _later(seconds: float, function: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
