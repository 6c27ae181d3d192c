"""Metric families as collectors return them."""

from __future__ import annotations

from typing import Any, Container, Dict, List, Optional, Sequence, Tuple, Union

from .samples import Exemplar, NativeHistogram, Sample, Timestamp
from .validation import _validate_metric_name

METRIC_TYPES = (
    "counter",
    "gauge",
    "summary",
    "histogram",
    "gaugehistogram",
    "unknown",
    "info",
    "stateset",
)

_Time = Optional[Union[Timestamp, float]]


class Metric:
    """One family: its name, help, type and samples."""

    def __init__(self, name: str, documentation: str, typ: str, unit: str = "") -> None:
        if unit and not name.endswith("_" + unit):
            name += "_" + unit
        _validate_metric_name(name)
        if typ == "untyped":
            typ = "unknown"
        if typ not in METRIC_TYPES:
            raise ValueError("Invalid metric type: " + typ)
        self.name: str = name
        self.documentation: str = documentation
        self.unit: str = unit
        self.type: str = typ
        self.samples: List[Sample] = []

    def add_sample(
        self,
        name: str,
        labels: Dict[str, str],
        value: float,
        timestamp: _Time = None,
        exemplar: Optional[Exemplar] = None,
        native_histogram: Optional[NativeHistogram] = None,
    ) -> None:
        """Adds a sample; its name is the whole name, suffix included."""
        self.samples.append(Sample(name, labels, value, timestamp, exemplar, native_histogram))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Metric)
            and self.name == other.name
            and self.documentation == other.documentation
            and self.type == other.type
            and self.unit == other.unit
            and self.samples == other.samples
        )

    def __repr__(self) -> str:
        return f"Metric({self.name}, {self.documentation}, {self.type}, {self.unit}, {self.samples})"

    def _restricted_metric(self, names: Container[str]) -> Optional["Metric"]:
        """The same family with the samples of these names, if it has any."""
        samples = [sample for sample in self.samples if sample[0] in names]
        if not samples:
            return None
        metric = Metric(self.name, self.documentation, self.type, self.unit)
        metric.samples = samples
        return metric


class _Family(Metric):
    """What the families below share: labels given by position."""

    def __init__(
        self, name: str, documentation: str, typ: str, labels: Optional[Sequence[str]], unit: str, valued: bool
    ) -> None:
        super().__init__(name, documentation, typ, unit)
        if labels is not None and valued:
            raise ValueError("Can only specify at most one of value and labels.")
        self._labelnames: Tuple[str, ...] = tuple(labels or ())

    def _labelled(self, labels: Sequence[str]) -> Dict[str, str]:
        return dict(zip(self._labelnames, labels))


class UnknownMetricFamily(_Family):
    """A family of unknown type."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: Optional[float] = None,
        labels: Optional[Sequence[str]] = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "unknown", labels, unit, value is not None)
        if value is not None:
            self.add_metric([], value)

    def add_metric(self, labels: Sequence[str], value: float, timestamp: _Time = None) -> None:
        """Adds a series."""
        self.add_sample(self.name, self._labelled(labels), value, timestamp)


UntypedMetricFamily = UnknownMetricFamily


class CounterMetricFamily(_Family):
    """A family of counters."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: Optional[float] = None,
        labels: Optional[Sequence[str]] = None,
        created: Optional[float] = None,
        unit: str = "",
        exemplar: Optional[Exemplar] = None,
    ) -> None:
        if name.endswith("_total"):
            name = name[: -len("_total")]
        super().__init__(name, documentation, "counter", labels, unit, value is not None)
        if value is not None:
            self.add_metric([], value, created, exemplar=exemplar)

    def add_metric(
        self,
        labels: Sequence[str],
        value: float,
        created: Optional[float] = None,
        timestamp: _Time = None,
        exemplar: Optional[Exemplar] = None,
    ) -> None:
        """Adds a series."""
        self.add_sample(self.name + "_total", self._labelled(labels), value, timestamp, exemplar)
        if created is not None:
            self.add_sample(self.name + "_created", self._labelled(labels), created, timestamp)


class GaugeMetricFamily(_Family):
    """A family of gauges."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: Optional[float] = None,
        labels: Optional[Sequence[str]] = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "gauge", labels, unit, value is not None)
        if value is not None:
            self.add_metric([], value)

    def add_metric(self, labels: Sequence[str], value: float, timestamp: _Time = None) -> None:
        """Adds a series."""
        self.add_sample(self.name, self._labelled(labels), value, timestamp)


class SummaryMetricFamily(_Family):
    """A family of summaries without quantiles."""

    def __init__(
        self,
        name: str,
        documentation: str,
        count_value: Optional[int] = None,
        sum_value: Optional[float] = None,
        labels: Optional[Sequence[str]] = None,
        unit: str = "",
    ) -> None:
        if (sum_value is None) != (count_value is None):
            raise ValueError("count_value and sum_value must be provided together.")
        super().__init__(name, documentation, "summary", labels, unit, count_value is not None)
        if count_value is not None and sum_value is not None:
            self.add_metric([], count_value, sum_value)

    def add_metric(self, labels: Sequence[str], count_value: int, sum_value: float, timestamp: _Time = None) -> None:
        """Adds a series."""
        self.add_sample(self.name + "_count", self._labelled(labels), count_value, timestamp)
        self.add_sample(self.name + "_sum", self._labelled(labels), sum_value, timestamp)


class HistogramMetricFamily(_Family):
    """A family of histograms: buckets are pairs of bound and cumulative count, or with an exemplar third."""

    def __init__(
        self,
        name: str,
        documentation: str,
        buckets: Optional[Sequence[Union[Tuple[str, float], Tuple[str, float, Exemplar]]]] = None,
        sum_value: Optional[float] = None,
        labels: Optional[Sequence[str]] = None,
        unit: str = "",
    ) -> None:
        if sum_value is not None and buckets is None:
            raise ValueError("sum value cannot be provided without buckets.")
        super().__init__(name, documentation, "histogram", labels, unit, buckets is not None)
        if buckets is not None:
            self.add_metric([], buckets, sum_value)

    def add_metric(
        self, labels: Sequence[str], buckets: Sequence[Any], sum_value: Optional[float], timestamp: _Time = None
    ) -> None:
        """Adds a series; without a sum, no count either."""
        for bucket in buckets:
            bound, value = bucket[0], bucket[1]
            exemplar = bucket[2] if len(bucket) == 3 else None
            self.add_sample(self.name + "_bucket", {**self._labelled(labels), "le": bound}, value, timestamp, exemplar)
        # Where observations may be negative a sum goes down, and OpenMetrics wants none.
        if float(buckets[0][0]) >= 0 and sum_value is not None:
            self.add_sample(self.name + "_count", self._labelled(labels), buckets[-1][1], timestamp)
            self.add_sample(self.name + "_sum", self._labelled(labels), sum_value, timestamp)


class GaugeHistogramMetricFamily(_Family):
    """A family of histograms whose counts may go down."""

    def __init__(
        self,
        name: str,
        documentation: str,
        buckets: Optional[Sequence[Tuple[str, float]]] = None,
        gsum_value: Optional[float] = None,
        labels: Optional[Sequence[str]] = None,
        unit: str = "",
    ) -> None:
        super().__init__(name, documentation, "gaugehistogram", labels, unit, buckets is not None)
        if buckets is not None:
            self.add_metric([], buckets, gsum_value)

    def add_metric(
        self,
        labels: Sequence[str],
        buckets: Sequence[Tuple[str, float]],
        gsum_value: Optional[float],
        timestamp: _Time = None,
    ) -> None:
        """Adds a series."""
        for bound, value in buckets:
            self.add_sample(self.name + "_bucket", {**self._labelled(labels), "le": bound}, value, timestamp)
        self.add_sample(self.name + "_gcount", self._labelled(labels), buckets[-1][1], timestamp)
        self.add_sample(self.name + "_gsum", self._labelled(labels), gsum_value, timestamp)  # type: ignore[arg-type]


class InfoMetricFamily(_Family):
    """A family of labels that describe."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: Optional[Dict[str, str]] = None,
        labels: Optional[Sequence[str]] = None,
    ) -> None:
        super().__init__(name, documentation, "info", labels, "", value is not None)
        if value is not None:
            self.add_metric([], value)

    def add_metric(self, labels: Sequence[str], value: Dict[str, str], timestamp: _Time = None) -> None:
        """Adds a series."""
        self.add_sample(self.name + "_info", {**self._labelled(labels), **value}, 1, timestamp)


class StateSetMetricFamily(_Family):
    """A family of states of which some are on."""

    def __init__(
        self,
        name: str,
        documentation: str,
        value: Optional[Dict[str, bool]] = None,
        labels: Optional[Sequence[str]] = None,
    ) -> None:
        super().__init__(name, documentation, "stateset", labels, "", value is not None)
        if value is not None:
            self.add_metric([], value)

    def add_metric(self, labels: Sequence[str], value: Dict[str, bool], timestamp: _Time = None) -> None:
        """Adds a series."""
        for state, enabled in sorted(value.items()):
            self.add_sample(self.name, {**self._labelled(labels), self.name: state}, 1 if enabled else 0, timestamp)
