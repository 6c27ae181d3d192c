"""Spans, log lines and metrics for Flightdeck, or another collector that speaks OTLP.

Without any setup a Flightdeck on the same host (port 9090, or `FLIGHTDECK_URL`) is found, and until it takes spans or lines none are
made. The environment says otherwise under OpenTelemetry's names, which mean what they mean to the Rust library
(`flightdeck::otlp::OtlpOptions::from_env`): `OTEL_EXPORTER_OTLP_ENDPOINT`, `…_PROTOCOL` (`http/protobuf` or `grpc`), `…_HEADERS`,
`…_TIMEOUT`, `…_COMPRESSION`, `…_CERTIFICATE`, `…_CLIENT_CERTIFICATE`, `…_CLIENT_KEY`, `…_INSECURE`, each also for one signal
(`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`); `OTEL_TRACES_EXPORTER=none`, `OTEL_LOGS_EXPORTER=none`, `OTEL_SDK_DISABLED`;
`OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES`. Metrics are there to be scraped; they are sent as well, every
`OTEL_METRIC_EXPORT_INTERVAL` milliseconds (15000), only where that is asked for by name, lest somebody who does both counts
twice: with `OTEL_METRICS_EXPORTER=otlp` or `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` (`telling.py`).

`OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` say how many of the traces that begin here are recorded; callers that sent a
decision are obeyed, unless the sampler is one without `parentbased_`. Of what is not recorded, requests that fail or take longer
than a second leave their spans all the same, unless the sampler is `always_off`.

Where OpenTelemetry's SDK is at work, spans are its own. What became of things is counted in
`flightdeck_export_items_total{signal,outcome}`; queues, retries and the thread are native (`python/src/otlp/mod.rs`).
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from time import monotonic, time_ns
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple
from urllib.parse import unquote

from . import _core, failures, telling, workers
from .prometheus_client.metrics_core import CounterMetricFamily, Metric

# Where Flightdeck listens unless it is told otherwise.
_FLIGHTDECK = "http://127.0.0.1:9090"
_FLUSH_SECONDS = 2.0
# What takes longer leaves its spans although it is not recorded.
_SLOW_SECONDS = 1.0
_PUBLISH_SECONDS = 1.0

SERVER, CLIENT, CONSUMER = 2, 3, 5

_exporter: Any = None
_ratio = 1.0
_callers_decide = True
_keeps_errors = True
_slow_seconds: Optional[float] = _SLOW_SECONDS
# What the exporter was made with, and in which process.
_made_of: Optional[Tuple[Any, ...]] = None
_pid = 0


def keep(ratio: Optional[float], errors: bool, slower_than: Optional[float]) -> None:
    """How many traces are recorded, and which requests leave their spans although theirs is not."""
    global _ratio, _callers_decide, _keeps_errors, _slow_seconds
    _keeps_errors, _slow_seconds = errors, slower_than
    _ratio, _callers_decide = _sampler(os.environ) if ratio is None else (min(1.0, max(0.0, ratio)), True)
    if (
        ratio is None
        and _ratio == 0
        and os.environ.get("OTEL_TRACES_SAMPLER", "").strip().lower().endswith("always_off")
    ):
        # Off is off.
        _keeps_errors, _slow_seconds = False, None


def start(service: str, version: str, registry: Any) -> None:
    """Starts the export of this process, if there is to be one; again changes nothing."""
    global _made_of
    telling.know(registry)
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
    environ = os.environ
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or environ.get(
        "FLIGHTDECK_EXPORT", ""
    ).lower() in ("off", "0", "false"):
        return None
    name, resource = identity(service, version, environ)
    # Spans of its SDK would be there twice.
    module = sys.modules.get("opentelemetry.trace")
    has_sdk = module is not None and getattr(module, "_TRACER_PROVIDER", module) is not None
    spans = environ.get("OTEL_TRACES_EXPORTER", "").strip() != "none" and not has_sdk
    lines = environ.get("OTEL_LOGS_EXPORTER", "").strip() != "none"
    asked = ("OTEL_METRICS_EXPORTER", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    metrics = any(environ.get(variable, "").strip() for variable in asked)
    return name, resource, (spans, lines, metrics), environ.get("FLIGHTDECK_URL", "") or _FLIGHTDECK


def identity(service: str, version: str, environ: Mapping[str, str]) -> Tuple[str, Dict[str, str]]:
    """Which service this is, by what it was told and by its environment, as the Rust library has it.

    `OTEL_SERVICE_NAME` may rename it: one program can be deployed as several services. For the rest what it was told stands over
    the environment, and what is said of it alone over `OTEL_RESOURCE_ATTRIBUTES`.
    """
    attributes = _pairs("OTEL_RESOURCE_ATTRIBUTES", environ)
    of_service = attributes.pop("service.name", "")
    name = environ.get("OTEL_SERVICE_NAME", "").strip() or of_service or service
    instance = (
        environ.get("SERVICE_INSTANCE", "") or attributes.get("service.instance.id", "") or environ.get("HOSTNAME", "")
    )
    if not instance and hasattr(os, "uname"):
        instance = os.uname().nodename
    # Every worker is one.
    attributes["service.instance.id"] = f"{instance}-{{pid}}" if instance else "{pid}"
    version = version or environ.get("SERVICE_VERSION", "") or attributes.get("service.version", "")
    deployment = environ.get("SERVICE_ENVIRONMENT", "") or attributes.get("deployment.environment.name", "")
    for key, value in (("service.version", version), ("deployment.environment.name", deployment)):
        if value:
            attributes[key] = value
    attributes["telemetry.sdk.language"] = "python"
    return name, attributes


def _pairs(variable: str, environ: Mapping[str, str]) -> Dict[str, str]:
    """`name=value,name=value`, values percent-encoded; a list that cannot be read is left out whole."""
    pairs = [pair.strip() for pair in environ.get(variable, "").split(",") if pair.strip()]
    if not all(pair.partition("=")[0].strip() and "=" in pair for pair in pairs):
        _complain(f"{variable} is no list of name=value, and is left out of account")
        return {}
    split = (pair.partition("=") for pair in pairs)
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in split}


def _sampler(environ: Mapping[str, str]) -> Tuple[float, bool]:
    """The share of traces that begin here which is recorded, and whether callers that sent a decision are obeyed."""
    word = environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    argument = environ.get("OTEL_TRACES_SAMPLER_ARG", "").strip()
    callers_decide = not word or word.startswith("parentbased_")
    sampler = word[len("parentbased_") :] if word.startswith("parentbased_") else word
    if sampler == "always_off":
        return 0.0, callers_decide
    if sampler == "traceidratio" and argument:
        try:
            share = float(argument)
            if 0 <= share <= 1:
                return share, callers_decide
        except ValueError:
            pass
        _complain(f"OTEL_TRACES_SAMPLER_ARG is `{argument}`, which is not a share from 0 to 1; all traces are sampled")
    elif sampler not in ("", "always_on", "traceidratio"):
        _complain(f"OTEL_TRACES_SAMPLER is `{word}`, which is not known here, and is left out of account")
        callers_decide = True
    elif argument and not word:
        _complain("OTEL_TRACES_SAMPLER_ARG has no effect without OTEL_TRACES_SAMPLER")
    return 1.0, callers_decide


def _complain(what: str) -> None:
    print(f"flightdeck: {what}", file=sys.stderr)


def _start() -> None:
    global _exporter, _pid
    assert _made_of is not None
    name, resource, signals, fallback = _made_of
    _pid = os.getpid()
    told = [(key, value.replace("{pid}", str(_pid))) for key, value in resource.items()]
    instance = resource["service.instance.id"].replace("{pid}", str(workers.group()))
    _exporter = _core.Exporter(name or "unnamed", told, instance, signals, fallback)
    telling.start(_exporter)
    # A child has its parent's already.
    atexit.unregister(_end)
    atexit.register(_end)


def _end() -> None:
    if _exporter is not None and _pid == os.getpid():
        telling.stop(_FLUSH_SECONDS)
        flush()


def flush(seconds: float = _FLUSH_SECONDS) -> bool:
    """Sends what waits, and the metrics as they are, or drops it where nobody is there; whether that was done in time."""
    if _exporter is None or _pid != os.getpid():
        return True
    telling.tell(_exporter)
    return bool(_exporter.flush(seconds))


def _after_fork_in_child() -> None:
    # The thread stayed with the parent; this process gets one of its own when it serves something.
    global _exporter
    _exporter = None


workers.in_child(_after_fork_in_child)


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


def samples(trace_id: str) -> bool:
    """Whether a trace that begins now is one of those that are recorded: by its id alone, so that services with one share decide alike."""
    return wants_spans() and (_ratio >= 1 or int(trace_id[16:30], 16) < _ratio * (1 << 56))


def samples_called(trace_id: str, by_caller: bool) -> bool:
    """The same for a trace that a caller began and decided on."""
    return by_caller if _callers_decide else samples(trace_id)


def keeps_some() -> bool:
    """Whether requests may leave spans although they are not recorded."""
    return (_keeps_errors or _slow_seconds is not None) and wants_spans()


def keeps(failed: bool, seconds: float) -> bool:
    """Whether a request that is not recorded leaves its spans all the same."""
    return (failed and _keeps_errors) or (_slow_seconds is not None and seconds >= _slow_seconds)


def new_span_id() -> str:
    """The id of a span that begins now."""
    return os.urandom(8).hex()


# Trace (its id, that of the span, that of its parent, whether it is recorded, its state), name, kind, begin and end, attributes, error.
Span = Tuple[Tuple[str, str, Optional[str], bool, str], str, int, int, int, Dict[str, Any], Optional[str]]


def times(seconds: float, ago: float = 0.0) -> Tuple[int, int]:
    """When something began and ended that took so long and ended so long ago."""
    end = time_ns() - int(ago * 1e9)
    return end - int(seconds * 1e9), end


def span(told: Span) -> None:
    """Exports a span that is over."""
    if _exporter is not None:
        _exporter.span(*told)
        _Items.changed()


# Log lines.

# By levels of `logging`, the numbers of OTLP.
_SEVERITIES = (
    (logging.CRITICAL, 21),
    (logging.ERROR, 17),
    (logging.WARNING, 13),
    (logging.INFO, 9),
    (logging.DEBUG, 5),
)


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

    _name, _help = "flightdeck_export_items", "Spans, log lines and data points by what became of them."
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


# Of nothing that was exported yet.
_NONE = {(signal, outcome): 0 for signal in ("traces", "logs") for outcome in ("sent", "refused", "expired", "dropped")}


def _counts() -> Dict[Tuple[str, str], int]:
    return {**_NONE, **_exporter.counts()} if _exporter is not None else {}
