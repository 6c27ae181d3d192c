"""redis, with an event loop and without: commands by their names, pipelines as one."""

from __future__ import annotations

from typing import Any

from .calls import calls_of


def _operation(args: Any) -> str:
    name = args[0] if args else ""
    text = name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)
    # Some have their arguments behind the name: `CONFIG GET`.
    return text.split(" ", 1)[0].lower()[:32]


def instrument() -> None:
    """Measures all clients."""
    import redis.asyncio.client as with_loop
    import redis.client as without

    calls = calls_of("redis_command")
    execute, execute_pipeline = without.Redis.execute_command, without.Pipeline.execute
    execute_async, execute_pipeline_async = with_loop.Redis.execute_command, with_loop.Pipeline.execute

    def execute_command(self: Any, *args: Any, **options: Any) -> Any:
        return calls.timed(_operation(args), execute, self, *args, **options)

    def execute_all(self: Any, *args: Any, **options: Any) -> Any:
        return calls.timed("pipeline", execute_pipeline, self, *args, **options)

    async def execute_command_async(self: Any, *args: Any, **options: Any) -> Any:
        return await calls.timed_async(_operation(args), execute_async, self, *args, **options)

    async def execute_all_async(self: Any, *args: Any, **options: Any) -> Any:
        return await calls.timed_async("pipeline", execute_pipeline_async, self, *args, **options)

    without.Redis.execute_command = execute_command  # type: ignore[method-assign]
    without.Pipeline.execute = execute_all  # type: ignore[method-assign]
    with_loop.Redis.execute_command = execute_command_async  # type: ignore[method-assign]
    with_loop.Pipeline.execute = execute_all_async  # type: ignore[method-assign]
