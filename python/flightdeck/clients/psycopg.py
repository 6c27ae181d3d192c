"""psycopg 3: queries by their verbs, unless they are SQLAlchemy's, which are counted there."""

from __future__ import annotations

from functools import wraps
from typing import Any

from .calls import calls_of, verb_of
from .sqlalchemy import IS_COUNTED


def instrument() -> None:
    """Measures all cursors."""
    import psycopg

    calls = calls_of("db_query")

    def measured(method: Any) -> Any:
        @wraps(method)
        def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
            if IS_COUNTED.get():
                return method(self, query, *args, **kwargs)
            return calls.timed(verb_of(query), method, self, query, *args, **kwargs)

        return execute

    def measured_async(method: Any) -> Any:
        @wraps(method)
        async def execute(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
            if IS_COUNTED.get():
                return await method(self, query, *args, **kwargs)
            return await calls.timed_async(verb_of(query), method, self, query, *args, **kwargs)

        return execute

    for name in ("execute", "executemany"):
        setattr(psycopg.Cursor, name, measured(getattr(psycopg.Cursor, name)))
        setattr(psycopg.AsyncCursor, name, measured_async(getattr(psycopg.AsyncCursor, name)))
