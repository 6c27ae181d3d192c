"""WSGI services: Flask, Django and all others. The metrics are told in `http_metrics.py`.

The route is what the framework matched: Flask leaves it at its request, which it leaves in the environment; Django's request is
put there on its way through the handler. Others have none, and count as `unmatched`.
"""

from __future__ import annotations

import inspect
import re
from time import perf_counter
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from . import failures
from .http_metrics import CLIENT_CLOSED_REQUEST
from .prometheus_client import exposition
from .served import Served, changed
from .service import Service

Environ = Dict[str, Any]

_FLASK_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_DJANGO_PARAMETER = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
_DJANGO_REQUEST = "flightdeck.django"
# Flask takes its request out of the environment before the answer is sent.
_ROUTE = "flightdeck.route"


class Middleware:
    """Wraps a WSGI application: measures requests, gives them ids, and answers scrapes and probes."""

    def __init__(
        self, app: Any, service: Union[Service, str] = "", paths: Callable[[], Iterable[str]] = tuple, **options: Any
    ) -> None:
        """`paths` tells what the application answers itself; `options` are those of `instrument`."""
        self._app = app
        self._service = service if isinstance(service, Service) else Service(service, **options)
        self._paths = paths
        self._is_ready = False
        if hasattr(app, "resolve_request"):
            _follow_django(app)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not self._is_ready:
            self._get_ready()
        service = self._service
        path, method = environ.get("PATH_INFO", ""), environ.get("REQUEST_METHOD", "GET")
        if method in ("GET", "HEAD"):
            if path == service.metrics_path:
                return self._answer_scrape(environ, start_response)
            if path in service.probes:
                return self._answer_probe(path, environ, start_response)
        try:
            served = Served(
                service.families, method, environ.get("HTTP_X_REQUEST_ID"),
                (environ.get("HTTP_TRACEPARENT"), environ.get("HTTP_TRACESTATE")),
                environ.get("CONTENT_LENGTH") or None, lambda: route_of(environ),
            )  # fmt: skip
            served.path, served.query = environ.get("SCRIPT_NAME", "") + path, environ.get("QUERY_STRING", "")
            served.about = {"url.scheme": environ.get("wsgi.url_scheme", "http")}
            changed(service.families)
        except Exception:
            failures.count("beginning a request")
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        answer = _Answer(served, environ, start_response)
        try:
            answer.parts = self._app(environ, answer.start)
        except BaseException as error:
            answer.fail(error)
            raise
        wrapper = environ.get("wsgi.file_wrapper")
        if inspect.isclass(wrapper) and issubclass(type(answer.parts), wrapper):
            # The server sends such a file by itself, if it gets it as it is.
            served.end(answer.status or 500)
            served.leave()
            return answer.parts
        return answer

    def _get_ready(self) -> None:
        self._is_ready = True
        try:
            self._service.leave_paths(self._paths())
            self._service.serve()
        except Exception:
            failures.count("starting")

    def _answer_scrape(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        from urllib.parse import parse_qs

        accept, encoding = environ.get("HTTP_ACCEPT"), environ.get("HTTP_ACCEPT_ENCODING")
        params = parse_qs(environ.get("QUERY_STRING", ""))
        status, headers, body = exposition._bake_output(self._service.scraped, accept, encoding, params, False)
        start_response(status, headers)
        return [body]

    def _answer_probe(self, path: str, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        code, headers, body = self._service.answer(self._service.report_sync(path), environ.get("HTTP_ACCEPT", ""))
        start_response(f"{code} {'OK' if code == 200 else 'Service Unavailable'}", list(headers.items()))
        return [body if environ.get("REQUEST_METHOD") == "GET" else b""]


class _Answer:
    """The parts of an answer as they go out."""

    def __init__(self, served: Served, environ: Environ, start_response: Callable[..., Any]) -> None:
        self._served = served
        self._environ = environ
        self._start_response = start_response
        # Whether it is over as far as the application is concerned: all was handed over, or it raised.
        self._is_over = False
        self.status = 0
        self.parts: Iterable[bytes] = ()

    def start(self, status: str, headers: List[Tuple[str, str]], *error: Any) -> Any:
        """What the application calls to begin its answer."""
        try:
            self.status = int(status[:3])
            self._served.first_byte = perf_counter()
            self._environ[_ROUTE] = route_of(self._environ)
            names = {name.lower(): value for name, value in headers}
            if names.get("content-type", "").startswith("text/event-stream"):
                self._served.session = "sse"
            if "x-request-id" not in names:
                headers = [*headers, ("X-Request-ID", self._served.request_id)]
        except Exception:
            failures.count("looking at an answer")
        return self._start_response(status, headers, *error)

    def fail(self, error: BaseException) -> None:
        """The application raised."""
        self._served.failed(error)
        self._served.end(500)
        self._served.leave()

    def __iter__(self) -> Iterator[bytes]:
        try:
            for part in self.parts:
                self._served.response_bytes += len(part)
                yield part
        except GeneratorExit:
            raise
        except BaseException as error:
            self._is_over = True
            self._served.failed(error)
            if not self._served.response_bytes:
                # The head goes out with the first byte; there was none, so the server answers otherwise.
                self.status = 500
            raise
        self._is_over = True

    def close(self) -> None:
        """What servers call when they are done, however it ended."""
        try:
            close = getattr(self.parts, "close", None)
            if close is not None:
                close()
        finally:
            broken = not self._is_over and not self._served.session
            self._served.end(CLIENT_CLOSED_REQUEST if broken else self.status or 500)
            self._served.leave()


def route_of(environ: Environ) -> Optional[str]:
    """The template that the framework matched; `None` if it matched nothing or does not tell."""
    if environ.get(_ROUTE) is not None:
        return environ[_ROUTE]  # type: ignore[no-any-return]
    request = environ.get(_DJANGO_REQUEST)
    if request is not None:
        return django_route(request)
    rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
    return None if rule is None else _FLASK_PARAMETER.sub(r"{\1}", rule.rule)


def django_route(request: Any) -> Optional[str]:
    """The template of a Django request, regular expressions in readable form."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return None
    route = _FLASK_PARAMETER.sub(r"{\1}", _DJANGO_PARAMETER.sub(r"{\1}", match.route).replace("^", "").replace("$", ""))
    return "/" + route.lstrip("/")


def _follow_django(handler: Any) -> None:
    get_response = handler.get_response

    def get_response_and_tell(request: Any) -> Any:
        request.environ[_DJANGO_REQUEST] = request
        return get_response(request)

    handler.get_response = get_response_and_tell


def flask_rules(app: Any) -> Callable[[], Iterable[str]]:
    """The paths that a Flask application has rules for."""
    return lambda: [rule.rule for rule in app.url_map.iter_rules()]
