"""The metrics as a view of Django."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs

from django.http import HttpResponse
from django.views import View

from ..registry import REGISTRY, CollectorRegistry


class PrometheusDjangoView(View):  # type: ignore[misc]
    """Answers scrapes."""

    # Where nobody says which: that of this process, or the files of all.
    registry: Any = None
    multiprocess_mode: bool = "PROMETHEUS_MULTIPROC_DIR" in os.environ or "prometheus_multiproc_dir" in os.environ

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answers a scrape."""
        from .. import exposition

        if self.registry is None:
            self.registry = REGISTRY
            if self.multiprocess_mode:
                from ..multiprocess import MultiProcessCollector

                self.registry = CollectorRegistry()
                MultiProcessCollector(self.registry)
        status, headers, output = exposition._bake_output(
            self.registry,
            request.headers.get("Accept"),
            request.headers.get("Accept-Encoding"),
            parse_qs(request.META.get("QUERY_STRING", "")),
            False,
        )
        return HttpResponse(output, status=int(status.split(" ")[0]), headers=dict(headers))

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Says what it answers."""
        return HttpResponse(status=200, headers={"Allow": "OPTIONS,GET"})
