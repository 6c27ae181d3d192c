"""What is ours beyond what prometheus_client's own tests say."""

import asyncio
import gc
import math
import pickle
import subprocess
import sys
import textwrap
import threading
import warnings

import pytest

from flightdeck import prometheus_client as ours
from flightdeck._core import refusals
from flightdeck.prometheus_client.openmetrics.exposition import generate_latest as openmetrics_latest
from flightdeck.prometheus_client.registry import DuplicateTimeseries


@pytest.fixture
def registry():
    return ours.CollectorRegistry()


def value(registry, name, **labels):
    return registry.get_sample_value(name, labels)


def test_a_coroutine_is_measured_until_its_end(registry):
    seconds = ours.Histogram("seconds", "Help.", registry=registry)
    failures = ours.Counter("failures", "Help.", registry=registry)
    inside = ours.Gauge("inside", "Help.", registry=registry)

    @seconds.time()
    @failures.count_exceptions()
    @inside.track_inprogress()
    async def work():
        assert value(registry, "inside") == 1
        await asyncio.sleep(0.05)
        raise KeyError

    with pytest.raises(KeyError):
        asyncio.run(work())
    assert value(registry, "seconds_sum") >= 0.04
    assert value(registry, "failures_total") == 1
    assert value(registry, "inside") == 0


def test_a_generator_is_measured_until_its_end(registry):
    inside = ours.Gauge("inside", "Help.", registry=registry)

    @inside.track_inprogress()
    def numbers():
        yield value(registry, "inside")

    assert list(numbers()) == [1]
    assert value(registry, "inside") == 0


def test_what_is_no_number_poisons_nothing(registry):
    counter = ours.Counter("c", "Help.", registry=registry)
    histogram = ours.Histogram("h", "Help.", registry=registry)
    summary = ours.Summary("s", "Help.", registry=registry)
    gauge = ours.Gauge("g", "Help.", registry=registry)
    before = refusals()
    counter.inc(math.nan)
    histogram.observe(math.nan)
    summary.observe(math.nan)
    gauge.inc(math.nan)
    assert refusals() == before + 4
    for name in ("c_total", "h_sum", "h_count", "s_sum", "g"):
        assert value(registry, name) == 0


def test_sum_and_buckets_are_read_together(registry):
    histogram = ours.Histogram("h", "Help.", registry=registry)
    done = threading.Event()

    def observe():
        while not done.is_set():
            histogram.observe(2)

    threads = [threading.Thread(target=observe) for _ in range(2)]
    [thread.start() for thread in threads]
    try:
        for _ in range(200):
            (family,) = histogram.collect()
            samples = {sample.name: sample.value for sample in family.samples if "le" not in sample.labels}
            assert samples["h_sum"] == 2 * samples["h_count"]
    finally:
        done.set()
        [thread.join() for thread in threads]


def test_nothing_is_lost_between_threads(registry):
    counter = ours.Counter("c", "Help.", ["l"], registry=registry)

    def work():
        for at in range(5_000):
            counter.labels(str(at % 7)).inc()

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(value(registry, "c_total", l=str(label)) for label in range(7)) == 20_000


def test_native_text_is_what_python_would_write(registry):
    """The native writer and the one for custom collectors, on the same families."""
    counter = ours.Counter("orders", 'Taken. "\\\n', ["method", "alpha"], registry=registry)
    counter.labels('ca"r\\d\n', "ä").inc(2.5)
    counter.labels(method="cash", alpha="").inc(1e10)
    histogram = ours.Histogram("h", "Help.", ["zone", "a"], buckets=(0.1, 1, 1e7), registry=registry)
    histogram.labels("z", "b").observe(0.5)
    ours.Histogram("signed", "Help.", buckets=(-1, 1), registry=registry).observe(-3)
    ours.Summary("s", "Help.", registry=registry).observe(1e-7)
    ours.Gauge("g", "Help.", registry=registry).set(-math.inf)
    ours.Gauge("empty", "Help.", ["l"], registry=registry)
    ours.Counter("no_children", "Help.", ["l"], registry=registry)

    class Copy:
        def collect(self):
            return registry.collect()

    copy = ours.CollectorRegistry()
    copy.register(Copy())
    native = ours.generate_latest(registry)
    assert native == ours.generate_latest(copy)
    counter.labels("with", "exemplar").inc(2, {"trace_id": 'a"b', "b": "c"})
    histogram.labels("z", "b").observe(0.05, {"trace_id": "c"})
    ours.Gauge("g", "In bytes.", unit="bytes", registry=registry).set(3)
    for version in ("1.0.0", "2.0.0"):
        assert openmetrics_latest(registry, version=version) == openmetrics_latest(copy, version=version)
    assert b'orders_total{alpha="",method="cash"} 1e+10\n' in native


def test_a_child_that_nobody_asks_for_is_no_object(registry):
    counter = ours.Counter("c", "Help.", ["a", "b"], registry=registry)
    held = counter.labels("0", "x")
    for at in range(1_000):
        counter.labels(str(at), "x").inc()
    held.inc()
    gc.collect()
    children = [found for found in gc.get_objects() if type(found) is ours.Counter and found._child_of()]
    assert sum(found._child_of()[0] is counter for found in children) <= 257
    assert value(registry, "c_total", a="0", b="x") == 2
    assert counter.labels("0", "x")._value.get() == 2 and counter.labels("0", "x")._labelvalues == ("0", "x")
    assert list(counter._metrics)[:2] == [("0", "x"), ("1", "x")] and len(counter._metrics) == 1_000
    counter.remove("0", "x")
    held.inc()
    assert value(registry, "c_total", a="0", b="x") is None
    counter.labels("0", "x").inc()
    assert value(registry, "c_total", a="0", b="x") == 1
    counter.clear()
    assert len(counter._metrics) == 0 and counter.collect()[0].samples == []


def test_a_function_behind_a_child_stays_behind_it(registry):
    gauge = ours.Gauge("g", "Help.", ["l"], registry=registry)
    gauge.labels("asked").set_function(lambda: 7)
    for at in range(1_000):
        gauge.labels(str(at)).set(at)
    gc.collect()
    assert value(registry, "g", l="asked") == 7 and b'g{l="asked"} 7.0' in ours.generate_latest(registry)
    gauge.remove("asked")
    assert value(registry, "g", l="asked") is None


def test_half_characters_in_labels_spoil_no_scrape(registry):
    counter = ours.Counter("c", "Help.", ["l"], registry=registry)
    counter.labels("\ud800").inc()
    counter.labels("\ud800").inc()
    assert value(registry, "c_total", l="?") == 2
    assert b'c_total{l="?"} 2.0' in ours.generate_latest(registry)


def test_a_series_takes_little_memory():
    """A quarter of the 700 bytes that upstream takes."""
    done = run(
        textwrap.dedent("""
        import gc
        from flightdeck.prometheus_client import CollectorRegistry, Counter

        def resident():
            gc.collect()
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * 4096

        counter = Counter("c", "Help.", ["a", "b"], registry=CollectorRegistry())
        counter.series_max = 200_000
        before = resident()
        for at in range(100_000):
            counter.labels(str(at), "x").inc()
        print((resident() - before) / 100_000)
    """)
    )
    assert float(done.stdout) <= 175, done.stderr


def test_labels_that_are_no_text_are_made_text(registry):
    counter = ours.Counter("c", "Help.", ["status"], registry=registry)
    assert counter.labels(200) is counter.labels("200") is counter.labels(status=200)
    assert counter.labels(200.0) is not counter.labels(200)
    assert counter.labels(True) is not counter.labels(1)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda metric: metric.inc(), "counter metric is missing label values"),
        (lambda metric: metric.labels("a").inc(-1), "non-negative"),
        (lambda metric: metric.labels("a", "b"), "Incorrect label count"),
        (lambda metric: metric.labels(x="a"), "Incorrect label names"),
        (lambda metric: metric.labels("a", l="a"), "Can't pass both"),
        (lambda metric: metric.labels("a").labels("b"), "can not chain"),
        (lambda metric: metric.labels("a").inc(1, {"t": "x" * 128}), "exceeding the limit"),
    ],
)
def test_mistakes_are_told(registry, call, error):
    with pytest.raises(ValueError, match=error):
        call(ours.Counter("c", "Help.", ["l"], registry=registry))


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: ours.Counter("", "Help."), ValueError, "Metric name should not be empty"),
        (lambda: ours.Counter("c", "Help.", ["__l"]), ValueError, "Reserved label metric name: __l"),
        (lambda: ours.Counter("c", "Help.", ["\ud800"]), ValueError, "Invalid label metric name: \ud800"),
        (lambda: ours.Counter("c", "Help.", registry=None).inc(-1), ValueError,
         "Counters can only be incremented by non-negative amounts."),
        (lambda: ours.Counter("c", "Help.", ["l"], registry=None).inc(), ValueError, "counter metric is missing label values"),
        (lambda: ours.Counter("c", "Help.", ["l"], registry=None).labels(), ValueError, "Incorrect label count"),
        (lambda: ours.Counter("c", "Help.", ["l"], registry=None).labels(m=1), ValueError, "Incorrect label names"),
        (lambda: ours.Counter("c", "Help.", ["l"], registry=None).remove(), ValueError,
         "Incorrect label count (expected 1, got ())"),
        (lambda: ours.Counter("c", "Help.", registry=None).labels("a"), ValueError,
         "No label names were set when constructing counter:c"),
        (lambda: ours.Gauge("g", "Help.", multiprocess_mode="x"), ValueError, "Invalid multiprocess mode: x"),
        (lambda: ours.Gauge("g", "Help.", registry=None, multiprocess_mode="mostrecent").inc(), RuntimeError,
         "inc must not be used with the mostrecent mode"),
        (lambda: ours.Gauge("g", "Help.", registry=None, multiprocess_mode="mostrecent").dec(2), RuntimeError,
         "dec must not be used with the mostrecent mode"),
        (lambda: ours.Gauge("g", "Help.", ["l"], registry=None).dec(), ValueError, "gauge metric is missing label values"),
        (lambda: ours.Histogram("h", "Help.", buckets=[]), ValueError, "Must have at least two buckets"),
        (lambda: ours.Histogram("h", "Help.", buckets=[2, 1]), ValueError, "Buckets not in sorted order"),
        (lambda: ours.Enum("e", "Help.", ["e"], states=["a"]), ValueError, "Overlapping labels for Enum metric: e"),
        (lambda: ours.Enum("e", "Help."), ValueError, "No states provided for Enum metric: e"),
        (lambda: ours.Info("i", "Help.", unit="seconds"), ValueError,
         "Metric name is of a type that cannot have a unit: i_seconds"),
        (lambda: ours.Info("i", "Help.", registry=None).info({"a": None}), ValueError, "Label value cannot be None"),
    ],
)  # fmt: skip
def test_mistakes_read_as_upstream_has_them(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == text


def test_warnings_read_as_upstream_has_them(registry, monkeypatch):
    counter, plain = ours.Counter("c", "Help.", ["l"], registry=registry), ours.Counter("p", "Help.", registry=registry)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "/nowhere")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        counter.remove("a")
        counter.remove_by_labels({"l": "a"})
        counter.clear()
        plain.clear()
    removal = "Removal of labels has not been implemented in  multi-process mode yet."
    clearing = "Clearing labels has not been implemented in multi-process mode yet"
    assert [str(warning.message) for warning in told] == [removal, removal, clearing]


def test_a_get_or_create_of_the_field_works(registry):
    first = ours.Counter("c", "Help.", registry=registry)
    with pytest.raises(DuplicateTimeseries) as caught:
        ours.Counter("c", "Help.", registry=registry)
    assert caught.value.duplicates == {"c", "c_total", "c_created"}
    assert pickle.loads(pickle.dumps(caught.value)).duplicates == caught.value.duplicates
    assert registry._names_to_collectors["c"] is first
    for collector in list(registry._collector_to_names):
        registry.unregister(collector)
    ours.Counter("c", "Help.", registry=registry)


def test_subclasses_of_the_field_work(registry):
    class Peak(ours.metrics.MetricWrapperBase):
        _type = "gauge"

        def _metric_init(self):
            self._value = ours.metrics.values.ValueClass(
                self._type, self._name, self._name, self._labelnames, self._labelvalues, self._documentation
            )

        def observe(self, amount):
            self._value.set(max(self._value.get(), amount))

        def _child_samples(self):
            return [ours.metrics.Sample("", {}, self._value.get())]

    peak = Peak("peak", "Help.", ["l"], registry=registry)
    peak.labels("a").observe(3)
    peak.labels("a").observe(1)
    assert value(registry, "peak", l="a") == 3
    assert b'peak{l="a"} 3.0\n' in ours.generate_latest(registry)


def test_exemplars_are_exposed(registry):
    histogram = ours.Histogram("h", "Help.", buckets=(1,), registry=registry)
    histogram.observe(0.5, {"trace_id": "a"})
    assert b'h_bucket{le="1.0"} 1.0 # {trace_id="a"} 0.5 ' in openmetrics_latest(registry)


def test_metrics_are_collected_as_garbage(registry):
    class Marked(ours.Counter):
        pass

    counter = Marked("c", "Help.", ["l"], registry=None)
    counter.labels("a").myself = counter
    del counter
    gc.collect()
    assert not [one for one in gc.get_objects() if type(one) is Marked]


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


def test_install_makes_one_module_of_two_names():
    done = run(
        "import flightdeck; flightdeck.install(); flightdeck.install()\n"
        "import prometheus_client, prometheus_client.openmetrics.exposition as e, flightdeck.prometheus_client as ours\n"
        "import importlib\n"
        "assert prometheus_client is ours and prometheus_client.Counter is ours.metrics.Counter\n"
        "assert e is importlib.import_module('flightdeck.prometheus_client.openmetrics.exposition')\n"
        "assert ours.__spec__.name == 'flightdeck.prometheus_client'\n"
        "assert repr(ours.Counter('c', 'd')) == 'prometheus_client.metrics.Counter(c)'\n"
        "try: import prometheus_client.nothing\n"
        "except ModuleNotFoundError: print('fine')\n"
    )
    assert done.stdout == "fine\n", done.stderr


def test_what_is_imported_does_not_include_servers():
    done = run(
        "import sys, flightdeck.prometheus_client; print([m for m in ('http.server', 'ssl', 'inspect', 'asyncio', 'json') if m in sys.modules])"
    )
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_every_public_name_is_there():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ours.__all__:
            assert getattr(ours, name) is not None
        for name in (*ours.exposition.__all__, "basic_auth_handler", "tls_auth_handler", "ThreadingWSGIServer"):
            assert getattr(ours.exposition, name) is not None
        for module in ("asgi", "context_managers", "decorator", "exposition", "mmap_dict", "openmetrics", "values"):
            assert getattr(ours, module).__name__.endswith(module)
        assert {*ours.__all__, "asgi", "mmap_dict"} <= {*dir(ours)} and "mmap_key" in dir(ours.values)
        assert ours.exposition.SNAPPY_AVAILABLE in (True, False)
        assert ours.metrics.Collector is ours.registry.Collector


@pytest.mark.parametrize(
    "text, strictly, want",
    [
        ('a="1",b="x\\"y",', False, {"a": "1", "b": 'x"y'}),
        ("", False, {}),
        ('"a.b"="1"', True, {"a.b": "1"}),
        ('a="1"', True, {"a": "1"}),
        (',a="1"', True, None),
        ('a="1"}b="2"', False, None),
        ("a=1", False, None),
    ],
)
def test_labels_are_read_alone(text, strictly, want):
    from flightdeck.prometheus_client.parser import parse_labels

    if want is None:
        with pytest.raises(ValueError):
            parse_labels(text, strictly)
    else:
        assert parse_labels(text, strictly) == want


def test_a_custom_collector_is_rendered_off_the_event_loop(registry):
    class Where:
        def collect(self):
            yield ours.core.GaugeMetricFamily(
                "main", "Help.", value=threading.current_thread() is threading.main_thread()
            )

    import flightdeck.prometheus_client.core  # noqa: F401

    registry.register(Where())
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    asyncio.run(ours.make_asgi_app(registry)({"type": "http", "query_string": b"", "headers": []}, receive, send))
    assert sent[0]["status"] == 200
    assert b"main 0.0\n" in sent[1]["body"]


def test_series_are_bounded_and_what_is_beyond_is_counted(registry):
    counter = ours.Counter("c", "Help.", ["path"], registry=registry)
    counter.series_max = 10
    for number in range(100):
        counter.labels(str(number)).inc()
    assert len(registry.restricted_registry(["c_total"]).collect().__next__().samples) == 11
    assert value(registry, "c_total", path="__overflow__") == 90
    assert value(registry, "c_total", path="3") == 1
