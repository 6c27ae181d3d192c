"""What goes wrong inside the instrumentation: counted, told once, and kept from the service."""

from __future__ import annotations

import os
from typing import Any, Callable, Set, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

NAME = "flightdeck_instrumentation_errors_total"

_TOLD_MAX = 100
_told: Set[str] = set()
_counter: Any = None


def is_disabled() -> bool:
    """Whether `FLIGHTDECK_DISABLED` switches everything off that is more than `prometheus_client`."""
    return os.environ.get("FLIGHTDECK_DISABLED", "").strip().lower() in ("1", "true", "yes", "on")


def counter() -> Any:
    """The metric, made when it is first wanted."""
    global _counter
    if _counter is None:
        from .prometheus_client.metrics import Counter

        _counter = Counter(NAME, "Failures inside the instrumentation, kept from the service.")
    return _counter


def count(where: str) -> None:
    """Counts the exception at hand; the first one of each place is logged with its traceback."""
    try:
        counter().inc()
        if where not in _told and len(_told) < _TOLD_MAX:
            _told.add(where)
            import logging

            logging.getLogger("flightdeck").warning(
                "%s failed inside the instrumentation; the service goes on", where, exc_info=True
            )
    except Exception:
        # There is nobody left to tell.
        pass
