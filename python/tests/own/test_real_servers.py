"""Real servers over real sockets, under load, while workers are killed and come back: totals are the requests that were answered."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="workers are found by /proc")

ASGI_APP = """
import asyncio, os
from fastapi import FastAPI
import flightdeck
from flightdeck.prometheus_client import Counter

app = FastAPI()
orders = Counter("orders", "Orders.", ["method"])

@app.get("/orders/{order}")
async def order(order: int):
    orders.labels("card").inc()
    return {"pid": os.getpid()}

@app.get("/sleep")
async def sleep():
    await asyncio.sleep(30)

flightdeck.instrument(app, service="orders")
"""

WSGI_APP = """
import os, time
from flask import Flask
import flightdeck
from flightdeck.prometheus_client import Counter

app = Flask("shop")
orders = Counter("orders", "Orders.", ["method"])

@app.route("/orders/<int:order>")
def order(order):
    orders.labels("card").inc()
    return {"pid": os.getpid()}

@app.route("/sleep")
def sleep():
    time.sleep(30)
    return ""

flightdeck.instrument(app, service="orders")
"""

SERVERS = {
    "uvicorn": ("asgi", "uvicorn shop:app --host 127.0.0.1 --port {port} --no-access-log"),
    "uvicorn-workers": ("asgi", "uvicorn shop:app --host 127.0.0.1 --port {port} --workers 4 --no-access-log"),
    "gunicorn-uvicorn": ("asgi", "gunicorn shop:app -k uvicorn_worker.UvicornWorker -w 3 -b 127.0.0.1:{port}"),
    "gunicorn-preload": ("asgi", "gunicorn shop:app -k uvicorn_worker.UvicornWorker -w 3 --preload -b 127.0.0.1:{port}"),
    "gunicorn-threads": ("wsgi", "gunicorn shop:app -w 2 --threads 4 -b 127.0.0.1:{port}"),
    "hypercorn": ("asgi", "hypercorn shop:app -w 2 -b 127.0.0.1:{port}"),
    "granian": ("asgi", "granian --interface asgi shop:app --workers 2 --host 127.0.0.1 --port {port}"),
    # It forks by itself, in C; Python is told afterwards, in the child.
    "uwsgi": ("wsgi", "uwsgi --http-socket 127.0.0.1:{port} --master --processes 3 --module shop:app --virtualenv {prefix} --die-on-term"),
    "uwsgi-threads": (
        "wsgi", "uwsgi --http-socket 127.0.0.1:{port} --master --processes 2 --threads 3 --module shop:app --virtualenv {prefix} --die-on-term"
    ),
    # A worker that is asked to end while it loads its application does not: so it is with any application. Hence the mercy.
    "uwsgi-lazy": (
        "wsgi", "uwsgi --http-socket 127.0.0.1:{port} --master --processes 2 --lazy-apps --enable-threads --worker-reload-mercy 3 --module shop:app --virtualenv {prefix} --die-on-term"
    ),
}  # fmt: skip


class Server:
    """A server of the shop on a port of its own."""

    def __init__(self, directory, command):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = command.format(port=self.port, prefix=sys.prefix).split()
        if not os.path.exists(os.path.join(os.path.dirname(sys.executable), words[0])):
            pytest.skip(f"{words[0]} is not installed")
        self.output = open(directory / "output", "w+")
        self.process = subprocess.Popen(
            [os.path.join(os.path.dirname(sys.executable), words[0]), *words[1:]],
            cwd=directory, stdout=self.output, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": str(directory)},
        )  # fmt: skip

    def wait(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.get("/health/live")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server does not answer: " + self.said()[-4000:])

    def said(self):
        self.output.flush()
        self.output.seek(0)
        return self.output.read()

    def get(self, path, timeout=10):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def metrics(self):
        status, text = self.get("/metrics")
        assert status == 200, text
        return text

    def value(self, series):
        found = re.search("^" + re.escape(series) + r" (\S+)$", self.metrics(), re.MULTILINE)
        return float(found[1]) if found else None

    def settled(self, series, want):
        """The value of a series, when it is what is wanted: a request is counted a moment after its answer arrived."""
        deadline = time.monotonic() + 10
        while self.value(series) != want and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.value(series)

    def stop(self):
        """Ends it; whether it did so by itself."""
        self.process.terminate()
        try:
            self.process.wait(10)
            return True
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        finally:
            self.output.close()


@pytest.fixture(params=SERVERS)
def server(request, tmp_path):
    kind, command = SERVERS[request.param]
    (tmp_path / "shop.py").write_text(textwrap.dedent(ASGI_APP if kind == "asgi" else WSGI_APP))
    started = Server(tmp_path, command)
    started.name = request.param
    ended = True
    try:
        started.wait()
        yield started
    finally:
        ended = started.stop()
    assert ended or not request.param.startswith("uwsgi"), "it hangs at its end"


def load(server, requests, threads=4):
    """The answers of so many requests; who asked a worker that was just killed asks again."""
    answered, pids, lock = [0], set(), threading.Lock()

    def run():
        for number in range(requests // threads):
            while True:
                try:
                    status, body = server.get(f"/orders/{number}")
                    break
                except OSError:
                    time.sleep(0.02)
            assert status == 200
            with lock:
                answered[0] += 1
                pids.add(json.loads(body)["pid"])

    running = [threading.Thread(target=run) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return answered[0], pids


def test_totals_are_what_was_answered(server):
    answered, pids = load(server, 400)
    if server.name != "uvicorn":
        deadline = time.monotonic() + 10
        while len(pids) < 2 and time.monotonic() < deadline:
            more, others = load(server, 40)
            answered, pids = answered + more, pids | others
        assert len(pids) > 1
    route = "/orders/{order}"
    labels = f'method="GET",route="{route}",status="200"'
    assert server.settled(f"http_request_duration_seconds_count{{{labels}}}", answered) == answered
    for _ in range(5):
        # Whichever worker answers.
        assert server.value('orders_total{method="card"}') == answered
        assert server.value(f"http_requests_total{{{labels}}}") == answered
    if server.name != "uvicorn":
        told = {int(pid) for pid in re.findall(r'process_open_fds\{pid="(\d+)"\}', server.metrics())}
        assert pids <= told, (pids, told)
        kill_and_go_on(server, answered, pids)


def kill_and_go_on(server, answered, pids):
    """Kills a worker that has nothing to do, so that what was answered is known to the request."""
    before = server.value('orders_total{method="card"}')
    for pid in list(pids)[:1] if server.name in ("granian", "hypercorn") else list(pids):
        os.kill(pid, signal.SIGKILL)
        if server.name in ("granian", "hypercorn"):
            # These end when a worker is killed.
            break
        deadline = time.monotonic() + 15
        while os.path.exists(f"/proc/{pid}") and time.monotonic() < deadline:
            time.sleep(0.02)
        server.wait()
        assert server.value('orders_total{method="card"}') == before
    else:
        more, others = load(server, 100)
        assert server.value('orders_total{method="card"}') == answered + more
        told = {int(pid) for pid in re.findall(r'process_open_fds\{pid="(\d+)"\}', server.metrics())}
        assert not told & pids, (told, pids)


def test_what_is_in_progress_elsewhere_is_seen(tmp_path):
    (tmp_path / "shop.py").write_text(textwrap.dedent(ASGI_APP))
    server = Server(tmp_path, SERVERS["gunicorn-uvicorn"][1])
    sleepers = []
    try:
        server.wait()
        server.metrics()
        for _ in range(8):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
            connection.request("GET", "/sleep")
            sleepers.append(connection)
        deadline = time.monotonic() + 10
        series = 'http_requests_in_progress{method="GET",route="/sleep"}'
        while server.value(series) != 8 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.value(series) == 8, server.metrics()
    finally:
        for connection in sleepers:
            connection.close()
        server.stop()


def test_under_load_while_workers_die_totals_only_grow(tmp_path):
    (tmp_path / "shop.py").write_text(textwrap.dedent(ASGI_APP))
    server = Server(tmp_path, SERVERS["gunicorn-uvicorn"][1])
    try:
        server.wait()
        done = []
        loader = threading.Thread(target=lambda: done.append(load(server, 1200)))
        loader.start()
        last, killed = 0.0, 0
        while loader.is_alive():
            try:
                text = server.metrics()
                found = re.search(r'^orders_total\{method="card"\} (\S+)$', text, re.MULTILINE)
                now = float(found[1]) if found else last
                assert now >= last
                last = now
                pids = [int(pid) for pid in re.findall(r'process_open_fds\{pid="(\d+)"\}', text)]
                if killed < 4 and pids:
                    os.kill(pids[killed % len(pids)], signal.SIGKILL)
                    killed += 1
            except (OSError, ProcessLookupError):
                pass
            time.sleep(0.1)
        answered, _ = done[0]
        # A killed worker may have counted a request whose answer never arrived; every answer was counted.
        assert answered <= server.value('orders_total{method="card"}') <= answered + 4 * killed
        assert killed
    finally:
        server.stop()
