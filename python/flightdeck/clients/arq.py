"""arq: jobs by their names, where they run."""

from __future__ import annotations

from functools import wraps
from typing import Any

from .calls import calls_of


def instrument() -> None:
    """Measures all workers that are made from now on."""
    from arq.worker import Worker

    calls, make = calls_of("task"), Worker.__init__

    def measured(name: str, coroutine: Any) -> Any:
        @wraps(coroutine)
        async def run(*args: Any, **kwargs: Any) -> Any:
            return await calls.timed_async(name, coroutine, *args, **kwargs)

        return run

    @wraps(make)
    def make_measured(self: Any, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        for name, function in self.functions.items():
            function.coroutine = measured(name, function.coroutine)

    Worker.__init__ = make_measured  # type: ignore[method-assign]
