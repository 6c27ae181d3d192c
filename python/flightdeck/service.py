"""What one service is: its name, its registry, and what it answers under which path."""

from __future__ import annotations

import os
from typing import Any, Callable, Collection, Dict, Iterable, Optional, Tuple

from . import clients as known_clients
from . import export, failures, logs, workers
from .correlate import follow_traces
from .health import CHECKS, DETAILS, PROBES, Report
from .http_metrics import Families, families_of
from .prometheus_client import values
from .prometheus_client.registry import REGISTRY, CollectorRegistry


class Service:
    """The options of `instrument`, worked out."""

    def __init__(
        self,
        service: str = "",
        version: str = "",
        registry: Any = REGISTRY,
        metrics_path: Optional[str] = "/metrics",
        health_path: Optional[str] = "/health",
        health_details: str = "statuses",
        json_logs: bool = True,
        clients: bool = True,
        without: Collection[str] = (),
        sample_ratio: Optional[float] = None,
        keep_errors: bool = True,
        keep_slower_than: Optional[float] = 1.0,
    ) -> None:
        if health_details not in DETAILS:
            raise ValueError(f"health_details must be one of {list(DETAILS)}, not {health_details!r}")
        self.name, about = export.identity(service, version, os.environ)
        self.version = about.get("service.version", "")
        export.keep(sample_ratio, keep_errors, keep_slower_than)
        self.registry = registry
        self.health_details = health_details
        self.json_logs = json_logs
        # By path, which probe it asks; the metrics are none.
        self.probes: Dict[str, Optional[str]] = {}
        self.metrics_path = metrics_path
        if health_path is not None:
            self.probes = {health_path: None, **{f"{health_path}/{probe}": probe for probe in PROBES}}
        if self.name:
            workers.name_service(self.name)
            self._tell_name()
        self._clients = clients
        self._without = tuple(without)
        self.look_around()
        self.families: Families = families_of(registry)
        self.scraped = _scraped(registry)

    def look_around(self) -> None:
        """Again when the service starts: logging may have been set up since, and more libraries imported."""
        follow_traces()
        if self.json_logs:
            logs.configure(self.name)
        if self._clients:
            known_clients.follow(self._without)

    def _tell_name(self) -> None:
        """Describes what is measured, by which Flightdeck names it, unless somebody described it."""
        try:
            if not self.registry.get_target_info():
                told = {"service_name": self.name, "service_version": self.version}
                self.registry.set_target_info({name: value for name, value in told.items() if value})
        except Exception:
            failures.count("describing the service")

    def serve(self) -> None:
        """In the process that is about to serve: what has a thread of its own must not begin before a fork."""
        workers.notice_fork()
        self.look_around()
        export.start(self.name, self.version, self.registry)
        logs.export_lines()

    def leave_paths(self, paths: Iterable[str]) -> None:
        """What the application answers itself stays its own."""
        for path in paths:
            self.probes.pop(path, None)
            if path == self.metrics_path:
                self.metrics_path = None

    async def report(self, path: str) -> Report:
        """What the checks behind a path say."""
        return await CHECKS.report(self.probes[path])

    def report_sync(self, path: str) -> Report:
        """The same without an event loop."""
        return CHECKS.report_sync(self.probes[path])

    def answer(self, report: Report, accept: str) -> Tuple[int, Dict[str, str], bytes]:
        """Status, headers and body."""
        media, body = report.body(self.name, self.version, self.health_details, accept)
        return report.code, {"content-type": media, "cache-control": "no-store", "content-length": str(len(body))}, body


def _scraped(registry: Any) -> Any:
    """What scrapes are answered from: the registry, or where PROMETHEUS_MULTIPROC_DIR has numbers in files those of all workers."""
    if values.ValueClass is values.MutexValue:
        return registry
    try:
        from .prometheus_client.multiprocess import MultiProcessCollector

        files = CollectorRegistry(support_collectors_without_names=True)
        MultiProcessCollector(files)
        files.set_target_info(registry.get_target_info())
        return files
    except Exception:
        failures.count("reading the files of the workers")
        return registry


def routes_of(app: Any) -> Callable[[], Iterable[str]]:
    """The paths that an application has routes for, as far as it tells."""
    return lambda: [path for path in (getattr(route, "path", None) for route in getattr(app, "routes", ())) if path]
