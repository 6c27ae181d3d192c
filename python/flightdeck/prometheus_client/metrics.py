"""The six kinds of metric, which programs are instrumented with.

Recording is native (`flightdeck._core`); what is here is making metrics and their children, and everything unusual: exemplars,
errors, values in files.
"""

from __future__ import annotations

import math
import os
import time
from threading import Lock
from types import MethodType
from typing import Any, Callable, Dict, Iterable, Iterator, MutableMapping, Optional, Sequence, Tuple, Type, Union

from .. import _core, workers
from . import values
from .context_managers import ExceptionCounter, InprogressTracker, Timer
from .metrics_core import Metric
from .registry import REGISTRY, Collector, CollectorRegistry  # noqa: F401
from .samples import BucketSpan, Exemplar, NativeHistogram, Sample
from .utils import INF, floatToGoString
from .validation import _validate_exemplar, _validate_labelnames, _validate_metric_name


def _get_use_created() -> bool:
    return os.environ.get("PROMETHEUS_DISABLE_CREATED_SERIES", "False").lower() not in ("true", "1", "t")


_use_created = _get_use_created()

OVERFLOW_VALUE = "__overflow__"
# What is at most this far from zero is zero in native histograms, as in Prometheus.
ZERO_THRESHOLD = 2.938735877055719e-39


def _get_series_max() -> int:
    limit = os.environ.get("FLIGHTDECK_SERIES_MAX", "")
    return int(limit) if limit.isascii() and limit.isdigit() and int(limit) > 0 else 20_000


def enable_created_metrics() -> None:
    """Exposes when counters, histograms and summaries were created."""
    global _use_created
    _use_created = True


def disable_created_metrics() -> None:
    """Does not expose when counters, histograms and summaries were created."""
    global _use_created
    _use_created = False


def _build_full_name(metric_type: str, name: str, namespace: str, subsystem: str, unit: str) -> str:
    if not name:
        raise ValueError("Metric name should not be empty")
    full_name = "_".join(part for part in (namespace, subsystem, name) if part)
    if metric_type == "counter" and full_name.endswith("_total"):
        full_name = full_name[: -len("_total")]
    if unit and not full_name.endswith("_" + unit):
        full_name += "_" + unit
    if unit and metric_type in ("info", "stateset"):
        raise ValueError("Metric name is of a type that cannot have a unit: " + full_name)
    return full_name


# How many numbers there are, the bounds of buckets, whether the numbers are all there is, the schema of native buckets, the shares
# of quantiles, and the seconds they are over.
Layout = Tuple[int, Sequence[float], bool, Optional[int], Sequence[float], float]


class _OfParent:
    """An attribute that metrics have and children do not that are objects only for a while: parts of their numbers are made,
    the rest is their parents'. Not `__getattr__`, with which every call of a method would take twice the time.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, metric: Any, owner: type) -> Any:
        child_of = None if metric is None else metric._child_of()
        if child_of is None:
            raise AttributeError(f"{owner.__name__!r} object has no attribute {self._name!r}")
        parent, labelvalues = child_of
        if self._name == "_labelvalues":
            return labelvalues
        if self._name in metric._PARTS:
            return metric._part(self._name, metric._values())
        return getattr(parent, self._name)


class MetricWrapperBase(_core.Metric):
    """A metric: with labels the parent of its children, without them one series."""

    _type: Optional[str] = None
    _reserved_labelnames: Sequence[str] = ()
    # How many children it may have; what is beyond goes into one, whose label values say so.
    series_max = _get_series_max()

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: Optional[CollectorRegistry] = REGISTRY,
        _labelvalues: Optional[Sequence[str]] = None,
    ) -> None:
        # What names its registry to other workers; `None`: it is this process's alone.
        self._shared_key: Optional[str] = None
        self._original_name = name
        self._namespace = namespace
        self._subsystem = subsystem
        self._name = _build_full_name(self._type or "", name, namespace, subsystem, unit)
        self._labelnames = _validate_labelnames(type(self), labelnames)  # type: ignore[arg-type]
        self._labelvalues = tuple(_labelvalues or ())
        self._kwargs: Dict[str, Any] = {}
        self._documentation = documentation
        self._unit = unit
        _validate_metric_name(self._name)

        if self._is_parent():
            self._lock = Lock()
            self._metrics: Any = {}
            # A subclass may keep anything in its children; of ours, only the numbers are kept.
            if type(self) in _OWN_KINDS and self._is_native():
                self._bind_packed(self._labelnames, self._layout())
                self._metrics = Children(self)
            else:
                self._bind_family(self._labelnames, self._metrics)
        if self._is_observable():
            self._metric_init()
        if not self._labelvalues and registry:
            registry.register(self)
            if self._is_native():
                self._share(getattr(registry, "_shared_key", None))

    def _layout(self) -> Layout:
        """What the numbers of a kind are that are native."""
        raise NotImplementedError

    # The attributes that hold numbers, and which of them they hold.
    _PARTS: Sequence[str] = ()

    def _part(self, name: str, numbers: Sequence[Any]) -> Any:
        return numbers[self._PARTS.index(name)]

    def _share(self, key: Optional[str]) -> None:
        """Counts together with other workers, where there are any."""
        self._shared_key = key
        if key is not None and self._is_observable():
            workers.adopt(self)

    def _is_observable(self) -> bool:
        return not self._labelnames or bool(self._labelvalues)

    def _is_parent(self) -> bool:
        return bool(self._labelnames) and not self._labelvalues

    def _raise_if_not_observable(self) -> None:
        if not self._is_observable():
            raise ValueError(f"{self._type} metric is missing label values")

    def _get_metric(self) -> Metric:
        return Metric(self._name, self._documentation, self._type or "unknown", self._unit)

    def describe(self) -> Iterable[Metric]:
        """The family without its samples."""
        return [self._get_metric()]

    def collect(self) -> Iterable[Metric]:
        """The family as it is now."""
        metric = self._get_metric()
        for suffix, labels, value, timestamp, exemplar, native_histogram in self._samples():
            metric.add_sample(self._name + suffix, labels, value, timestamp, exemplar, native_histogram)
        return [metric]

    def __str__(self) -> str:
        return f"{self._type}:{self._name}"

    def __repr__(self) -> str:
        module = type(self).__module__
        if module.startswith("flightdeck.prometheus_client"):
            module = module[len("flightdeck.") :]
        return f"{module}.{type(self).__name__}({self._name})"

    def _labels(self, *labelvalues: Any, **labelkwargs: Any) -> Any:
        """What the native `labels` does not find: new children, values that are not text, and errors."""
        if not self._labelnames:
            raise ValueError(f"No label names were set when constructing {self}")
        if self._labelvalues:
            given = dict(zip(self._labelnames, self._labelvalues))
            raise ValueError(f"{self} already has labels set ({given}); can not chain calls to .labels()")
        if labelvalues and labelkwargs:
            raise ValueError("Can't pass both *args and **kwargs")
        if labelkwargs:
            if sorted(labelkwargs) != sorted(self._labelnames):
                raise ValueError("Incorrect label names")
            labelvalues = tuple(str(labelkwargs[name]) for name in self._labelnames)
        else:
            if len(labelvalues) != len(self._labelnames):
                raise ValueError("Incorrect label count")
            labelvalues = tuple(str(value) for value in labelvalues)
        with self._lock:
            if isinstance(self._metrics, Children):
                labelvalues = tuple(map(_writable, labelvalues))
            if labelvalues not in self._metrics and len(self._metrics) >= self.series_max:
                self._tell_of_overflow()
                labelvalues = (OVERFLOW_VALUE,) * len(self._labelnames)
            if isinstance(self._metrics, Children):
                return self._metrics.get_or_make(labelvalues)
            if labelvalues not in self._metrics:
                child = type(self)(
                    self._original_name,
                    documentation=self._documentation,
                    labelnames=self._labelnames,
                    namespace=self._namespace,
                    subsystem=self._subsystem,
                    unit=self._unit,
                    _labelvalues=labelvalues,
                    **self._kwargs,
                )
                child._share(self._shared_key)
                self._metrics[labelvalues] = child
            return self._metrics[labelvalues]

    def _tell_of_overflow(self) -> None:
        # Once for each metric; what was beyond is counted in the series itself.
        if (OVERFLOW_VALUE,) * len(self._labelnames) not in self._metrics:
            import logging

            message = "metric %s has %d series, as many as it may (FLIGHTDECK_SERIES_MAX); more go into %s"
            logging.getLogger("flightdeck").warning(message, self._name, self.series_max, OVERFLOW_VALUE)

    def remove(self, *labelvalues: Any) -> None:
        """Forgets the child with these label values, if there is one."""
        self._warn_of_files(_REMOVAL)
        if not self._labelnames:
            raise ValueError(f"No label names were set when constructing {self}")
        if len(labelvalues) != len(self._labelnames):
            raise ValueError(f"Incorrect label count (expected {len(self._labelnames)}, got {labelvalues})")
        with self._lock:
            removed = self._metrics.pop(tuple(str(value) for value in labelvalues), None)
        if removed is not None:
            workers.forget(removed)

    def remove_by_labels(self, labels: Dict[str, str]) -> None:
        """Forgets every child that has all these labels; with none given, nothing."""
        self._warn_of_files(_REMOVAL)
        if not self._labelnames:
            raise ValueError(f"No label names were set when constructing {self}")
        if not isinstance(labels, dict):
            raise TypeError("labels must be a dict of {label_name: label_value}")
        unknown = [name for name in labels if name not in self._labelnames]
        if unknown:
            raise ValueError(f"Unknown label names: {unknown}; expected {self._labelnames}")
        if not labels:
            return
        wanted = [(self._labelnames.index(name), str(value)) for name, value in labels.items()]
        with self._lock:
            keys = [key for key in self._metrics if all(key[at] == value for at, value in wanted)]
            removed = [self._metrics.pop(key) for key in keys]
        for child in removed:
            workers.forget(child)

    def clear(self) -> None:
        """Forgets all children."""
        if not self._labelnames:
            return
        self._warn_of_files("Clearing labels has not been implemented in multi-process mode yet")
        if not self._labelvalues:
            with self._lock:
                removed = [self._metrics.pop(labelvalues) for labelvalues in list(self._metrics)]
            for child in removed:
                workers.forget(child)

    @staticmethod
    def _warn_of_files(what: str) -> None:
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ or "prometheus_multiproc_dir" in os.environ:
            import warnings

            warnings.warn(what, UserWarning, stacklevel=3)

    def _samples(self) -> Iterable[Sample]:
        return self._multi_samples() if self._is_parent() else self._child_samples()

    def _multi_samples(self) -> Iterable[Sample]:
        with self._lock:
            children = self._metrics.copy()
        for labelvalues, child in children.items():
            labels = dict(zip(self._labelnames, labelvalues))
            for suffix, own, value, timestamp, exemplar, native_histogram in child._samples():
                yield Sample(suffix, {**labels, **own}, value, timestamp, exemplar, native_histogram)

    def _child_samples(self) -> Iterable[Sample]:
        raise NotImplementedError("_child_samples() must be implemented by %r" % self)

    def _metric_init(self) -> None:
        """Makes the numbers of a metric that is recorded to; each kind has its own."""
        raise NotImplementedError("_metric_init() must be implemented by %r" % self)

    def _is_native(self) -> bool:
        """Whether numbers are to be kept in Rust: everything but values in files."""
        return values.ValueClass is values.MutexValue

    def _warn_unless_native(self, what: str) -> None:
        if not self._is_native():
            import warnings

            warnings.warn(
                f"{self._name} has no {what}: files of PROMETHEUS_MULTIPROC_DIR cannot keep them",
                UserWarning,
                stacklevel=3,
            )

    def _value_of(
        self, suffix: str, labelnames: Sequence[str] = (), labelvalues: Sequence[str] = (), **keywords: Any
    ) -> Any:
        """A number that is not kept in Rust."""
        return values.ValueClass(
            self._type,
            self._name,
            self._name + suffix,
            tuple(self._labelnames) + tuple(labelnames),
            tuple(self._labelvalues) + tuple(labelvalues),
            self._documentation,
            **keywords,
        )

    def _created_sample(self) -> Tuple[Sample, ...]:
        return (Sample("_created", {}, self._created),) if _use_created else ()


# A metric's own attributes of these names come first.
for _attribute in (
    "_shared_key", "_original_name", "_namespace", "_subsystem", "_name", "_labelnames", "_labelvalues", "_kwargs", "_documentation",
    "_unit", "_value", "_sum", "_count", "_buckets", "_changed", "_upper_bounds", "_multiprocess_mode", "_is_most_recent",
    "_native_schema", "_quantiles", "_window",
):  # fmt: skip
    setattr(MetricWrapperBase, _attribute, _OfParent(_attribute))


def _writable(value: str) -> str:
    """The text without halves of characters, which no exposition could carry."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


# With two spaces, as whoever filters warnings by their text has it.
_REMOVAL = "Removal of labels has not been implemented in  multi-process mode yet."


class Children(MutableMapping[Tuple[str, ...], Any]):
    """The children of a metric by their label values: objects when they are looked at, numbers otherwise."""

    def __init__(self, parent: Any) -> None:
        self._parent = parent

    def __len__(self) -> int:
        return self._parent._count_children()  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[Tuple[str, ...]]:
        return iter(self._parent._known_children())

    def __getitem__(self, labelvalues: Tuple[str, ...]) -> Any:
        is_key = isinstance(labelvalues, tuple) and all(isinstance(value, str) for value in labelvalues)
        child = self._parent._peek_child(labelvalues) if is_key else None
        if child is None:
            raise KeyError(labelvalues)
        return child

    def __setitem__(self, labelvalues: Tuple[str, ...], child: Any) -> None:
        raise TypeError("children are made by labels()")

    def __delitem__(self, labelvalues: Tuple[str, ...]) -> None:
        if self._parent._forget_child(labelvalues) is None:
            raise KeyError(labelvalues)

    def copy(self) -> "Dict[Tuple[str, ...], Any]":
        """All of them as they are now."""
        return {labelvalues: child for labelvalues, child in self.items()}

    def get_or_make(self, labelvalues: Tuple[str, ...]) -> Any:
        """The child, made if there is none; then it counts together with other workers at once."""
        child = self._parent._child(labelvalues)
        if child is None:
            child = self._parent._make_child(labelvalues, time.time())
            if self._parent._shared_key is not None:
                workers.adopt(child)
        return child


class Counter(MetricWrapperBase, _core.Counter):
    """Counts what only grows: requests, errors, bytes sent."""

    _type = "counter"
    _PARTS = ("_value",)

    def _layout(self) -> Layout:
        return 1, (), True, None, (), 0

    def _metric_init(self) -> None:
        self._value: Any
        (self._value,) = self._bind_series(self._layout()) if self._is_native() else (self._value_of("_total"),)
        self._created = time.time()

    def _inc(self, amount: float, exemplar: Optional[Dict[str, str]] = None) -> None:
        self._raise_if_not_observable()
        if amount < 0:
            raise ValueError("Counters can only be incremented by non-negative amounts.")
        if exemplar:
            _validate_exemplar(exemplar)
        self._value.inc(amount)
        if exemplar:
            self._value.set_exemplar(Exemplar(exemplar, amount, time.time()))
            workers.keep_exemplar(self._value, exemplar, amount)

    def reset(self) -> None:
        """Sets it to zero, as if it had just been created."""
        self._value.set(0)
        self._created = time.time()
        workers.reset(self)

    def count_exceptions(
        self, exception: Union[Type[BaseException], Tuple[Type[BaseException], ...]] = Exception
    ) -> ExceptionCounter:
        """Counts exceptions of a block or a function."""
        self._raise_if_not_observable()
        return ExceptionCounter(self, exception)

    def _child_samples(self) -> Iterable[Sample]:
        sample = Sample("_total", {}, self._value.get(), None, self._value.get_exemplar())
        return (sample, *self._created_sample())


class Gauge(MetricWrapperBase, _core.Gauge):
    """Measures what goes up and down: requests in progress, memory, temperature."""

    _type = "gauge"
    _MULTIPROC_MODES = frozenset(
        prefix + mode for mode in ("all", "min", "max", "sum", "mostrecent") for prefix in ("", "live")
    )
    _MOST_RECENT_MODES = frozenset(("mostrecent", "livemostrecent"))
    _PARTS = ("_value", "_changed")

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: Optional[CollectorRegistry] = REGISTRY,
        _labelvalues: Optional[Sequence[str]] = None,
        multiprocess_mode: str = "all",
    ) -> None:
        self._multiprocess_mode = multiprocess_mode
        if multiprocess_mode not in self._MULTIPROC_MODES:
            raise ValueError("Invalid multiprocess mode: " + multiprocess_mode)
        self._is_most_recent = multiprocess_mode in self._MOST_RECENT_MODES
        super().__init__(name, documentation, labelnames, namespace, subsystem, unit, registry, _labelvalues)
        self._kwargs["multiprocess_mode"] = multiprocess_mode

    def _layout(self) -> Layout:
        # One that tells the most recent value is set and never stepped; it goes the long way, which knows the time.
        return (2, (), False, None, (), 0) if self._is_most_recent else (1, (), True, None, (), 0)

    def _part(self, name: str, numbers: Sequence[Any]) -> Any:
        at = self._PARTS.index(name)
        return numbers[at] if at < len(numbers) else None

    def _metric_init(self) -> None:
        self._changed: Any = None
        if not self._is_native():
            self._value = self._value_of("", multiprocess_mode=self._multiprocess_mode)
        else:
            self._value, *changed = self._bind_series(self._layout())
            self._changed = changed[0] if changed else None

    def _inc(self, amount: float) -> None:
        if self._is_most_recent:
            raise RuntimeError("inc must not be used with the mostrecent mode")
        self._raise_if_not_observable()
        self._value.inc(amount)

    def _dec(self, amount: float) -> None:
        if self._is_most_recent:
            raise RuntimeError("dec must not be used with the mostrecent mode")
        self._inc(-amount)

    def _set(self, value: float) -> None:
        self._raise_if_not_observable()
        self._value.set(float(value), timestamp=time.time() if self._is_most_recent else 0)
        if self._changed is not None:
            self._changed.set(time.time())

    def set_to_current_time(self) -> None:
        """Sets it to the seconds since 1970."""
        self.set(time.time())

    def track_inprogress(self) -> InprogressTracker:
        """Counts how many are inside a block or a function."""
        self._raise_if_not_observable()
        return InprogressTracker(self)

    def time(self) -> Timer:
        """Sets it to how long a block or a function took."""
        return Timer(self, "set")

    def set_function(self, f: Callable[[], float]) -> None:
        """Asks the function for the value whenever it is collected."""
        self._raise_if_not_observable()

        def samples(_: Gauge) -> Iterable[Sample]:
            return (Sample("", {}, float(f())),)

        self._child_samples = MethodType(samples, self)  # type: ignore[method-assign]
        child_of = self._child_of()
        if child_of is not None:
            parent, labelvalues = child_of
            parent._pin_child(labelvalues, self)
        workers.asks_function(self)

    def _child_samples(self) -> Iterable[Sample]:
        return (Sample("", {}, self._value.get()),)


class Summary(MetricWrapperBase, _core.Summary):
    """Counts observations and adds them up: request sizes, latencies.

    With `quantiles`, such as `(0.5, 0.9, 0.99)`, it tells them over the last `window` seconds, within 2.2 % of what was observed while
    that spans less than a factor of 32, and of all workers together. A series then takes 16 KB: have few of them.
    """

    _type = "summary"
    _reserved_labelnames = ("quantile",)
    _PARTS = ("_sum", "_count")

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: Optional[CollectorRegistry] = REGISTRY,
        _labelvalues: Optional[Sequence[str]] = None,
        *,
        quantiles: Sequence[float] = (),
        window: float = 600.0,
    ) -> None:
        self._quantiles = tuple(float(quantile) for quantile in quantiles)
        if not all(0 <= quantile <= 1 for quantile in self._quantiles):
            raise ValueError("Quantiles are shares between 0 and 1")
        if not 0 < window < INF:
            raise ValueError("The window of quantiles is a number of seconds")
        self._window = float(window)
        super().__init__(name, documentation, labelnames, namespace, subsystem, unit, registry, _labelvalues)
        if quantiles:
            self._warn_unless_native("quantiles")
            self._kwargs.update(quantiles=self._quantiles, window=self._window)

    def _layout(self) -> Layout:
        return 2, (), True, None, self._quantiles, self._window

    def _metric_init(self) -> None:
        if self._is_native():
            self._sum, self._count = self._bind_series(self._layout())
        else:
            self._count = self._value_of("_count")
            self._sum = self._value_of("_sum")
        self._created = time.time()

    def _observe(self, amount: float) -> None:
        self._raise_if_not_observable()
        self._count.inc(1)
        self._sum.inc(amount)

    def time(self) -> Timer:
        """Observes how long a block or a function took, in seconds."""
        return Timer(self, "observe")

    def _child_samples(self) -> Iterable[Sample]:
        total, count, *values = self._numbers() or (self._sum.get(), self._count.get())
        quantiles = [
            Sample("", {"quantile": floatToGoString(quantile)}, value)
            for quantile, value in zip(self._quantiles, values)
        ]
        return (*quantiles, Sample("_count", {}, count), Sample("_sum", {}, total), *self._created_sample())


class Histogram(MetricWrapperBase, _core.Histogram):
    """Counts observations in buckets, from which quantiles can be computed over all instances.

    With `native_factor`, such as 1.1, it is a native histogram as well: buckets whose bounds grow by at most that factor, without any
    being chosen, at most 160 on either side of zero; where more would be needed the factor becomes larger. Protobuf and OpenMetrics 2.0
    carry them. `buckets=()` leaves the classic ones out but for the last. A series then takes 2.7 KB.
    """

    _type = "histogram"
    _reserved_labelnames = ("le",)
    DEFAULT_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, INF)

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: Optional[CollectorRegistry] = REGISTRY,
        _labelvalues: Optional[Sequence[str]] = None,
        buckets: Sequence[Union[float, str]] = DEFAULT_BUCKETS,
        *,
        native_factor: Optional[float] = None,
    ) -> None:
        self._native_schema = None if native_factor is None else _schema_of(native_factor)
        self._prepare_buckets((INF,) if self._native_schema is not None and not buckets else buckets)
        super().__init__(name, documentation, labelnames, namespace, subsystem, unit, registry, _labelvalues)
        self._kwargs["buckets"] = buckets
        if native_factor is not None:
            self._warn_unless_native("native buckets")
            self._kwargs["native_factor"] = native_factor

    def _prepare_buckets(self, source_buckets: Sequence[Union[float, str]]) -> None:
        buckets = [float(bound) for bound in source_buckets]
        if buckets != sorted(buckets):
            # Sorting them here would hide a mistake.
            raise ValueError("Buckets not in sorted order")
        if buckets and buckets[-1] != INF:
            buckets.append(INF)
        if len(buckets) < 2 and self._native_schema is None:
            raise ValueError("Must have at least two buckets")
        self._upper_bounds = buckets

    _PARTS = ("_sum", "_buckets")

    def _layout(self) -> Layout:
        return 1 + len(self._upper_bounds), self._upper_bounds, True, self._native_schema, (), 0

    def _part(self, name: str, numbers: Sequence[Any]) -> Any:
        return numbers[0] if name == "_sum" else list(numbers[1:])

    def _metric_init(self) -> None:
        if self._is_native():
            self._sum, *self._buckets = self._bind_series(self._layout())
        else:
            self._sum = self._value_of("_sum")
            self._buckets = [
                self._value_of("_bucket", ("le",), (floatToGoString(bound),)) for bound in self._upper_bounds
            ]
        self._created = time.time()

    def _observe(self, amount: float, exemplar: Optional[Dict[str, str]] = None) -> None:
        self._raise_if_not_observable()
        if exemplar:
            _validate_exemplar(exemplar)
        bucket = self._record(amount)
        if bucket is None:
            bucket = next(at for at, bound in enumerate(self._upper_bounds) if amount <= bound)
            self._sum.inc(amount)
            self._buckets[bucket].inc(1)
        if exemplar:
            self._buckets[bucket].set_exemplar(Exemplar(exemplar, amount, time.time()))
            workers.keep_exemplar(self._buckets[bucket], exemplar, amount)

    def time(self) -> Timer:
        """Observes how long a block or a function took, in seconds."""
        return Timer(self, "observe")

    def _child_samples(self) -> Iterable[Sample]:
        numbers = self._numbers()
        total, *counts = numbers or [self._sum.get(), *(bucket.get() for bucket in self._buckets)]
        samples = []
        count = 0.0
        for bound, observations, bucket in zip(self._upper_bounds, counts, self._buckets):
            count += observations
            samples.append(Sample("_bucket", {"le": floatToGoString(bound)}, count, None, bucket.get_exemplar()))
        # Where observations may be negative the sum goes down, which is nothing that a counter may do.
        samples.append(Sample("_count", {}, count))
        if self._upper_bounds[0] >= 0:
            samples.append(Sample("_sum", {}, total))
        native = self._native(numbers) if numbers else None
        if native is not None:
            samples.append(Sample("", {}, 0, None, None, native_histogram(count, total, native)))
        return (*samples, *self._created_sample())


def _schema_of(factor: float) -> int:
    """The coarsest schema whose bounds grow by at most the factor."""
    if not factor > 1:
        raise ValueError("The factor of native buckets must be greater than 1")
    return max(-4, min(8, math.ceil(-math.log2(math.log2(factor)))))


def native_histogram(count: float, total: float, native: Any) -> NativeHistogram:
    """What the native half tells, as a sample has it."""
    schema, zeros, (pos_spans, pos_deltas), (neg_spans, neg_deltas) = native

    def spans(told: Any) -> Any:
        return [BucketSpan(*span) for span in told] or None

    return NativeHistogram(
        int(count),
        total,
        schema,
        ZERO_THRESHOLD,
        int(zeros),
        spans(pos_spans),
        spans(neg_spans),
        pos_deltas or None,
        neg_deltas or None,
    )


class Info(MetricWrapperBase):
    """Describes: version, build, configuration. Its labels are its value."""

    _type = "info"

    def _metric_init(self) -> None:
        self._labelname_set = set(self._labelnames)
        self._lock = Lock()
        self._value: Dict[str, str] = {}

    def info(self, val: Dict[str, str]) -> None:
        """Sets the description."""
        self._raise_if_not_observable()
        if self._labelname_set.intersection(val):
            raise ValueError(f"Overlapping labels for Info metric, metric: {self._labelnames} child: {val}")
        if any(value is None for value in val.values()):
            raise ValueError("Label value cannot be None")
        with self._lock:
            self._value = dict(val)
        if self._shared_key is not None:
            workers.info_changed(self)

    def _child_samples(self) -> Iterable[Sample]:
        with self._lock:
            return (Sample("_info", self._value, 1.0),)


class Enum(MetricWrapperBase):
    """Says which of its states something is in."""

    _type = "stateset"

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Sequence[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: Optional[CollectorRegistry] = REGISTRY,
        _labelvalues: Optional[Sequence[str]] = None,
        states: Optional[Sequence[str]] = None,
    ) -> None:
        if name in labelnames:
            raise ValueError(f"Overlapping labels for Enum metric: {name}")
        if not states:
            raise ValueError(f"No states provided for Enum metric: {name}")
        self._states = states
        super().__init__(name, documentation, labelnames, namespace, subsystem, unit, registry, _labelvalues)
        self._kwargs["states"] = states

    def _metric_init(self) -> None:
        self._value = 0
        self._lock = Lock()
        # What other workers see: which state, and since when.
        self._shown, self._changed = self._bind_series((2, (), False, None, (), 0))
        self._shown.set(0)

    def state(self, state: str) -> None:
        """Says that it is in that state now."""
        self._raise_if_not_observable()
        with self._lock:
            self._value = self._states.index(state)
            self._shown.set(self._value)
            self._changed.set(time.time())

    def _child_samples(self) -> Iterable[Sample]:
        with self._lock:
            return [
                Sample("", {self._name: state}, 1 if at == self._value else 0) for at, state in enumerate(self._states)
            ]


# The kinds whose numbers are native; a subclass may do anything.
_OWN_KINDS = (Counter, Gauge, Summary, Histogram)
