"""The metrics as a handler of aiohttp's server."""

from __future__ import annotations

from typing import Any, Callable

from ..registry import REGISTRY


def make_aiohttp_handler(registry: Any = REGISTRY, disable_compression: bool = False) -> Callable[..., Any]:
    """A handler that answers scrapes; it renders on a thread, so that the event loop goes on."""

    async def prometheus_handler(request: Any) -> Any:
        import asyncio

        from aiohttp import web

        from .. import exposition

        accept = ",".join(request.headers.getall("Accept", []))
        accept_encoding = ",".join(request.headers.getall("Accept-Encoding", []))
        params = {name: request.query.getall(name) for name in request.query}
        status, headers, output = await asyncio.get_running_loop().run_in_executor(
            None, exposition._bake_output, registry, accept, accept_encoding, params, disable_compression
        )
        return web.Response(status=int(status.split(" ")[0]), headers=dict(headers), body=output)

    return prometheus_handler
