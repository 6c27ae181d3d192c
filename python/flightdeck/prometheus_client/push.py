"""Metrics of jobs that end before anybody scrapes them: pushed to a Pushgateway."""

from __future__ import annotations

import base64
import gzip
import socket
import ssl
from contextlib import closing
from importlib.util import find_spec
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.error import HTTPError
from urllib.parse import quote_plus, urlparse
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

SNAPPY_AVAILABLE = find_spec("snappy") is not None

_Headers = List[Tuple[str, str]]
_Handler = Callable[[str, str, Optional[float], _Headers, bytes], Callable[[], None]]


class _PrometheusRedirectHandler(HTTPRedirectHandler):
    """Follows redirects with method and body as they were."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request:
        method = req.get_method()
        if not (code in (301, 302, 303, 307, 308) and method in ("GET", "HEAD", "POST", "PUT", "DELETE")):
            raise HTTPError(req.full_url, code, msg, headers, fp)
        return Request(
            newurl.replace(" ", "%20"),
            headers=dict(req.headers),
            origin_req_host=req.origin_req_host,
            unverifiable=True,
            data=req.data,
            method=method,
        )


def _make_handler(
    url: str, method: str, timeout: Optional[float], headers: _Headers, data: bytes, base_handler: Any
) -> Callable[[], None]:
    def handle() -> None:
        request = Request(url, data=data)
        request.get_method = lambda: method  # type: ignore[method-assign]
        for name, value in headers:
            request.add_header(name, value)
        response = build_opener(base_handler).open(request, timeout=timeout)
        if response.code >= 400:
            raise OSError(f"error talking to pushgateway: {response.code} {response.msg}")

    return handle


def default_handler(
    url: str, method: str, timeout: Optional[float], headers: _Headers, data: bytes
) -> Callable[[], None]:
    """Sends it, and follows redirects only as browsers do."""
    return _make_handler(url, method, timeout, headers, data, HTTPHandler)


def passthrough_redirect_handler(
    url: str, method: str, timeout: Optional[float], headers: _Headers, data: bytes
) -> Callable[[], None]:
    """Sends it, and follows redirects with the same method and body; only for gateways that you trust."""
    return _make_handler(url, method, timeout, headers, data, _PrometheusRedirectHandler)


def basic_auth_handler(
    url: str,
    method: str,
    timeout: Optional[float],
    headers: _Headers,
    data: bytes,
    username: Optional[str] = None,
    password: Optional[str] = None,
) -> Callable[[], None]:
    """Sends it with user and password."""

    def handle() -> None:
        authorized = headers
        if username is not None and password is not None:
            token = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
            authorized = [*headers, ("Authorization", f"Basic {token}")]
        default_handler(url, method, timeout, authorized, data)()

    return handle


def tls_auth_handler(
    url: str,
    method: str,
    timeout: Optional[float],
    headers: _Headers,
    data: bytes,
    certfile: str,
    keyfile: str,
    cafile: Optional[str] = None,
    protocol: int = ssl.PROTOCOL_TLS_CLIENT,
    insecure_skip_verify: bool = False,
) -> Callable[[], None]:
    """Sends it over TLS with a certificate of the client."""
    context = ssl.SSLContext(protocol)
    if insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cafile) if cafile else context.load_default_certs()
    context.load_cert_chain(certfile=certfile, keyfile=keyfile)
    return _make_handler(url, method, timeout, headers, data, HTTPSHandler(context=context))


def push_to_gateway(
    gateway: str,
    job: str,
    registry: Any,
    grouping_key: Optional[Dict[str, Any]] = None,
    timeout: Optional[float] = 30,
    handler: _Handler = default_handler,
    compression: Optional[str] = None,
) -> None:
    """Replaces all metrics of the group."""
    _use_gateway("PUT", gateway, job, registry, grouping_key, timeout, handler, compression)


def pushadd_to_gateway(
    gateway: str,
    job: str,
    registry: Any,
    grouping_key: Optional[Dict[str, Any]] = None,
    timeout: Optional[float] = 30,
    handler: _Handler = default_handler,
    compression: Optional[str] = None,
) -> None:
    """Replaces metrics of the same name in the group."""
    _use_gateway("POST", gateway, job, registry, grouping_key, timeout, handler, compression)


def delete_from_gateway(
    gateway: str,
    job: str,
    grouping_key: Optional[Dict[str, Any]] = None,
    timeout: Optional[float] = 30,
    handler: _Handler = default_handler,
) -> None:
    """Deletes all metrics of the group."""
    _use_gateway("DELETE", gateway, job, None, grouping_key, timeout, handler, None)


def _use_gateway(
    method: str,
    gateway: str,
    job: str,
    registry: Any,
    grouping_key: Optional[Dict[str, Any]],
    timeout: Optional[float],
    handler: _Handler,
    compression: Optional[str],
) -> None:
    from .exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

    if urlparse(gateway).scheme not in ("http", "https"):
        gateway = f"http://{gateway}"
    group = [("job", job), *sorted((grouping_key or {}).items())]
    path = "".join("/{}/{}".format(*_escape_grouping_key(str(name), str(value))) for name, value in group)
    data, headers = b"", [("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)]
    if method != "DELETE":
        data = generate_latest(registry)
        if compression is not None:
            data, encoding = _compress(data, compression)
            headers.append(("Content-Encoding", encoding))
    handler(url=f"{gateway.rstrip('/')}/metrics{path}", method=method, timeout=timeout, headers=headers, data=data)()  # type: ignore[call-arg]


def _compress(data: bytes, compression: str) -> Tuple[bytes, str]:
    if compression == "gzip":
        return gzip.compress(data), "gzip"
    if compression == "snappy":
        try:
            import snappy
        except ImportError as error:
            raise RuntimeError("Snappy compression requires the python-snappy package to be installed.") from error
        return snappy.StreamCompressor().compress(data), "snappy"
    raise ValueError(f"Unsupported compression type: {compression}. Supported values are 'gzip' and 'snappy'.")


def _escape_grouping_key(name: str, value: str) -> Tuple[str, str]:
    if value == "":
        # An empty part of a path would vanish; this is how the gateway spells one.
        return name + "@base64", "="
    if "/" in value or " " in value:
        return name + "@base64", base64.urlsafe_b64encode(value.encode()).decode("ascii")
    return name, quote_plus(value)


def instance_ip_grouping_key() -> Dict[str, Any]:
    """A grouping key with the address of this host."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        # Nothing is sent: connecting only chooses the address from which it would be.
        probe.connect(("localhost", 0))
        return {"instance": probe.getsockname()[0]}
