"""Spans and log lines arrive at a collector, and one that is not there is not noticed."""

import gzip
import os
import shutil
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Takes what it is sent; `answers` are statuses for the first requests that have something in them. With a certificate
    it speaks TLS."""

    def __init__(self, answers=(), certificate=None):
        self.spans, self.lines, self.resources, self.headers = [], [], [], []
        # What was told of metrics each time: the resource, and by name the data.
        self.metrics = []
        self.answers = list(answers)
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.headers["content-type"] == "application/x-protobuf"
                collector.headers.append(dict(self.headers))
                if self.headers["content-encoding"] == "gzip":
                    body = gzip.decompress(body)
                status = collector.answers.pop(0) if body and collector.answers else 200
                if status == 200:
                    collector.take(self.path, body)
                self.send_response(status)
                if status == 503:
                    self.send_header("retry-after", "1")
                self.end_headers()

            def do_GET(self):
                self.send_response(200 if self.path == "/-/healthy" else 404)
                self.end_headers()
                self.wfile.write(collector.healthy)

            def log_message(self, *_):
                pass

        self.healthy = b"Flightdeck is healthy.\n"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, body):
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(attributes(resource.resource))
                self.spans.extend(span for scope in resource.scope_spans for span in scope.spans)
        elif path == "/v1/logs":
            for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
                self.lines.extend(line for scope in resource.scope_logs for line in scope.log_records)
        elif path == "/v1/metrics":
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                told = {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}
                self.metrics.append((attributes(resource.resource), told))
        else:
            raise AssertionError(path)


@pytest.fixture
def collector():
    made = Collector()
    yield made
    made.server.shutdown()


def attributes(message):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in message.attributes}


def run(program, **environment):
    program = SERVICE + textwrap.dedent(program)
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


SERVICE = """
import asyncio, logging, os, time
import httpx, sqlalchemy
from fastapi import FastAPI
from flightdeck.prometheus_client import REGISTRY
import flightdeck
from flightdeck import export

app = FastAPI(version="3")
engine = sqlalchemy.create_engine("sqlite://")
inner = FastAPI()

@inner.get("/charge")
def charge(): return {}

@app.get("/orders/{order}")
async def order(order: int):
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 1"))
    logging.getLogger("shop").warning("slow %s", "card", extra={"order": order, "password": "x"})
    if order == 13:
        raise KeyError("order")
    return flightdeck.trace_context()

@app.get("/slow")
async def slow():
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("SELECT 2"))
    await asyncio.sleep(0.3)

@app.get("/out")
def out():
    return httpx.get(os.environ["CALLED"]).status_code

flightdeck.instrument(app, service="shop", json_logs=False, keep_slower_than=0.25)

async def ask(path, headers=None, times=1):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        for _ in range(times):
            answer = await client.get(path, headers=headers)
        return answer

def counted(outcome, signal="traces"):
    return REGISTRY.get_sample_value("flightdeck_export_items_total", {"signal": signal, "outcome": outcome})
"""

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_spans_and_lines_arrive_and_belong_together(collector):
    run(
        f"""
        asyncio.run(ask("/orders/7?token=secret&page=2", {{"traceparent": "{PARENT}", "x-request-id": "an-id"}}))
        asyncio.run(ask("/orders/13"))
        asyncio.run(ask("/nowhere"))
        asyncio.run(ask("/orders/1", {{"traceparent": "{PARENT[:-1]}0"}}))
        assert export.flush(10)
        assert counted("sent") == 5 and counted("sent", "logs") == 3, (counted("sent"), counted("sent", "logs"))
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20x",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
    )
    assert collector.headers[0]["authorization"] == "Bearer x"
    resource = collector.resources[0]
    assert (resource["service.name"], resource["service.version"], resource["deployment.environment.name"]) == (
        "shop",
        "3",
        "test",
    )
    server = {span.name: span for span in collector.spans if span.kind == 2}
    # Not the one whose caller does not record it.
    assert len(collector.spans) == 5
    first = next(span for span in collector.spans if span.kind == 2 and span.trace_id.hex() == PARENT[3:35])
    assert first.name == "GET /orders/{order}" and first.parent_span_id.hex() == "00f067aa0ba902b7"
    told = attributes(first)
    assert (
        told["http.route"] == "/orders/{order}"
        and told["http.response.status_code"] == 200
        and told["request_id"] == "an-id"
    )
    assert told["url.path"] == "/orders/7" and told["url.query"] == "token=[redacted]&page=2"
    assert 0 < first.end_time_unix_nano - first.start_time_unix_nano < 5e9
    query = next(span for span in collector.spans if span.kind == 3 and span.trace_id == first.trace_id)
    assert query.parent_span_id == first.span_id and attributes(query)["db.operation.name"] == "select"
    failed = next(span for span in collector.spans if span.kind == 2 and span.status.code == 2)
    assert attributes(failed)["error.type"] == "KeyError" and not failed.parent_span_id
    assert server["GET"].trace_id != failed.trace_id and "http.route" not in attributes(server["GET"])
    line = next(line for line in collector.lines if line.trace_id == first.trace_id)
    assert line.body.string_value == "slow card" and line.severity_number == 13 and line.severity_text == "WARN"
    assert line.span_id == first.span_id
    assert (
        attributes(line)["order"] == 7
        and attributes(line)["password"] == "[redacted]"
        and attributes(line)["request_id"] == "an-id"
    )


def test_a_called_service_is_told_the_span_of_the_call(collector):
    seen = []

    class Called(BaseHTTPRequestHandler):
        def do_GET(self):
            # Whatever runs on this machine may look what listens here.
            if self.path == "/":
                seen.append(self.headers["traceparent"])
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_):
            pass

    called = ThreadingHTTPServer(("127.0.0.1", 0), Called)
    threading.Thread(target=called.serve_forever, daemon=True).start()
    try:
        run(
            'asyncio.run(ask("/out"))\nassert export.flush(10)',
            CALLED=f"http://127.0.0.1:{called.server_port}/",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        )
    finally:
        called.shutdown()
    (server,) = [span for span in collector.spans if span.kind == 2]
    (client,) = [span for span in collector.spans if span.kind == 3]
    assert client.parent_span_id == server.span_id and client.status.code == 2
    assert seen == [f"00-{client.trace_id.hex()}-{client.span_id.hex()}-01"]
    assert (
        attributes(client)["http.response.status_code"] == 404 and attributes(client)["server.address"] == "127.0.0.1"
    )


def test_flightdeck_on_the_same_host_is_found(collector):
    run(
        """
        asyncio.run(ask("/orders/1"))
        until = time.monotonic() + 10
        while not export.wants_spans() and time.monotonic() < until:
            time.sleep(0.01)
        asyncio.run(ask("/orders/2"))
        assert export.flush(10) and counted("sent") >= 2
        """,
        FLIGHTDECK_URL=collector.url,
    )
    assert any(attributes(span).get("url.path") == "/orders/2" for span in collector.spans) and collector.lines


def test_what_is_no_flightdeck_is_sent_nothing(collector):
    collector.healthy = b"Somebody else is healthy.\n"
    run('asyncio.run(ask("/orders/1"))\ntime.sleep(1)\nassert not export.wants_spans()', FLIGHTDECK_URL=collector.url)
    assert collector.headers == [] and not collector.spans


def test_a_collector_that_is_busy_is_asked_again_and_one_that_refuses_is_not():
    collector = Collector([503])
    run(
        'asyncio.run(ask("/orders/1"))\ntime.sleep(4)\nassert counted("sent") == 2',
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
    )
    assert len(collector.spans) == 2
    collector = Collector([404, 404])
    run(
        'asyncio.run(ask("/orders/1"))\nassert export.flush(10) and counted("refused") == 2',
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
    )


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_ENDPOINT", "FLIGHTDECK_URL"])
def test_nobody_there_is_not_noticed(variable):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    told = run(
        """
        asyncio.run(ask("/orders/1"))
        started = time.process_time()
        asyncio.run(ask("/nowhere", times=5_000))
        took = time.process_time() - started
        assert took < 20, took
        if "OTEL_EXPORTER_OTLP_ENDPOINT" in os.environ:
            assert counted("dropped") > 0
            started = time.monotonic()
            assert not export.flush(2)
            assert time.monotonic() - started < 5 and counted("sent") == 0
        else:
            assert not export.wants_spans() and counted("dropped") == 0
        """,
        **{variable: url},
    )
    assert told == ""


def test_a_child_exports_by_itself(collector):
    run(
        """
        asyncio.run(ask("/orders/1"))
        pid = os.fork()
        if pid == 0:
            try:
                asyncio.run(ask("/orders/2"))
                assert export.flush(10)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        assert export.flush(10)
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
    )
    assert {attributes(span)["url.path"] for span in collector.spans if span.kind == 2} == {"/orders/1", "/orders/2"}
    assert len({resource["service.instance.id"] for resource in collector.resources}) == 2


def test_it_can_be_switched_off(collector):
    for variable in ({"FLIGHTDECK_EXPORT": "off"}, {"OTEL_SDK_DISABLED": "true"}, {"FLIGHTDECK_DISABLED": "1"}):
        run(
            'asyncio.run(ask("/orders/1"))\nassert not export.wants_spans()',
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            **variable,
        )
    assert collector.headers == []


def test_what_failed_or_was_slow_leaves_its_spans_though_it_was_not_sampled(collector):
    program = f"""
        for path in ("/orders/1", "/orders/13", "/slow", "/nowhere"):
            asyncio.run(ask(path))
        asyncio.run(ask("/orders/13", {{"traceparent": "{PARENT[:-1]}0"}}))
        assert export.flush(10)
        from flightdeck.prometheus_client.openmetrics.exposition import generate_latest
        kept = [line for line in generate_latest(REGISTRY).decode().splitlines() if "trace_id" in line]
        assert kept and not any('route="/orders/{{order}}",status="200"' in line for line in kept), kept
        """
    run(
        program,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_TRACES_SAMPLER="parentbased_traceidratio",
        OTEL_TRACES_SAMPLER_ARG="0",
    )
    server = sorted((attributes(span)["url.path"], span.status.code) for span in collector.spans if span.kind == 2)
    assert server == [("/orders/13", 2), ("/orders/13", 2), ("/slow", 0)]
    for span in collector.spans:
        if span.kind == 2:
            (query,) = [child for child in collector.spans if child.parent_span_id == span.span_id]
            assert query.trace_id == span.trace_id and not query.flags & 1 and not span.flags & 1


@pytest.mark.parametrize(
    "sampler, argument, want",
    [
        ("", "", (1.0, True)),
        ("", "0.25", (1.0, True)),
        ("always_off", "", (0.0, False)),
        ("parentbased_traceidratio", "0.5", (0.5, True)),
        ("traceidratio", "0.5", (0.5, False)),
        ("always_on", "0", (1.0, False)),
        ("traceidratio", "x", (1.0, False)),
        ("jaeger_remote", "", (1.0, True)),
    ],
)
def test_samplers_of_the_environment(sampler, argument, want):
    from flightdeck import export

    assert export._sampler({"OTEL_TRACES_SAMPLER": sampler, "OTEL_TRACES_SAMPLER_ARG": argument}) == want


def test_who_says_it_more_closely_is_believed():
    from flightdeck import export

    def check(told, environ, want):
        name, about = export.identity(*told, environ)
        got = [
            about.get(key, "")
            for key in ("service.version", "service.instance.id", "deployment.environment.name", "team")
        ]
        assert [name, *got] == want, environ

    everything = {
        "OTEL_RESOURCE_ATTRIBUTES": "service.name=shop,service.version=1,service.instance.id=a,deployment.environment.name=test,team=web%2Cshop"
    }
    check(("orders", "3"), {"HOSTNAME": "host"}, ["orders", "3", "host-{pid}", "", ""])
    check(("orders", ""), everything, ["shop", "1", "a-{pid}", "test", "web,shop"])
    check(
        ("orders", "3"),
        {**everything, "OTEL_SERVICE_NAME": "till", "SERVICE_ENVIRONMENT": "live"},
        ["till", "3", "a-{pid}", "live", "web,shop"],
    )
    check(
        ("orders", ""),
        {"OTEL_RESOURCE_ATTRIBUTES": "team=a,nonsense", "HOSTNAME": "h"},
        ["orders", "", "h-{pid}", "", ""],
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 that nobody trusts, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    directory = tmp_path_factory.mktemp("certificate")
    files = [str(directory / name) for name in ("own.pem", "own.key")]
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=collector"
    extensions = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run(
        [*command.split(), *extensions, "-out", files[0], "-keyout", files[1]], check=True, capture_output=True
    )
    return files


def test_a_collector_with_tls_is_sent_to_if_it_is_trusted(certificate):
    collector = Collector(certificate=certificate)
    told = dict(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_EXPORTER_OTLP_COMPRESSION="gzip")
    run(
        'asyncio.run(ask("/orders/1"))\nassert export.flush(10) and counted("sent") == 2',
        OTEL_EXPORTER_OTLP_CERTIFICATE=certificate[0],
        **told,
    )
    assert len(collector.spans) == 2 and {headers["content-encoding"] for headers in collector.headers} == {"gzip"}
    run('asyncio.run(ask("/orders/1"))\nassert not export.flush(1) and counted("sent") == 0', **told)
    assert len(collector.spans) == 2


def test_a_collector_that_speaks_grpc(tmp_path):
    import h2.config
    import h2.connection
    import h2.events

    listener, methods, spans = socket.create_server(("127.0.0.1", 0)), [], []

    def serve(peer):
        connection = h2.connection.H2Connection(config=h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        bodies = {}
        while True:
            peer.sendall(connection.data_to_send())
            data = peer.recv(65536)
            if not data or data.startswith(b"GET"):
                return
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    methods.append(dict(event.headers)[b":path"].decode())
                    bodies[event.stream_id] = b""
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    if "trace" in methods[-1]:
                        request = ExportTraceServiceRequest.FromString(bodies[event.stream_id][5:])
                        spans.extend(
                            span for one in request.resource_spans for scope in one.scope_spans for span in scope.spans
                        )
                    connection.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc")])
                    connection.send_data(event.stream_id, bytes(5))
                    connection.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)

    def accept():
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    run(
        'asyncio.run(ask("/orders/1"))\nassert export.flush(10) and counted("sent") == 2 and counted("sent", "logs") == 1',
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{listener.getsockname()[1]}",
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
    )
    assert len(spans) == 2 and {method.rsplit(".", 1)[1] for method in methods} == {
        "TraceService/Export",
        "LogsService/Export",
    }


def test_signals_may_go_to_collectors_of_their_own(collector):
    other = Collector()
    run(
        'asyncio.run(ask("/orders/1"))\nassert export.flush(10)',
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=f"{other.url}/v1/logs",
    )
    assert len(collector.spans) == 2 and not collector.lines and len(other.lines) == 1 and not other.spans


def total(told, name="http_requests"):
    return sum(point.as_double for point in told[name].sum.data_points)


def test_metrics_are_sent_where_that_is_asked_for(collector):
    program = """
        from flightdeck.prometheus_client import Gauge, Histogram, Info, Summary
        Gauge("temperature_celsius", "Help.").set(21.5)
        Histogram("fine", "Help.", native_factor=1.1, buckets=()).observe(3)
        Summary("sizes", "Help.", quantiles=(0.5,)).observe(7)
        Info("build", "Help.").info({"commit": "abc"})
        for path in ("/orders/1", "/orders/2", "/nowhere"):
            asyncio.run(ask(path))
        until = time.monotonic() + 10
        while not counted("sent", "metrics") and time.monotonic() < until:
            time.sleep(0.02)
        assert counted("sent", "metrics") > 0
        asyncio.run(ask("/orders/3"))
        """
    run(
        program,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_METRICS_EXPORTER="otlp,prometheus",
        OTEL_METRIC_EXPORT_INTERVAL="200",
    )
    resource, told = collector.metrics[0]
    assert resource["service.name"] == "shop" and resource["telemetry.sdk.language"] == "python"
    counts = [total(told) for _, told in collector.metrics]
    # The last is told at the end.
    assert counts[0] in (0, 1, 2, 3) and counts[-1] == 4 and counts == sorted(counts)
    _, told = collector.metrics[-1]
    requests = told["http_requests"]
    assert requests.sum.is_monotonic and requests.sum.aggregation_temporality == 2
    assert {attributes(point)["route"] for point in requests.sum.data_points} == {"/orders/{order}", "unmatched"}
    duration = told["http_request_duration_seconds"].histogram.data_points
    assert sum(point.count for point in duration) == 4 and len(duration[0].bucket_counts) == 15
    assert any(point.exemplars for point in duration)
    assert told["temperature_celsius"].gauge.data_points[0].as_double == 21.5
    assert told["fine"].exponential_histogram.data_points[0].count == 1
    assert told["sizes"].summary.data_points[0].quantile_values[0].quantile == 0.5
    assert attributes(told["build_info"].gauge.data_points[0]) == {"commit": "abc"}
    assert "target_info" not in told and "target" not in told


@pytest.mark.parametrize("asked", [{}, {"OTEL_METRICS_EXPORTER": "prometheus"}, {"OTEL_METRICS_EXPORTER": "none"}])
def test_metrics_that_are_scraped_are_not_sent_as_well(collector, asked):
    run(
        'asyncio.run(ask("/orders/1"))\nassert export.flush(10)\nassert not counted("sent", "metrics")',
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_METRIC_EXPORT_INTERVAL="50",
        **asked,
    )
    assert collector.spans and not collector.metrics


def test_one_worker_tells_the_metrics_of_all(collector):
    program = """
        import sys
        def work():
            asyncio.run(ask("/orders/1", times=10))
            time.sleep(1)
            export._end()
            os._exit(0)
        children = []
        for _ in range(4):
            pid = os.fork()
            if not pid:
                work()
            children.append(pid)
        for pid in children:
            os.waitpid(pid, 0)
        os._exit(0)
        """
    run(
        program,
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=f"{collector.url}/v1/metrics",
        OTEL_METRIC_EXPORT_INTERVAL="100",
    )
    counts = [total(told) for _, told in collector.metrics if "http_requests" in told]
    assert len({resource["service.instance.id"] for resource, _ in collector.metrics}) == 1
    assert counts[-1] == 40 and max(counts) == 40
    # One tells regularly, and each once at its end.
    assert 4 <= len(counts) < 25, len(counts)
