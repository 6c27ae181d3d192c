"""aiohttp's client."""

from __future__ import annotations

from asyncio import CancelledError
from typing import Any

from .calls import add_headers, external_api


def instrument() -> None:
    """Measures all sessions."""
    from aiohttp import ClientSession
    from multidict import CIMultiDict
    from yarl import URL

    api, request = external_api(), ClientSession._request

    async def request_and_measure(self: Any, method: str, str_or_url: Any, **kwargs: Any) -> Any:
        base = getattr(self, "_base_url", None)
        host = URL(str_or_url).host or (base.host if base is not None else None)
        headers = CIMultiDict(kwargs.get("headers") or ())
        call, status = api.begin(host, method), "error"
        add_headers(headers, call)
        try:
            response = await request(self, method, str_or_url, **{**kwargs, "headers": headers})
            status = str(response.status)
            return response
        except CancelledError:
            status = "cancelled"
            raise
        finally:
            api.end(call, status)

    ClientSession._request = request_and_measure  # type: ignore[method-assign]
