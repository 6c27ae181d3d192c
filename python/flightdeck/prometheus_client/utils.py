"""Numbers as text, and versions as numbers."""

from __future__ import annotations

import math
from typing import Any

from .._core import format_number

INF = math.inf
MINUS_INF = -math.inf
NaN = math.nan


def floatToGoString(d: Any) -> str:
    """A number as Go writes it."""
    return format_number(float(d))


def parse_version(version_str: str) -> tuple[int, int, int]:
    """The first three numbers of a version; what is missing or no number is 0."""
    numbers = []
    for part in (version_str or "").split(".")[:3]:
        digits = "".join(character for character in part if character.isdigit())
        numbers.append(int(digits) if part.isdigit() and digits else 0)
    numbers += [0] * (3 - len(numbers))
    return (numbers[0], numbers[1], numbers[2])
