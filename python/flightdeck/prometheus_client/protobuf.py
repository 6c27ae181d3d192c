"""Metrics in Prometheus's protobuf format, the one that carries native histograms to every Prometheus."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from .. import _core
from .exposition import _families
from .openmetrics.exposition import UNDERSCORES, escape_label_name, escape_metric_name
from .registry import REGISTRY

CONTENT_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

Labels = List[Tuple[str, str]]

# What a family's name has here that it has not elsewhere.
_SUFFIXES = {"counter": "_total", "info": "_info"}


class _Series:
    """What samples of the same labels come to; the native half reads it."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.value = 0.0
        self.count = 0.0
        # Bounds or quantiles with their values and exemplars.
        self.parts: List[Tuple[float, float, Any]] = []
        self.created = 0.0
        self.exemplar: Any = None
        self.native: Any = None
        self.time_ms = 0

    def told(self) -> Tuple[Any, ...]:
        return (self.labels, self.value, self.count, self.parts, self.created, self.exemplar, self.native, self.time_ms)


def generate_latest(registry: Any = REGISTRY, escaping: str = UNDERSCORES) -> bytes:
    """All metrics of a registry as protobuf messages, each behind its length."""
    output = []
    for family in _families(registry, "protobuf"):
        output.append(family if isinstance(family, bytes) else _encode(family, escaping))
    return b"".join(output)


def _encode(family: Any, escaping: str) -> bytes:
    series: Dict[Tuple[Tuple[str, str], ...], _Series] = {}
    for sample in family.samples:
        own = {"summary": "quantile", "histogram": "le", "gaugehistogram": "le"}.get(family.type, "")
        labels = [
            (escape_label_name(name, escaping), value) for name, value in sorted(sample.labels.items()) if name != own
        ]
        key = tuple(labels)
        if key not in series:
            series[key] = _Series(labels)
        _add(series[key], family, sample, sample.labels.get(own))
    name = escape_metric_name(family.name + _SUFFIXES.get(family.type, ""), escaping)
    told = [one.told() for one in series.values()]
    return _core.encode_family(family.type, name, family.documentation, family.unit, told)


def _add(series: _Series, family: Any, sample: Any, own: Optional[str]) -> None:
    suffix = sample.name[len(family.name) :]
    if sample.timestamp is not None:
        series.time_ms = int(float(sample.timestamp) * 1000)
    if sample.native_histogram is not None:
        series.native = _native(sample.native_histogram)
        series.count, series.value = sample.native_histogram.count_value, sample.native_histogram.sum_value
        series.exemplar = _exemplar(sample.exemplar)
    elif suffix == "_created":
        series.created = sample.value
    elif own is not None:
        series.parts.append((float(own), sample.value, _exemplar(sample.exemplar)))
        if own == "+Inf":
            series.count = sample.value
    elif suffix in ("_count", "_gcount"):
        series.count = sample.value
    else:
        series.value = sample.value
        series.exemplar = _exemplar(sample.exemplar)


def _exemplar(exemplar: Any) -> Optional[Tuple[Labels, float, Optional[str]]]:
    if exemplar is None:
        return None
    time = None if exemplar.timestamp is None else str(exemplar.timestamp)
    return sorted(exemplar.labels.items()), exemplar.value, time


def _native(value: Any) -> Tuple[Any, ...]:
    def side(spans: Any, deltas: Any) -> Any:
        return [tuple(span) for span in spans or ()], list(deltas or ())

    sides = side(value.pos_spans, value.pos_deltas), side(value.neg_spans, value.neg_deltas)
    return value.schema, value.zero_threshold, value.zero_count, *sides
