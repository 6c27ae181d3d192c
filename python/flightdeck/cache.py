"""What caches were asked, and whether they knew it."""

from __future__ import annotations

from typing import Any

from .prometheus_client.metrics import Counter

_requests: Any = None


class Cache:
    """`cache_requests_total{cache, outcome}` of one cache: call `hit()` or `miss()`."""

    def __init__(self, name: str) -> None:
        global _requests
        if _requests is None:
            _requests = Counter("cache_requests", "What caches were asked, by outcome.", ["cache", "outcome"])
        self.hit = _requests.labels(name, "hit").inc
        self.miss = _requests.labels(name, "miss").inc
