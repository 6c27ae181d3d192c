"""Flightdeck for Python services: metrics whose numbers live in Rust.

Everything written for `prometheus_client` works with `flightdeck.prometheus_client`, and after `install()` without a change
to its imports, third-party libraries included.
"""

from __future__ import annotations

from ._install import install

__all__ = ("install",)
__version__ = "0.1.0"
