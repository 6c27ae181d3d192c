"""Flightdeck for Python services: metrics whose numbers live in Rust, health, logs and the ids that tie them together.

`instrument(app)` is all a service needs. Everything written for `prometheus_client` works with `flightdeck.prometheus_client`, and after
`install()` without a change to its imports, third-party libraries included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._install import install

if TYPE_CHECKING:
    from . import checks, clients, logs
    from .asgi import Middleware
    from .cache import Cache
    from .clients.calls import Calls
    from .correlate import outgoing_headers, request_id, trace_context
    from .health import CHECKS, check
    from .instrumentation import instrument

__all__ = (
    "CHECKS",
    "Cache",
    "Calls",
    "Middleware",
    "check",
    "checks",
    "clients",
    "install",
    "instrument",
    "logs",
    "outgoing_headers",
    "request_id",
    "trace_context",
)
__version__ = "0.1.0"

_ELSEWHERE = {
    "CHECKS": "health",
    "Cache": "cache",
    "Calls": "clients.calls",
    "Middleware": "asgi",
    "check": "health",
    "checks": "",
    "clients": "",
    "instrument": "instrumentation",
    "logs": "",
    "outgoing_headers": "correlate",
    "request_id": "correlate",
    "trace_context": "correlate",
}


def __getattr__(name: str) -> Any:
    # What only some programs need is imported when they ask for it.
    if name in _ELSEWHERE:
        from importlib import import_module

        module = _ELSEWHERE[name]
        return getattr(import_module(f"{__name__}.{module}"), name) if module else import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
