"""Libraries that services call others with, on real PostgreSQL, redis and HTTP."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import flightdeck
import pytest
from fastapi import FastAPI
from flightdeck import checks, clients
from flightdeck.clients.calls import verb_of
from flightdeck.health import CHECKS
from flightdeck.prometheus_client import REGISTRY, CollectorRegistry

from .calls import call


def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels) or 0


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def find(*names):
    places = [*map(str, Path("/usr/lib/postgresql").glob("*/bin")), os.environ.get("PATH", "")]
    return shutil.which(names[0], path=os.pathsep.join(places))


class Postgres:
    """A server of its own, which can be stopped and started."""

    def __init__(self, directory):
        self.port, self.directory = free_port(), directory
        # It does not run as root.
        self.prefix = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
        if os.getuid() == 0:
            shutil.chown(directory, "nobody", "nogroup")
        self._run(find("initdb"), "-D", f"{directory}/data", "-U", "shop", "--auth=trust", "-E", "UTF8", "--no-sync")
        self.start()

    def _run(self, *command):
        done = subprocess.run([*self.prefix, *command], capture_output=True, text=True, cwd=self.directory, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self):
        options = f"-p {self.port} -h 127.0.0.1 -k {self.directory} -c fsync=off"
        log = f"{self.directory}/log"
        command = [
            *self.prefix,
            find("pg_ctl"),
            "-D",
            f"{self.directory}/data",
            "-o",
            options,
            "-l",
            log,
            "-w",
            "start",
        ]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.directory, timeout=60
        )

    def stop(self):
        self._run(find("pg_ctl"), "-D", f"{self.directory}/data", "-m", "immediate", "stop")


class Redis:
    """A server of its own, which can be stopped and started."""

    def __init__(self, directory):
        self.port, self.directory = free_port(), directory
        self.start()

    def start(self):
        command = [
            find("redis-server"),
            "--port",
            str(self.port),
            "--save",
            "",
            "--bind",
            "127.0.0.1",
            "--dir",
            str(self.directory),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def postgres():
    if find("initdb") is None:
        pytest.skip("there is no PostgreSQL")
    directory = Path(tempfile.mkdtemp())
    server = Postgres(directory)
    yield server
    server.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory):
    if find("redis-server") is None:
        pytest.skip("there is no redis")
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


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
    assert call(app, "GET", "/", headers=[(b"x-request-id", b"order-17"), (b"traceparent", trace)])[0] == 200
    after = (
        value("external_api_requests_total", status="204", **labels),
        value("external_api_requests_total", status="error", **labels),
    )
    assert (after[0] - before[0], after[1] - before[1]) == (1, 1)
    assert value("external_api_requests_in_progress", **labels) == 0
    told = other_service.seen[-1]
    assert told["x-request-id"] == "order-17" and told["traceparent"].startswith("00-0af7651916cd43dd8448eb211c80319c-")


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
        client.send(client.build_request("GET", f"http://127.0.0.1:{slow_service.server_address[1]}/held"), stream=True)
        assert counted.in_progress == 1

    forget()
    gc.collect()
    assert (counted.requests, counted.in_progress, counted.dropped) == (1, 0, 1)


def test_sqlalchemy_is_measured_once_whatever_its_driver(postgres):
    import asyncpg  # noqa: F401
    import psycopg  # noqa: F401
    from sqlalchemy import create_engine, text
    from sqlalchemy.ext.asyncio import create_async_engine

    clients.follow()
    address = f"shop@127.0.0.1:{postgres.port}/postgres"
    labels = {"operation": "select", "outcome": "ok"}

    def delta(work):
        before = value("db_query_duration_seconds_count", **labels)
        work()
        return value("db_query_duration_seconds_count", **labels) - before

    engine = create_engine(f"postgresql+psycopg://{address}", pool_size=2, max_overflow=1)
    with engine.connect() as connection:
        assert delta(lambda: connection.execute(text("SELECT 1"))) == 1
        assert value("pool_connections", pool="postgres", state="used") == 1
        with pytest.raises(Exception):
            connection.execute(text("SELECT nothing"))
    assert value("db_query_duration_seconds_count", operation="select", outcome="error") == 1
    assert value("pool_connections_max", pool="postgres") == 3
    assert value("pool_wait_seconds_count", pool="postgres") + value("pool_wait_seconds_count", pool="default") >= 1
    engine.dispose()

    async def with_loop():
        engine = create_async_engine(f"postgresql+asyncpg://{address}")
        async with engine.connect() as connection:
            before = value("db_query_duration_seconds_count", **labels)
            await connection.execute(text("SELECT 1"))
            assert value("db_query_duration_seconds_count", **labels) == before + 1
        await engine.dispose()

    asyncio.run(with_loop())
    assert value("db_query_in_progress", operation="select") == 0


def test_drivers_are_measured(postgres):
    import asyncpg
    import psycopg

    clients.follow()
    address = f"postgresql://shop@127.0.0.1:{postgres.port}/postgres"
    before = value("db_query_duration_seconds_count", operation="select", outcome="ok")

    async def run():
        connection = await asyncpg.connect(address)
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
        async with await psycopg.AsyncConnection.connect(address) as connection:
            await connection.execute("SELECT 1")

    asyncio.run(run())
    with psycopg.connect(address) as connection:
        connection.execute("SELECT 1")
    assert value("db_query_duration_seconds_count", operation="select", outcome="ok") == before + 3


def test_redis_is_measured(redis_server):
    import redis
    import redis.asyncio

    clients.follow()
    client = redis.Redis(port=redis_server.port)
    client.set("a", 1)
    with client.pipeline() as pipeline:
        pipeline.get("a").get("a").execute()

    async def run():
        with_loop = redis.asyncio.Redis(port=redis_server.port)
        await with_loop.get("a")
        await with_loop.aclose()

    asyncio.run(run())
    for operation in ("set", "get", "pipeline"):
        assert value("redis_command_duration_seconds_count", operation=operation, outcome="ok") == 1, operation


def health(app):
    import json

    status, _, body = call(app, "GET", "/health/ready")
    return status, {check["name"]: check for check in json.loads(body)["checks"]}


def test_a_database_that_stops_is_told_in_time_and_so_is_its_return(postgres):
    from sqlalchemy import create_engine

    engine = create_engine(f"postgresql+psycopg://shop@127.0.0.1:{postgres.port}/postgres", pool_pre_ping=True)
    app = flightdeck.instrument(FastAPI(), registry=CollectorRegistry(), json_logs=False, health_details="everything")
    checks.sqlalchemy("database", engine, timeout=2.0, cache=0)
    try:
        assert health(app)[0] == 200
        postgres.stop()
        started = time.monotonic()
        status, found = health(app)
        assert status == 503 and time.monotonic() - started < 3
        assert "refused" in found["database"]["last_error"]
        postgres.start()
        assert health(app)[0] == 200
    finally:
        CHECKS.remove("database")
        engine.dispose()


@pytest.mark.parametrize("with_loop", [True, False])
def test_a_cache_that_stops_only_degrades(redis_server, with_loop):
    import redis
    import redis.asyncio

    client = (redis.asyncio.Redis if with_loop else redis.Redis)(port=redis_server.port)
    app = flightdeck.instrument(FastAPI(), registry=CollectorRegistry(), json_logs=False, health_details="everything")
    checks.redis("cache", client, critical=False, cache=0)
    try:
        status, found = health(app)
        assert (status, found["cache"]["status"]) == (200, "pass"), found
        redis_server.stop()
        status, found = health(app)
        assert (status, found["cache"]["status"]) == (200, "warn")
        assert "refused" in found["cache"]["last_error"] or "closed" in found["cache"]["last_error"].lower(), found
        redis_server.start()
        assert health(app)[1]["cache"]["status"] == "pass"
    finally:
        CHECKS.remove("cache")


def test_tasks_of_celery_are_measured():
    from celery import Celery

    clients.follow()
    app = Celery("shop", broker="memory://", backend="cache+memory://")

    @app.task(name="ship")
    def ship(fails):
        if fails:
            raise KeyError

    ship.apply(args=[False])
    ship.apply(args=[True])
    assert value("task_duration_seconds_count", operation="ship", outcome="ok") == 1
    assert value("task_duration_seconds_count", operation="ship", outcome="error") == 1
    assert value("task_in_progress", operation="ship") == 0


@pytest.mark.parametrize(
    ("query", "verb"),
    [
        ("SELECT 1", "select"), ("  -- why\n/* this */ insert into a", "insert"), ("(select 1)", "select"), ("COMMIT;", "commit"),
        (b"UPDATE a", "update"), ("", "other"), ("'; drop", "other"), ("--", "other"), ("select" * 100, "other"),
    ],
)  # fmt: skip
def test_the_verb_of_a_query(query, verb):
    assert verb_of(query) == verb


def test_what_is_not_wanted_is_left_alone():
    program = "import flightdeck.clients as c, httpx; assert c.follow(without=['httpx']) == [], c.follow()"
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(ValueError, match="there are no clients"):
        clients.follow(without=["curl"])


def test_caches_and_calls_of_the_service_itself():
    cache, calls = flightdeck.Cache("prices"), flightdeck.Calls("pricing")
    cache.hit()
    cache.miss(2)
    assert calls.timed("price", lambda: 7) == 7
    with pytest.raises(KeyError):
        calls.timed("price", {}.__getitem__, "a")
    assert value("cache_requests_total", cache="prices", outcome="miss") == 2
    assert value("pricing_duration_seconds_count", operation="price", outcome="error") == 1
