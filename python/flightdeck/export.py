"""Spans and log lines for Flightdeck, or another collector that speaks OTLP over HTTP.

Without any setup a Flightdeck on the same host (port 9090, or `FLIGHTDECK_URL`) is found, and until it takes spans or lines none are made. The environment says
otherwise under OpenTelemetry's names: `OTEL_EXPORTER_OTLP_ENDPOINT` and `…_HEADERS`, `OTEL_TRACES_EXPORTER=none`,
`OTEL_LOGS_EXPORTER=none`, `OTEL_TRACES_SAMPLER_ARG` (the share of traces that begin here), `OTEL_RESOURCE_ATTRIBUTES`,
`OTEL_SDK_DISABLED`. Where OpenTelemetry's SDK is at work, spans are its own. What became of things is counted in
`flightdeck_export_items_total{signal,outcome}`; queues, retries and the thread are native (`python/src/otlp/mod.rs`).
"""

from __future__ import annotations

import atexit
import logging
import os
import random
import sys
from time import monotonic, time_ns
from typing import Any, Dict, Iterable, List, Optional, Tuple
from urllib.parse import unquote

from . import _core, failures, workers
from .prometheus_client.metrics_core import CounterMetricFamily, Metric

# Where Flightdeck listens unless it is told otherwise.
_FLIGHTDECK = "http://127.0.0.1:9090"
_FLUSH_SECONDS = 2.0
_PUBLISH_SECONDS = 1.0

SERVER, CLIENT, CONSUMER = 2, 3, 5

_exporter: Any = None
_ratio = 1.0
# What the exporter was made with, and in which process.
_made_of: Optional[Tuple[Any, ...]] = None
_pid = 0


def start(service: str, version: str, registry: Any) -> None:
    """Starts the export of this process, if there is to be one; again changes nothing."""
    global _made_of
    if _exporter is not None and _pid == os.getpid():
        return
    try:
        _made_of = _made_of or _options(service, version)
        if _made_of is not None:
            _start()
            _Items.register(registry)
    except Exception:
        failures.count("starting the export")


def _options(service: str, version: str) -> Optional[Tuple[Any, ...]]:
    global _ratio
    environ = os.environ
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("FLIGHTDECK_EXPORT", "").lower() in ("off", "0", "false"):
        return None
    endpoint = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    protocol = environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    if endpoint and protocol != "http/protobuf":
        raise ValueError(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}; only http/protobuf is spoken here")
    _ratio = min(1.0, max(0.0, float(environ.get("OTEL_TRACES_SAMPLER_ARG") or 1)))
    headers = [(name.strip().lower(), unquote(value.strip())) for name, value in _pairs(environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""))]
    resource = dict(_pairs(environ.get("OTEL_RESOURCE_ATTRIBUTES", "")))
    resource.setdefault("service.name", service or "unnamed")
    if version:
        resource.setdefault("service.version", version)
    resource.update({"telemetry.sdk.language": "python", "telemetry.sdk.name": "flightdeck"})
    # Spans of its SDK would be there twice.
    module = sys.modules.get("opentelemetry.trace")
    has_sdk = module is not None and getattr(module, "_TRACER_PROVIDER", module) is not None
    spans = environ.get("OTEL_TRACES_EXPORTER", "otlp") != "none" and not has_sdk
    lines = environ.get("OTEL_LOGS_EXPORTER", "otlp") != "none"
    where = endpoint or environ.get("FLIGHTDECK_URL", "") or _FLIGHTDECK
    return where, headers, list(resource.items()), (spans, lines), not endpoint


def _pairs(text: str) -> Iterable[List[str]]:
    return (pair.split("=", 1) for pair in text.split(",") if "=" in pair)


def _start() -> None:
    global _exporter, _pid
    assert _made_of is not None
    where, headers, resource, signals, asks_first = _made_of
    resource = [*resource, ("service.instance.id", f"{os.uname().nodename}-{os.getpid()}" if hasattr(os, "uname") else str(os.getpid()))]
    _exporter, _pid = _core.Exporter(where, headers, resource, signals, asks_first), os.getpid()
    atexit.register(flush)


def flush(seconds: float = _FLUSH_SECONDS) -> bool:
    """Sends what waits, or drops it where nobody is there; whether that was done in time."""
    return _exporter is None or _pid != os.getpid() or bool(_exporter.flush(seconds))


def _after_fork_in_child() -> None:
    # The thread stayed with the parent; this process gets one of its own when it serves something.
    global _exporter
    _exporter = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


# Spans.


def wants_spans() -> bool:
    """Whether anybody takes spans."""
    if _exporter is not None:
        return bool(_exporter.wants_spans())
    return _made_of is not None and _go_on()


def _go_on() -> bool:
    """Exports in a child after a fork as its parent did."""
    global _made_of
    try:
        _start()
    except Exception:
        _made_of = None
        failures.count("starting the export")
    return _exporter is not None and bool(_exporter.wants_spans())


def samples() -> bool:
    """Whether a trace that begins now is one of those that are recorded."""
    return wants_spans() and (_ratio >= 1 or random.random() < _ratio)


def new_span_id() -> str:
    """The id of a span that begins now."""
    return os.urandom(8).hex()


def span(
    trace_id: str,
    span_id: str,
    parent_id: Optional[str],
    name: str,
    kind: int,
    seconds: float,
    attributes: Dict[str, Any],
    error: Optional[str],
    ago: float = 0.0,
) -> None:
    """Exports a span that took so long and ended so long ago."""
    if _exporter is not None:
        end = time_ns() - int(ago * 1e9)
        _exporter.span(trace_id, span_id, parent_id, name, kind, end - int(seconds * 1e9), end, attributes, error)
        _Items.changed()


# Log lines.

# By levels of `logging`, the numbers of OTLP.
_SEVERITIES = ((logging.CRITICAL, 21), (logging.ERROR, 17), (logging.WARNING, 13), (logging.INFO, 9), (logging.DEBUG, 5))


class LineHandler(logging.Handler):
    """Exports log records, with what names their request; nothing of what is secret."""

    def emit(self, record: logging.LogRecord) -> None:
        """Exports one, if anybody takes it; a logger's parents see it too, and leave it."""
        if _exporter is None or getattr(record, "_flightdeck_exported", False) or not _exporter.wants_lines():
            return
        try:
            record._flightdeck_exported = True
            from . import correlate, logs

            message, attributes = logs.told(record)
            request = correlate.CURRENT.get()
            if request is not None:
                attributes["request_id"] = request.request_id
            severity = next((number for level, number in _SEVERITIES if record.levelno >= level), 1)
            level = "WARN" if record.levelname == "WARNING" else record.levelname
            _exporter.line(int(record.created * 1e9), severity, level, message, correlate.trace_context(), attributes)
        except Exception:
            failures.count("exporting a log line")


# What became of it.


class _Items:
    """`flightdeck_export_items_total`, over all workers."""

    _name, _help = "flightdeck_export_items", "Spans and log lines by what became of them."
    _registered: List[Any] = []
    _next = 0.0

    @classmethod
    def register(cls, registry: Any) -> None:
        if registry not in cls._registered:
            cls._registered.append(registry)
            registry.register(cls())
            workers.on_publish(cls.publish)

    def describe(self) -> Iterable[Metric]:
        """The family without its samples."""
        return [CounterMetricFamily(self._name, self._help, labels=["signal", "outcome"])]

    def collect(self) -> Iterable[Metric]:
        """The family as it is now, unless it is told with that of other workers."""
        if workers.has_others():
            return []
        family = CounterMetricFamily(self._name, self._help, labels=["signal", "outcome"])
        for labels, count in _counts().items():
            family.add_metric(labels, count)
        return [family]

    @classmethod
    def changed(cls) -> None:
        """Has other workers be told now and then."""
        if workers.is_joined() and monotonic() >= cls._next:
            cls._next = monotonic() + _PUBLISH_SECONDS
            cls.publish()

    @classmethod
    def publish(cls) -> None:
        """Tells the other workers."""
        for (signal, outcome), count in _counts().items():
            workers.set_number("counter", cls._name, cls._help, {"signal": signal, "outcome": outcome}, count, "")


def _counts() -> Dict[Tuple[str, str], int]:
    return _exporter.counts() if _exporter is not None else {}
