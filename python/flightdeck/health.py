"""Whether the service can do its work: checks of what it depends on, asked together, none longer than it may.

```python
@flightdeck.check("database", timeout=0.5, cache=5)
async def database():
    await pool.fetchval("select 1")
```

A check passes unless it raises or returns `False`. One that is not critical degrades the service (`warn`, 200); a critical one fails
it (`fail`, 503). Answers are kept for `cache` seconds and a check runs once at a time, so that probes never overload what they
ask. Functions that are not `async` run on threads of their own; one that hangs is not started again before it is back.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import time
from concurrent.futures import Future
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple, TypeVar

from . import failures

F = TypeVar("F", bound=Callable[..., Any])

PROBES = ("live", "ready", "startup")
_ERROR_CHARACTERS_MAX = 1_000
# What a report may tell: that it passes, which checks do, or their errors too.
DETAILS = ("nothing", "statuses", "everything")
_ORDER = {"pass": 0, "warn": 1, "fail": 2}


class Answer:
    """What a check said last."""

    def __init__(
        self, name: str, critical: bool, error: Optional[str], seconds: float, before: "Optional[Answer]"
    ) -> None:
        now = time.time()
        self.name = name
        self.critical = critical
        self.status = "pass" if error is None else "fail" if critical else "warn"
        self.seconds = seconds
        self.checked = now
        self.asked = time.monotonic()
        self.since: float = before.since if before is not None and before.status == self.status else now
        self.last_error: Optional[Tuple[str, float]] = (
            (error[:_ERROR_CHARACTERS_MAX], now) if error is not None else before.last_error if before else None
        )

    def as_json(self, details: str) -> Dict[str, Any]:
        """As in the JSON of this library."""
        told: Dict[str, Any] = {
            "name": self.name,
            "status": self.status,
            "critical": self.critical,
            "duration_ms": round(self.seconds * 1e3, 3),
            "checked_at": _rfc3339(self.checked),
            "since": _rfc3339(self.since),
        }
        if details == "everything" and self.last_error:
            told["last_error"], at = self.last_error
            told["last_error_at"] = _rfc3339(at)
        return told

    def as_health_json(self, details: str) -> Dict[str, Any]:
        """As in `application/health+json`."""
        told: Dict[str, Any] = {
            "componentId": self.name,
            "observedValue": round(self.seconds * 1e3, 3),
            "observedUnit": "ms",
            "status": self.status,
            "time": _rfc3339(self.checked),
        }
        if details == "everything" and self.status != "pass" and self.last_error:
            told["output"] = self.last_error[0]
        return told


class Check:
    """A question, how long it may take, and its last answer."""

    def __init__(
        self, name: str, ask: Callable[[], Any], critical: bool, timeout: float, cache: float, probes: Sequence[str]
    ) -> None:
        self.name = name
        self.critical = critical
        self.timeout = timeout
        self.cache = cache
        self.probes = tuple(probes)
        self._ask = ask
        self._is_async = inspect.iscoroutinefunction(ask) or inspect.iscoroutinefunction(getattr(ask, "__call__", None))
        self._last: Optional[Answer] = None
        self._turn = threading.Lock()
        self._thread: "Optional[Future[Any]]" = None
        self._task: "Optional[asyncio.Task[Answer]]" = None

    async def answer(self) -> Answer:
        """Asks, on the event loop; who comes meanwhile gets the same answer."""
        fresh = self._fresh()
        if fresh is not None:
            return fresh
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._task = loop.create_task(self._answer())
        # A client that goes away takes nobody else's answer along.
        return await asyncio.shield(self._task)

    async def _answer(self) -> Answer:
        started = time.perf_counter()
        try:
            if self._is_async:
                outcome = await asyncio.wait_for(self._ask_and_stay(), self.timeout)
            else:
                outcome = await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._on_thread())), self.timeout)
            error = _error_of(outcome)
        except (asyncio.TimeoutError, TimeoutError) as exception:
            error = self._timed_out(exception, started)
        except Exception as exception:
            error = _text_of(exception)
        return self._found(error, started)

    def start(self) -> "Tuple[Optional[Answer], Optional[Future[Any]], float]":
        """Begins to ask, without an event loop: an answer, or what to wait for."""
        fresh = self._fresh()
        return (fresh, None, 0.0) if fresh else (None, self._on_thread(), time.perf_counter())

    def finish(self, future: "Future[Any]", started: float) -> Answer:
        """Waits for what was begun."""
        from concurrent.futures import TimeoutError as FutureTimeout

        try:
            error = _error_of(future.result(max(0.0, started + self.timeout - time.perf_counter())))
        except (FutureTimeout, TimeoutError) as exception:
            error = self._timed_out(exception, started)
        except Exception as exception:
            error = _text_of(exception)
        return self._found(error, started)

    def _timed_out(self, exception: BaseException, started: float) -> str:
        if time.perf_counter() - started < self.timeout * 0.9:
            # It gave up by itself.
            return _text_of(exception)
        return f"no answer within {self.timeout * 1e3:.0f} ms"

    def _fresh(self) -> Optional[Answer]:
        last = self._last
        return last if last is not None and time.monotonic() - last.asked < self.cache else None

    def _on_thread(self) -> "Future[Any]":
        with self._turn:
            if self._thread is None or self._thread.done():
                self._thread = Future()
                # A daemon: a check that hangs must not keep the service from ending.
                threading.Thread(target=self._run, args=(self._thread,), name=f"check {self.name}", daemon=True).start()
            return self._thread

    def _run(self, future: "Future[Any]") -> None:
        try:
            outcome = self._ask()
            # A function that is not `async` may return what is to be awaited: a lambda, for example.
            future.set_result(asyncio.run(_wait(outcome)) if inspect.isawaitable(outcome) else outcome)
        except Exception as exception:
            future.set_exception(exception)
        except BaseException as exception:
            # A check that wants the process to end is no reason to end it.
            future.set_exception(RuntimeError(_text_of(exception)))

    async def _ask_and_stay(self) -> Any:
        try:
            return await self._ask()
        except SystemExit as exception:
            raise RuntimeError(_text_of(exception)) from exception

    def _found(self, error: Optional[str], started: float) -> Answer:
        before = self._last
        answer = self._last = Answer(self.name, self.critical, error, time.perf_counter() - started, before)
        if error is not None and (before is None or before.status == "pass"):
            logging.getLogger("flightdeck.health").warning("check %s fails: %s", self.name, error)
        elif error is None and before is not None and before.status != "pass":
            logging.getLogger("flightdeck.health").info("check %s passes again", self.name)
        try:
            _metrics().record(answer)
        except Exception:
            failures.count("recording a health check")
        return answer


class Report:
    """What the checks of a probe say together."""

    def __init__(self, answers: List[Answer]) -> None:
        self.answers = answers
        self.status = max((answer.status for answer in answers), key=_ORDER.__getitem__, default="pass")
        self.code = 503 if self.status == "fail" else 200

    def body(self, service: str, version: str, details: str, accept: str = "") -> Tuple[str, bytes]:
        """The media type and the body of an answer."""
        import json

        draft = "application/health+json" in accept
        told: Dict[str, Any] = {"status": self.status}
        if details != "nothing" and draft:
            checks = {f"{answer.name}:responseTime": [answer.as_health_json(details)] for answer in self.answers}
            told.update(version=version, serviceId=service, checks=checks)
        elif details != "nothing":
            told.update(service=service, version=version, checks=[answer.as_json(details) for answer in self.answers])
        return (
            "application/health+json" if draft else "application/json",
            json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode(),
        )


class Checks:
    """The checks of a service."""

    def __init__(self) -> None:
        self._checks: Dict[str, Check] = {}

    def add(
        self,
        name: str,
        ask: Callable[[], Any],
        *,
        critical: bool = True,
        timeout: float = 1.0,
        cache: float = 2.0,
        probes: Sequence[str] = ("ready",),
    ) -> None:
        """Adds a check; it takes the place of one of the same name."""
        unknown = [probe for probe in probes if probe not in PROBES]
        if unknown:
            raise ValueError(f"unknown probes {unknown}; there are {list(PROBES)}")
        if timeout <= 0:
            raise ValueError("a check needs some time: timeout must be more than 0 seconds")
        self._checks[name] = Check(name, ask, critical, timeout, cache, probes)

    def remove(self, name: str) -> None:
        """Forgets a check."""
        self._checks.pop(name, None)

    def _of(self, probe: Optional[str]) -> Iterable[Check]:
        return [check for check in self._checks.values() if probe is None or probe in check.probes]

    async def report(self, probe: Optional[str] = None) -> Report:
        """Asks the checks of a probe, or all of them, at once."""
        return Report(list(await asyncio.gather(*(check.answer() for check in self._of(probe)))))

    def report_sync(self, probe: Optional[str] = None) -> Report:
        """The same without an event loop."""
        started = [(check, *check.start()) for check in self._of(probe)]
        return Report([answer or check.finish(future, since) for check, answer, future, since in started])  # type: ignore[arg-type]


CHECKS = Checks()


def check(
    name: str, *, critical: bool = True, timeout: float = 1.0, cache: float = 2.0, probes: Sequence[str] = ("ready",)
) -> Callable[[F], F]:
    """Makes a function, `async` or not, a health check of this service."""

    def add(ask: F) -> F:
        CHECKS.add(name, ask, critical=critical, timeout=timeout, cache=cache, probes=probes)
        return ask

    return add


async def _wait(awaitable: Any) -> Any:
    return await awaitable


def _error_of(outcome: Any) -> Optional[str]:
    return "the check returned False" if outcome is False else None


def _text_of(exception: BaseException) -> str:
    text = str(exception)
    return f"{type(exception).__name__}: {text}" if text else type(exception).__name__


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Metrics:
    def __init__(self) -> None:
        from .prometheus_client.metrics import Counter, Gauge, Histogram

        # Of several workers the one that is worst off.
        self.status = Gauge(
            "health_check_status", "1 while the check passes, else 0.", ["check"], multiprocess_mode="livemin"
        )
        self.duration = Histogram("health_check_duration_seconds", "How long it took to ask.", ["check"])
        self.failures = Counter("health_check_failures", "Times the check failed.", ["check"])

    def record(self, answer: Answer) -> None:
        self.status.labels(answer.name).set(1 if answer.status == "pass" else 0)
        self.duration.labels(answer.name).observe(answer.seconds)
        if answer.status != "pass":
            self.failures.labels(answer.name).inc()


_made: Optional[_Metrics] = None


def _metrics() -> _Metrics:
    global _made
    if _made is None:
        _made = _Metrics()
    return _made
