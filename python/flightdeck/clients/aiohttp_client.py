"""aiohttp's client."""

from __future__ import annotations

from typing import Any

from .external import ExternalCall, external_api


def instrument() -> None:
    """Measures all sessions."""
    from aiohttp import ClientPayloadError, ClientSession, ServerTimeoutError
    from multidict import CIMultiDict
    from yarl import URL

    api, request = external_api(), ClientSession._request

    def follow(response: Any, call: ExternalCall) -> None:
        """Has the call end where the answer gives its connection back."""
        content, connection = response.content, response.connection

        def left() -> None:
            call.read_bytes = getattr(content, "total_bytes", 0)
            if content.is_eof():
                call.body_ended()
            elif isinstance(content.exception(), (ClientPayloadError, ServerTimeoutError)):
                call.body_broke_off()
            else:
                call.body_left()

        # A WebSocket keeps the connection, which is no answer's. There is none if the answer came in one piece with its head.
        if response.status == 101:
            call.body_ended()
        elif connection is None:
            left()
        else:
            connection.add_callback(left)

    async def request_and_measure(self: Any, method: str, str_or_url: Any, **kwargs: Any) -> Any:
        base = getattr(self, "_base_url", None)
        host = URL(str_or_url).host or (base.host if base is not None else None)
        headers = CIMultiDict(kwargs.get("headers") or ())
        with api.calling(host, method, headers) as answered:
            response = await request(self, method, str_or_url, **{**kwargs, "headers": headers})
            answered(response.status, response.request_info.headers, response, follow)
            return response

    ClientSession._request = request_and_measure  # type: ignore[method-assign]
