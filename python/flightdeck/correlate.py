"""Which request the code at hand belongs to, and which trace."""

from __future__ import annotations

import os
import re
import sys
from contextvars import ContextVar
from typing import Any, Dict, List, Optional, Tuple

from . import _core, export

# Short, and of characters that are harmless in logs, headers and shells.
_SANE = re.compile(rb"[A-Za-z0-9_.:/+=@-]{1,128}")
_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16
# Spans of one request that wait for its end.
_PENDING_SPANS_MAX = 128


class Request:
    """One request. Its trace is worked out when somebody asks for it."""

    __slots__ = ("request_id", "sent_parent", "sent_state", "is_recorded", "is_kept", "pending", "parent_id", "_trace")

    request_id: str
    # The header `traceparent` as the caller sent it.
    sent_parent: Optional[bytes]
    # What came as `tracestate`.
    sent_state: Optional[bytes]
    # Whether its trace is, as far as that was asked; then what it counts has it as an example, and it leaves spans.
    is_recorded: bool
    # Whether it leaves its spans although its trace is not recorded: it failed or was slow.
    is_kept: bool
    # While that may be, the spans it would leave.
    pending: Optional[List[export.Span]]
    # The span of the caller.
    parent_id: Optional[str]
    _trace: Optional[Tuple[str, str, bool]]

    def arrive(self) -> None:
        """It begins: nothing is known of its trace, and nothing is recorded."""
        self.is_recorded = self.is_kept = False
        self.pending = self.parent_id = self._trace = None

    def begin_recording(self) -> None:
        """Where the trace is recorded, has what is counted meanwhile remember it."""
        if self.trace()[2]:
            self.is_recorded = True
            if _makes_exemplars:
                _core.count_recorded(1)
        elif export.keeps_some():
            self.pending = []

    def may_leave_spans(self) -> bool:
        """Whether it leaves spans, or may yet."""
        return (self.is_recorded or self.pending is not None) and export.wants_spans()

    def leave_span(self, span: export.Span) -> None:
        """A piece of its work is over."""
        if self.is_recorded or self.is_kept:
            export.span(span)
        elif self.pending is not None and len(self.pending) < _PENDING_SPANS_MAX:
            self.pending.append(span)

    def decide(self, failed: bool, seconds: float) -> bool:
        """Whether it leaves spans, now that it is known how it ended; again may only add what was not known before."""
        if self.pending is not None and not self.is_kept and export.keeps(failed, seconds):
            self.is_kept = True
            for span in self.pending:
                export.span(span)
        return self.is_recorded or self.is_kept

    def end_recording(self) -> None:
        """It is over."""
        self.pending = None
        if self.is_recorded:
            self.is_recorded = False
            if _makes_exemplars:
                _core.count_recorded(-1)

    def exemplar(self) -> Optional[Dict[str, str]]:
        """The trace that this request is an example of, if somebody records it."""
        if not _makes_exemplars or not (self.is_recorded or self.is_kept or _has_opentelemetry()):
            return None
        trace = trace_context() or self.trace()
        return {"trace_id": trace[0], "span_id": trace[1]} if trace[2] or self.is_kept else None

    def trace(self) -> Tuple[str, str, bool]:
        """Trace, the span that stands for this request, and whether the trace is recorded."""
        found = self._trace
        if found is None:
            found, self.parent_id = _trace_of(self.sent_parent)
            self._trace = found
        return found

    def trace_state(self) -> str:
        """What other systems want to be told further on, as far as that and the trace it came with make sense."""
        if self.sent_state is None or self.sent_parent is None:
            return ""
        return _core.trace_state(self.sent_parent, self.sent_state)


CURRENT: "ContextVar[Optional[Request]]" = ContextVar("flightdeck_request", default=None)


def request_id() -> Optional[str]:
    """The id of the current request, outside of one `None`."""
    request = CURRENT.get()
    return None if request is None else request.request_id


def trace_context() -> Optional[Tuple[str, str, bool]]:
    """Trace id, span id and whether the trace is recorded: OpenTelemetry's where it has a span, else the request's own."""
    context = _opentelemetry_context()
    if context is not None:
        return f"{context.trace_id:032x}", f"{context.span_id:016x}", bool(context.trace_flags & 1)
    request = CURRENT.get()
    return None if request is None else request.trace()


def _opentelemetry_context() -> Any:
    module = sys.modules.get("opentelemetry.trace")
    if module is None:
        return None
    context = module.get_current_span().get_span_context()
    return context if context.is_valid else None


def exemplar() -> Optional[Dict[str, str]]:
    """The trace at hand as the labels of an exemplar, if it is recorded."""
    trace = trace_context()
    return {"trace_id": trace[0], "span_id": trace[1]} if trace is not None and trace[2] else None


def _has_opentelemetry() -> bool:
    """Whether anybody makes spans with it: its interface alone is imported by many, FastAPI among them."""
    module = sys.modules.get("opentelemetry.trace")
    return module is not None and getattr(module, "_TRACER_PROVIDER", module) is not None


_makes_exemplars = False
_follows_opentelemetry = False


def follow_traces() -> None:
    """Has what is counted while a trace is recorded remember it as an example, `FLIGHTDECK_EXEMPLARS=off` aside.

    Requests tell when one is recorded. Spans of OpenTelemetry do not; where somebody makes them, every count asks.
    """
    global _makes_exemplars, _follows_opentelemetry
    _makes_exemplars = os.environ.get("FLIGHTDECK_EXEMPLARS", "").strip().lower() not in ("off", "0", "false", "no")
    if not _makes_exemplars:
        return
    _core.set_exemplar_source(exemplar)
    if not _follows_opentelemetry and _has_opentelemetry():
        _follows_opentelemetry = True
        _core.count_recorded(1)


def outgoing_headers(span_id_of_call: str = "") -> Dict[str, str]:
    """The headers that tell a called service which request and trace it works for."""
    request = CURRENT.get()
    if request is None:
        return {}
    trace_id, span_id, sampled = trace_context() or request.trace()
    span_id = span_id_of_call or span_id
    headers = {
        "x-request-id": request.request_id,
        "traceparent": f"00-{trace_id}-{span_id}-{'01' if sampled else '00'}",
    }
    theirs = _opentelemetry_context()
    state = request.trace_state() if theirs is None else theirs.trace_state.to_header()
    if state:
        headers["tracestate"] = state
    return headers


def new_request(sent_id: Optional[bytes], sent_parent: Optional[bytes], sent_state: Optional[bytes] = None) -> Request:
    """A request by the headers `X-Request-ID`, `traceparent` and `tracestate` that it came with."""
    request = Request()
    request.request_id = accept_request_id(sent_id)
    request.sent_parent, request.sent_state = sent_parent, sent_state
    request.arrive()
    return request


def accept_request_id(sent: Optional[bytes]) -> str:
    """The id that a client sent if it is harmless, else a new one."""
    if sent is not None and _SANE.fullmatch(sent):
        return sent.decode("latin-1")
    # A random UUID; making an object of it on the way would take longer than the rest.
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _trace_of(sent: Optional[bytes]) -> Tuple[Tuple[str, str, bool], Optional[str]]:
    """The trace of a request and the span of its caller."""
    span = os.urandom(8).hex()
    if sent is not None:
        parent = _PARENT.fullmatch(sent.strip(b" \t"))
        # A later version may add fields; this one has none, and the last one is none.
        if parent and parent[1] != b"ff" and not (parent[1] == b"00" and parent[5]):
            if parent[2] != _NO_TRACE and parent[3] != _NO_SPAN:
                trace = parent[2].decode()
                return (trace, span, export.samples_called(trace, bool(int(parent[4], 16) & 1))), parent[3].decode()
    trace = os.urandom(16).hex()
    return (trace, span, export.samples(trace)), None
