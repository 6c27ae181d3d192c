"""What the process uses: memory, processor time, open files. Linux tells it under /proc."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Iterable, List, Optional, Union

from .. import workers
from .metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from .registry import REGISTRY, CollectorRegistry

try:
    import resource

    _PAGESIZE = resource.getpagesize()
except ImportError:
    _PAGESIZE = 4096


def _this_process() -> str:
    return "self"


class ProcessCollector:
    """The families of one process; `pid` may be a function."""

    def __init__(
        self,
        namespace: str = "",
        pid: Callable[[], Union[int, str]] = _this_process,
        proc: str = "/proc",
        registry: Optional[CollectorRegistry] = REGISTRY,
    ) -> None:
        self._namespace = namespace
        self._pid = pid
        self._proc = proc
        self._prefix = f"{namespace}_process_" if namespace else "process_"
        self._pagesize = _PAGESIZE
        self._ticks = 100.0
        try:
            self._ticks = float(os.sysconf("SC_CLK_TCK"))
        except (ValueError, TypeError, AttributeError, OSError):
            pass
        # Times of processes are counted from the boot.
        self._btime = 0
        try:
            self._btime = self._boot_time()
        except OSError:
            pass
        # A namespace or another process is somebody's own idea of what is measured.
        self._is_shared = registry is REGISTRY and not namespace and proc == "/proc" and pid is _this_process
        if registry:
            registry.register(self)

    def _boot_time(self) -> int:
        with open(os.path.join(self._proc, "stat"), "rb") as stat:
            for line in stat:
                if line.startswith(b"btime "):
                    return int(float(line.split()[1]))
        return 0

    def collect(self) -> Iterable[Metric]:
        """The families as they are now; what cannot be read is left out."""
        if not self._btime:
            return []
        pids = workers.pids() if self._is_shared else []
        if not pids:
            return self._of_process(str(self._pid()).strip())
        # One family of each name, with a series for every worker.
        families: Dict[str, Metric] = {}
        for pid in pids:
            for family in self._of_process(str(pid)):
                samples = [sample._replace(labels={"pid": str(pid)}) for sample in family.samples]
                kept = families.setdefault(family.name, family)
                kept.samples = samples if kept is family else kept.samples + samples
        return families.values()

    def _of_process(self, pid: str) -> List[Metric]:
        directory = os.path.join(self._proc, pid)
        return [*self._from_stat(directory), *self._from_files(directory)]

    def _gauge(self, name: str, documentation: str, value: Any) -> Metric:
        return GaugeMetricFamily(self._prefix + name, documentation, value=value)

    def _from_stat(self, pid: str) -> List[Metric]:
        try:
            with open(os.path.join(pid, "stat"), "rb") as stat:
                # The name of the process is in brackets and may have spaces and brackets itself.
                parts = stat.read().split(b")")[-1].split()
            started = float(parts[19]) / self._ticks + self._btime
            used = float(parts[11]) / self._ticks + float(parts[12]) / self._ticks
            return [
                self._gauge("virtual_memory_bytes", "Virtual memory size in bytes.", float(parts[20])),
                self._gauge(
                    "resident_memory_bytes", "Resident memory size in bytes.", float(parts[21]) * self._pagesize
                ),
                self._gauge("start_time_seconds", "Start time of the process since unix epoch in seconds.", started),
                CounterMetricFamily(
                    self._prefix + "cpu_seconds_total", "Total user and system CPU time spent in seconds.", value=used
                ),
            ]
        except OSError:
            return []

    def _from_files(self, pid: str) -> List[Metric]:
        families = []
        try:
            with open(os.path.join(pid, "limits"), "rb") as limits:
                for line in limits:
                    if line.startswith(b"Max open file"):
                        files_max = float(line.split()[3])
                        families.append(self._gauge("max_fds", "Maximum number of open file descriptors.", files_max))
                        break
            files = len(os.listdir(os.path.join(pid, "fd")))
            families.append(self._gauge("open_fds", "Number of open file descriptors.", files))
        except OSError:
            pass
        return families


PROCESS_COLLECTOR = ProcessCollector()
