"""Decorators that keep the signature of what they decorate."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, NamedTuple, Optional, Tuple


class ArgSpec(NamedTuple):
    """The arguments that a function takes."""

    args: Any
    varargs: Optional[str]
    varkw: Optional[str]
    defaults: Optional[Tuple[Any, ...]]


def getargspec(f: Callable[..., Any]) -> ArgSpec:
    """The arguments of a function, or of what it decorates."""
    import inspect

    spec = inspect.getfullargspec(f)
    return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


def decorate(func: Callable[..., Any], caller: Callable[..., Any]) -> Callable[..., Any]:
    """A function like `func` that calls `caller(func, *args, **kwargs)`."""
    import inspect

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return caller(func, *args, **kwargs)

    wrapper.__signature__ = inspect.signature(func)  # type: ignore[attr-defined]
    return wrapper
