"""ASGI services: pure ASGI, so that it costs microseconds and changes nothing.

The route is the template that the framework matched, which it leaves in the scope; nothing is matched twice. A failure in
here is counted in `flightdeck_instrumentation_errors_total` and never reaches a request. The metrics are told in `http_metrics.py`.
"""

from __future__ import annotations

from asyncio import CancelledError, get_running_loop
from time import perf_counter
from typing import Any, Awaitable, Callable, Dict, Optional, Tuple, Union

from . import failures, workers
from ._core import read_answer_headers, read_request_headers
from .correlate import CURRENT, Request
from .export import wants_spans
from .http_metrics import BACKGROUND_SECONDS_MIN, CLIENT_CLOSED_REQUEST, METHODS, UNMATCHED, Families
from .prometheus_client.asgi import make_asgi_app
from .served import request_span
from .service import Service, routes_of

Scope = Dict[str, Any]
Receive = Callable[[], Awaitable[Dict[str, Any]]]
Send = Callable[[Dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def route_of(scope: Scope) -> Optional[str]:
    """The template that the framework matched, with the mounts it is under; `None` if it matched nothing.

    Starlette leaves the route in the scope and the path of mounts in `root_path`; FastAPI has the prefixes of included
    routers in a context of its own, and of routes that are not its own only what they call; Litestar has the template itself.
    """
    route, context = scope.get("route"), scope.get("fastapi")
    path = None
    if context:
        effective = context.get("effective_route_context")
        path = getattr(getattr(effective, "starlette_route", None), "path", None) or getattr(effective, "path", None)
    if path is None:
        path = getattr(route, "path", None) if route is not None else _path_of_endpoint(scope)
    if not isinstance(path, str):
        return scope.get("path_template") or None
    return _mount_of(scope, path) + path


def _path_of_endpoint(scope: Scope) -> Optional[str]:
    """The template of what was called, such as FastAPI's own pages of documentation."""
    endpoint = scope.get("endpoint")
    if endpoint is None:
        return None
    routes = getattr(scope.get("app"), "routes", ())
    found = [route for route in routes if getattr(route, "endpoint", None) is endpoint]
    if len(found) > 1:
        path = _path_within(scope.get("root_path", ""), scope["path"])
        found = [route for route in found if route.path_regex.match(path)]
    return getattr(found[0], "path", None) if found else None


def _mount_of(scope: Scope, path: str) -> str:
    """The template of the mounts that `path` is under; empty if it is under none."""
    outside = scope.get("app_root_path")
    if outside is None:
        return ""
    mounted: str = scope.get("root_path", "")[len(outside) :]
    if not mounted:
        return ""
    # The path of a mount is as the client sent it; what its parameters took is put back.
    for name, value in (scope.get("path_params") or {}).items():
        if "{" + name not in path:
            mounted = "/".join("{" + name + "}" if part == str(value) else part for part in mounted.split("/"))
    return mounted


class _Exchange(Request):
    """One request, from its arrival to the last byte of its answer, however it ends."""

    __slots__ = (
        "families", "scope", "receive", "send_on", "method", "started", "request_bytes", "response_bytes", "status", "first_byte",
        "ended", "session", "disconnected", "outcome",
    )  # fmt: skip

    def __init__(self, families: Families, scope: Scope, receive: Receive, send: Send) -> None:
        self.started = perf_counter()
        self.families = families
        self.scope = scope
        self.receive = receive
        self.send_on = send
        self.session = "" if scope["type"] == "http" else "websocket"
        method = scope.get("method", "GET")
        self.method = method if method in METHODS else "_OTHER"
        self.status = 0
        self.first_byte = 0.0
        self.ended = 0.0
        self.response_bytes = 0
        self.disconnected = False
        self.outcome: Optional[Tuple[str, int, float]] = None
        self.arrive()
        (self.request_id, self.request_bytes, self.sent_parent, self.sent_state) = read_request_headers(
            scope["headers"]
        )
        if self.sent_parent is not None or wants_spans():
            self.begin_recording()

    def route(self) -> Optional[str]:
        """The template that it matched, as soon as it is known."""
        return route_of(self.scope)

    async def receive_and_look(self) -> Dict[str, Any]:
        message = await self.receive()
        if message["type"] == "http.disconnect" and not self.ended:
            self.disconnected = True
        return message

    def send(self, message: Dict[str, Any]) -> Awaitable[None]:
        """Not a coroutine of its own: only the parts of a body have something to be done after them."""
        kind = message["type"]
        if kind == "http.response.body":
            return self._send_part(message)
        if kind == "http.response.start":
            try:
                message = self._begin_answer(message)
            except Exception:
                failures.count("looking at an answer")
        return self.send_on(message)

    async def _send_part(self, message: Dict[str, Any]) -> None:
        try:
            await self.send_on(message)
        except OSError:
            # So servers tell since ASGI 2.4 that nobody is there any more.
            self.disconnected = not self.ended
            raise
        try:
            self.response_bytes += len(message.get("body", b""))
            if not self.ended and not message.get("more_body", False):
                self.end(None)
        except Exception:
            failures.count("looking at an answer")

    def _begin_answer(self, message: Dict[str, Any]) -> Dict[str, Any]:
        self.first_byte = perf_counter()
        self.status = message["status"]
        headers = message.get("headers", ())
        streams, has_id = read_answer_headers(headers)
        if streams:
            self.session = "sse"
        if has_id:
            return message
        return {**message, "headers": [*headers, (b"x-request-id", self.request_id.encode("latin-1"))]}

    def end(self, error: Optional[BaseException]) -> None:
        """Records it, once; nothing that goes wrong here reaches the request."""
        if self.ended:
            return
        self.ended = perf_counter()
        try:
            self._record(error)
        except Exception:
            failures.count("recording a request")

    def _record(self, error: Optional[BaseException]) -> None:
        families = self.families
        families.active.pop(id(self), None)
        matched = route_of(self.scope) or self._unrouted()
        if self.session:
            since = self.first_byte or self.started
            families.session_duration.labels(self.session, matched).observe(self.ended - since)
            if self.session == "websocket":
                return
        broken = not self.session and (self.disconnected or isinstance(error, CancelledError))
        status = CLIENT_CLOSED_REQUEST if broken else self.status or 500
        started, first = self.started, self.first_byte
        # How long a stream was open is no latency.
        seconds = (first if self.session else self.ended) - started
        if self.is_recorded or self.pending is not None:
            self.decide(status >= 500, seconds)
            self.outcome = (matched, status, seconds)
        families.record(
            (self.method, matched, status),
            seconds,
            first - started if first else None,
            self.response_bytes,
            self.request_bytes,
            self.exemplar(),
        )

    def _leave_span(self, error: Optional[BaseException]) -> None:
        if self.outcome is None or not wants_spans():
            return
        scope, (route, status, seconds) = self.scope, self.outcome
        if not self.decide(error is not None and not isinstance(error, CancelledError), seconds):
            return
        about = {
            "url.scheme": scope.get("scheme", "http"),
            "network.protocol.version": scope.get("http_version", "1.1"),
        }
        query = scope.get("query_string", b"").decode("latin-1")
        times = self.ended - self.started, perf_counter() - self.ended
        request_span(self, self.method, route, status, times, scope.get("path", ""), query, about, error)

    def _unrouted(self) -> str:
        # A mounted application that tells no routes, files for example, has one for all it serves.
        mounted = _mount_of(self.scope, "") if 200 <= self.status < 300 or self.status == 304 else ""
        return mounted + "/{path}" if mounted else UNMATCHED

    def leave(self, error: Optional[BaseException]) -> None:
        """The application is done with it."""
        try:
            if not self.ended:
                self.end(error)
            elif perf_counter() - self.ended >= BACKGROUND_SECONDS_MIN:
                self.families.background.labels(self.route() or UNMATCHED).observe(perf_counter() - self.ended)
            if error is not None and not isinstance(error, CancelledError):
                route = self.route() or UNMATCHED
                self.families.exceptions.labels(self.method, route, type(error).__name__).inc()
            if self.is_recorded or self.pending is not None:
                # Only now is it known what it raised.
                self._leave_span(error)
                self.end_recording()
        except Exception:
            failures.count("recording the end of a request")


class Middleware:
    """Wraps an ASGI application: measures requests, gives them ids, and answers scrapes and probes."""

    def __init__(self, app: App, service: Union[Service, str] = "", **options: Any) -> None:
        """`service` is its name, `options` are those of `instrument`."""
        self._app = app
        self._service = service if isinstance(service, Service) else Service(service, **options)
        self._families = self._service.families
        self._metrics = make_asgi_app(self._service.scraped)
        self._routes = routes_of(app)
        self._is_ready = False
        if hasattr(app, "resolve_request"):
            _follow_django(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            self._get_ready()
            await self._app(scope, receive, send)
            return
        if not self._is_ready:
            self._get_ready()
        service = self._service
        if kind == "http" and scope["method"] in ("GET", "HEAD"):
            path = scope["path"]
            if scope.get("root_path"):
                path = _path_within(scope["root_path"], path)
            if path == service.metrics_path:
                await self._metrics(scope, receive, send)
                return
            if path in service.probes:
                await self._answer_probe(scope, path, send)
                return
        families = self._families
        try:
            exchange = _Exchange(families, scope, receive, send)
            families.active[id(exchange)] = exchange
            if workers.is_joined():
                families.in_progress.changed(get_running_loop().call_later)
        except Exception:
            failures.count("beginning a request")
            await self._app(scope, receive, send)
            return
        token = CURRENT.set(exchange)
        try:
            await self._app(scope, exchange.receive_and_look, exchange.send)
        except BaseException as error:
            exchange.leave(error)
            raise
        else:
            exchange.leave(None)
        finally:
            CURRENT.reset(token)

    def _get_ready(self) -> None:
        if self._is_ready:
            return
        self._is_ready = True
        try:
            self._service.leave_paths(self._routes())
            self._service.serve()
        except Exception:
            failures.count("starting")

    async def _answer_probe(self, scope: Scope, path: str, send: Send) -> None:
        accept = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
        status, headers, body = self._service.answer(await self._service.report(path), accept)
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})


def _path_within(root: str, path: str) -> str:
    """A path as the application has it that is mounted at `root`; servers that are told of a proxy's prefix put it before."""
    root = root.rstrip("/")
    return path[len(root) :] if path.startswith(root + "/") else path


def _follow_django(handler: Any) -> None:
    """Has Django's handler leave the template where other frameworks leave it."""
    from .wsgi import django_route

    get_response = handler.get_response_async

    async def get_response_and_tell(request: Any) -> Any:
        try:
            return await get_response(request)
        finally:
            request.scope["path_template"] = django_route(request)

    handler.get_response_async = get_response_and_tell
