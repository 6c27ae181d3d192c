"""The metrics as a resource of Twisted."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.web.wsgi import WSGIResource

from ..registry import REGISTRY
from ..serve import make_wsgi_app


def MetricsResource(registry: Any = REGISTRY) -> WSGIResource:
    """A resource that answers scrapes from the threads of the reactor."""
    return WSGIResource(reactor, reactor.getThreadPool(), make_wsgi_app(registry))  # type: ignore[no-untyped-call]


__all__ = ["MetricsResource"]
