"""The metrics over HTTP: as a WSGI application, as a handler of `http.server`, and with a server of their own."""

from __future__ import annotations

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn
from typing import Any, Callable, Optional, Tuple, Type
from urllib.parse import parse_qs, urlparse
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from .registry import REGISTRY


def make_wsgi_app(registry: Any = REGISTRY, disable_compression: bool = False) -> Callable[..., Any]:
    """An application that answers scrapes."""

    def prometheus_app(environ: Any, start_response: Any) -> Any:
        from . import exposition

        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            status, headers, output = "200 OK", [("Allow", "OPTIONS,GET")], b""
        elif method != "GET":
            status = "405 Method Not Allowed"
            headers = [("Allow", "OPTIONS,GET")]
            output = f"# HTTP {status}: {method}; use OPTIONS or GET\n".encode()
        elif environ["PATH_INFO"] == "/favicon.ico":
            # Browsers ask for it whenever somebody looks at the metrics.
            status, headers, output = "200 OK", [], b""
        else:
            # Looked up late: frameworks and tests put their own in its place.
            status, headers, output = exposition._bake_output(
                registry,
                environ.get("HTTP_ACCEPT"),
                environ.get("HTTP_ACCEPT_ENCODING"),
                parse_qs(environ.get("QUERY_STRING", "")),
                disable_compression,
            )
        start_response(status, headers)
        return [output]

    return prometheus_app


class MetricsHandler(BaseHTTPRequestHandler):
    """Answers every GET with the metrics of `registry`."""

    registry: Any = REGISTRY

    def do_GET(self) -> None:
        """Answers a scrape."""
        from . import exposition

        status, headers, output = exposition._bake_output(
            self.registry,
            self.headers.get("Accept"),
            self.headers.get("Accept-Encoding"),
            parse_qs(urlparse(self.path).query),
            False,
        )
        self.send_response(int(status.split(" ")[0]))
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(output)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not worth a line each."""

    @classmethod
    def factory(cls, registry: Any) -> Type["MetricsHandler"]:
        """A handler class for another registry."""
        return type(cls.__name__, (cls, object), {"registry": registry})


class _SilentHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not worth a line each."""


class ThreadingWSGIServer(ThreadingMixIn, WSGIServer):
    """One thread for each request, so that a slow scraper holds up nobody."""

    daemon_threads = True


def _get_best_family(address: Optional[str], port: int) -> Tuple[Any, Any]:
    """IPv4 or IPv6, by the first address that the name resolves to."""
    infos = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, sockaddr = infos[0]
    return family, sockaddr[0]


def _get_ssl_ctx(
    certfile: str,
    keyfile: str,
    protocol: int,
    cafile: Optional[str] = None,
    capath: Optional[str] = None,
    client_auth_required: bool = False,
    tls_min_version: Optional[Any] = None,
    tls_max_version: Optional[Any] = None,
) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    if tls_min_version is not None:
        context.minimum_version = tls_min_version
    if tls_max_version is not None:
        context.maximum_version = tls_max_version
    if cafile is not None or capath is not None:
        try:
            context.load_verify_locations(cafile, capath)
        except OSError as error:
            raise OSError(
                f"Cannot load CA certificate chain from file {cafile!r} or directory {capath!r}: {error}"
            ) from error
    elif client_auth_required:
        context.load_default_certs(purpose=ssl.Purpose.CLIENT_AUTH)
    if client_auth_required:
        context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(certfile=certfile, keyfile=keyfile)
    except OSError as error:
        raise OSError(
            f"Cannot load server certificate file {certfile!r} or its private key file {keyfile!r}: {error}"
        ) from error
    return context


def start_wsgi_server(
    port: int,
    addr: str = "0.0.0.0",
    registry: Any = REGISTRY,
    certfile: Optional[str] = None,
    keyfile: Optional[str] = None,
    client_cafile: Optional[str] = None,
    client_capath: Optional[str] = None,
    protocol: int = ssl.PROTOCOL_TLS_SERVER,
    client_auth_required: bool = False,
    tls_min_version: Optional[Any] = None,
    tls_max_version: Optional[Any] = None,
) -> Tuple[WSGIServer, threading.Thread]:
    """Serves the metrics from a thread of its own; returns the server, to shut it down, and the thread."""

    class Server(ThreadingWSGIServer):
        """A server of that address family."""

    Server.address_family, addr = _get_best_family(addr, port)
    server = make_server(addr, port, make_wsgi_app(registry), Server, handler_class=_SilentHandler)
    if certfile and keyfile:
        context = _get_ssl_ctx(
            certfile,
            keyfile,
            protocol,
            client_cafile,
            client_capath,
            client_auth_required,
            tls_min_version,
            tls_max_version,
        )
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, name="flightdeck-metrics")
    thread.daemon = True
    thread.start()
    return server, thread


start_http_server = start_wsgi_server
