"""`instrument(app)`: one call for whatever kind of application it is."""

from __future__ import annotations

import inspect
import os
import threading
from typing import Any, Dict

from . import failures
from .service import Service, routes_of

_lock = threading.RLock()


def instrument(app: Any, **options: Any) -> Any:
    """Measures an application, answers scrapes and probes, and returns it.

    FastAPI, Starlette, Flask and aiohttp applications stay the objects they are; other ASGI and WSGI applications are wrapped, so
    use what is returned. The options:

    - `service`, `version`: what it is called in logs and health reports, and which workers count together;
    - `registry`: where the metrics are, by default the one of `prometheus_client`;
    - `metrics_path`, `health_path`: `"/metrics"` and `"/health"`; `None` for none. Routes of the application come first;
    - `health_details`: `"nothing"`, `"statuses"` or `"everything"`, which includes the errors of checks;
    - `json_logs`: whether logs become JSON where nobody chose another format;
    - `clients`, `without`: whether calls of SQLAlchemy, httpx, redis and others are measured, and those that are not: `without=["redis"]`;
    - `sample_ratio`: the share of traces that begin here which is recorded, by default what `OTEL_TRACES_SAMPLER` and its argument say, or all;
    - `keep_errors`, `keep_slower_than`: whether requests leave their spans although they are not recorded, when they failed or took
      so many seconds.

    `FLIGHTDECK_DISABLED=1` in the environment makes it do nothing.
    """
    if failures.is_disabled():
        return app
    # Two threads may be about to answer the first requests of one application.
    with _lock:
        return app if getattr(app, "_flightdeck_instrumented", False) else _instrument(app, options)


def _instrument(app: Any, options: Dict[str, Any]) -> Any:
    # What FastAPI calls the version of its interface nobody may have meant.
    options.setdefault("version", os.environ.get("SERVICE_VERSION", "") or str(getattr(app, "version", "") or ""))
    if hasattr(app, "build_middleware_stack"):
        return _starlette(app, options)
    if hasattr(app, "wsgi_app"):
        from .wsgi import Middleware as WsgiMiddleware
        from .wsgi import flask_rules

        app.wsgi_app = WsgiMiddleware(app.wsgi_app, Service(**options), flask_rules(app))
    elif type(app).__module__.partition(".")[0] == "aiohttp":
        from .aiohttp_server import instrument as instrument_aiohttp

        instrument_aiohttp(app, Service(**options))
    elif _is_asgi(app):
        from .asgi import Middleware

        return Middleware(app, **options)
    else:
        from .wsgi import Middleware as WsgiMiddleware

        return WsgiMiddleware(app, Service(**options))
    app._flightdeck_instrumented = True
    return app


def _starlette(app: Any, options: Any) -> Any:
    from .asgi import Middleware

    if getattr(app, "middleware_stack", None) is not None:
        raise RuntimeError("flightdeck.instrument(app) comes before the first request")
    build, service = app.build_middleware_stack, Service(**options)

    def build_measured() -> Any:
        measured = Middleware(build(), service)
        measured._routes = routes_of(app)
        return measured

    # Outside of everything, so that answers to exceptions are seen too, with their ids.
    app.build_middleware_stack = build_measured
    app._flightdeck_instrumented = True
    return app


def _is_asgi(app: Any) -> bool:
    call = app if inspect.isroutine(app) else getattr(app, "__call__", app)
    if inspect.iscoroutinefunction(call):
        return True
    try:
        # WSGI has two arguments: the environment and how to begin the answer.
        return len(inspect.signature(call).parameters) != 2
    except (TypeError, ValueError):
        return True
