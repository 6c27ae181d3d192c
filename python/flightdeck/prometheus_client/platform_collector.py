"""Which Python it is."""

from __future__ import annotations

import platform as pf
from typing import Any, Dict, Iterable, Optional

from .metrics_core import GaugeMetricFamily, Metric
from .registry import REGISTRY, CollectorRegistry


class PlatformCollector:
    """One family that describes the interpreter, and the virtual machine it runs in where there is one."""

    def __init__(self, registry: Optional[CollectorRegistry] = REGISTRY, platform: Any = None) -> None:
        self._platform = pf if platform is None else platform
        info = self._info()
        if self._platform.system() == "Java":
            info.update(self._java())
        self._metrics = [self._family("python_info", "Python platform information", info)]
        if registry:
            registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The families, which never change."""
        return self._metrics

    @staticmethod
    def _family(name: str, documentation: str, data: Dict[str, str]) -> Metric:
        family = GaugeMetricFamily(name, documentation, labels=list(data))
        family.add_metric(list(data.values()), 1)
        return family

    def _info(self) -> Dict[str, str]:
        major, minor, patchlevel = self._platform.python_version_tuple()
        return {
            "version": self._platform.python_version(),
            "implementation": self._platform.python_implementation(),
            "major": major,
            "minor": minor,
            "patchlevel": patchlevel,
        }

    def _java(self) -> Dict[str, str]:
        version, _, machine, _ = self._platform.java_ver()
        vm_name, vm_release, vm_vendor = machine
        return {"jvm_version": version, "jvm_release": vm_release, "jvm_vendor": vm_vendor, "jvm_name": vm_name}


PLATFORM_COLLECTOR = PlatformCollector()
