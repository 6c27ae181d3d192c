"""Quantiles, native histograms, protobuf, and exemplars that nobody gave."""

import math
import os
import subprocess
import sys
import textwrap

import pytest

import flightdeck
from flightdeck import prometheus_client as ours
from flightdeck.prometheus_client import protobuf
from flightdeck.prometheus_client.exposition import _bake_output
from flightdeck.prometheus_client.openmetrics.exposition import generate_latest as openmetrics_latest
from flightdeck.prometheus_client.openmetrics.parser import text_string_to_metric_families

PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;version=0.0.4;q=0.3"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


@pytest.fixture
def registry():
    return ours.CollectorRegistry()


def family_class():
    """The published schema, as much of it as is written, made without a generator."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="metrics.proto", package="t", syntax="proto2")
    numbers = {"double": 1, "uint64": 4, "int32": 5, "int64": 3, "string": 9, "uint32": 13, "sint32": 17, "sint64": 18}

    def message(name, /, **fields):
        made = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            many, kind = kind.startswith("*"), kind.lstrip("*")
            one = made.field.add(name=field, number=number, label=3 if many else 1)
            if kind in numbers:
                one.type = numbers[kind]
            else:
                one.type, one.type_name = 11, f".t.{kind}"

    message("Label", name=(1, "string"), value=(2, "string"))
    message("Time", seconds=(1, "int64"), nanos=(2, "int32"))
    message("Exemplar", label=(1, "*Label"), value=(2, "double"), timestamp=(3, "Time"))
    message("Gauge", value=(1, "double"))
    message("Counter", value=(1, "double"), exemplar=(2, "Exemplar"), created=(3, "Time"))
    message("Quantile", quantile=(1, "double"), value=(2, "double"))
    message("Summary", count=(1, "uint64"), sum=(2, "double"), quantile=(3, "*Quantile"), created=(4, "Time"))
    message("Span", offset=(1, "sint32"), length=(2, "uint32"))
    message("Bucket", count=(1, "uint64"), bound=(2, "double"), exemplar=(3, "Exemplar"))
    message(
        "Histogram", count=(1, "uint64"), sum=(2, "double"), bucket=(3, "*Bucket"), schema=(5, "sint32"),
        zero_threshold=(6, "double"), zero_count=(7, "uint64"), negative_span=(9, "*Span"), negative_delta=(10, "*sint64"),
        positive_span=(12, "*Span"), positive_delta=(13, "*sint64"), created=(15, "Time"), exemplars=(16, "*Exemplar"),
    )  # fmt: skip
    message(
        "Metric", label=(1, "*Label"), gauge=(2, "Gauge"), counter=(3, "Counter"), summary=(4, "Summary"), untyped=(5, "Gauge"),
        timestamp_ms=(6, "int64"), histogram=(7, "Histogram"),
    )  # fmt: skip
    message(
        "MetricFamily",
        name=(1, "string"),
        help=(2, "string"),
        type=(3, "int32"),
        metric=(4, "*Metric"),
        unit=(5, "string"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("t.MetricFamily"))


def decode(body):
    """The families of an exposition by name."""
    found, at, kind = {}, 0, family_class()
    while at < len(body):
        length = shift = 0
        while True:
            byte = body[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        family = kind.FromString(body[at : at + length])
        found[family.name] = family
        at += length
    return found


def test_quantiles_are_told_over_a_window(registry):
    sizes = ours.Summary("sizes", "Help.", ["l"], registry=registry, quantiles=(0.5, 0.99), window=60)
    for at in range(1, 1_001):
        sizes.labels("a").observe(at)
    median = registry.get_sample_value("sizes", {"l": "a", "quantile": "0.5"})
    assert median == pytest.approx(500, rel=0.03)
    assert registry.get_sample_value("sizes", {"l": "a", "quantile": "0.99"}) == pytest.approx(990, rel=0.03)
    assert registry.get_sample_value("sizes_count", {"l": "a"}) == 1_000
    text = ours.generate_latest(registry).decode()
    assert f'sizes{{l="a",quantile="0.5"}} {median}' in text
    assert f'sizes{{l="a",quantile="0.5"}} {median}' in openmetrics_latest(registry).decode()
    told = decode(protobuf.generate_latest(registry))["sizes"].metric[0].summary
    assert [(pair.quantile, pair.value) for pair in told.quantile][0] == (0.5, median) and told.count == 1_000


def test_quantiles_that_make_no_sense_are_refused():
    for options in ({"quantiles": (1.5,)}, {"quantiles": (0.5,), "window": 0}):
        with pytest.raises(ValueError):
            ours.Summary("s", "Help.", registry=None, **options)
    with pytest.raises(ValueError):
        ours.Histogram("h", "Help.", registry=None, native_factor=1)


def test_native_histograms_go_where_the_format_can_carry_them(registry):
    seconds = ours.Histogram("seconds", "Help.", ["l"], registry=registry, native_factor=1.1, buckets=())
    for value in (0, 0.5, 0.5, 2, -2):
        seconds.labels("a").observe(value)
    text = ours.generate_latest(registry).decode()
    assert 'seconds_bucket{l="a",le="+Inf"} 5.0' in text and "schema" not in text
    assert "schema" not in openmetrics_latest(registry).decode()
    newest = openmetrics_latest(registry, version="2.0.0").decode()
    (parsed,) = text_string_to_metric_families(newest)
    (native,) = [sample.native_histogram for sample in parsed.samples if sample.native_histogram]
    assert (native.count_value, native.sum_value, native.schema, native.zero_count) == (5, 1, 3, 1)
    told = decode(protobuf.generate_latest(registry))["seconds"].metric[0].histogram
    assert (told.count, told.schema, told.zero_count, len(told.bucket)) == (5, 3, 1, 0)
    # 0.5 is the upper bound of bucket -8, 2 of bucket 8.
    assert [(span.offset, span.length) for span in told.positive_span] == [(-8, 1), (15, 1)]
    assert list(told.positive_delta) == [2, -1] and list(told.negative_delta) == [1]


def test_a_histogram_can_be_classic_and_native_at_once(registry):
    seconds = ours.Histogram("seconds", "Help.", registry=registry, native_factor=2, buckets=(1, 10))
    seconds.observe(5, {"trace_id": "t"})
    told = decode(protobuf.generate_latest(registry))["seconds"].metric[0].histogram
    assert [(bucket.bound, bucket.count) for bucket in told.bucket] == [(1, 0), (10, 1), (math.inf, 1)]
    assert told.schema == 0 and told.exemplars[0].label[0].value == "t"
    assert told.bucket[1].exemplar.value == 5 and told.bucket[1].exemplar.timestamp.seconds > 1e9


def test_protobuf_is_negotiated_and_has_everything(registry):
    ours.Counter("c", "Help.", ["b", "a"], registry=registry).labels("x", "ü").inc(3, {"trace_id": "t"})
    ours.Gauge("g_bytes", "Help.", unit="bytes", registry=registry).set(-1)
    ours.Info("i", "Help.", registry=registry).info({"version": "1"})
    ours.Enum("e", "Help.", states=["up", "down"], registry=registry).state("down")
    asked = ours.Gauge("asked", "Help.", ["l"], registry=registry)
    asked.labels("x").set_function(lambda: 7)
    ours.Histogram("h", "Help.", registry=registry, buckets=(1,)).observe(0.5)
    _, headers, body = _bake_output(registry, PROTOBUF, None, {}, True)
    assert dict(headers)["Content-Type"].startswith(protobuf.CONTENT_TYPE)
    native = decode(body)

    class Copy:
        def collect(self):
            return registry.collect()

    copy = ours.CollectorRegistry()
    copy.register(Copy())
    # Written natively or from what collectors return, it is the same.
    collected = decode(protobuf.generate_latest(copy))
    assert {name: str(family) for name, family in native.items()} == {
        name: str(family) for name, family in collected.items()
    }
    counter = native["c_total"].metric[0]
    assert [(pair.name, pair.value) for pair in counter.label] == [("a", "ü"), ("b", "x")]
    assert counter.counter.value == 3 and counter.counter.exemplar.label[0].value == "t"
    assert counter.counter.created.seconds > 1e9
    assert native["g_bytes"].unit == "bytes" and native["g_bytes"].metric[0].gauge.value == -1
    assert native["i_info"].metric[0].label[0].value == "1"
    assert [metric.gauge.value for metric in native["e"].metric] == [0, 1]
    assert native["asked"].metric[0].gauge.value == 7
    text = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text,text/plain"
    assert dict(_bake_output(registry, text, None, {}, True)[1])["Content-Type"].startswith("text/plain")


WORKERS = """
import os
from flightdeck.prometheus_client import REGISTRY, Histogram, Summary, protobuf, generate_latest
from flightdeck.prometheus_client.openmetrics.exposition import generate_latest as openmetrics

seconds = Histogram("seconds", "Help.", ["l"], native_factor=1.1)
sizes = Summary("sizes", "Help.", quantiles=(0.5,), window=600)
seconds.labels("a").observe(0.5)
sizes.observe(10)
for worker in range(3):
    pid = os.fork()
    if pid == 0:
        seconds.labels("a").observe(8)
        sizes.observe(1000)
        os._exit(0)
    os.waitpid(pid, 0)
newest = openmetrics(REGISTRY, version="2.0.0").decode()
(native,) = [line for line in newest.splitlines() if "schema:3" in line]
assert "count:4" in native and "positive_deltas:[1,2]" in native, native
assert b'seconds_count{l="a"} 4.0' in generate_latest()
assert REGISTRY.get_sample_value("sizes_count") == 4
assert abs(REGISTRY.get_sample_value("sizes", {"quantile": "0.5"}) / 1000 - 1) < 0.03
assert b"seconds" in protobuf.generate_latest()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_workers_add_up_windows():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", WORKERS], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def scrape_after_a_request(flags, environment=""):
    """What a service exposes after a request with such a traceparent, in a process of its own."""
    program = f"""
        import asyncio, os
        os.environ["FLIGHTDECK_EXEMPLARS"] = "{environment}"
        import flightdeck
        from flightdeck.prometheus_client import REGISTRY, Counter, Histogram, generate_latest
        from flightdeck.prometheus_client.openmetrics.exposition import generate_latest as openmetrics

        orders = Counter("orders", "Help.", ["method"])
        dollars = Histogram("dollars", "Help.", buckets=(1, 10))

        async def app(scope, receive, send):
            orders.labels("card").inc()
            dollars.observe(0.5)
            dollars.observe(5)
            await send({{"type": "http.response.start", "status": 200, "headers": []}})
            await send({{"type": "http.response.body", "body": b""}})

        async def nothing(*_):
            return {{"type": "http.request"}}

        headers = [(b"traceparent", b"00-{TRACE}-00f067aa0ba902b7-{flags}")]
        scope = {{"type": "http", "method": "GET", "path": "/", "headers": headers}}
        asyncio.run(flightdeck.instrument(app, json_logs=False)(scope, nothing, nothing))
        orders.labels("outside").inc()
        assert b"trace_id" not in generate_latest()
        print(openmetrics(REGISTRY).decode())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if TRACE in line]


def test_what_is_counted_in_a_recorded_trace_remembers_it():
    lines = scrape_after_a_request("01")
    assert [line.split(" ", 1)[0] for line in lines if "_total" in line] == ['orders_total{method="card"}']
    assert [line.split(" ", 1)[0] for line in lines if line.startswith("dollars")] == [
        'dollars_bucket{le="1.0"}',
        'dollars_bucket{le="10.0"}',
    ]
    assert any(line.startswith("http_request_duration_seconds_bucket") for line in lines)
    assert scrape_after_a_request("00") == []
    assert scrape_after_a_request("01", "off") == []


def test_a_number_that_is_counted_often_is_asked_for_its_trace_seldom(registry):
    from flightdeck import correlate

    counter = ours.Counter("c", "Help.", registry=registry)
    correlate.follow_traces()
    request = correlate.new_request(None, f"00-{TRACE}-00f067aa0ba902b7-01".encode())
    request.begin_recording()
    token = correlate.CURRENT.set(request)
    try:
        counter.inc()
        first = counter._value.get_exemplar()
        for _ in range(100):
            counter.inc()
        assert first.labels["trace_id"] == TRACE and counter._value.get_exemplar() is first
        assert counter._value.get() == 101
    finally:
        correlate.CURRENT.reset(token)
        request.end_recording()
    assert flightdeck.trace_context() is None
