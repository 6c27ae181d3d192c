"""Calls applications as servers do, without a socket; and what several tests ask for."""

import asyncio
import io
import socket

from flightdeck.prometheus_client import REGISTRY


def value(name, **labels):
    """What a sample of the registry says, zero where there is none."""
    return REGISTRY.get_sample_value(name, labels) or 0


def free_port():
    """One that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def call(app, method, path, headers=(), body=b"", root_path=""):
    """Status, headers and body of an ASGI application's answer."""
    sent = []

    async def run():
        incoming = [{"type": "http.request", "body": body}]

        async def receive():
            if incoming:
                return incoming.pop()
            await asyncio.sleep(60)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": root_path,
            "headers": list(headers), "scheme": "http", "http_version": "1.1", "server": ("test", 80), "client": ("test", 1),
        }  # fmt: skip
        await app(scope, receive, send)

    asyncio.run(run())
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


def call_wsgi(app, method, path, headers=(), body=b""):
    """Status, headers and body of a WSGI application's answer."""
    began = []
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "test",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.multithread": True, "wsgi.multiprocess": False,
        "wsgi.run_once": False, "CONTENT_LENGTH": str(len(body)),
    }  # fmt: skip
    environ.update({"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers})
    answer = app(environ, lambda status, sent, error=None: began.append((status, sent)))
    try:
        text = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    status, sent = began[-1]
    return int(status.split()[0]), dict(sent), text
