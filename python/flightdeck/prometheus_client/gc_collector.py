"""What the garbage collector of Python did."""

from __future__ import annotations

import gc
import platform
from typing import Iterable

from .. import workers
from .metrics_core import CounterMetricFamily, Metric
from .registry import REGISTRY, CollectorRegistry


class GCCollector:
    """Collections and what they found, by generation; only CPython tells."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._is_published = False
        if hasattr(gc, "get_stats") and platform.python_implementation() == "CPython":
            registry.register(self)
            if registry is REGISTRY:
                workers.on_publish(self._publish)

    def collect(self) -> Iterable[Metric]:
        """The families as they are now; where there are other workers, they are among what all of them publish."""
        return [] if self._is_published else self._families()

    def _publish(self) -> None:
        for family in self._families():
            for sample in family.samples:
                workers.set_number("counter", family.name, family.documentation, sample.labels, sample.value)
        self._is_published = True

    def _families(self) -> Iterable[Metric]:
        collected = CounterMetricFamily(
            "python_gc_objects_collected", "Objects collected during gc", labels=["generation"]
        )
        uncollectable = CounterMetricFamily(
            "python_gc_objects_uncollectable", "Uncollectable objects found during GC", labels=["generation"]
        )
        collections = CounterMetricFamily(
            "python_gc_collections", "Number of times this generation was collected", labels=["generation"]
        )
        for generation, stat in enumerate(gc.get_stats()):
            collected.add_metric([str(generation)], stat["collected"])
            uncollectable.add_metric([str(generation)], stat["uncollectable"])
            collections.add_metric([str(generation)], stat["collections"])
        return [collected, uncollectable, collections]


GC_COLLECTOR = GCCollector()
