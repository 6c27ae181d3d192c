"""What several workers came to, as families with samples."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from . import metrics as _metrics
from .metrics_core import Metric
from .samples import Exemplar, Sample
from .utils import floatToGoString

# Label values, pid, numbers, when it was created, exemplars, what a native histogram has.
Point = Tuple[List[str], Optional[int], List[float], float, List[Tuple[int, str, float, float]], Any]


def family_of(
    kind: str,
    name: str,
    documentation: str,
    unit: str,
    labelnames: Sequence[str],
    bounds: Sequence[float],
    states: Sequence[str],
    points: Iterable[Point],
) -> Metric:
    """One family from what the native half tells of it."""
    family = Metric(name, documentation, kind, unit)
    if kind == "info":
        points = _latest(points, len(labelnames))
    for values, pid, numbers, created, exemplars, native in points:
        labels = dict(zip(labelnames, values))
        if pid is not None:
            labels["pid"] = str(pid)
        kept = {number: Exemplar(json.loads(text), value, time) for number, text, value, time in exemplars}
        if kind == "info":
            family.samples.append(Sample(name + "_info", {**labels, **json.loads(values[-1])}, 1.0))
        elif kind == "stateset":
            now = int(numbers[0])
            family.samples.extend(
                Sample(name, {**labels, name: state}, float(at == now)) for at, state in enumerate(states)
            )
        elif kind == "gauge":
            family.samples.append(Sample(name, labels, numbers[0]))
        elif kind == "counter":
            family.samples.append(Sample(name + "_total", labels, numbers[0], None, kept.get(0)))
        elif kind == "summary":
            for quantile, value in zip(bounds, numbers[2:]):
                family.samples.append(Sample(name, {**labels, "quantile": floatToGoString(quantile)}, value))
            family.samples.append(Sample(name + "_count", labels, numbers[1]))
            family.samples.append(Sample(name + "_sum", labels, numbers[0]))
        else:
            family.samples.extend(_histogram(name, labels, bounds, numbers, kept))
            if native is not None:
                count = sum(numbers[1 : 1 + len(bounds)])
                histogram = _metrics.native_histogram(count, numbers[0], native)
                family.samples.append(Sample(name, labels, 0, None, None, histogram))
        if kind in ("counter", "summary", "histogram") and _metrics._use_created and pid is None:
            family.samples.append(Sample(name + "_created", labels, created))
    return family


def _latest(points: Iterable[Point], labels: int) -> Iterable[Point]:
    """Of what workers said of the same thing, what was said last."""
    latest: Dict[Tuple[str, ...], Point] = {}
    for point in points:
        key = tuple(point[0][:labels])
        if key not in latest or latest[key][2][0] < point[2][0]:
            latest[key] = point
    return latest.values()


def _histogram(
    name: str, labels: Dict[str, str], bounds: Sequence[float], numbers: Sequence[float], exemplars: Dict[int, Exemplar]
) -> Iterable[Sample]:
    count = 0.0
    for at, (bound, observations) in enumerate(zip(bounds, numbers[1:])):
        count += observations
        yield Sample(name + "_bucket", {**labels, "le": floatToGoString(bound)}, count, None, exemplars.get(1 + at))
    # Where observations may be negative a sum goes down, which is nothing that a counter may do.
    yield Sample(name + "_count", labels, count)
    if bounds[0] >= 0:
        yield Sample(name + "_sum", labels, numbers[0])
