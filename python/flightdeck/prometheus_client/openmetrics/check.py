"""What OpenMetrics demands of a family beyond its grammar."""

from __future__ import annotations

import math
from typing import Any, Dict, List, Optional, Set, Tuple

from ..metrics_core import Metric
from ..samples import Sample
from ..utils import floatToGoString

# What the samples of a family are called besides its name, by its type.
SUFFIXES: Dict[str, Tuple[str, ...]] = {
    "counter": ("_total", "_created"),
    "summary": ("", "_count", "_sum", "_created"),
    "histogram": ("_count", "_sum", "_bucket", "_created"),
    "gaugehistogram": ("_gcount", "_gsum", "_bucket"),
    "info": ("_info",),
}

_HISTOGRAMS = ("histogram", "gaugehistogram")

# Numbers that have one spelling as bounds of buckets and as quantiles, so that series of many instances meet.
_CANONICAL_NUMBERS = frozenset(
    {float(thousandth) / 1000 for thousandth in range(1001)}
    | {float(f"1e{power}") for power in range(-10, 11)}
    | {math.inf}
)


def check_sample(name: str, typ: str, sample: Sample) -> None:
    """Refuses a sample that a family of this type cannot have."""
    value = sample.value
    if typ == "stateset":
        if name not in sample.labels:
            raise ValueError("Stateset missing label")
        if value not in (0, 1):
            raise ValueError("Stateset samples can only have values zero and one")
    elif typ == "info":
        if value != 1:
            raise ValueError("Info samples can only have value one")
    elif typ == "summary" and sample.name == name:
        _check_bound(sample.labels.get("quantile"), "quantile", 0, 1)
        if value < 0:
            raise ValueError("Quantile values cannot be negative")
    elif typ in _HISTOGRAMS and sample.name == name + "_bucket":
        _check_bound(sample.labels.get("le"), "le", -math.inf, math.inf)
    if sample.native_histogram is not None:
        return
    suffix = sample.name[len(name) :]
    if typ in _HISTOGRAMS and suffix in ("_bucket", "_count", "_gcount") or typ == "summary" and suffix == "_count":
        if not (math.isfinite(value) and value == int(value)):
            raise ValueError("Counts must be whole numbers: " + sample.name)
    if suffix in ("_total", "_sum", "_count", "_bucket", "_gcount") and typ in (*_HISTOGRAMS, "counter", "summary"):
        if math.isnan(value):
            raise ValueError("Counter-like samples cannot be NaN: " + sample.name)
        if value < 0:
            raise ValueError("Counter-like samples cannot be negative: " + sample.name)
    if suffix == "_gsum" and typ == "gaugehistogram" and math.isnan(value):
        raise ValueError("Counter-like samples cannot be NaN: " + sample.name)
    if sample.exemplar is not None:
        bucket = typ in _HISTOGRAMS and suffix == "_bucket"
        if not (bucket or (typ == "counter" and suffix == "_total")):
            raise ValueError("Only buckets of histograms and counters can have exemplars")


def _check_bound(text: Optional[str], label: str, least: float, most: float) -> None:
    try:
        bound = float(text or "nan")
    except ValueError:
        bound = math.nan
    if not least <= bound <= most:
        raise ValueError(f"Invalid {label} label: {text}")
    if bound in _CANONICAL_NUMBERS and text != floatToGoString(bound):
        raise ValueError(f"The {label} label {text} must be written {floatToGoString(bound)}")


class Groups:
    """Samples of one series after another: their order and their times."""

    def __init__(self, name: str, typ: str) -> None:
        self._own_labels = {
            "histogram": ("le",),
            "gaugehistogram": ("le",),
            "summary": ("quantile",),
            "stateset": (name,),
        }.get(typ, ())
        self._seen: Set[Any] = set()
        self._current: Any = None
        self._timestamp: Any = None
        self._at_this_time: Set[Any] = set()

    def add(self, sample: Sample, is_info: bool) -> None:
        """Refuses a sample that is out of place."""
        group = tuple(sorted((name, value) for name, value in sample.labels.items() if name not in self._own_labels))
        identity = (sample.name, tuple(sorted(sample.labels.items())))
        if group != self._current:
            if group in self._seen:
                raise ValueError("Invalid metric grouping: " + sample.name)
            self._seen.add(group)
            self._current, self._timestamp, self._at_this_time = group, sample.timestamp, {identity}
            return
        if (sample.timestamp is None) != (self._timestamp is None):
            raise ValueError("Mix of timestamp presence within a group")
        if sample.timestamp is not None and float(sample.timestamp) < float(self._timestamp) and not is_info:
            raise ValueError("Timestamps went backwards within a group")
        if sample.timestamp is not None and float(sample.timestamp) != float(self._timestamp):
            self._timestamp, self._at_this_time = sample.timestamp, set()
        if identity in self._at_this_time:
            raise ValueError("Duplicate sample: " + sample.name)
        self._at_this_time.add(identity)


def check_family(metric: Metric) -> None:
    """Refuses a family whose samples do not belong together."""
    if metric.unit and not metric.name.endswith("_" + metric.unit):
        raise ValueError("Unit does not match metric name: " + metric.name)
    if metric.unit and metric.type in ("info", "stateset"):
        raise ValueError("Units are not allowed for this metric type: " + metric.name)
    if metric.type in _HISTOGRAMS:
        _check_histogram(metric)


def _check_histogram(metric: Metric) -> None:
    """One histogram at a time: the samples of one series and one moment follow each other."""
    histograms: List[Tuple[Any, List[Sample]]] = []
    for sample in metric.samples:
        if sample.native_histogram is not None:
            continue
        labels = sorted((name, value) for name, value in sample.labels.items() if name != "le")
        moment = (labels, None if sample.timestamp is None else float(sample.timestamp))
        if not histograms or histograms[-1][0] != moment:
            histograms.append((moment, []))
        histograms[-1][1].append(sample)
    for _, samples in histograms:
        _check_one_histogram(metric.name, samples)


def _check_one_histogram(name: str, samples: List[Sample]) -> None:
    bounds: List[float] = []
    last = 0.0
    found = {sample.name[len(name) :]: sample.value for sample in samples}
    for sample in samples:
        if sample.name != name + "_bucket":
            continue
        bound = float(sample.labels["le"])
        if bounds and bound <= bounds[-1]:
            raise ValueError("Buckets out of order: " + name)
        if sample.value < last:
            raise ValueError("Bucket values out of order: " + name)
        bounds.append(bound)
        last = sample.value
    if not bounds and set(found) <= {"_created"}:
        return
    if not bounds or bounds[-1] != math.inf:
        raise ValueError("+Inf bucket missing: " + name)
    count = found.get("_count", found.get("_gcount"))
    if count is not None and count != last:
        raise ValueError("+Inf and count do not match: " + name)
    negative = bounds[0] < 0
    if negative and "_sum" in found:
        raise ValueError("Cannot have _sum with negative buckets: " + name)
    if not negative and found.get("_gsum", 0) < 0:
        raise ValueError("Cannot have negative _gsum with non-negative buckets: " + name)
    for count_suffix, sum_suffix in (("_count", "_sum"), ("_gcount", "_gsum")):
        if (count_suffix in found) != (sum_suffix in found) and not negative:
            raise ValueError(f"{count_suffix} and {sum_suffix} must be present together: {name}")
