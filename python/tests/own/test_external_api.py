"""Calls to other services over HTTP, whatever library makes them, from the head of the answer to its last byte."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi import FastAPI

import flightdeck
from flightdeck import clients
from flightdeck.prometheus_client import CollectorRegistry

from .calls import call, free_port, value


@pytest.fixture(scope="module")
def other_service():
    """Answers with its path's status, and keeps the headers it got."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(int(self.path[1:]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.seen = seen
    yield server
    server.shutdown()


async def with_httpx(url):
    import httpx

    clients.follow()
    async with httpx.AsyncClient() as client:
        await client.get(url)


async def with_httpx_without_loop(url):
    import httpx

    clients.follow()
    httpx.get(url)


async def with_requests(url):
    import requests

    clients.follow()
    requests.get(url)


async def with_aiohttp(url):
    import aiohttp

    clients.follow()
    async with aiohttp.ClientSession() as session, session.get(url):
        pass


@pytest.mark.parametrize("get", [with_httpx, with_httpx_without_loop, with_requests, with_aiohttp])
def test_calls_to_other_services_are_measured_and_part_of_the_request(other_service, get):
    app = FastAPI()

    @app.get("/")
    async def root():
        await get(f"http://127.0.0.1:{other_service.server_address[1]}/204")
        try:
            await get(f"http://127.0.0.1:{free_port()}/")
        except Exception:
            pass

    flightdeck.instrument(app, registry=CollectorRegistry(), json_logs=False)
    labels = {"host": "127.0.0.1", "method": "GET"}
    before = (
        value("external_api_requests_total", status="204", **labels),
        value("external_api_requests_total", status="error", **labels),
    )
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = [
        (b"x-request-id", b"order-17"),
        (b"traceparent", trace),
        (b"tracestate", b"a=1"),
        (b"tracestate", b"b=2 ,"),
    ]
    assert call(app, "GET", "/", headers=headers)[0] == 200
    after = (
        value("external_api_requests_total", status="204", **labels),
        value("external_api_requests_total", status="error", **labels),
    )
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    assert value("external_api_requests_in_progress", **labels) == 0
    told = other_service.seen[-1]
    assert told["x-request-id"] == "order-17" and told["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")
    assert told["tracestate"] == "a=1,b=2"


class Slow(BaseHTTPRequestHandler):
    """Answers whose body takes until it is let go, breaks off, or has no end; or is there at once, in chunks."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind = self.path[1:]
        self.send_response(200)
        if kind == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        elif kind == "events":
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", "10")
        self.end_headers()
        if kind == "head":
            return
        self.wfile.write(b"5\r\nfirst\r\n" if kind == "chunked" else b"first")
        self.wfile.flush()
        if kind == "broken":
            self.close_connection = True
            return
        self.server.let_go.wait(30)
        self.wfile.write(b"5\r\nafter\r\n0\r\n\r\n" if kind == "chunked" else b"after")
        self.close_connection = kind == "events"

    def do_HEAD(self):
        self.path = "/head"
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture
def slow_service():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    # A body that nobody reads to its end.
    server.handle_error = lambda *_: None
    server.let_go = threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.let_go.set()
    server.shutdown()


# Each has `reader` read the parts of the answer, and says that it is done with it afterwards.


async def stream_with_httpx(method, url, reader):
    import httpx

    async with httpx.AsyncClient() as client, client.stream(method, url) as response:
        await reader(response.aiter_raw(1))


async def stream_with_httpx_without_loop(method, url, reader):
    import httpx

    with httpx.stream(method, url) as response:
        await reader(awaited(response.iter_raw(1)))


async def stream_with_requests(method, url, reader):
    import requests

    with requests.request(method, url, stream=True) as response:
        await reader(awaited(response.iter_content(1)))


async def stream_with_aiohttp(method, url, reader):
    import aiohttp

    async with aiohttp.ClientSession() as session, session.request(method, url) as response:
        await reader(response.content.iter_chunked(1))


async def awaited(parts):
    for part in parts:
        yield part


STREAMS = [stream_with_httpx, stream_with_httpx_without_loop, stream_with_requests, stream_with_aiohttp]


class Counted:
    """How much the metrics of calls have grown since it was made."""

    def __init__(self, method="GET"):
        host = {"host": "127.0.0.1", "method": method}
        answered = {**host, "status": "200"}
        self._samples = {
            "requests": ("external_api_requests_total", answered),
            "seconds": ("external_api_request_duration_seconds_sum", answered),
            "first_byte": ("external_api_response_first_byte_seconds_sum", answered),
            "in_progress": ("external_api_requests_in_progress", host),
            "bytes": ("external_api_response_size_bytes_sum", host),
            "broken": ("external_api_responses_incomplete_total", {**host, "reason": "error"}),
            "dropped": ("external_api_responses_incomplete_total", {**host, "reason": "dropped"}),
        }
        self._before = {key: value(name, **labels) for key, (name, labels) in self._samples.items()}

    def __getattr__(self, key):
        name, labels = self._samples[key]
        return value(name, **labels) - self._before[key]


def stream(of, server, kind, reader, method="GET"):
    clients.follow()
    counted = Counted(method)
    asyncio.run(of(method, f"http://127.0.0.1:{server.server_address[1]}/{kind}", reader))
    return counted


@pytest.mark.parametrize("of", STREAMS)
@pytest.mark.parametrize("kind", ["held", "chunked"])
def test_a_call_lasts_until_its_answer_is_read(slow_service, of, kind):
    async def read(parts):
        async for part in parts:
            if not slow_service.let_go.is_set():
                counted = Counted()
                assert (
                    counted.requests == 0
                    and value("external_api_requests_in_progress", host="127.0.0.1", method="GET") == 1
                )
                slow_service.let_go.set()
            read.bytes += len(part)

    read.bytes = 0
    counted = stream(of, slow_service, kind, read)
    assert (counted.requests, counted.in_progress, counted.broken, counted.dropped) == (1, 0, 0, 0)
    assert counted.seconds > counted.first_byte > 0
    assert read.bytes == 10
    # That of chunks is not known to all.
    assert counted.bytes == 10 or (kind == "chunked" and of is stream_with_requests)


@pytest.mark.parametrize("of", STREAMS)
def test_an_answer_that_breaks_off_is_told_apart(slow_service, of):
    async def read(parts):
        with pytest.raises(Exception):
            async for _ in parts:
                pass

    counted = stream(of, slow_service, "broken", read)
    assert (counted.requests, counted.in_progress, counted.broken, counted.dropped, counted.bytes) == (1, 0, 1, 0, 5)


@pytest.mark.parametrize("of", STREAMS)
@pytest.mark.parametrize("kind", ["held", "chunked", "events"])
def test_an_answer_that_nobody_reads_on_is_told_unless_it_has_no_end(slow_service, of, kind):
    async def read_one(parts):
        async for _ in parts:
            break

    counted = stream(of, slow_service, kind, read_one)
    assert (counted.requests, counted.in_progress, counted.broken, counted.dropped) == (1, 0, 0, kind != "events")
    if kind == "events":
        assert counted.seconds == pytest.approx(counted.first_byte)


@pytest.mark.parametrize("of", STREAMS)
def test_the_head_alone_is_all_of_an_answer_to_head(slow_service, of):
    async def read_nothing(parts):
        pass

    counted = stream(of, slow_service, "head", read_nothing, "HEAD")
    assert (counted.requests, counted.in_progress, counted.broken, counted.dropped, counted.bytes) == (1, 0, 0, 0, 0)


def test_a_call_that_is_forgotten_is_over(slow_service):
    import gc

    import httpx

    clients.follow()
    counted = Counted()

    def forget():
        client = httpx.Client()
        kept = client.send(
            client.build_request("GET", f"http://127.0.0.1:{slow_service.server_address[1]}/held"), stream=True
        )
        assert counted.in_progress == 1 and kept.status_code == 200

    forget()
    gc.collect()
    assert (counted.requests, counted.in_progress, counted.dropped) == (1, 0, 1)
