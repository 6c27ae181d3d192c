"""`flightdeck-run COMMAND`: measures a service without a change to its code.

It imports nothing of the application. It starts the command with one directory more to import from, where Python's own
start finds `sitecustomize.py`; that waits until a framework is imported, and measures the applications that are made with it.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import shutil
import sys
from typing import Any, Callable, Dict, Optional, Sequence

from . import failures

USAGE = """\
usage: flightdeck-run [--service NAME] COMMAND [ARGUMENT ...]

Starts a Python service with its requests, logs and calls measured: flightdeck-run uvicorn app:app --workers 4
FLIGHTDECK_DISABLED=1 in the environment switches it off."""

_DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_run")


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Starts the command in place of this process."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    environment = dict(os.environ)
    if words[:1] == ["--service"] and len(words) > 1:
        environment["OTEL_SERVICE_NAME"] = words[1]
        words = words[2:]
    if not words or words[0].startswith("-"):
        print(USAGE, file=sys.stderr)
        return 2
    command = _find(words[0])
    if command is None:
        print(f"flightdeck-run: there is no command {words[0]!r}", file=sys.stderr)
        return 127
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (_DIRECTORY, environment.get("PYTHONPATH"))))
    print(_told(environment), file=sys.stderr, flush=True)
    os.execve(command, [command, *words[1:]], environment)


def _find(command: str) -> Optional[str]:
    # Programs beside this interpreter come first: those of its virtual environment.
    beside = os.path.join(os.path.dirname(sys.executable), command)
    if os.sep not in command and os.access(beside, os.X_OK):
        return beside
    return shutil.which(command)


def _told(environment: Dict[str, str]) -> str:
    if failures.is_disabled():
        return "flightdeck: switched off by FLIGHTDECK_DISABLED"
    from .clients import LIBRARIES, module_of

    there = [name for name in ("starlette", "flask", "django", "aiohttp") if importlib.util.find_spec(name)]
    called = [name for name in LIBRARIES if importlib.util.find_spec(module_of(name).partition(".")[0])]
    service = environment.get("OTEL_SERVICE_NAME") or "unnamed"
    return f"flightdeck: measures service {service}: {', '.join(there) or 'no framework'}; calls by {', '.join(called) or 'nothing'}"


def follow_imports() -> None:
    """Measures frameworks as they are imported."""
    if failures.is_disabled():
        return
    from . import install

    install()
    sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    """Calls a function after a module was imported."""

    def __init__(self) -> None:
        self._looking = False

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        follow = _FRAMEWORKS.get(fullname)
        if follow is None or self._looking:
            return None
        self._looking = True
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._looking = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader, follow)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader: Any, follow: Callable[[Any], None]) -> None:
        self._loader = loader
        self._follow = follow

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        self._loader.exec_module(module)
        try:
            self._follow(module)
        except Exception:
            failures.count("following an import")


def _starlette(name: str) -> Callable[[Any], None]:
    def follow(module: Any) -> None:
        kind = getattr(module, name)
        build = kind.build_middleware_stack

        def build_measured(self: Any) -> Any:
            stack = build(self)
            if getattr(self, "_flightdeck_instrumented", False):
                return stack
            self._flightdeck_instrumented = True
            try:
                return _middleware(self, stack)
            except Exception:
                failures.count("measuring an application")
                return stack

        kind.build_middleware_stack = build_measured

    return follow


def _middleware(app: Any, stack: Any) -> Any:
    from .asgi import Middleware
    from .service import Service, routes_of

    measured = Middleware(stack, Service(version=str(getattr(app, "version", "") or "")))
    measured._routes = routes_of(app)
    return measured


def _flask(module: Any) -> None:
    call = module.Flask.__call__

    def measured_call(self: Any, *arguments: Any) -> Any:
        # Its own kind of `instrument` stays in place: it is called once.
        _instrument(self)
        return call(self, *arguments)

    module.Flask.__call__ = measured_call


def _django(name: str) -> Callable[[Any], None]:
    def follow(module: Any) -> None:
        make = getattr(module, name)
        setattr(module, name, lambda: _instrument(make()))

    return follow


def _aiohttp(module: Any) -> None:
    make = module.AppRunner.__init__

    def make_measured(self: Any, app: Any, *arguments: Any, **keywords: Any) -> None:
        _instrument(app)
        make(self, app, *arguments, **keywords)

    module.AppRunner.__init__ = make_measured


def _instrument(app: Any) -> Any:
    from .instrumentation import instrument

    try:
        return instrument(app)
    except Exception:
        failures.count("measuring an application")
        return app


# By the module that makes applications.
_FRAMEWORKS: Dict[str, Callable[[Any], None]] = {
    "starlette.applications": _starlette("Starlette"),
    "fastapi.applications": _starlette("FastAPI"),
    "flask.app": _flask,
    "django.core.wsgi": _django("get_wsgi_application"),
    "django.core.asgi": _django("get_asgi_application"),
    "aiohttp.web_runner": _aiohttp,
}


if __name__ == "__main__":
    sys.exit(main())
