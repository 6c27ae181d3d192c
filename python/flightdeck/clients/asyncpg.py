"""asyncpg: queries by their verbs. SQLAlchemy's go another way and are counted there."""

from __future__ import annotations

from typing import Any

from .calls import calls_of, verb_of


def instrument() -> None:
    """Measures all connections."""
    from asyncpg.connection import Connection

    for name in ("execute", "executemany", "fetch", "fetchrow", "fetchval"):
        setattr(Connection, name, _measured(getattr(Connection, name)))


def _measured(method: Any) -> Any:
    from functools import wraps

    calls = calls_of("db_query")

    @wraps(method)
    async def measured(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        return await calls.timed_async(verb_of(query), method, self, query, *args, **kwargs)

    return measured
