"""Which request the code at hand belongs to."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar
from typing import Optional

REQUEST_ID: "ContextVar[Optional[str]]" = ContextVar("flightdeck_request_id", default=None)

# Short, and of characters that are harmless in logs, headers and shells.
_SANE = re.compile(rb"[A-Za-z0-9_.:/+=@-]{1,128}")


def request_id() -> Optional[str]:
    """The id of the current request, outside of one `None`."""
    return REQUEST_ID.get()


def accept_request_id(sent: Optional[bytes]) -> str:
    """The id that a client sent if it is harmless, else a new one."""
    if sent is not None and _SANE.fullmatch(sent):
        return sent.decode("latin-1")
    return str(uuid.uuid4())
