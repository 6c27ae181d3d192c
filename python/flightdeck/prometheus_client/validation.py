"""Which names metrics and labels may have: any text as Prometheus 3 does, or the legacy characters alone."""

from __future__ import annotations

import os
import re
from typing import Sequence

METRIC_NAME_RE = re.compile(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")
METRIC_LABEL_NAME_RE = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
RESERVED_METRIC_LABEL_NAME_RE = re.compile(r"^__.*$")


def _init_legacy_validation() -> bool:
    return os.environ.get("PROMETHEUS_LEGACY_NAME_VALIDATION", "False").lower() in ("true", "1", "t")


_legacy_validation = _init_legacy_validation()


def get_legacy_validation() -> bool:
    """Whether only legacy names are allowed."""
    return _legacy_validation


def disable_legacy_validation() -> None:
    """Allows any UTF-8 text as a name."""
    global _legacy_validation
    _legacy_validation = False


def enable_legacy_validation() -> None:
    """Allows only legacy names."""
    global _legacy_validation
    _legacy_validation = True


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _validate_metric_name(name: str) -> None:
    if not name:
        raise ValueError("metric name cannot be empty")
    if _legacy_validation:
        if not METRIC_NAME_RE.match(name):
            raise ValueError("invalid metric name " + name)
    elif not _is_utf8(name):
        raise ValueError("invalid metric name " + name)


def _is_valid_legacy_metric_name(name: str) -> bool:
    """Whether the legacy formats take it without quotes."""
    return bool(METRIC_NAME_RE.match(name or ""))


def _validate_metric_label_name_token(tok: str) -> None:
    """Checks the name of a label as a parser meets it: in quotes anything, else the legacy characters."""
    if not tok:
        raise ValueError("invalid label name token " + tok)
    quoted = len(tok) >= 2 and tok[0] == '"' and tok[-1] == '"'
    if quoted and not _legacy_validation:
        if not _is_utf8(tok):
            raise ValueError("invalid label name token " + tok)
    elif not METRIC_LABEL_NAME_RE.match(tok):
        raise ValueError("invalid label name token " + tok)


def _validate_labelname(name: str) -> None:
    """Checks the name of a label as a program gives it."""
    if not name:
        raise ValueError("label name cannot be empty")
    if _legacy_validation:
        if not METRIC_LABEL_NAME_RE.match(name):
            raise ValueError("Invalid label metric name: " + name)
    elif not _is_utf8(name):
        raise ValueError("Invalid label metric name: " + name)
    if RESERVED_METRIC_LABEL_NAME_RE.match(name):
        raise ValueError("Reserved label metric name: " + name)


def _is_valid_legacy_labelname(name: str) -> bool:
    return bool(METRIC_LABEL_NAME_RE.match(name)) and not RESERVED_METRIC_LABEL_NAME_RE.match(name)


def _validate_labelnames(cls: type, labelnames: Sequence[str]) -> tuple[str, ...]:
    names = tuple(labelnames)
    for name in names:
        _validate_labelname(name)
        if name in cls._reserved_labelnames:  # type: ignore[attr-defined]
            raise ValueError("Reserved label metric name: " + name)
    return names


def _validate_exemplar(exemplar: dict[str, str]) -> None:
    """OpenMetrics 1.0 allows 128 characters in the labels of an exemplar."""
    runes = 0
    for name, value in exemplar.items():
        _validate_labelname(name)
        runes += len(name) + len(value)
    if runes > 128:
        raise ValueError("Exemplar labels have %d UTF-8 characters, exceeding the limit of 128" % runes)
