"""Flask, Django, plain WSGI and aiohttp: the same metrics under the same names."""

import asyncio
import json

import pytest

import flightdeck
from flightdeck.prometheus_client import CollectorRegistry

from .calls import call, call_wsgi

flask = pytest.importorskip("flask")
django = pytest.importorskip("django")


def series(registry, name):
    return {
        tuple(sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == name
    }


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def flask_app(registry):
    app = flask.Flask("shop")

    @app.route("/items/<int:item>", methods=["GET", "POST"])
    def item(item):
        return {"item": item, "id": flightdeck.request_id()}

    @app.route("/fail")
    def fail():
        raise KeyError("x")

    @app.route("/stream")
    def stream():
        return flask.Response(part for part in (b"one", b"two"))

    return flightdeck.instrument(app, registry=registry, service="orders")


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/items/7", "/items/{item}", "200"),
        ("POST", "/items/7", "/items/{item}", "200"),
        ("GET", "/items/x", "unmatched", "404"),
        ("BREW", "/nowhere", "unmatched", "404"),
        ("GET", "/fail", "/fail", "500"),
        ("GET", "/stream", "/stream", "200"),
    ],
)
def test_flask_by_its_rules(flask_app, registry, method, path, route, status):
    code, headers, _ = call_wsgi(flask_app, method, path, headers=[("x-request-id", "order-17")])
    label = "_OTHER" if method == "BREW" else method
    assert series(registry, "http_requests_total") == {(label, route, status): 1}
    assert series(registry, "http_request_duration_seconds_count") == {(label, route, status): 1}
    assert series(registry, "http_requests_in_progress") == {}
    assert headers["X-Request-ID"] == "order-17"
    assert flightdeck.request_id() is None


def test_flask_answers_scrapes_and_probes(flask_app, registry):
    assert json.loads(call_wsgi(flask_app, "GET", "/items/7", headers=[("x-request-id", "a")])[2]) == {
        "item": 7,
        "id": "a",
    }
    code, headers, body = call_wsgi(flask_app, "GET", "/metrics")
    assert code == 200 and b'http_requests_total{method="GET",route="/items/{item}",status="200"} 1.0\n' in body
    assert json.loads(call_wsgi(flask_app, "GET", "/health")[2])["status"] == "pass"
    call_wsgi(flask_app, "GET", "/stream")
    assert series(registry, "http_response_size_bytes_sum")[("GET", "/stream")] == 6


def test_a_wsgi_client_that_goes_away_is_499(flask_app, registry):
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/stream",
        "SERVER_NAME": "t",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
    }
    answer = flask_app(environ, lambda *_: None)
    next(iter(answer))
    answer.close()
    assert series(registry, "http_requests_total") == {("GET", "/stream", "499"): 1}


def test_plain_wsgi_is_wrapped(registry):
    def app(environ, start_response):
        if environ["PATH_INFO"] == "/fail":
            raise KeyError
        start_response("200 OK", [])
        return [b"hello"]

    measured = flightdeck.instrument(app, registry=registry)
    assert call_wsgi(measured, "GET", "/any")[2] == b"hello"
    with pytest.raises(KeyError):
        call_wsgi(measured, "GET", "/fail")
    assert series(registry, "http_requests_total") == {("GET", "unmatched", "200"): 1, ("GET", "unmatched", "500"): 1}
    assert series(registry, "http_request_exceptions_total") == {("GET", "unmatched", "KeyError"): 1}


@pytest.fixture(scope="module")
def django_settings():
    from django.conf import settings
    from django.http import HttpResponse
    from django.urls import include, path, re_path

    def item(request, item):
        return HttpResponse(f"item {item}")

    class Urls:
        urlpatterns = [
            path("items/<int:item>/", item),
            path("api/", include([re_path(r"^years/(?P<item>[0-9]{4})/$", item)])),
        ]

    if not settings.configured:
        settings.configure(DEBUG=False, ROOT_URLCONF=Urls, ALLOWED_HOSTS=["*"], SECRET_KEY="x", MIDDLEWARE=[])
        django.setup()
    settings.ROOT_URLCONF = Urls
    settings.ALLOWED_HOSTS = ["*"]
    from django.urls import clear_url_caches, set_urlconf

    clear_url_caches()
    set_urlconf(None)


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/items/7/", "/items/{item}/", "200"),
        ("/api/years/2026/", "/api/years/{item}/", "200"),
        ("/nowhere/", "unmatched", "404"),
    ],
)
def test_django_by_its_routes(django_settings, registry, kind, path, route, status):
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    app = flightdeck.instrument(WSGIHandler() if kind == "wsgi" else ASGIHandler(), registry=registry)
    code = (call_wsgi if kind == "wsgi" else call)(app, "GET", path)[0]
    assert str(code) == status
    assert series(registry, "http_requests_total") == {("GET", route, status): 1}


def test_aiohttp_by_its_resources(registry):
    from aiohttp import web
    from aiohttp.test_utils import TestClient, TestServer

    async def item(request):
        return web.json_response({"id": flightdeck.request_id()})

    async def fail(request):
        raise KeyError

    async def talk(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.close()
        return socket

    async def run():
        app = web.Application()
        app.add_routes([web.get("/items/{item}", item), web.get("/fail", fail), web.get("/talk", talk)])
        flightdeck.instrument(app, registry=registry, service="orders")
        async with TestClient(TestServer(app)) as client:
            answer = await client.get("/items/7", headers={"X-Request-ID": "order-17"})
            assert answer.headers["X-Request-ID"] == "order-17" and await answer.json() == {"id": "order-17"}
            await client.get("/fail")
            await client.get("/nowhere")
            async with client.ws_connect("/talk"):
                pass
            text = await (await client.get("/metrics")).text()
            assert 'http_requests_total{method="GET",route="/items/{item}",status="200"} 1.0\n' in text
            assert (await (await client.get("/health/ready")).json())["status"] == "pass"

    asyncio.run(run())
    assert series(registry, "http_requests_total") == {
        ("GET", "/items/{item}", "200"): 1, ("GET", "/fail", "500"): 1, ("GET", "unmatched", "404"): 1,
    }  # fmt: skip
    assert series(registry, "http_session_duration_seconds_count") == {("websocket", "/talk"): 1}


@pytest.mark.parametrize(("sent", "status"), [((), "500"), ((b"",), "500"), ((b"one",), "200")])
def test_a_body_that_breaks_off_has_the_status_that_the_client_saw(registry, sent, status):
    app = flask.Flask("breaks")

    @app.route("/")
    def root():
        def parts():
            yield from sent
            raise KeyError("in the middle")

        return flask.Response(parts())

    flightdeck.instrument(app, registry=registry, json_logs=False)
    with pytest.raises(KeyError):
        call_wsgi(app, "GET", "/")
    assert series(registry, "http_requests_total") == {("GET", "/", status): 1}
    assert series(registry, "http_request_exceptions_total") == {("GET", "/", "KeyError"): 1}
    assert series(registry, "http_requests_in_progress") == {}
