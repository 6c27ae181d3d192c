"""Metrics on their way to a collector, where that was asked for; elsewhere they are there to be scraped.

Workers count together, so one of them tells for all: the one with the lowest number, and whoever ends, lest what was counted
last is lost. All tell under one `service.instance.id`, that of the process which started them.
"""

from __future__ import annotations

import os
import threading
from typing import Any, List, Optional

from . import failures, workers
from .prometheus_client.openmetrics.exposition import ALLOWUTF8

_registries: List[Any] = []
_stop: Optional[threading.Event] = None
_thread: Optional[threading.Thread] = None


def know(registry: Any) -> None:
    """Remembers a registry whose metrics are told."""
    if not any(known is registry for known in _registries):
        _registries.append(registry)


def start(exporter: Any) -> None:
    """Tells it the metrics every now and then, if it exports them."""
    global _stop, _thread
    every = exporter.metrics_every()
    if every is None:
        return
    _stop = threading.Event()
    _thread = threading.Thread(
        target=_tell_regularly, args=(exporter, every, _stop), name="flightdeck-metrics", daemon=True
    )
    _thread.start()


def stop(seconds: float) -> None:
    """Tells nothing any more: the interpreter is about to end, and threads that work then do harm."""
    if _stop is not None and _thread is not None:
        _stop.set()
        _thread.join(seconds)


def tell(exporter: Any) -> None:
    """Tells the metrics as they are now, whoever tells them otherwise."""
    if exporter.metrics_every() is None:
        return
    try:
        from .prometheus_client.protobuf import generate_latest

        exporter.metrics(b"".join(generate_latest(registry, ALLOWUTF8) for registry in list(_registries)))
    except Exception:
        failures.count("telling metrics")


def _tell_regularly(exporter: Any, every: float, stop: threading.Event) -> None:
    while not stop.wait(every):
        pids = workers.pids() if any(workers.is_shared(registry) for registry in _registries) else []
        if not pids or os.getpid() == min(pids):
            tell(exporter)
