"""The metrics as an ASGI application."""

from __future__ import annotations

from typing import Any, Callable

from .registry import REGISTRY

# Series that are written in less time than it takes to wake a thread.
_QUICK_SERIES_MAX = 100


def make_asgi_app(registry: Any = REGISTRY, disable_compression: bool = False) -> Callable[..., Any]:
    """An application that answers scrapes; it renders on a thread, so that the event loop goes on.

    Only a handful of series of our own, which cannot block, are written where they are asked for.
    """

    async def prometheus_app(scope: Any, receive: Any, send: Any) -> None:
        import asyncio
        from urllib.parse import parse_qs

        from . import exposition

        assert scope.get("type") == "http"
        params = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        headers = [
            (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope.get("headers", ())
        ]
        accept = ",".join(value for name, value in headers if name == "accept")
        accept_encoding = ",".join(value for name, value in headers if name == "accept-encoding")
        arguments = (registry, accept, accept_encoding, params, disable_compression)
        if _is_quick(registry):
            status, answer_headers, output = exposition._bake_output(*arguments)
        else:
            loop = asyncio.get_running_loop()
            status, answer_headers, output = await loop.run_in_executor(None, exposition._bake_output, *arguments)
        await receive()
        await send(
            {
                "type": "http.response.start",
                "status": int(status.split(" ")[0]),
                "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer_headers],
            }
        )
        await send({"type": "http.response.body", "body": output})

    return prometheus_app


def _is_quick(registry: Any) -> bool:
    from .metrics import _OWN_KINDS, Children
    from .registry import CollectorRegistry

    if type(registry) is not CollectorRegistry:
        return False
    series = 0
    for collector in registry._collectors()[1]:
        # Somebody else's collector, or a function behind a gauge, may do anything.
        if type(collector) not in _OWN_KINDS or "_child_samples" in vars(collector):
            return False
        children = getattr(collector, "_metrics", ())
        series += 1 + len(children) * len(getattr(collector, "_upper_bounds", "1"))
        if series > _QUICK_SERIES_MAX or (isinstance(children, Children) and collector._has_pinned()):
            return False
    return True
