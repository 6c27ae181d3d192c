"""Metrics as text, and the ways they leave the process: over HTTP, into a file, to a Pushgateway.

What only servers and pushing need is imported when it is first used, so that importing the package stays cheap.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple

from .. import _core, workers
from . import metrics as _metrics
from .openmetrics import exposition as openmetrics
from .openmetrics.exposition import ALLOWUTF8, DOTS, UNDERSCORES, VALUES, escape_label_name, escape_metric_name
from .registry import REGISTRY, CollectorRegistry, _collect_one
from .utils import floatToGoString, parse_version
from .validation import _is_valid_legacy_metric_name

if TYPE_CHECKING:
    from .serve import MetricsHandler, start_http_server, start_wsgi_server

__all__ = (
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_PLAIN_0_0_4",
    "CONTENT_TYPE_PLAIN_1_0_0",
    "delete_from_gateway",
    "generate_latest",
    "instance_ip_grouping_key",
    "make_asgi_app",
    "make_wsgi_app",
    "MetricsHandler",
    "push_to_gateway",
    "pushadd_to_gateway",
    "start_http_server",
    "start_wsgi_server",
    "write_to_textfile",
)

CONTENT_TYPE_PLAIN_0_0_4 = "text/plain; version=0.0.4; charset=utf-8"
CONTENT_TYPE_PLAIN_1_0_0 = "text/plain; version=1.0.0; charset=utf-8"
CONTENT_TYPE_LATEST = CONTENT_TYPE_PLAIN_1_0_0


def generate_latest(registry: Any = REGISTRY, escaping: str = UNDERSCORES) -> bytes:
    """All metrics of a registry in the text format of Prometheus."""
    output: List[bytes] = []
    for family in _families(registry, "text"):
        if isinstance(family, bytes):
            output.append(family)
            continue
        try:
            output.append(_family_text(family, escaping).encode("utf-8"))
        except Exception as exception:
            exception.args = (exception.args or ("",)) + (family,)
            raise
    return b"".join(output)


def _families(registry: Any, written: str) -> Any:
    """The families of a registry: as bytes where they can be written natively in that format, else what collectors return."""
    if type(registry) is not CollectorRegistry:
        yield from registry.collect()
        return
    texts = workers.texts(registry, written, _metrics._use_created)
    if texts is not None:
        yield from _families_of_workers(registry, texts, written)
        return
    target_info, collectors = registry._collectors()
    if target_info:
        yield target_info
    for collector in collectors:
        text = _native_text(collector, written)
        if text is None:
            yield from collector.collect()
        elif text:
            yield text


def _families_of_workers(registry: CollectorRegistry, texts: Dict[str, bytes], written: str) -> Any:
    """The same with what all workers have: text where the native half wrote it."""
    others = workers.families(registry, without=written) or {}
    target_info, collectors = registry._collectors()
    if target_info:
        yield target_info
    for collector in collectors:
        if workers.is_shared(collector) and collector._name in texts:
            yield texts.pop(collector._name)
        else:
            yield from _collect_one(collector, others)
    # What other workers have and this one never made.
    yield from texts.values()
    yield from others.values()


def _native_text(metric: Any, written: str) -> Optional[bytes]:
    """A metric of ours as text; `None` if somebody changed how it is collected, or its names need escaping."""
    if (
        type(metric) not in _metrics._OWN_KINDS
        or "collect" in vars(metric)
        or not _is_valid_legacy_metric_name(metric._name)
    ):
        return None
    if not all(_is_legacy_label(name) for name in metric._labelnames):
        return None
    # What only this version of the text has, Python writes.
    if written == "openmetrics-2" and getattr(metric, "_native_schema", None) is not None:
        return None
    # `set_function` replaces how a gauge is collected.
    if type(metric) is _metrics.Gauge and (
        metric._has_pinned() if metric._is_parent() else "_child_samples" in vars(metric)
    ):
        return None
    return _core.render(
        written.partition("-")[0],
        metric._type,
        metric._name,
        metric._documentation,
        metric._unit,
        list(metric._labelnames),
        metric,
        _metrics._use_created,
    )


def _is_legacy_label(name: str) -> bool:
    return name.isidentifier() and name.isascii()


# What the text format calls families that it does not know, and what it adds to their names.
_PLAIN_TYPES = {
    "counter": ("_total", "counter"),
    "info": ("_info", "gauge"),
    "stateset": ("", "gauge"),
    "gaugehistogram": ("", "histogram"),
    "unknown": ("", "untyped"),
}


def _family_text(metric: Any, escaping: str) -> str:
    suffix, kind = _PLAIN_TYPES.get(metric.type, ("", metric.type))
    lines = _header(metric.name + suffix, metric.documentation, kind, escaping)
    # These are samples of the family in OpenMetrics, and gauges of their own here.
    apart: Dict[str, List[str]] = {}
    for sample in metric.samples:
        if sample.native_histogram is not None:
            continue
        line = _sample_line(sample, escaping)
        for own in ("_created", "_gsum", "_gcount"):
            if sample.name == metric.name + own:
                apart.setdefault(own, []).append(line)
                break
        else:
            lines.append(line)
    for own, others in sorted(apart.items()):
        lines.extend(_header(metric.name + own, metric.documentation, "gauge", escaping))
        lines.extend(others)
    return "".join(lines)


def _header(name: str, documentation: str, kind: str, escaping: str) -> List[str]:
    name = openmetrics._family_name(escape_metric_name(name, escaping))
    documentation = documentation.replace("\\", r"\\").replace("\n", r"\n")
    return [f"# HELP {name} {documentation}\n", f"# TYPE {name} {kind}\n"]


def _sample_line(sample: Any, escaping: str) -> str:
    labels = [(escape_label_name(name, escaping), value) for name, value in sorted(sample.labels.items())]
    series = openmetrics._series(escape_metric_name(sample.name, escaping), labels)
    # The text format has milliseconds.
    timestamp = "" if sample.timestamp is None else f" {int(float(sample.timestamp) * 1000):d}"
    return f"{series} {floatToGoString(sample.value)}{timestamp}\n"


def choose_encoder(accept_header: Optional[str]) -> Tuple[Callable[[Any], bytes], str]:
    """The format a scraper asks for, and its content type."""
    for accepted in (accept_header or "").split(","):
        kind, *parameters = [part.strip() for part in accepted.split(";")]
        version = _parameter(parameters, "version")
        escaping = _parameter(parameters, "escaping") or UNDERSCORES
        if escaping not in (ALLOWUTF8, UNDERSCORES, DOTS, VALUES):
            escaping = UNDERSCORES
        if kind == "application/openmetrics-text":
            if not version or parse_version(version) < (1, 0, 0):
                return (
                    partial(openmetrics.generate_latest, escaping=UNDERSCORES, version="1.0.0"),
                    openmetrics.CONTENT_TYPE_LATEST,
                )
            content_type = (
                openmetrics.CONTENT_TYPE_LATEST_2_0
                if parse_version(version) >= (2, 0, 0)
                else openmetrics.CONTENT_TYPE_LATEST
            )
            encoder = partial(openmetrics.generate_latest, escaping=escaping, version=version)
            return encoder, f"{content_type}; escaping={escaping}"
        if kind == "application/vnd.google.protobuf" and _is_protobuf(parameters):
            from . import protobuf

            return partial(protobuf.generate_latest, escaping=escaping), f"{protobuf.CONTENT_TYPE}; escaping={escaping}"
        if kind == "text/plain" and version and parse_version(version) >= (1, 0, 0):
            return partial(generate_latest, escaping=escaping), f"{CONTENT_TYPE_LATEST}; escaping={escaping}"
    return generate_latest, CONTENT_TYPE_PLAIN_0_0_4


def _is_protobuf(parameters: Sequence[str]) -> bool:
    return (
        _parameter(parameters, "proto") == "io.prometheus.client.MetricFamily"
        and _parameter(parameters, "encoding") == "delimited"
    )


def _parameter(parameters: Sequence[str], wanted: str) -> Optional[str]:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == wanted:
            return value.strip()
    return None


def gzip_accepted(accept_encoding_header: Optional[str]) -> bool:
    """Whether an Accept-Encoding allows gzip."""
    accepted = (accept_encoding_header or "").split(",")
    return any(encoding.split(";")[0].strip().lower() == "gzip" for encoding in accepted)


def _bake_output(
    registry: Any,
    accept_header: Optional[str],
    accept_encoding_header: Optional[str],
    params: Any,
    disable_compression: bool,
) -> Tuple[str, List[Tuple[str, str]], bytes]:
    """Status, headers and body of the answer to a scrape."""
    encoder, content_type = choose_encoder(accept_header)
    if "name[]" in params:
        registry = registry.restricted_registry(params["name[]"])
    output = encoder(registry)
    headers = [("Content-Type", content_type)]
    if not disable_compression and gzip_accepted(accept_encoding_header):
        import gzip

        # The fastest level: a scrape is one of many, and most of it is the same text again and again.
        output = gzip.compress(output, 1)
        headers.append(("Content-Encoding", "gzip"))
    return "200 OK", headers, output


def write_to_textfile(path: str, registry: Any, escaping: str = ALLOWUTF8, tmpdir: Optional[str] = None) -> None:
    """Writes the metrics to a file for the textfile collector of the node exporter: all of them, or the old ones stay."""
    name = f"{os.path.basename(path)}.{os.getpid()}.{threading.current_thread().ident}"
    temporary = (
        os.path.join(tmpdir, name) if tmpdir is not None else f"{path}.{os.getpid()}.{threading.current_thread().ident}"
    )
    try:
        with open(temporary, "wb") as file:
            file.write(generate_latest(registry, escaping))
        os.replace(temporary, path)
    except Exception:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise


# Where the names are that need more than this module imports.
_ELSEWHERE = {
    "serve": (
        "MetricsHandler", "ThreadingWSGIServer", "make_wsgi_app", "start_http_server", "start_wsgi_server",
        "_SilentHandler", "_get_best_family", "_get_ssl_ctx",
    ),
    "asgi": ("make_asgi_app",),
    "push": (
        "basic_auth_handler", "default_handler", "delete_from_gateway", "instance_ip_grouping_key",
        "passthrough_redirect_handler", "push_to_gateway", "pushadd_to_gateway", "tls_auth_handler",
        "SNAPPY_AVAILABLE", "_PrometheusRedirectHandler", "_escape_grouping_key", "_make_handler", "_use_gateway",
    ),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    for module, names in _ELSEWHERE.items():
        if name in names:
            from importlib import import_module

            found = getattr(import_module(f"{__package__}.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), *(name for names in _ELSEWHERE.values() for name in names)})
