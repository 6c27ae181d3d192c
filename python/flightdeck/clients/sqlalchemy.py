"""SQLAlchemy, with an event loop and without: queries by their verbs, and the connections of its pools."""

from __future__ import annotations

import weakref
from contextvars import ContextVar
from time import perf_counter
from typing import Any, Dict, Iterable

from .. import failures
from ..http_metrics import LATENCY_BUCKETS
from ..prometheus_client.metrics import Histogram
from ..prometheus_client.metrics_core import GaugeMetricFamily, Metric
from ..prometheus_client.registry import REGISTRY
from .calls import calls_of, verb_of

# Whether a driver works for SQLAlchemy at the moment, so that no query is counted twice.
IS_COUNTED: "ContextVar[bool]" = ContextVar("flightdeck_is_counted", default=False)

_CALL = "_flightdeck_call"
_POOLS_MAX = 100
_pools: "weakref.WeakKeyDictionary[Any, str]" = weakref.WeakKeyDictionary()


def instrument() -> None:
    """Measures all engines."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.pool import QueuePool

    calls = calls_of("db_query")
    waits = Histogram(
        "pool_wait_seconds", "How long connections of the pool were waited for.", ["pool"], buckets=LATENCY_BUCKETS
    )
    REGISTRY.register(_Pools())

    @event.listens_for(Engine, "before_cursor_execute")
    def before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        setattr(context if context is not None else connection, _CALL, calls.begin(verb_of(statement)))
        IS_COUNTED.set(True)

    @event.listens_for(Engine, "after_cursor_execute")
    def after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        IS_COUNTED.set(False)
        calls.end(getattr(context if context is not None else connection, _CALL, None), "ok")

    @event.listens_for(Engine, "handle_error")
    def failed(context: Any) -> None:
        IS_COUNTED.set(False)
        call = getattr(context.execution_context, _CALL, None)
        if call is not None:
            setattr(context.execution_context, _CALL, None)
            calls.end(call, "error")

    @event.listens_for(Engine, "engine_connect")
    def connected(connection: Any) -> None:
        _know(connection.engine)

    get = QueuePool._do_get

    def get_and_measure(self: Any) -> Any:
        started = perf_counter()
        try:
            return get(self)
        finally:
            try:
                waits.labels(_pools.get(self, "default")).observe(perf_counter() - started)
            except Exception:
                failures.count("measuring a pool")

    QueuePool._do_get = get_and_measure  # type: ignore[method-assign]


def _know(engine: Any) -> None:
    try:
        if engine.pool not in _pools and len(_pools) < _POOLS_MAX:
            _pools[engine.pool] = str(engine.url.database or "default")
    except Exception:
        failures.count("looking at a pool")


class _Pools:
    """The connections of all pools when somebody asks."""

    def describe(self) -> Iterable[Metric]:
        """The families without their samples."""
        return self._families().values()

    def collect(self) -> Iterable[Metric]:
        """The families as they are now."""
        families = self._families()
        counts: Dict[Any, float] = {}
        for pool, name in list(_pools.items()):
            if not hasattr(pool, "checkedin"):
                continue
            for state, count in (("used", pool.checkedout()), ("idle", pool.checkedin())):
                counts[name, state] = counts.get((name, state), 0) + count
            if pool._max_overflow >= 0:
                counts[name, ""] = counts.get((name, ""), 0) + pool.size() + pool._max_overflow
        for (name, state), count in counts.items():
            if state:
                families["now"].add_metric([name, state], count)
            else:
                families["max"].add_metric([name], count)
        return families.values()

    @staticmethod
    def _families() -> Dict[str, Any]:
        return {
            "now": GaugeMetricFamily("pool_connections", "Connections of the pool.", labels=["pool", "state"]),
            "max": GaugeMetricFamily("pool_connections_max", "Connections the pool may have.", labels=["pool"]),
        }
