"""Libraries that services call others with, on real PostgreSQL, redis and HTTP."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from fastapi import FastAPI

import flightdeck
from flightdeck import checks, clients
from flightdeck.clients.calls import verb_of
from flightdeck.health import CHECKS
from flightdeck.prometheus_client import CollectorRegistry

from .calls import call, free_port, value


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
