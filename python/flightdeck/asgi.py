"""What every request of an ASGI service is measured by: pure ASGI, so that it costs microseconds and changes nothing.

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

The route is the template that the framework matched, which it leaves in the scope; nothing is matched twice. What a client
can make up is never a label: paths that matched nothing are `unmatched`, words that are no method `_OTHER`.

A failure in here is counted in `flightdeck_instrumentation_errors_total` and never reaches a request.
"""

from __future__ import annotations

import os
from asyncio import CancelledError
from time import perf_counter
from typing import Any, Awaitable, Callable, Dict, Iterable, Optional, Tuple

from .correlate import REQUEST_ID, accept_request_id
from .prometheus_client.asgi import make_asgi_app
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
_BACKGROUND_SECONDS_MIN = 0.001

_METHODS = frozenset(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"))

Scope = Dict[str, Any]
Receive = Callable[[], Awaitable[Dict[str, Any]]]
Send = Callable[[Dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Families:
    """The metrics of one registry, and which requests are in progress."""

    def __init__(self, registry: Any) -> None:
        by_route, by_status = ("method", "route"), ("method", "route", "status")

        def counter(name: str, documentation: str, labels: Iterable[str]) -> Counter:
            return Counter(name, documentation, labels, registry=registry)

        def histogram(name: str, documentation: str, labels: Iterable[str], buckets: Any) -> Histogram:
            return Histogram(name, documentation, labels, registry=registry, buckets=buckets)

        self.requests = counter("http_requests_total", "Requests answered; 499 where the client went away first.", by_status)
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
        self.response_size = histogram("http_response_size_bytes", "Bodies of answers, as sent.", by_route, SIZE_BUCKETS)
        self.background = histogram(
            "http_background_duration_seconds", "Work after the last byte of the answer.", ("route",), LATENCY_BUCKETS
        )
        self.exceptions = counter(
            "http_request_exceptions_total", "Exceptions that left the application.", ("method", "route", "exception")
        )
        self.session_duration = histogram(
            "http_session_duration_seconds", "How long event streams and WebSockets were open.", ("kind", "route"), SESSION_BUCKETS
        )
        self.errors = Counter(
            "flightdeck_instrumentation_errors_total", "Failures inside the instrumentation, kept from requests.", registry=registry
        )
        # By status, what a request that is over calls: finding it is one lookup.
        self.by_status: Dict[Tuple[str, str, int], Tuple[Any, ...]] = {}
        self.active: Dict[int, "_Exchange"] = {}
        registry.register(_InProgress(self))

    def recorders(self, method: str, route: str, status: int) -> Tuple[Any, ...]:
        key = (method, route, status)
        found = self.by_status.get(key)
        if found is None:
            labels = (method, route, str(status))
            found = self.by_status[key] = (
                self.requests.labels(*labels).inc,
                self.duration.labels(*labels).observe,
                self.first_byte.labels(*labels).observe,
                self.response_size.labels(method, route).observe,
                self.request_size.labels(method, route).observe,
            )
        return found


class _InProgress:
    """Counts requests in progress when somebody asks: by then the framework has told their routes."""

    def __init__(self, families: Families) -> None:
        self._families = families

    def describe(self) -> Iterable[Metric]:
        """The families without their samples."""
        return self._collect({}, {})

    def collect(self) -> Iterable[Metric]:
        """The families as they are now."""
        requests: Dict[Tuple[str, str], int] = {}
        sessions: Dict[Tuple[str, str], int] = {}
        for exchange in list(self._families.active.values()):
            route = route_of(exchange.scope) or UNMATCHED
            if exchange.session:
                sessions[exchange.session, route] = sessions.get((exchange.session, route), 0) + 1
            else:
                requests[exchange.method, route] = requests.get((exchange.method, route), 0) + 1
        return self._collect(requests, sessions)

    @staticmethod
    def _collect(requests: Dict[Tuple[str, str], int], sessions: Dict[Tuple[str, str], int]) -> Iterable[Metric]:
        families = (
            ("http_requests_in_progress", "Requests that are not answered to the end yet.", ("method", "route"), requests),
            ("http_sessions_in_progress", "Event streams and WebSockets that are open.", ("kind", "route"), sessions),
        )
        for name, documentation, labels, counts in families:
            family = GaugeMetricFamily(name, documentation, labels=labels)
            for values, count in counts.items():
                family.add_metric(values, count)
            yield family


def route_of(scope: Scope) -> Optional[str]:
    """The template that the framework matched, with the mounts it is under; `None` if it matched nothing.

    Starlette leaves the route in the scope and the path of mounts in `root_path`; FastAPI has the prefixes of included
    routers in a context of its own.
    """
    route = scope.get("route")
    if route is None:
        return None
    context = (scope.get("fastapi") or {}).get("effective_route_context")
    path = getattr(context, "path", None) or getattr(route, "path", None)
    if not isinstance(path, str):
        return None
    return _mount_of(scope, path) + path


def _mount_of(scope: Scope, path: str) -> str:
    """The template of the mounts that `path` is under; empty if it is under none."""
    if "app_root_path" not in scope:
        return ""
    mounted: str = scope.get("root_path", "")[len(scope["app_root_path"]) :]
    # The path of a mount is as the client sent it; what its parameters took is put back.
    for name, value in (scope.get("path_params") or {}).items():
        if "{" + name not in path:
            mounted = "/".join("{" + name + "}" if part == str(value) else part for part in mounted.split("/"))
    return mounted


class _Exchange:
    """One request, from its arrival to the last byte of its answer, however it ends."""

    __slots__ = (
        "families", "scope", "receive", "send_on", "method", "started", "request_bytes", "response_bytes", "request_id",
        "status", "first_byte", "ended", "session", "disconnected",
    )  # fmt: skip

    def __init__(self, families: Families, scope: Scope, receive: Receive, send: Send) -> None:
        self.families = families
        self.scope = scope
        self.receive = receive
        self.send_on = send
        self.session = "websocket" if scope["type"] == "websocket" else ""
        method = scope.get("method", "GET")
        self.method = method if method in _METHODS else "_OTHER"
        self.status = 0
        self.first_byte = 0.0
        self.ended = 0.0
        self.response_bytes = 0
        self.request_bytes: Optional[int] = None
        self.disconnected = False
        sent: Optional[bytes] = None
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                sent = value
            elif name == b"content-length" and value.isdigit() and len(value) < 19:
                self.request_bytes = int(value)
        self.request_id = accept_request_id(sent)
        self.started = perf_counter()

    async def receive_and_look(self) -> Dict[str, Any]:
        message = await self.receive()
        if message["type"] == "http.disconnect" and not self.ended:
            self.disconnected = True
        return message

    async def send(self, message: Dict[str, Any]) -> None:
        try:
            message = self._look(message)
        except Exception:
            self.families.errors.inc()
        await self.send_on(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False) and not self.ended:
            self.end(None)

    def _look(self, message: Dict[str, Any]) -> Dict[str, Any]:
        kind = message["type"]
        if kind == "http.response.body":
            self.response_bytes += len(message.get("body", b""))
        elif kind == "http.response.start":
            headers = list(message.get("headers", ()))
            self.first_byte = perf_counter()
            self.status = message["status"]
            if any(name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in headers):
                self.session = "sse"
            if not any(name.lower() == b"x-request-id" for name, _ in headers):
                headers.append((b"x-request-id", self.request_id.encode("latin-1")))
                message = {**message, "headers": headers}
        return message

    def end(self, error: Optional[BaseException]) -> None:
        """Records it, once; nothing that goes wrong here reaches the request."""
        if self.ended:
            return
        self.ended = perf_counter()
        try:
            self._record(error)
        except Exception:
            self.families.errors.inc()

    def _record(self, error: Optional[BaseException]) -> None:
        families = self.families
        families.active.pop(id(self), None)
        matched = route_of(self.scope)
        if matched is None:
            # A mounted application that tells no routes, files for example, has one for all it serves.
            mounted = _mount_of(self.scope, "") if 200 <= self.status < 300 or self.status == 304 else ""
            matched = mounted + "/{path}" if mounted else UNMATCHED
        if self.session:
            since = self.first_byte or self.started
            families.session_duration.labels(self.session, matched).observe(self.ended - since)
            if self.session == "websocket":
                return
        broken = not self.session and (isinstance(error, CancelledError) or self.disconnected)
        status = CLIENT_CLOSED_REQUEST if broken else self.status or 500
        inc, duration, first_byte, response_size, request_size = families.recorders(self.method, matched, status)
        inc()
        # How long a stream was open is no latency.
        duration((self.first_byte if self.session else self.ended) - self.started)
        if self.first_byte:
            first_byte(self.first_byte - self.started)
            response_size(self.response_bytes)
        if self.request_bytes is not None:
            request_size(self.request_bytes)

    def leave(self, error: Optional[BaseException]) -> None:
        """The application is done with it."""
        try:
            if self.ended:
                background = perf_counter() - self.ended
                if background >= _BACKGROUND_SECONDS_MIN:
                    self.families.background.labels(route_of(self.scope) or UNMATCHED).observe(background)
            else:
                self.end(error)
            if error is not None and not isinstance(error, CancelledError):
                route = route_of(self.scope) or UNMATCHED
                self.families.exceptions.labels(self.method, route, type(error).__name__).inc()
        except Exception:
            self.families.errors.inc()


class Middleware:
    """Wraps an ASGI application: measures requests, gives them ids, and answers scrapes at `metrics_path`."""

    def __init__(self, app: App, registry: Any = REGISTRY, metrics_path: Optional[str] = "/metrics") -> None:
        self._app = app
        self._families = _families(registry)
        self._metrics_path = metrics_path
        self._metrics = make_asgi_app(registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"] == self._metrics_path and scope["method"] in ("GET", "HEAD"):
            await self._metrics(scope, receive, send)
            return
        try:
            exchange = _Exchange(self._families, scope, receive, send)
            self._families.active[id(exchange)] = exchange
        except Exception:
            self._families.errors.inc()
            await self._app(scope, receive, send)
            return
        token = REQUEST_ID.set(exchange.request_id)
        try:
            await self._app(scope, exchange.receive_and_look, exchange.send)
        except BaseException as error:
            exchange.leave(error)
            raise
        else:
            exchange.leave(None)
        finally:
            REQUEST_ID.reset(token)


# One set of families for each registry, however many applications there are in the process.
_FAMILIES: Dict[int, Tuple[Any, Families]] = {}


def _families(registry: Any) -> Families:
    if id(registry) not in _FAMILIES:
        _FAMILIES[id(registry)] = (registry, Families(registry))
    return _FAMILIES[id(registry)][1]


def instrument(app: Any, registry: Any = REGISTRY, metrics_path: Optional[str] = "/metrics") -> Any:
    """Measures an application and returns it: FastAPI and Starlette as they are, other ASGI applications wrapped.

    `FLIGHTDECK_DISABLED=1` in the environment makes it do nothing.
    """
    if os.environ.get("FLIGHTDECK_DISABLED", "").lower() in ("1", "true", "yes"):
        return app
    build = getattr(app, "build_middleware_stack", None)
    if build is None:
        return Middleware(app, registry, metrics_path)
    if getattr(app, "middleware_stack", None) is not None:
        raise RuntimeError("flightdeck.instrument(app) comes before the first request")
    if not getattr(app, "_flightdeck_instrumented", False):
        # Outside of everything, so that answers to exceptions are seen too, with their ids.
        app.build_middleware_stack = lambda: Middleware(build(), registry, metrics_path)
        app._flightdeck_instrumented = True
    return app
