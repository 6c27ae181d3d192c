"""What the service says about its health, with an event loop and without."""

import asyncio
import json
import threading
import time

import pytest
from fastapi import FastAPI

import flightdeck
from flightdeck import checks
from flightdeck.health import CHECKS, Checks
from flightdeck.prometheus_client import REGISTRY, CollectorRegistry

from .calls import call


@pytest.fixture(params=["async", "sync"])
def ask(request):
    """Asks some checks in one of both ways."""
    if request.param == "sync":
        return lambda known, probe=None: known.report_sync(probe)
    return lambda known, probe=None: asyncio.run(known.report(probe))


def raises():
    raise ConnectionError("refused")


async def raises_async():
    raise ConnectionError("refused")


def exits():
    raise SystemExit(3)


async def exits_async():
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("function", "critical", "status", "error"),
    [
        (lambda: None, True, "pass", None),
        (lambda: True, True, "pass", None),
        (lambda: False, True, "fail", "the check returned False"),
        (raises, True, "fail", "ConnectionError: refused"),
        (raises_async, True, "fail", "ConnectionError: refused"),
        (raises, False, "warn", "ConnectionError: refused"),
        (exits, True, "fail", "RuntimeError: SystemExit: 3"),
        (exits_async, True, "fail", "RuntimeError: SystemExit: 3"),
        (lambda: time.sleep(5), True, "fail", "no answer within 50 ms"),
        (lambda: asyncio.sleep(0), True, "pass", None),
    ],
)
def test_a_check_says_how_it_is(ask, function, critical, status, error):
    known = Checks()
    known.add("one", function, critical=critical, timeout=0.05)
    report = ask(known)
    (answer,) = report.answers
    assert (report.status, answer.last_error and answer.last_error[0]) == (status, error)
    assert report.code == (503 if status == "fail" else 200)


def test_checks_run_at_once_and_none_longer_than_it_may(ask):
    known = Checks()
    for number in range(10):
        known.add(str(number), lambda: time.sleep(30), timeout=0.2)
    started = time.monotonic()
    assert ask(known).status == "fail"
    assert time.monotonic() - started < 1.5


def test_a_check_that_hangs_is_not_started_again(ask):
    known, started, free = Checks(), [], threading.Event()
    known.add("hangs", lambda: (started.append(1), free.wait(10)), timeout=0.02, cache=0)
    for _ in range(3):
        assert ask(known).status == "fail"
    assert len(started) == 1
    free.set()
    time.sleep(0.05)
    assert ask(known).status == "pass"


def test_answers_are_kept_for_a_while(ask):
    known, asked = Checks(), []
    known.add("one", lambda: asked.append(1), cache=60)
    ask(known)
    ask(known)
    assert len(asked) == 1


def test_probes_ask_what_concerns_them(ask):
    known = Checks()
    known.add("database", raises)
    known.add("loop", lambda: None, probes=("live", "ready"))
    assert [answer.name for answer in ask(known, "live").answers] == ["loop"]
    assert ask(known, "ready").status == "fail"
    assert ask(known, "startup").status == "pass"


def test_many_probes_at_once_ask_once():
    known, asked = Checks(), []

    async def slow():
        asked.append(1)
        await asyncio.sleep(0.05)

    known.add("one", slow, cache=0)

    async def many():
        await asyncio.gather(*(known.report() for _ in range(20)))

    asyncio.run(many())
    assert len(asked) == 1


@pytest.mark.parametrize("details", ["nothing", "statuses", "everything"])
def test_probes_are_answered_over_http(details):
    app = flightdeck.instrument(
        FastAPI(version="7"), service="orders", registry=CollectorRegistry(), health_details=details
    )
    flightdeck.check("database", timeout=0.5)(raises)
    flightdeck.check("cache", critical=False)(lambda: None)
    try:
        status, headers, body = call(app, "GET", "/health")
        told = json.loads(body)
        assert (status, told["status"]) == (503, "fail")
        assert headers[b"cache-control"] == b"no-store"
        assert (b"refused" in body, b"database" in body) == (details == "everything", details != "nothing")
        if details == "everything":
            assert told["version"] == "7" and told["service"] == "orders"
            database = told["checks"][0]
            assert database["last_error"] == "ConnectionError: refused" and database["critical"] is True
        assert call(app, "GET", "/health/live")[0] == 200
        assert call(app, "GET", "/health/ready")[0] == 503
        status, headers, body = call(app, "GET", "/health", headers=[(b"accept", b"application/health+json")])
        assert headers[b"content-type"] == b"application/health+json"
        if details != "nothing":
            assert json.loads(body)["checks"]["database:responseTime"][0]["status"] == "fail"
        assert REGISTRY.get_sample_value("health_check_status", {"check": "database"}) == 0
        assert REGISTRY.get_sample_value("health_check_failures_total", {"check": "database"}) >= 1
    finally:
        CHECKS.remove("database")
        CHECKS.remove("cache")


def test_routes_of_the_application_come_first():
    app = FastAPI()

    @app.get("/health")
    def health():
        return "mine"

    flightdeck.instrument(app, registry=CollectorRegistry())
    assert call(app, "GET", "/health")[2] == b'"mine"'
    assert json.loads(call(app, "GET", "/health/live")[2])["status"] == "pass"


def test_disks_are_checked(ask):
    checks.disk("disk", "/", free_min=0.0)
    checks.disk("full", "/", free_min=1.0)
    try:
        answers = {answer.name: answer for answer in ask(CHECKS).answers}
        assert answers["disk"].status == "pass"
        assert "of / is free" in answers["full"].last_error[0]
    finally:
        CHECKS.remove("disk")
        CHECKS.remove("full")


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="unknown probes"):
        Checks().add("one", raises, probes=("alive",))
    with pytest.raises(ValueError, match="timeout"):
        Checks().add("one", raises, timeout=0)
    with pytest.raises(ValueError, match="no HTTP URL"):
        checks.http("one", "file:///etc/passwd")
