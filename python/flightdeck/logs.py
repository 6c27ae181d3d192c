"""Log lines as JSON, one object a line, that name their request and trace.

The names are the same in all services: `time`, `level`, `target`, `message`, `service`, `request_id`, `trace_id`, `span_id`, then what was given
as `extra`. Fields and URL parameters that look like secrets are not written. `configure` is what `instrument` does;
`JsonFormatter`, `ContextFilter` and `structlog_processor` are for programs that set up logging by themselves.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import Any, Dict, MutableMapping, Optional, Tuple

from . import correlate, failures

REDACTED = "[redacted]"
_VALUE_CHARACTERS_MAX = 8 * 1024
_SECRETS = (
    "password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "api_key", "apikey", "access_key",
    "private_key", "credential", "credentials", "signature", "sig", "awsaccesskeyid", "googleaccessid", "session_id",
    "code_verifier", "jwt",
)  # fmt: skip
_SECRET = re.compile(r"(?:.*_)?(?:" + "|".join(_SECRETS) + r")\Z", re.IGNORECASE | re.DOTALL)
_URLS = frozenset(("url", "uri", "path", "query", "url.full", "url.query", "http.target"))
_USER = re.compile(r"://[^/?#]*@")

# What every record has; the rest was given as `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
    "_flightdeck_exported",
}
_TAKEN = frozenset(("time", "level", "target", "service", "request_id", "trace_id", "span_id"))
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str, skipkeys=True).encode

_service = ""


def is_secret(name: str) -> bool:
    """Whether a value of that name must not be written."""
    return _SECRET.match(name.replace("-", "_").replace(".", "_")) is not None


def redact_url(url: str) -> str:
    """A URL or path without the values of secret parameters, and without a password before the host."""
    url = _USER.sub(f"://{REDACTED}@", url, count=1) if "@" in url else url
    path, mark, query = url.partition("?")
    if not mark:
        return url
    from urllib.parse import unquote

    query, hash_mark, fragment = query.partition("#")
    pairs = []
    for pair in query.split("&"):
        name, sign, _ = pair.partition("=")
        pairs.append(f"{name}={REDACTED}" if sign and is_secret(unquote(name)) else pair)
    return f"{path}?{'&'.join(pairs)}{hash_mark}{fragment}"


def context() -> Dict[str, str]:
    """What names the current request: `request_id`, `trace_id`, `span_id`; nothing outside of one."""
    found = {}
    request = correlate.CURRENT.get()
    if request is not None:
        found["request_id"] = request.request_id
    trace = correlate.trace_context()
    if trace is not None:
        found["trace_id"], found["span_id"], _ = trace
    return found


class JsonFormatter(logging.Formatter):
    """Writes a record as a line of JSON."""

    def __init__(self, service: Optional[str] = None) -> None:
        super().__init__()
        self._service = service
        self._second = 0
        self._second_text = ""

    def format(self, record: logging.LogRecord) -> str:
        """The line; a record that cannot be written as it is says so and is kept."""
        try:
            return self._line(record)
        except Exception:
            failures.count("writing a log line")
            return _encode({"level": record.levelname, "target": record.name, "message": str(record.msg)})

    def _line(self, record: logging.LogRecord) -> str:
        line: Dict[str, Any] = {
            "time": self._time(record.created),
            "level": "WARN" if record.levelname == "WARNING" else record.levelname,
            "target": record.name,
            "message": "",
            "service": _service if self._service is None else self._service,
            **context(),
        }
        line["message"], fields = told(record)
        for name, value in fields.items():
            if name not in _TAKEN or line.get(name) != value:
                line[f"{name}_" if name in _TAKEN else name] = value
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            line["stack"] = self.formatStack(record.stack_info)
        return _encode(line)

    def _time(self, seconds: float) -> str:
        whole = int(seconds)
        if whole != self._second:
            self._second_text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
            self._second = whole
        return f"{self._second_text}.{int((seconds - whole) * 1e6):06d}Z"


def told(record: logging.LogRecord) -> Tuple[str, Dict[str, Any]]:
    """The message of a record, and what was given with it, without secrets."""
    message = record.getMessage()
    fields: Dict[str, Any] = {}
    if record.name == "uvicorn.access" and isinstance(record.args, tuple) and len(record.args) == 5:
        client, method, path, _, status = record.args
        message = "request"
        fields.update(client=client, method=method, path=redact_url(str(path)), status=status)
    for name, value in vars(record).items():
        if name not in _OWN:
            fields[name] = _value(name, value)
    return message, fields


def _value(name: str, value: Any) -> Any:
    if is_secret(name):
        return REDACTED
    if isinstance(value, str):
        value = redact_url(value) if name in _URLS else value
        return value[:_VALUE_CHARACTERS_MAX]
    if isinstance(value, dict):
        return {str(key): _value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, float) and value - value != 0.0:
        # JSON has no infinities.
        return str(value)
    return value


class ContextFilter(logging.Filter):
    """Gives records `request_id`, `trace_id` and `span_id`, empty outside of requests, for formatters that name them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        found = context()
        for name in ("request_id", "trace_id", "span_id"):
            if not hasattr(record, name):
                setattr(record, name, found.get(name, ""))
        return True


def structlog_processor(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """For `structlog`: adds what names the request."""
    for name, value in context().items():
        event.setdefault(name, value)
    if _service:
        event.setdefault("service", _service)
    for name in event:
        if is_secret(name):
            event[name] = REDACTED
    return event


# Loggers of servers that have handlers of their own.
_SERVERS = (
    "uvicorn",
    "uvicorn.access",
    "uvicorn.error",
    "gunicorn.error",
    "gunicorn.access",
    "hypercorn.error",
    "hypercorn.access",
    "_granian",
    "granian.access",
)
# Formatters that are a server's or nobody's choice.
_PLAIN = frozenset(("logging.Formatter", "uvicorn.logging.DefaultFormatter", "uvicorn.logging.AccessFormatter"))


def configure(service: str = "") -> None:
    """Has the root logger and those of servers write JSON, unless somebody chose a format. Doing it again changes nothing."""
    global _service
    _service = service or _service
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler(sys.stdout))
        if root.level == logging.WARNING:
            root.setLevel(logging.INFO)
    for logger in (root, *(logging.getLogger(name) for name in _SERVERS)):
        for handler in logger.handlers:
            formatter = handler.formatter
            kind = (
                "logging.Formatter"
                if formatter is None
                else f"{type(formatter).__module__}.{type(formatter).__qualname__}"
            )
            if kind in _PLAIN:
                handler.setFormatter(JsonFormatter())
            elif not isinstance(formatter, JsonFormatter) and not any(
                isinstance(known, ContextFilter) for known in handler.filters
            ):
                handler.addFilter(ContextFilter())


def export_lines() -> None:
    """Has the records of all loggers exported, those included that tell no other. Doing it again changes nothing."""
    from .export import LineHandler

    for logger in (logging.getLogger(), *(logging.getLogger(name) for name in _SERVERS)):
        if (logger.handlers or not logger.propagate or logger.parent is None) and not any(
            isinstance(known, LineHandler) for known in logger.handlers
        ):
            logger.addHandler(LineHandler())
