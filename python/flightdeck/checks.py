"""Ready-made health checks.

```python
from flightdeck import checks
checks.sqlalchemy("database", engine)
checks.redis("cache", client, critical=False)
checks.http("payments", "https://payments.internal/health", critical=False)
checks.disk("disk", "/var/lib/orders", free_min=0.05)
```

Each takes the options of `flightdeck.check` as well.
"""

from __future__ import annotations

import inspect
import shutil
from typing import Any

from .health import CHECKS


def sqlalchemy(name: str, engine: Any, **options: Any) -> None:
    """Passes while the database answers `SELECT 1`; `engine` is an `Engine` or an `AsyncEngine`."""
    from sqlalchemy import text

    if hasattr(engine, "sync_engine"):

        async def ask_async() -> None:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))

        CHECKS.add(name, ask_async, **options)
        return

    def ask() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    CHECKS.add(name, ask, **options)


def redis(name: str, client: Any, **options: Any) -> None:
    """Passes while redis answers `PING`; `client` is of `redis` or `redis.asyncio`."""
    if inspect.iscoroutinefunction(getattr(type(client), "execute_command", None)):

        async def ask_async() -> None:
            await client.ping()

        CHECKS.add(name, ask_async, **options)
    else:
        CHECKS.add(name, lambda: client.ping(), **options)


def http(name: str, url: str, **options: Any) -> None:
    """Passes while a GET is answered with a status below 400."""
    seconds = options.get("timeout", 1.0)

    def ask() -> None:
        from urllib.request import Request, urlopen

        with urlopen(Request(url, headers={"User-Agent": "flightdeck-check"}), timeout=seconds):
            pass

    if not url.startswith(("http://", "https://")):
        raise ValueError(f"no HTTP URL: {url!r}")
    CHECKS.add(name, ask, **options)


def disk(name: str, path: str = "/", free_min: float = 0.05, **options: Any) -> None:
    """Passes while at least that share of the disk is free."""

    def ask() -> None:
        usage = shutil.disk_usage(path)
        if usage.free < free_min * usage.total:
            raise OSError(f"{usage.free / usage.total:.1%} of {path} is free, less than {free_min:.1%}")

    CHECKS.add(name, ask, **options)
