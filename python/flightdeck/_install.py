"""Makes `import prometheus_client` find ours, modules that are imported later included."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any, Optional, Sequence

_THEIRS = "prometheus_client"
_OURS = "flightdeck.prometheus_client"


class _Alias:
    """Imports `prometheus_client.x` as `flightdeck.prometheus_client.x`: one module with two names.

    A finder and a loader by what it does; importing `importlib.abc` to say so would take longer than all of ours.
    """

    def find_spec(self, fullname: str, path: Optional[Sequence[str]], target: Optional[ModuleType] = None) -> Any:
        if fullname != _THEIRS and not fullname.startswith(_THEIRS + "."):
            return None
        ours = _OURS + fullname[len(_THEIRS) :]
        loader: Any = self
        return importlib.util.spec_from_loader(fullname, loader) if importlib.util.find_spec(ours) else None

    def create_module(self, spec: Any) -> ModuleType:
        module = importlib.import_module(_OURS + spec.name[len(_THEIRS) :])
        # The import system is about to give it the name it was asked for; `exec_module` gives back its own.
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        alias = module.__spec__
        if alias is not None and alias.loader_state is not None:
            module.__spec__ = alias.loader_state
            module.__loader__ = module.__spec__.loader
            module.__package__ = module.__spec__.parent


def install() -> None:
    """From now on `prometheus_client` is `flightdeck.prometheus_client`, for everybody in this process.

    Call it before anything imports prometheus_client: what was imported from upstream's before stays upstream's, and that is
    refused rather than half done. Calling it again changes nothing.
    """
    loaded = sys.modules.get(_THEIRS)
    if loaded is not None and loaded is not sys.modules.get(_OURS):
        raise RuntimeError(
            "prometheus_client was imported before flightdeck.install(): call install() first, at the top of the program"
        )
    if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Alias())
    importlib.import_module(_THEIRS)
