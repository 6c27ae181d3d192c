"""Metrics to a Graphite server."""

from __future__ import annotations

import re
import socket
import threading
import time
from timeit import default_timer
from typing import Any, Callable, Tuple

from ..registry import REGISTRY

# Graphite gives a meaning to everything else.
_INVALID = re.compile(r"[^a-zA-Z0-9_-]")


def _sanitize(text: str) -> str:
    return _INVALID.sub("_", text)


class _RegularPush(threading.Thread):
    def __init__(self, pusher: "GraphiteBridge", interval: float, prefix: str) -> None:
        super().__init__()
        self._pusher = pusher
        self._interval = interval
        self._prefix = prefix

    def run(self) -> None:
        due = default_timer()
        while True:
            while due <= default_timer():
                due += self._interval
            time.sleep(max(0.0, due - default_timer()))
            try:
                self._pusher.push(prefix=self._prefix)
            except OSError:
                # The server is away; it gets the next ones.
                pass


class GraphiteBridge:
    """Sends the metrics of a registry to a Graphite server, once or regularly."""

    def __init__(
        self,
        address: Tuple[str, int],
        registry: Any = REGISTRY,
        timeout_seconds: float = 30,
        _timer: Callable[[], float] = time.time,
        tags: bool = False,
    ) -> None:
        self._address = address
        self._registry = registry
        self._timeout = timeout_seconds
        self._timer = _timer
        self._tags = tags

    def push(self, prefix: str = "") -> None:
        """Sends all samples."""
        now = int(self._timer())
        before = f"{prefix}." if prefix else ""
        lines = []
        for metric in self._registry.collect():
            for sample in metric.samples:
                separator, joiner = (";", "=") if self._tags else (".", ".")
                labels = "".join(
                    f"{separator}{_sanitize(name)}{joiner}{_sanitize(value)}"
                    for name, value in sorted(sample.labels.items())
                )
                lines.append(f"{before}{_sanitize(sample.name)}{labels} {float(sample.value)} {now}\n")
        with socket.create_connection(self._address, self._timeout) as connection:
            connection.sendall("".join(lines).encode("ascii"))

    def start(self, interval: float = 60.0, prefix: str = "") -> None:
        """Sends all samples every so many seconds, from a thread of its own."""
        thread = _RegularPush(self, interval, prefix)
        thread.daemon = True
        thread.start()
