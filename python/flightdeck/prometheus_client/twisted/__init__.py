"""The metrics as a resource of Twisted."""

from ._exposition import MetricsResource

__all__ = ["MetricsResource"]
