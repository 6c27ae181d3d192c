"""The registry: which collectors there are, and what they collect."""

from __future__ import annotations

import copy
from threading import Lock
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional

from .. import workers
from .metrics_core import Metric

if TYPE_CHECKING:
    from typing import Protocol
else:
    try:
        from typing import Protocol
    except ImportError:  # pragma: no cover
        Protocol = object

# What expositions add to the name of a family, by its type.
_SUFFIXES = {
    "counter": ("_total", "_created"),
    "summary": ("_sum", "_count", "_created"),
    "histogram": ("_bucket", "_sum", "_count", "_created"),
    "gaugehistogram": ("_bucket", "_gsum", "_gcount"),
    "info": ("_info",),
}


class Collector(Protocol):
    """Anything with a method that collects metric families."""

    def collect(self) -> Iterable[Metric]:
        """The families as they are now."""
        ...


class DuplicateTimeseries(ValueError):
    """Two collectors would have made series of the same name."""

    def __init__(self, duplicates: Iterable[str]) -> None:
        self.duplicates = set(duplicates)
        super().__init__(f"Duplicated timeseries in CollectorRegistry: {self.duplicates}")

    def __reduce__(self) -> Any:
        return (type(self), (self.duplicates,))


class _EmptyCollector:
    """Stands for the target's information, which the registry makes itself."""

    def collect(self) -> Iterable[Metric]:
        return []


class CollectorRegistry:
    """Collectors by the names of what they collect.

    Collectors that describe themselves are asked for their names when they are registered; with `auto_describe` the others
    are collected once for it.
    """

    def __init__(
        self,
        auto_describe: bool = False,
        target_info: Optional[Dict[str, str]] = None,
        support_collectors_without_names: bool = False,
    ) -> None:
        self._collector_to_names: Dict[Any, List[str]] = {}
        self._names_to_collectors: Dict[str, Any] = {}
        self._auto_describe = auto_describe
        self._lock = Lock()
        self._target_info: Optional[Dict[str, str]] = {}
        self._support_collectors_without_names = support_collectors_without_names
        self._collectors_without_names: List[Any] = []
        self._shared_key = workers.registry_key()
        if self._shared_key is not None:
            workers.know(self)
        self.set_target_info(target_info)

    def register(self, collector: Any) -> None:
        """Adds a collector; refuses names that are taken."""
        with self._lock:
            names = self._get_names(collector)
            duplicates = set(self._names_to_collectors).intersection(names)
            if duplicates:
                raise DuplicateTimeseries(duplicates)
            for name in names:
                self._names_to_collectors[name] = collector
            self._collector_to_names[collector] = names
            if self._support_collectors_without_names and not names:
                self._collectors_without_names.append(collector)

    def unregister(self, collector: Any) -> None:
        """Removes a collector."""
        with self._lock:
            for name in self._collector_to_names[collector]:
                del self._names_to_collectors[name]
            del self._collector_to_names[collector]
            if collector in self._collectors_without_names:
                self._collectors_without_names.remove(collector)

    def _get_names(self, collector: Any) -> List[str]:
        describe = getattr(collector, "describe", None)
        if not describe and self._auto_describe:
            describe = collector.collect
        names = []
        for metric in describe() if describe else ():
            names.append(metric.name)
            names.extend(metric.name + suffix for suffix in _SUFFIXES.get(metric.type, ()))
        return names

    def _collectors(self) -> "tuple[Optional[Metric], List[Any]]":
        with self._lock:
            return self._target_info_metric() if self._target_info else None, list(self._collector_to_names)

    def collect(self) -> Iterator[Metric]:
        """All families of all collectors."""
        target_info, collectors = self._collectors()
        if target_info:
            yield target_info
        shared = workers.families(self)
        for collector in collectors:
            yield from _collect_one(collector, shared)
        # What other workers have and this one never made.
        if shared:
            yield from shared.values()

    def restricted_registry(self, names: Iterable[str]) -> "RestrictedRegistry":
        """A view that collects only samples of these names, and asks only the collectors that have them."""
        return RestrictedRegistry(set(names), self)

    def set_target_info(self, labels: Optional[Dict[str, str]]) -> None:
        """Describes what is measured, in a metric of its own."""
        with self._lock:
            if labels:
                if not self._target_info and "target_info" in self._names_to_collectors:
                    raise ValueError("CollectorRegistry already contains a target_info metric")
                self._names_to_collectors["target_info"] = _EmptyCollector()
            elif self._target_info:
                self._names_to_collectors.pop("target_info", None)
            self._target_info = labels

    def get_target_info(self) -> Optional[Dict[str, str]]:
        """What `set_target_info` was given."""
        with self._lock:
            return self._target_info

    def _target_info_metric(self) -> Metric:
        metric = Metric("target", "Target metadata", "info")
        metric.add_sample("target_info", self._target_info or {}, 1)
        return metric

    def get_sample_value(self, name: str, labels: Optional[Dict[str, str]] = None) -> Optional[float]:
        """The value of one sample, or `None`; slow, for tests."""
        wanted = {} if labels is None else labels
        for metric in self.collect():
            for sample in metric.samples:
                if sample.name == name and sample.labels == wanted:
                    return sample.value
        return None


def _collect_one(collector: Any, shared: Optional[Dict[str, Metric]]) -> Iterable[Metric]:
    """The families of a collector; of metrics that workers share, those of all of them, which are taken from `shared`."""
    if shared is None or not workers.is_shared(collector):
        return collector.collect()  # type: ignore[no-any-return]
    family = shared.pop(collector._name, None)
    return collector.describe() if family is None else [family]


class RestrictedRegistry:
    """What `CollectorRegistry.restricted_registry` returns."""

    def __init__(self, names: Iterable[str], registry: CollectorRegistry) -> None:
        self._name_set = set(names)
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """The families that have samples of these names, with those samples alone."""
        registry = self._registry
        target_info = None
        collectors = []
        with registry._lock:
            if "target_info" in self._name_set and registry._target_info:
                target_info = copy.copy(registry._target_info_metric())
            for name in self._name_set:
                collector = registry._names_to_collectors.get(name)
                if name != "target_info" and collector is not None and collector not in collectors:
                    collectors.append(collector)
            collectors.extend(registry._collectors_without_names)
        if target_info:
            yield target_info
        shared = workers.families(registry)
        for collector in collectors:
            for metric in _collect_one(collector, shared):
                restricted = metric._restricted_metric(self._name_set)
                if restricted:
                    yield restricted


REGISTRY = CollectorRegistry(auto_describe=True)
REGISTRY._shared_key = ""
