"""httpx, where requests leave the process: whatever client they come from, tests with transports of their own left alone."""

from __future__ import annotations

from typing import Any, AsyncIterator, Iterator

from .external import ExternalCall, external_api


def instrument() -> None:
    """Measures the transports."""
    import httpx

    api = external_api()
    send, send_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    class Body(httpx.SyncByteStream):
        """The body of an answer, followed to its end."""

        def __init__(self, body: httpx.SyncByteStream, call: ExternalCall) -> None:
            self._body, self._call = body, call

        def __iter__(self) -> Iterator[bytes]:
            return self._call.parts(self._body)

        def close(self) -> None:
            self._call.body_left()
            self._body.close()

    class AsyncBody(httpx.AsyncByteStream):
        """The same of one that is awaited."""

        def __init__(self, body: httpx.AsyncByteStream, call: ExternalCall) -> None:
            self._body, self._call = body, call

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._call.parts_async(self._body)

        async def aclose(self) -> None:
            self._call.body_left()
            await self._body.aclose()

    def follow(response: Any, call: ExternalCall) -> None:
        body = AsyncBody if isinstance(response.stream, httpx.AsyncByteStream) else Body
        response.stream = body(response.stream, call)

    def handle_request(self: Any, request: Any) -> Any:
        with api.calling(request.url.host, request.method, request.headers) as answered:
            response = send(self, request)
            answered(response.status_code, request.headers, response, follow)
            return response

    async def handle_async_request(self: Any, request: Any) -> Any:
        with api.calling(request.url.host, request.method, request.headers) as answered:
            response = await send_async(self, request)
            answered(response.status_code, request.headers, response, follow)
            return response

    httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]
    httpx.AsyncHTTPTransport.handle_async_request = handle_async_request  # type: ignore[method-assign]
