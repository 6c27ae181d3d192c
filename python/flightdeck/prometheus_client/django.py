"""The metrics as a view of Django."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpResponse
from django.views import View

from .registry import REGISTRY


class PrometheusDjangoView(View):  # type: ignore[misc]
    """Answers scrapes."""

    registry: Any = REGISTRY

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers a scrape."""
        from . import exposition
        from .multiprocess import MultiProcessCollector
        from .registry import CollectorRegistry

        registry = self.registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)
        status, headers, output = exposition._bake_output(
            registry,
            request.headers.get("Accept"),
            request.headers.get("Accept-Encoding"),
            parse_qs(request.META.get("QUERY_STRING", "")),
            False,
        )
        return HttpResponse(output, status=int(status.split(" ")[0]), headers=dict(headers))

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Says what it answers."""
        return HttpResponse(status=200, headers={"Allow": "OPTIONS,GET"})
