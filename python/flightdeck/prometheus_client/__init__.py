"""The API of prometheus_client 0.26 with the numbers in Rust.

After `flightdeck.install()` it is also what `import prometheus_client` finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from . import exposition, gc_collector, metrics, metrics_core, platform_collector, process_collector, registry
from .exposition import (
    CONTENT_TYPE_LATEST,
    CONTENT_TYPE_PLAIN_0_0_4,
    CONTENT_TYPE_PLAIN_1_0_0,
    generate_latest,
    write_to_textfile,
)
from .gc_collector import GC_COLLECTOR, GCCollector
from .metrics import Counter, Enum, Gauge, Histogram, Info, Summary, disable_created_metrics, enable_created_metrics
from .metrics_core import Metric
from .platform_collector import PLATFORM_COLLECTOR, PlatformCollector
from .process_collector import PROCESS_COLLECTOR, ProcessCollector
from .registry import REGISTRY, CollectorRegistry

if TYPE_CHECKING:
    from .asgi import make_asgi_app
    from .push import delete_from_gateway, instance_ip_grouping_key, push_to_gateway, pushadd_to_gateway
    from .serve import MetricsHandler, make_wsgi_app, start_http_server, start_wsgi_server

__all__ = (
    "CollectorRegistry",
    "REGISTRY",
    "Metric",
    "Counter",
    "Gauge",
    "Summary",
    "Histogram",
    "Info",
    "Enum",
    "enable_created_metrics",
    "disable_created_metrics",
    "CONTENT_TYPE_LATEST",
    "CONTENT_TYPE_PLAIN_0_0_4",
    "CONTENT_TYPE_PLAIN_1_0_0",
    "generate_latest",
    "MetricsHandler",
    "make_wsgi_app",
    "make_asgi_app",
    "start_http_server",
    "start_wsgi_server",
    "write_to_textfile",
    "push_to_gateway",
    "pushadd_to_gateway",
    "delete_from_gateway",
    "instance_ip_grouping_key",
    "ProcessCollector",
    "PROCESS_COLLECTOR",
    "PlatformCollector",
    "PLATFORM_COLLECTOR",
    "GCCollector",
    "GC_COLLECTOR",
)

# Modules that were there without being imported, and are not needed by most.
_MODULES = ("asgi", "decorator", "mmap_dict")


def __getattr__(name: str) -> Any:
    # What needs servers and sockets is imported when somebody asks for it.
    if name in __all__:
        return getattr(exposition, name)
    if name in _MODULES:
        from importlib import import_module

        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__, *_MODULES})
