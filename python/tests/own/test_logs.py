"""Log lines as JSON, in requests and outside of them."""

import json
import logging

import pytest
from fastapi import FastAPI

import flightdeck
from flightdeck import logs
from flightdeck.prometheus_client import CollectorRegistry

from .calls import call, call_wsgi

TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def line(message="hello", *args, name="shop", level=logging.INFO, exc_info=None, **extra):
    record = logging.getLogger(name).makeRecord(name, level, "f", 1, message, args, exc_info, extra=extra)
    return json.loads(logs.JsonFormatter("orders").format(record))


def test_a_line_says_what_and_where():
    found = line("paid %d\n", 7, level=logging.WARNING, customer=3, amount=float("inf"))
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "WARN", "target": "shop", "message": "paid 7\n", "service": "orders", "customer": 3, "amount": "inf",
    }  # fmt: skip


def test_a_line_of_a_request_names_it_and_its_trace():
    app, found = FastAPI(), []

    @app.get("/")
    async def root():
        found.append(line(service="own"))
        found.append(logs.structlog_processor(None, "info", {"event": "hello", "token": "abc"}))
        found.append(flightdeck.outgoing_headers())

    flightdeck.instrument(app, registry=CollectorRegistry(), json_logs=False)
    _, headers, _ = call(app, "GET", "/", headers=[(b"x-request-id", b"order-17"), (b"traceparent", TRACE)])
    assert headers[b"x-request-id"] == b"order-17"
    record, event, outgoing = found
    assert (record["request_id"], record["trace_id"]) == ("order-17", "0af7651916cd43dd8448eb211c80319c")
    assert (record["service"], record["service_"]) == ("orders", "own")
    assert len(record["span_id"]) == 16 and record["span_id"] != "b7ad6b7169203331"
    assert event["request_id"] == "order-17" and event["token"] == "[redacted]"
    assert outgoing["x-request-id"] == "order-17"
    assert outgoing["traceparent"] == f"00-{record['trace_id']}-{record['span_id']}-01"
    assert flightdeck.request_id() is None and "request_id" not in line()


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"garbage",
        b"00-" + b"0" * 32 + b"-b7ad6b7169203331-01",
        TRACE.replace(b"00-", b"ff-"),
        TRACE + b"-more",
        TRACE.upper(),
    ],
)
def test_a_trace_that_makes_no_sense_is_begun_anew(sent):
    from flightdeck.correlate import new_request

    trace_id, span_id, sampled = new_request(None, sent).trace()
    assert len(trace_id) == 32 and len(span_id) == 16 and not sampled
    assert trace_id != "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    "parent, state, want",
    [
        (TRACE, b"vendor=1, other=2", "vendor=1,other=2"),
        (TRACE, b"vendor=1,vendor=2", None),
        (TRACE, b"Vendor=1", None),
        (TRACE, "ä=1".encode(), None),
        (TRACE, b"", None),
        (TRACE, None, None),
        # Without a trace that makes sense it says nothing.
        (TRACE.upper(), b"vendor=1", None),
        (None, b"vendor=1", None),
    ],
)
def test_the_state_of_a_trace_is_passed_on_where_it_makes_sense(parent, state, want):
    from flightdeck.correlate import CURRENT, new_request

    token = CURRENT.set(new_request(None, parent, state))
    try:
        assert flightdeck.outgoing_headers().get("tracestate") == want
    finally:
        CURRENT.reset(token)


def test_who_tells_a_trace_tells_its_state():
    from flightdeck.clients.external import add_headers
    from flightdeck.correlate import CURRENT, new_request

    token = CURRENT.set(new_request(None, TRACE, b"vendor=1"))
    try:
        headers = {"traceparent": "theirs"}
        add_headers(headers, None)
        assert headers["traceparent"] == "theirs" and "tracestate" not in headers
    finally:
        CURRENT.reset(token)


def test_of_several_ids_the_first_is_taken_everywhere():
    from flask import Flask

    asgi, wsgi = FastAPI(), Flask("twice")
    flightdeck.instrument(asgi, registry=CollectorRegistry(), json_logs=False)
    flightdeck.instrument(wsgi, registry=CollectorRegistry(), json_logs=False)
    twice = [(b"x-request-id", b"one"), (b"x-request-id", b"two")]
    assert call(asgi, "GET", "/", headers=twice)[1][b"x-request-id"] == b"one"
    assert call_wsgi(wsgi, "GET", "/", headers=[("x-request-id", "one,two")])[1]["X-Request-ID"] == "one"


def test_secrets_stay_inside():
    found = line(
        password="hunter2",
        api_key=7,
        headers={"Authorization": "x", "accept": "y"},
        url="https://u:p@host/a?token=abc&page=1#x",
    )
    assert found["password"] == found["api_key"] == "[redacted]"
    assert found["headers"] == {"Authorization": "[redacted]", "accept": "y"}
    assert found["url"] == "https://[redacted]@host/a?token=[redacted]&page=1#x"
    assert logs.redact_url("/pay?%74oken=abc") == "/pay?%74oken=[redacted]"


def test_access_lines_of_uvicorn_have_fields():
    found = line('%s - "%s %s HTTP/%s" %d', "1.2.3.4:5", "GET", "/a?sig=x", "1.1", 200, name="uvicorn.access")
    assert (found["client"], found["method"], found["path"], found["status"]) == (
        "1.2.3.4:5",
        "GET",
        "/a?sig=[redacted]",
        200,
    )


def test_an_exception_is_in_the_line_and_a_line_that_cannot_be_written_is_kept():
    try:
        raise KeyError("x")
    except KeyError as error:
        found = line(exc_info=(KeyError, error, error.__traceback__))
    assert "KeyError: 'x'" in found["exception"]
    assert line("%d of", "no number")["message"] == "%d of"


def test_formats_that_somebody_chose_stay(monkeypatch):
    class Chosen(logging.Formatter):
        pass

    root = logging.getLogger()
    plain, chosen = logging.StreamHandler(), logging.StreamHandler()
    chosen.setFormatter(Chosen())
    monkeypatch.setattr(root, "handlers", [plain, chosen])
    logs.configure("orders")
    logs.configure("orders")
    assert isinstance(plain.formatter, logs.JsonFormatter)
    assert isinstance(chosen.formatter, Chosen) and len(chosen.filters) == 1
    record = logging.makeLogRecord({})
    assert chosen.filters[0].filter(record) and record.request_id == ""
