"""aiohttp servers: one middleware. The metrics are told in `http_metrics.py`."""

from __future__ import annotations

from asyncio import CancelledError
from time import perf_counter
from typing import Any, Optional

from . import failures
from .http_metrics import CLIENT_CLOSED_REQUEST
from .served import Served, changed
from .service import Service

_SERVED = "flightdeck.served"


def instrument(app: Any, service: Service) -> None:
    """Measures an aiohttp application, which must not have started."""
    from aiohttp import web

    @web.middleware
    async def measure(request: Any, handler: Any) -> Any:
        # What the application answers itself stays its own: then there is something that matched.
        if request.match_info.http_exception is not None and request.method in ("GET", "HEAD"):
            if request.path == service.metrics_path:
                return await _scrape(service, request)
            if request.path in service.probes:
                return await _probe(service, request)
        try:
            served = _begin(service, request)
        except Exception:
            failures.count("beginning a request")
            return await handler(request)
        status = 500
        try:
            response = await handler(request)
            status = response.status
            _look_at(served, response)
            return response
        except web.HTTPException as answer:
            status = answer.status
            _look_at(served, answer)
            raise
        except CancelledError:
            status = CLIENT_CLOSED_REQUEST
            raise
        except BaseException as error:
            served.failed(error)
            raise
        finally:
            served.end(status)
            served.leave()

    app.middlewares.insert(0, measure)
    app.on_response_prepare.append(_prepare)

    async def serve(_: Any) -> None:
        service.serve()

    app.on_startup.append(serve)


def _begin(service: Service, request: Any) -> Served:
    headers = request.headers
    served = Served(
        service.families, request.method, headers.get("X-Request-ID"),
        (_joined(headers, "traceparent"), _joined(headers, "tracestate")),
        headers.get("Content-Length"), lambda: _route_of(request),
    )  # fmt: skip
    served.path, served.query, served.about = request.path, request.query_string, {"url.scheme": request.scheme}
    request[_SERVED] = served
    changed(service.families)
    return served


def _joined(headers: Any, name: str) -> Optional[str]:
    return ",".join(headers.getall(name)) if name in headers else None


def _route_of(request: Any) -> Optional[str]:
    resource = request.match_info.route.resource
    return None if resource is None else resource.canonical


async def _prepare(request: Any, response: Any) -> None:
    served = request.get(_SERVED)
    if served is None:
        return
    try:
        served.first_byte = perf_counter()
        response.headers.setdefault("X-Request-ID", served.request_id)
        if response.status == 101:
            served.session = "websocket"
        elif response.headers.get("Content-Type", "").startswith("text/event-stream"):
            served.session = "sse"
    except Exception:
        failures.count("looking at an answer")


def _look_at(served: Served, response: Any) -> None:
    """Notes how large an answer is; one that was not prepared goes out as soon as we return."""
    try:
        if not served.first_byte:
            served.first_byte = perf_counter()
            response.headers.setdefault("X-Request-ID", served.request_id)
        served.response_bytes = getattr(response, "body_length", 0) or response.content_length or 0
    except Exception:
        failures.count("looking at an answer")


async def _scrape(service: Service, request: Any) -> Any:
    import asyncio

    from aiohttp import web

    from .prometheus_client import exposition

    params = {"name[]": request.query.getall("name[]")} if "name[]" in request.query else {}
    arguments = (service.scraped, request.headers.get("Accept"), request.headers.get("Accept-Encoding"), params, False)
    _, headers, body = await asyncio.get_running_loop().run_in_executor(None, exposition._bake_output, *arguments)
    return web.Response(body=body, headers=dict(headers))


async def _probe(service: Service, request: Any) -> Any:
    from aiohttp import web

    code, headers, body = service.answer(await service.report(request.path), request.headers.get("Accept", ""))
    return web.Response(status=code, headers=headers, body=body)
