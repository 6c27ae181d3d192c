"""requests, where they leave the process."""

from __future__ import annotations

from typing import Any, Iterator
from urllib.parse import urlsplit

from .external import ExternalCall, external_api


def instrument() -> None:
    """Measures the adapter that all sessions have."""
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPResponse

    api, send = external_api(), HTTPAdapter.send

    class Answer(HTTPResponse):
        """An answer whose body is followed to its end. It reads in two ways, and lets the connection go in the middle of either."""

        flightdeck_call: ExternalCall
        flightdeck_is_reading = False

        def read(self, *args: Any, **kwargs: Any) -> bytes:
            call, self.flightdeck_is_reading = self.flightdeck_call, True
            try:
                data = super().read(*args, **kwargs)
                call.read_bytes = self.tell()
                if self.closed:
                    call.body_ended()
                return data
            except Exception:
                call.body_broke_off()
                raise
            finally:
                self.flightdeck_is_reading = False

        def read_chunked(self, *args: Any, **kwargs: Any) -> Iterator[bytes]:  # type: ignore[override]
            # What it yields is decoded: how much came is not known.
            self.flightdeck_call.read_bytes = None
            parts = self.flightdeck_call.parts(super().read_chunked(*args, **kwargs))
            while True:
                self.flightdeck_is_reading = True
                try:
                    part = next(parts, None)
                finally:
                    self.flightdeck_is_reading = False
                if part is None:
                    return
                yield part

        def close(self) -> None:
            self._left()
            super().close()

        def release_conn(self) -> None:
            self._left()
            super().release_conn()

        def _left(self) -> None:
            if not self.flightdeck_is_reading:
                self.flightdeck_call.body_left()

    def follow(response: Any, call: ExternalCall) -> None:
        if type(response.raw) is HTTPResponse and not response.raw.closed:
            response.raw.flightdeck_call = call  # type: ignore[attr-defined]
            response.raw.__class__ = Answer
        else:
            call.body_ended()

    def send_and_measure(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        host = urlsplit(request.url or "").hostname
        with api.calling(host, request.method or "GET", request.headers) as answered:
            response = send(self, request, *args, **kwargs)
            answered(response.status_code, request.headers, response, follow)
            return response

    setattr(HTTPAdapter, "send", send_and_measure)
