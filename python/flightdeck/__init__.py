"""Flightdeck for Python services: metrics whose numbers live in Rust.

`instrument(app)` measures an ASGI application. Everything written for `prometheus_client` works with
`flightdeck.prometheus_client`, and after `install()` without a change to its imports, third-party libraries included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._install import install

if TYPE_CHECKING:
    from .asgi import Middleware, instrument
    from .correlate import request_id

__all__ = ("Middleware", "install", "instrument", "request_id")
__version__ = "0.1.0"

_ELSEWHERE = {"Middleware": "asgi", "instrument": "asgi", "request_id": "correlate"}


def __getattr__(name: str) -> Any:
    # What only some programs need is imported when they ask for it.
    if name in _ELSEWHERE:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
