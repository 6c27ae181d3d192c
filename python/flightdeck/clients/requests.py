"""requests, where they leave the process."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from .calls import add_headers, external_api


def instrument() -> None:
    """Measures the adapter that all sessions have."""
    from requests.adapters import HTTPAdapter

    api, send = external_api(), HTTPAdapter.send

    def send_and_measure(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        call, status = api.begin(urlsplit(request.url or "").hostname, request.method or "GET"), "error"
        add_headers(request.headers, call)
        try:
            response = send(self, request, *args, **kwargs)
            status = str(response.status_code)
            return response
        finally:
            api.end(call, status)

    setattr(HTTPAdapter, "send", send_and_measure)
