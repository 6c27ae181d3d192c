"""Spans and log lines arrive at a collector, and one that is not there is not noticed."""

import os
import socket
import subprocess
import sys
import textwrap
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    """Takes what it is sent; `answers` are statuses for the first requests that have something in them."""

    def __init__(self, answers=()):
        self.spans, self.lines, self.resources, self.headers = [], [], [], []
        self.answers = list(answers)
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.headers["content-type"] == "application/x-protobuf"
                collector.headers.append(dict(self.headers))
                status = collector.answers.pop(0) if body and collector.answers else 200
                if status == 200:
                    collector.take(self.path, body)
                self.send_response(status)
                if status == 503:
                    self.send_header("retry-after", "1")
                self.end_headers()

            def do_GET(self):
                assert self.path == "/-/healthy"
                self.send_response(200)
                self.end_headers()
                self.wfile.write(collector.healthy)

            def log_message(self, *_):
                pass

        self.healthy = b"Flightdeck is healthy.\n"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, body):
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                self.resources.append(attributes(resource.resource))
                self.spans.extend(span for scope in resource.scope_spans for span in scope.spans)
        elif path == "/v1/logs":
            for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
                self.lines.extend(line for scope in resource.scope_logs for line in scope.log_records)
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
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60, env=environment)
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

@app.get("/out")
def out():
    return httpx.get(os.environ["CALLED"]).status_code

flightdeck.instrument(app, service="shop", json_logs=False)

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
    assert (resource["service.name"], resource["service.version"], resource["deployment.environment.name"]) == ("shop", "3", "test")
    server = {span.name: span for span in collector.spans if span.kind == 2}
    # Not the one whose caller does not record it.
    assert len(collector.spans) == 5
    first = next(span for span in collector.spans if span.kind == 2 and span.trace_id.hex() == PARENT[3:35])
    assert first.name == "GET /orders/{order}" and first.parent_span_id.hex() == "00f067aa0ba902b7"
    told = attributes(first)
    assert told["http.route"] == "/orders/{order}" and told["http.response.status_code"] == 200 and told["request_id"] == "an-id"
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
    assert attributes(line)["order"] == 7 and attributes(line)["password"] == "[redacted]" and attributes(line)["request_id"] == "an-id"


def test_a_called_service_is_told_the_span_of_the_call(collector):
    seen = []

    class Called(BaseHTTPRequestHandler):
        def do_GET(self):
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
    assert attributes(client)["http.response.status_code"] == 404 and attributes(client)["server.address"] == "127.0.0.1"


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
    run('asyncio.run(ask("/orders/1"))\ntime.sleep(4)\nassert counted("sent") == 2', OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
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
        started = time.monotonic()
        asyncio.run(ask("/nowhere", times=5_000))
        took = time.monotonic() - started
        assert took < 20, took
        if "OTEL_EXPORTER_OTLP_ENDPOINT" in os.environ:
            assert counted("dropped") > 0
            started = time.monotonic()
            export.flush(2)
            assert time.monotonic() - started < 5 and counted("expired") > 0 and counted("sent") == 0
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
        run('asyncio.run(ask("/orders/1"))\nassert not export.wants_spans()', OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **variable)
    assert collector.headers == []
