"""httpx, where requests leave the process: whatever client they come from, tests with transports of their own left alone."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Any

from .calls import add_headers, external_api


def instrument() -> None:
    """Measures the transports."""
    import httpx

    api = external_api()
    send, send_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def handle_request(self: Any, request: Any) -> Any:
        call, status = api.begin(request.url.host, request.method), "error"
        add_headers(request.headers, call)
        try:
            response = send(self, request)
            status = str(response.status_code)
            return response
        finally:
            api.end(call, status)

    async def handle_async_request(self: Any, request: Any) -> Any:
        call, status = api.begin(request.url.host, request.method), "error"
        add_headers(request.headers, call)
        try:
            response = await send_async(self, request)
            status = str(response.status_code)
            return response
        except CancelledError:
            status = "cancelled"
            raise
        finally:
            api.end(call, status)

    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]
    httpx.AsyncHTTPTransport.handle_async_request = handle_async_request  # type: ignore[method-assign]
