"""Libraries that services call others with, each measured by one file of the same name.

`follow()` measures those that are imported; `instrument` does it, and `flightdeck-run`. Each file has `instrument()`, which may be
called again and changes nothing then. The metrics have the names of the Rust library:

| metric | labels | |
|---|---|---|
| `db_query_duration_seconds`, `db_query_in_progress` | operation, outcome | SQLAlchemy, asyncpg, psycopg; the operation is the verb |
| `redis_command_duration_seconds`, `redis_command_in_progress` | operation, outcome | redis |
| `external_api_requests_total`, `external_api_request_duration_seconds` | host, method, status | httpx, requests, aiohttp: until the last byte of the answer was read; of event streams until the head |
| `external_api_response_first_byte_seconds` | host, method, status | until the head |
| `external_api_requests_in_progress`, `external_api_request_size_bytes`, `external_api_response_size_bytes` | host, method | |
| `external_api_responses_incomplete_total` | host, method, reason | answers that broke off (`error`) or were not read to their end (`dropped`) |
| `task_duration_seconds`, `task_in_progress` | operation, outcome | Celery, arq |
| `pool_connections`, `pool_connections_max`, `pool_wait_seconds` | pool, state | SQLAlchemy's pools |
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Collection, List

from .. import failures

# The file here, and the module that has to be imported for it.
_LIBRARIES = {
    "aiohttp_client": "aiohttp.client",
    "arq": "arq.worker",
    "asyncpg": "asyncpg.connection",
    "celery": "celery.signals",
    "httpx": "httpx",
    "psycopg": "psycopg",
    "redis": "redis.client",
    "requests": "requests.adapters",
    "sqlalchemy": "sqlalchemy.engine",
}
LIBRARIES = tuple(_LIBRARIES)

_done: List[str] = []


def follow(without: Collection[str] = ()) -> List[str]:
    """Measures every library that is imported by now, but for some; returns those that are measured."""
    unknown = set(without) - set(LIBRARIES)
    if unknown:
        raise ValueError(f"there are no clients {sorted(unknown)}; there are {list(LIBRARIES)}")
    for name, module in _LIBRARIES.items():
        if module in sys.modules and name not in without and name not in _done:
            _done.append(name)
            try:
                import_module(f"{__name__}.{name}").instrument()
            except Exception:
                failures.count(f"measuring {name}")
    return sorted(_done)


def module_of(name: str) -> str:
    """The module that has to be imported before a library can be measured."""
    return _LIBRARIES[name]
