"""What goes around code to measure it: a `with` block, a function, or a coroutine function."""

from __future__ import annotations

from functools import wraps
from timeit import default_timer
from typing import Any, Callable, Optional, Tuple, Type, TypeVar, Union

F = TypeVar("F", bound=Callable[..., Any])


def _around(function: Any, enter: Callable[[], Any]) -> Any:
    """The function with each call inside a block of its own; a coroutine function until its end."""
    import inspect

    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with enter():
                return await function(*args, **kwargs)

    elif inspect.isasyncgenfunction(function):

        @wraps(function)
        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with enter():
                async for item in function(*args, **kwargs):
                    yield item

    elif inspect.isgeneratorfunction(function):

        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with enter():
                return (yield from function(*args, **kwargs))

    else:

        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with enter():
                return function(*args, **kwargs)

    # The signature is the function's own, also for those who do not follow `__wrapped__`.
    wrapper.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return wrapper


class ExceptionCounter:
    """Counts exceptions that leave it."""

    def __init__(self, counter: Any, exception: Union[Type[BaseException], Tuple[Type[BaseException], ...]]) -> None:
        self._counter = counter
        self._exception = exception

    def __enter__(self) -> None:
        pass

    def __exit__(self, typ: Optional[Type[BaseException]], value: Any, traceback: Any) -> None:
        if isinstance(value, self._exception):
            self._counter.inc()

    def __call__(self, f: F) -> F:
        return _around(f, lambda: self)  # type: ignore[no-any-return]


class InprogressTracker:
    """Counts how many are inside it."""

    def __init__(self, gauge: Any) -> None:
        self._gauge = gauge

    def __enter__(self) -> None:
        self._gauge.inc()

    def __exit__(self, typ: Any, value: Any, traceback: Any) -> None:
        self._gauge.dec()

    def __call__(self, f: F) -> F:
        return _around(f, lambda: self)  # type: ignore[no-any-return]


class Timer:
    """Takes the time between its beginning and its end, and tells it to a method of a metric."""

    def __init__(self, metric: Any, callback_name: str) -> None:
        self._metric = metric
        self._callback_name = callback_name
        self.duration: Optional[float] = None

    def _new_timer(self) -> "Timer":
        return type(self)(self._metric, self._callback_name)

    def __enter__(self) -> "Timer":
        self._start = default_timer()
        return self

    def __exit__(self, typ: Any, value: Any, traceback: Any) -> None:
        # A clock may go back.
        self.duration = max(default_timer() - self._start, 0)
        getattr(self._metric, self._callback_name)(self.duration)

    def labels(self, *args: Any, **kw: Any) -> "Timer":
        """Says which child gets the time; inside the block is early enough."""
        self._metric = self._metric.labels(*args, **kw)
        return self

    def __call__(self, f: F) -> F:
        return _around(f, self._new_timer)  # type: ignore[no-any-return]
