"""Litestar, as its users start it: routes by their templates, also where nothing matches or something is raised."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

APP = """
from litestar import Litestar, Router, get, post
from litestar.handlers import websocket
import flightdeck

@get("/items/{item:int}")
async def item(item: int) -> dict:
    return {"item": item, "request_id": flightdeck.request_id()}

@post("/items")
async def make(data: dict) -> dict:
    return data

@get("/fail")
async def fail() -> None:
    raise KeyError("x")

app = flightdeck.instrument(Litestar([Router("/v1", route_handlers=[item, make]), fail]), service="litestar")
"""


def ask(port, path, method="GET", data=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", method=method, data=data, headers={"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


@pytest.fixture
def port(tmp_path):
    (tmp_path / "shop.py").write_text(APP)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "shop:app", "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen(command, cwd=tmp_path)
    deadline = time.monotonic() + 30
    while True:
        try:
            ask(port, "/health/live")
            break
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    yield port
    server.terminate()
    server.wait(10)


def test_requests_are_counted_by_their_templates(port):
    status, body, headers = ask(port, "/v1/items/7")
    assert status == 200 and headers["x-request-id"] in body
    assert ask(port, "/v1/items", "POST", b"{}")[0] == 201
    assert ask(port, "/fail")[0] == 500
    for at in range(20):
        assert ask(port, f"/nowhere/{at}")[0] == 404
    assert ask(port, "/v1/items/7", "DELETE")[0] == 405
    status, text, _ = ask(port, "/metrics")
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("http_requests_total"))
    counts = {tuple(line.split('"')[1:6:2]): float(count) for line, count in lines.items()}
    assert counts[("GET", "/v1/items/{item}", "200")] == 1
    assert counts[("POST", "/v1/items", "201")] == 1
    assert counts[("GET", "/fail", "500")] == 1
    assert counts[("GET", "unmatched", "404")] == 20
    assert not any("nowhere" in line for line in text.splitlines())
    assert ask(port, "/health")[0] == 200
