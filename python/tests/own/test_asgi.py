"""What requests become: every row of the table of behaviours, on FastAPI, without a socket."""

import asyncio
import contextlib

import pytest
from fastapi import APIRouter, BackgroundTasks, FastAPI, WebSocket
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.staticfiles import StaticFiles

import flightdeck
from flightdeck.prometheus_client import CollectorRegistry, Gauge

from .calls import call, call_wsgi

SLOW = 0.2


def shop(registry, directory):
    app = FastAPI()
    inner, router, deeper = FastAPI(), APIRouter(prefix="/deep"), APIRouter(prefix="/v1")

    @app.get("/items/{item}")
    async def item(item: int):
        return {"item": item, "request_id": flightdeck.request_id()}

    @app.post("/items/{item}")
    async def change(item: int, body: dict):
        return body

    @app.get("/fail")
    async def fail():
        raise KeyError("x")

    @app.get("/background")
    async def background(tasks: BackgroundTasks):
        tasks.add_task(asyncio.sleep, SLOW)
        return "later"

    @app.get("/stream")
    async def stream():
        async def parts():
            for _ in range(2):
                await asyncio.sleep(SLOW / 2)
                yield b"part"

        return StreamingResponse(parts())

    @app.get("/events")
    async def events():
        async def parts():
            yield b"data: 1\n\n"
            await asyncio.sleep(SLOW)

        return StreamingResponse(parts(), media_type="text/event-stream")

    @app.get("/sleep")
    async def sleep():
        await asyncio.sleep(60)

    @app.websocket("/talk/{room}")
    async def talk(websocket: WebSocket, room: str):
        await websocket.accept()
        await websocket.close()

    @inner.get("/inner/{z}")
    async def in_mount(z: str):
        return z

    @router.get("/x/{y}")
    async def in_router(y: str):
        return y

    deeper.include_router(router)
    app.include_router(deeper)
    app.mount("/sub", inner)
    app.mount("/tenant/{tenant}", inner)
    app.mount("/files", StaticFiles(directory=directory))
    return flightdeck.instrument(app, registry=registry)


class Client:
    """Calls an application as a server would."""

    def __init__(self, tmp_path):
        (tmp_path / "a.txt").write_text("a file")
        self.registry = CollectorRegistry()
        self.app = shop(self.registry, tmp_path)
        # One counter for the whole process.
        self.errors = self.series("flightdeck_instrumentation_errors_total")

    async def call(self, method, path, headers=(), body=b"", gone_after=None, kind="http"):
        sent = []
        incoming = [{"type": "http.request", "body": body}] if kind == "http" else [{"type": "websocket.connect"}]

        async def receive():
            if incoming:
                return incoming.pop()
            await asyncio.sleep(60 if gone_after is None else gone_after)
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": kind, "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"content-length", str(len(body)).encode()), *headers], "scheme": "http", "http_version": "1.1",
            "server": ("test", 80), "client": ("test", 1), "asgi": {"version": "3.0", "spec_version": "2.3"},
        }  # fmt: skip
        if kind == "websocket":
            del scope["method"]
        await self.app(scope, receive, send)
        return sent

    def get(self, path, method="GET", **options):
        with contextlib.suppress(KeyError):
            return asyncio.run(self.call(method, path, **options))

    def series(self, name):
        """Label values and value of every sample of that name."""
        return {
            tuple(sample.labels.values()): sample.value
            for family in self.registry.collect()
            for sample in family.samples
            if sample.name == name
        }


@pytest.fixture
def client(tmp_path):
    return Client(tmp_path)


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/items/7", "/items/{item}", "200"),
        ("GET", "/items/seven", "/items/{item}", "422"),
        ("GET", "/nowhere", "unmatched", "404"),
        ("GET", "/items/7/", "unmatched", "307"),
        ("DELETE", "/items/7", "/items/{item}", "405"),
        ("BREW", "/items/7", "/items/{item}", "405"),
        ("GET", "/fail", "/fail", "500"),
        ("GET", "/stream", "/stream", "200"),
        ("GET", "/v1/deep/x/1", "/v1/deep/x/{y}", "200"),
        ("GET", "/sub/inner/1", "/sub/inner/{z}", "200"),
        ("GET", "/sub/nowhere", "unmatched", "404"),
        ("GET", "/tenant/acme/inner/1", "/tenant/{tenant}/inner/{z}", "200"),
        ("GET", "/files/a.txt", "/files/{path}", "200"),
        ("GET", "/files/b.txt", "unmatched", "404"),
    ],
)
def test_a_request_is_counted_once_under_its_template(client, method, path, route, status):
    client.get(path, method)
    label = "_OTHER" if method == "BREW" else method
    assert client.series("http_requests_total") == {(label, route, status): 1}
    assert client.series("http_request_duration_seconds_count") == {(label, route, status): 1}
    assert client.series("http_requests_in_progress") == {}
    assert client.series("flightdeck_instrumentation_errors_total") == client.errors


def test_background_tasks_are_no_latency(client):
    client.get("/background")
    assert client.series("http_request_duration_seconds_sum")["GET", "/background", "200"] < SLOW
    assert client.series("http_background_duration_seconds_sum")[("/background",)] >= SLOW * 0.9


def test_first_and_last_byte_of_a_stream(client):
    client.get("/stream")
    key = ("GET", "/stream", "200")
    assert client.series("http_response_first_byte_seconds_sum")[key] < SLOW / 2
    assert client.series("http_request_duration_seconds_sum")[key] >= SLOW * 0.9
    assert client.series("http_response_size_bytes_sum")[key[:2]] == 8


def test_an_event_stream_is_a_session(client):
    client.get("/events")
    assert client.series("http_request_duration_seconds_sum")["GET", "/events", "200"] < SLOW
    assert client.series("http_session_duration_seconds_sum")["sse", "/events"] >= SLOW * 0.9


def test_a_websocket_is_a_session(client):
    client.get("/talk/1", kind="websocket")
    assert client.series("http_session_duration_seconds_count") == {("websocket", "/talk/{room}"): 1}
    assert client.series("http_requests_total") == {}


def test_a_client_that_goes_away_is_499(client):
    async def cancelled():
        task = asyncio.ensure_future(client.call("GET", "/sleep"))
        await asyncio.sleep(0.05)
        assert client.series("http_requests_in_progress") == {("GET", "/sleep"): 1}
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancelled())
    client.get("/stream", gone_after=0.01)
    assert client.series("http_requests_total") == {("GET", "/sleep", "499"): 1, ("GET", "/stream", "499"): 1}


def test_exceptions_are_counted_by_type(client):
    client.get("/fail")
    assert client.series("http_request_exceptions_total") == {("GET", "/fail", "KeyError"): 1}


def test_abuse_makes_no_series(client):
    def series():
        # On a slow machine any answer may have a moment behind it that counts as background work.
        return sum(len(family.samples) for family in client.registry.collect() if "background" not in family.name)

    client.get("/nowhere")
    client.get("/items/1", "X")
    before = series()
    for number in range(200):
        client.get(f"/nowhere/{number}/")
        client.get(f"/items/{number}", f"M{number}")
    assert series() == before


@pytest.mark.parametrize(
    ("sent", "kept"), [(b"an-id-17", True), (b"<script>", False), (b"x" * 129, False), (b"", False)]
)
def test_request_ids_are_taken_over_when_harmless(client, sent, kept):
    start, body = client.get("/items/1", headers=[(b"x-request-id", sent)])
    answered = dict(start["headers"])[b"x-request-id"]
    assert (answered == sent) is kept
    assert answered in body["body"]


def test_answers_to_exceptions_have_ids(client):
    sent = []

    async def run():
        async def send(message):
            sent.append(message)

        async def receive():
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": "/fail", "query_string": b"", "root_path": "", "headers": []}
        with pytest.raises(KeyError):
            await client.app(scope, receive, send)

    asyncio.run(run())
    assert sent[0]["status"] == 500 and b"x-request-id" in dict(sent[0]["headers"])


def test_metrics_are_served_and_not_counted(client):
    client.get("/items/1")
    start, body = client.get("/metrics")
    assert start["status"] == 200
    assert b'http_requests_total{method="GET",route="/items/{item}",status="200"} 1.0\n' in body["body"]
    assert len(client.series("http_requests_total")) == 1


def test_a_failure_inside_is_counted_and_harms_nobody(client, monkeypatch):
    monkeypatch.setattr("flightdeck.asgi.route_of", lambda scope: 1 / 0)
    start, body = client.get("/items/1")
    assert start["status"] == 200 and b'"item":1' in body["body"]
    monkeypatch.undo()
    assert client.series("flightdeck_instrumentation_errors_total")[()] > client.errors[()]


def test_a_plain_application_is_wrapped():
    registry = CollectorRegistry()
    Gauge("other", "Help.", registry=registry)
    app = flightdeck.instrument(PlainTextResponse("hello"), registry=registry)

    async def call():
        async def receive():
            return {"type": "http.request"}

        async def send(message):
            pass

        await app({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, send)

    asyncio.run(call())
    assert (
        registry.get_sample_value("http_requests_total", {"method": "GET", "route": "unmatched", "status": "200"}) == 1
    )


def test_the_kill_switch(monkeypatch):
    monkeypatch.setenv("FLIGHTDECK_DISABLED", "1")
    app = PlainTextResponse("hello")
    assert flightdeck.instrument(app) is app


def test_below_a_prefix_everything_is_below_it_too():
    outer, inner, registry = FastAPI(), FastAPI(), CollectorRegistry()

    @inner.get("/items/{item}")
    async def item(item: int):
        return item

    flightdeck.instrument(inner, registry=registry, json_logs=False)
    outer.mount("/sub", inner)
    assert call(outer, "GET", "/sub/items/7")[0] == 200
    status, _, body = call(outer, "GET", "/sub/metrics")
    assert status == 200 and b'http_requests_total{method="GET",route="/sub/items/{item}",status="200"} 1.0' in body
    assert [call(outer, "GET", path)[0] for path in ("/sub/health/live", "/health/live", "/metrics")] == [200, 404, 404]
    # `uvicorn --root-path /api` puts it before every path; behind a proxy that does not send it, others do not.
    for path in ("/api/health/live", "/health/live", "/api/metrics"):
        assert call(inner, "GET", path, root_path="/api")[0] == 200
    assert call(inner, "GET", "/api2/metrics", root_path="/api")[0] == 404


def test_below_a_prefix_a_wsgi_application_answers_too():
    from flask import Flask

    app = flightdeck.instrument(Flask("below"), registry=CollectorRegistry(), json_logs=False)
    below = lambda environ, start: app({**environ, "SCRIPT_NAME": "/api"}, start)  # noqa: E731
    assert [call_wsgi(below, "GET", path)[0] for path in ("/metrics", "/health/live", "/x")] == [200, 200, 404]


def test_routes_that_are_not_fastapis_own_have_their_templates_too():
    app, inner, router, outer = FastAPI(), FastAPI(), APIRouter(), APIRouter()
    registry = CollectorRegistry()

    async def plain(request):
        return PlainTextResponse("plain")

    for path in ("/plain/{x}", "/again/{x}"):
        app.add_route(path, plain)
    inner.add_route("/plain/{y}", plain)
    router.add_route("/plain/{z}", plain)
    outer.include_router(router, prefix="/inner")
    app.include_router(outer, prefix="/outer")
    app.mount("/sub", inner)
    flightdeck.instrument(app, registry=registry, json_logs=False)
    paths = ("/plain/1", "/again/1", "/sub/plain/1", "/outer/inner/plain/1", "/docs", "/sub/docs", "/nowhere")
    assert [call(app, "GET", path)[0] for path in paths] == [200] * 6 + [404]
    routes = {
        sample.labels["route"]
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "http_requests_total"
    }
    assert routes == {
        "/plain/{x}", "/again/{x}", "/sub/plain/{y}", "/outer/inner/plain/{z}", "/docs", "/sub/docs", "unmatched",
    }  # fmt: skip


def test_a_client_that_the_server_cannot_send_to_has_gone_away():
    registry, app = CollectorRegistry(), FastAPI()

    @app.get("/stream")
    async def stream():
        async def parts():
            yield b"one"
            yield b"two"

        return StreamingResponse(parts())

    flightdeck.instrument(app, registry=registry, json_logs=False)

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        if message.get("body") == b"two":
            raise OSError("gone")

    scope = {
        "type": "http", "method": "GET", "path": "/stream", "query_string": b"", "root_path": "", "headers": [],
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    with pytest.raises(Exception):
        asyncio.run(app(scope, receive, send))
    assert registry.get_sample_value("http_requests_total", {"method": "GET", "route": "/stream", "status": "499"}) == 1
