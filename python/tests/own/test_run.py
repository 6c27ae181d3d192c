"""`flightdeck-run`: a service whose code knows nothing of us."""

import json
import os
import subprocess
import sys
import textwrap

import pytest

from .test_real_servers import Server, load

APPS = {
    "asgi": """
import os
from fastapi import FastAPI
from prometheus_client import Counter
app = FastAPI()
orders = Counter("orders", "Orders.", ["method"])

@app.get("/orders/{order}")
async def order(order: int):
    orders.labels("card").inc()
    return {"pid": os.getpid()}
""",
    "flask": """
import os
from flask import Flask
from prometheus_client import Counter
app = Flask("shop")
orders = Counter("orders", "Orders.", ["method"])

@app.route("/orders/<int:order>")
def order(order):
    orders.labels("card").inc()
    return {"pid": os.getpid()}
""",
    "django": """
import os
from django.conf import settings
from django.http import JsonResponse
from django.urls import path
from prometheus_client import Counter
orders = Counter("orders", "Orders.", ["method"])

def order(request, order):
    orders.labels("card").inc()
    return JsonResponse({"pid": os.getpid()})

urlpatterns = [path("orders/<int:order>", order)]
settings.configure(DEBUG=False, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", MIDDLEWARE=[])
from django.core.wsgi import get_wsgi_application
app = get_wsgi_application()
""",
}


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("asgi", "flightdeck-run --service orders uvicorn shop:app --host 127.0.0.1 --port {port} --workers 2"),
        ("asgi", "python -m flightdeck run gunicorn shop:app -k uvicorn_worker.UvicornWorker -w 2 -b 127.0.0.1:{port}"),
        ("flask", "flightdeck-run gunicorn shop:app -w 2 --threads 2 -b 127.0.0.1:{port}"),
        ("django", "flightdeck-run gunicorn shop:app -w 2 -b 127.0.0.1:{port}"),
    ],
)
def test_a_service_is_measured_without_a_change(tmp_path, kind, command):
    (tmp_path / "shop.py").write_text(textwrap.dedent(APPS[kind]))
    server = Server(tmp_path, command)
    try:
        server.wait()
        answered, _ = load(server, 80)
        assert server.value('orders_total{method="card"}') == answered
        series = 'http_requests_total{method="GET",route="/orders/{order}",status="200"}'
        assert server.settled(series, answered) == answered
        told = [line for line in server.said().splitlines() if line.startswith("flightdeck: ")]
        assert len(told) == 1 and "measures service" in told[0], server.said()
        if "uvicorn shop" in command:
            lines = [json.loads(line) for line in server.said().splitlines() if line.startswith("{")]
            assert any(
                line.get("path") == "/orders/1" and line["service"] == "orders" and "request_id" in line
                for line in lines
            )
    finally:
        server.stop()


def test_what_cannot_be_started_is_told():
    def run(*words):
        command = [os.path.join(os.path.dirname(sys.executable), "flightdeck-run"), *words]
        return subprocess.run(command, capture_output=True, text=True)

    assert run().returncode == 2 and "usage" in run().stderr
    assert run("no-such-command").returncode == 127
    assert run("python", "-c", "import sys; sys.exit(7)").returncode == 7
