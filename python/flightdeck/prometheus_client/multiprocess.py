"""Adds up what several processes left in the files of PROMETHEUS_MULTIPROC_DIR."""

from __future__ import annotations

import glob
import json
import os
from collections import defaultdict
from typing import Any, Dict, Iterable, List, Optional, Tuple

from . import values
from .metrics import Gauge
from .metrics_core import Metric
from .mmap_dict import MmapedDict
from .samples import Sample
from .utils import floatToGoString

_Key = Tuple[str, Tuple[Tuple[str, str], ...]]


class MultiProcessCollector:
    """The metrics of all processes whose files are in a directory."""

    def __init__(self, registry: Any, path: Optional[str] = None) -> None:
        if path is None:
            path = values._directory()
        if not path or not os.path.isdir(path):
            raise ValueError("env PROMETHEUS_MULTIPROC_DIR is not set or not a directory")
        self._path = path
        if registry:
            registry.register(self)

    @staticmethod
    def merge(files: Iterable[str], accumulate: bool = True) -> Iterable[Metric]:
        """The families of these files, added up.

        With `accumulate` buckets are as a scrape has them, each with those below it; without, as the files have them, so
        that the result can be written to a file again.
        """
        return MultiProcessCollector._accumulate_metrics(MultiProcessCollector._read_metrics(files), accumulate)

    @staticmethod
    def _read_metrics(files: Iterable[str]) -> Dict[str, Metric]:
        metrics: Dict[str, Metric] = {}
        for path in files:
            parts = os.path.basename(path).split("_")
            typ = parts[0]
            try:
                entries = MmapedDict.read_all_values_from_file(path)
            except FileNotFoundError:
                # Files of live gauges go when their process is marked dead, maybe this moment.
                if typ == "gauge" and parts[1].startswith("live"):
                    continue
                raise
            for key, value, timestamp, _ in entries:
                metric_name, name, labels, help_text = json.loads(key)
                metric = metrics.get(metric_name)
                if metric is None:
                    metric = metrics[metric_name] = Metric(metric_name, help_text, typ)
                if typ == "gauge":
                    metric._multiprocess_mode = parts[1]  # type: ignore[attr-defined]
                    labels = {**labels, "pid": parts[2][: -len(".db")]}
                    metric.add_sample(name, labels, value, timestamp)
                else:
                    # The key of the sample is the same for all processes, in whatever order the labels are.
                    metric.add_sample(name, labels, value)
        return metrics

    @staticmethod
    def _accumulate_metrics(metrics: Dict[str, Metric], accumulate: bool) -> Iterable[Metric]:
        for metric in metrics.values():
            if metric.type == "gauge":
                merged = _merge_gauges(metric.samples, metric._multiprocess_mode)  # type: ignore[attr-defined]
            elif metric.type == "histogram":
                merged = _merge_histograms(metric.samples, metric.name, accumulate)
            else:
                merged = _sums(metric.samples)
            metric.samples = [Sample(name, dict(labels), value) for (name, labels), value in merged.items()]
        return metrics.values()

    def collect(self) -> Iterable[Metric]:
        """The families of all files there are now."""
        return self.merge(glob.glob(os.path.join(self._path, "*.db")), accumulate=True)


def _key(sample: Sample, *without: str) -> _Key:
    return sample.name, tuple((name, value) for name, value in sorted(sample.labels.items()) if name not in without)


def _sums(samples: List[Sample]) -> Dict[_Key, float]:
    sums: Dict[_Key, float] = defaultdict(float)
    for sample in samples:
        sums[_key(sample)] += sample.value
    return sums


def _merge_gauges(samples: List[Sample], mode: str) -> Dict[_Key, float]:
    merged: Dict[_Key, float] = {}
    times: Dict[_Key, Any] = {}
    mode = mode[len("live") :] if mode.startswith("live") else mode
    for sample in samples:
        key = _key(sample) if mode == "all" else _key(sample, "pid")
        if key not in merged:
            merged[key] = sample.value
            times[key] = sample.timestamp or 0
        elif mode == "min":
            merged[key] = min(merged[key], sample.value)
        elif mode == "max":
            merged[key] = max(merged[key], sample.value)
        elif mode == "sum":
            merged[key] += sample.value
        elif mode == "mostrecent":
            if times[key] < (sample.timestamp or 0):
                merged[key] = sample.value
                times[key] = sample.timestamp or 0
        else:
            merged[key] = sample.value
    return merged


def _merge_histograms(samples: List[Sample], metric_name: str, accumulate: bool) -> Dict[_Key, float]:
    # By series, in the order in which they come: its sum, and observations by bound.
    others: Dict[Any, Dict[_Key, float]] = defaultdict(lambda: defaultdict(float))
    buckets: Dict[Any, Dict[float, float]] = defaultdict(lambda: defaultdict(float))
    for sample in samples:
        name, labels = _key(sample, "le")
        by_bound = buckets[labels]
        if "le" in sample.labels:
            by_bound[float(sample.labels["le"])] += sample.value
        else:
            others[labels][name, labels] += sample.value
    merged: Dict[_Key, float] = {}
    for labels, by_bound in buckets.items():
        merged.update(others[labels])
        count = 0.0
        for bound, observations in sorted(by_bound.items()):
            count = count + observations if accumulate else observations
            merged[metric_name + "_bucket", labels + (("le", floatToGoString(bound)),)] = count
        if accumulate:
            merged[metric_name + "_count", labels] = count
    return merged


_LIVE_GAUGE_MODES = frozenset(mode for mode in Gauge._MULTIPROC_MODES if mode.startswith("live"))


def mark_process_dead(pid: Any, path: Optional[str] = None) -> None:
    """Forgets the live gauges of a process that ended."""
    directory = (
        path
        if path is not None
        else os.environ.get("PROMETHEUS_MULTIPROC_DIR", os.environ.get("prometheus_multiproc_dir"))
    )
    for mode in _LIVE_GAUGE_MODES:
        for file in glob.glob(os.path.join(directory or "", f"gauge_{mode}_{pid}.db")):
            os.remove(file)
