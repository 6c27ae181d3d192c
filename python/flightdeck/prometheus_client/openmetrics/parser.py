"""Reads OpenMetrics text, and refuses everything that is not."""

from __future__ import annotations

import io
import math
import re
from typing import Dict, Iterable, Iterator, List, Optional, Set, Tuple, Union

from ..metrics_core import METRIC_TYPES, Metric
from ..parser import _quoted, _unescape, parse_labels  # noqa: F401
from ..samples import BucketSpan, Exemplar, NativeHistogram, Sample, Timestamp
from ..validation import (
    _is_valid_legacy_metric_name,
    _validate_exemplar,
    _validate_metric_label_name_token,
    _validate_metric_name,
)
from .check import SUFFIXES, Groups, check_family, check_sample

_ESCAPES = {"\\": "\\", "n": "\n", '"': '"'}


def text_string_to_metric_families(text: str) -> Iterator[Metric]:
    """The families of a text."""
    yield from text_fd_to_metric_families(io.StringIO(text))


def text_fd_to_metric_families(fd: Iterable[str]) -> Iterator[Metric]:
    """The families of a file, one after the other as they are read."""
    family: Optional[_Family] = None
    seen: Set[str] = set()
    ended = False
    for line in fd:
        line = line[:-1] if line.endswith("\n") else line
        if ended:
            raise ValueError("Received line after # EOF: " + line)
        if line == "# EOF":
            ended = True
        elif not line:
            raise ValueError("Received blank line")
        elif line.startswith("#"):
            keyword, name, rest = _metadata(line)
            if family is None or name != family.name:
                if family is not None:
                    yield family.finished(seen)
                family = _Family(name)
            family.describe(keyword, rest, line)
        else:
            sample = _sample(line)
            if family is None or sample.name not in family.sample_names():
                if family is not None:
                    yield family.finished(seen)
                # A sample that nobody announced is a family of its own.
                family = _Family(sample.name)
            family.add(sample)
    if family is not None:
        yield family.finished(seen)
    if not ended:
        raise ValueError("Missing # EOF at end")


class _Family:
    """A family while it is being read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._documentation: Optional[str] = None
        self._type: Optional[str] = None
        self._unit: Optional[str] = None
        self._samples: List[Sample] = []
        self._groups: Optional[Groups] = None

    def sample_names(self) -> List[str]:
        suffixes = SUFFIXES.get(self._type or "unknown", ("",))
        # A native histogram is a sample of the family's own name.
        return [self.name + suffix for suffix in suffixes] + ([self.name] if self._type == "histogram" else [])

    def describe(self, keyword: str, text: str, line: str) -> None:
        if self._samples:
            raise ValueError("Received metadata after samples: " + line)
        if keyword == "HELP":
            if self._documentation is not None:
                raise ValueError("More than one HELP for metric: " + line)
            self._documentation = _unescape(text, _ESCAPES)
        elif keyword == "TYPE":
            if self._type is not None:
                raise ValueError("More than one TYPE for metric: " + line)
            if text not in METRIC_TYPES:
                raise ValueError("Invalid TYPE for metric: " + line)
            self._type = text
        else:
            if self._unit is not None:
                raise ValueError("More than one UNIT for metric: " + line)
            self._unit = text

    def add(self, sample: Sample) -> None:
        typ = self._type or "unknown"
        if sample.name == self.name and typ == "histogram" and sample.native_histogram is None:
            raise ValueError("A histogram has no sample of its own name: " + sample.name)
        check_sample(self.name, typ, sample)
        if self._groups is None:
            self._groups = Groups(self.name, typ)
        self._groups.add(sample, typ == "info")
        self._samples.append(sample)

    def finished(self, seen: Set[str]) -> Metric:
        typ = self._type or "unknown"
        names = {self.name, *self.sample_names()}
        if names & seen:
            raise ValueError("Clashing or duplicate metric: " + self.name)
        seen.update(names)
        if self._unit and not self.name.endswith("_" + self._unit):
            raise ValueError("Unit does not match metric name: " + self.name)
        metric = Metric(self.name, self._documentation or "", typ, self._unit or "")
        metric.samples = self._samples
        check_family(metric)
        return metric


def _metadata(line: str) -> Tuple[str, str, str]:
    """HELP, TYPE or UNIT, the name, and the text."""
    keyword = line[2:6]
    if line[:2] != "# " or keyword not in ("HELP", "TYPE", "UNIT") or line[6:7] != " ":
        raise ValueError("Invalid line: " + line)
    if line[7:8] == '"':
        name, end = _quoted(line, 7)
    else:
        end = line.find(" ", 7)
        name = line[7:end]
        if end < 0 or not _is_valid_legacy_metric_name(name):
            raise ValueError("Invalid line: " + line)
    if not name or line[end : end + 1] != " ":
        raise ValueError("Invalid line: " + line)
    _validate_metric_name(name)
    return keyword, name, line[end + 1 :]


def _sample(line: str) -> Sample:
    end = 0
    while end < len(line) and line[end] not in "{ ":
        end += 1
    name = line[:end]
    labels: Dict[str, str] = {}
    if line[end : end + 1] == "{":
        quoted, labels, end = _labels(line, end + 1)
        if quoted is not None and name:
            raise ValueError("Metric name twice: " + line)
        name = name or quoted or ""
    elif not name:
        raise ValueError("Missing metric name: " + line)
    if not name or (line[0] != "{" and not _is_valid_legacy_metric_name(name)):
        raise ValueError("Invalid metric name: " + line)
    _validate_metric_name(name)
    if line[end : end + 1] != " ":
        raise ValueError("Invalid line: " + line)
    rest, exemplar = _split_exemplar(line[end + 1 :], line)
    if rest.startswith("{"):
        text, brace, timestamp_text = rest.partition("}")
        if not brace or (timestamp_text and timestamp_text[0] != " "):
            raise ValueError("Invalid native histogram: " + line)
        timestamp = _timestamp(timestamp_text[1:], line) if timestamp_text else None
        return Sample(name, labels, None, timestamp, exemplar, _native_histogram(text[1:], line))  # type: ignore[arg-type]
    value_text, space, timestamp_text = rest.partition(" ")
    timestamp = _timestamp(timestamp_text, line) if space else None
    return Sample(name, labels, _number(value_text, line), timestamp, exemplar)


def _labels(text: str, at: int) -> Tuple[Optional[str], Dict[str, str], int]:
    """The metric's name if it stands among the labels, the labels, and where it goes on behind the brace."""
    name: Optional[str] = None
    labels: Dict[str, str] = {}
    if text[at : at + 1] == "}":
        return None, labels, at + 1
    while True:
        start = at
        if text[at : at + 1] == '"':
            label, at = _quoted(text, at)
        else:
            while at < len(text) and text[at] not in '=,}" ':
                at += 1
            label = text[start:at]
        if text[at : at + 2] == '="':
            _validate_metric_label_name_token(text[start:at])
            if label in labels:
                raise ValueError("Duplicate label name: " + text)
            labels[label], at = _quoted(text, at + 1)
        elif text[start] == '"' and name is None and not labels:
            name = label
        else:
            raise ValueError("Invalid labels: " + text)
        if text[at : at + 1] == "}":
            return name, labels, at + 1
        if text[at : at + 1] != ",":
            raise ValueError("Invalid labels: " + text)
        at += 1


def _split_exemplar(rest: str, line: str) -> Tuple[str, Optional[Exemplar]]:
    before, hash_mark, text = rest.partition(" # ")
    if not hash_mark:
        if "#" in rest:
            raise ValueError("Invalid line: " + line)
        return rest, None
    if not text.startswith("{"):
        raise ValueError("Invalid exemplar: " + line)
    name, labels, end = _labels(text, 1)
    if name is not None or text[end : end + 1] != " ":
        raise ValueError("Invalid exemplar: " + line)
    value, space, timestamp = text[end + 1 :].partition(" ")
    _validate_exemplar(labels)
    return before, Exemplar(labels, _number(value, line), _timestamp(timestamp, line) if space else None)


# Python reads more as a number than OpenMetrics: underscores, spaces, digits of all scripts.
_NUMBER = re.compile(
    r"^[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|[iI][nN][fF]([iI][nN][iI][tT][yY])?|[nN][aA][nN])$",
    re.ASCII,
)


def _number(text: str, line: str) -> Union[int, float]:
    if not _NUMBER.match(text):
        raise ValueError(f"Invalid value {text!r}: {line}")
    try:
        return int(text)
    except ValueError:
        return float(text)


def _timestamp(text: str, line: str) -> Union[Timestamp, float]:
    if not _NUMBER.match(text):
        raise ValueError(f"Invalid timestamp {text!r}: {line}")
    whole, _, fraction = text.partition(".")
    if whole.lstrip("+-").isdigit() and (fraction.isdigit() or not fraction):
        return Timestamp(int(whole), int(fraction[:9].ljust(9, "0")))
    seconds = float(text)
    if not math.isfinite(seconds):
        raise ValueError(f"Invalid timestamp {text!r}: {line}")
    return seconds


_FIELD = re.compile(r"([a-z_]+):(\[[^\]]*\]|[^,\[\]]+)(?:,|$)")
_REQUIRED = ("count", "sum", "schema", "zero_threshold", "zero_count")


def _native_histogram(text: str, line: str) -> NativeHistogram:
    fields: Dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _FIELD.match(text, at)
        if match is None or match[1] in fields:
            raise ValueError("Invalid native histogram: " + line)
        fields[match[1]] = match[2].strip("[]")
        at = match.end()
    if any(field not in fields for field in _REQUIRED):
        raise ValueError("Incomplete native histogram: " + line)

    def spans(field: str) -> Optional[Tuple[BucketSpan, ...]]:
        if not fields.get(field):
            return None
        pairs = [pair.split(":") for pair in fields[field].split(",")]
        return tuple(BucketSpan(int(offset), int(length)) for offset, length in pairs)

    def deltas(field: str) -> Optional[Tuple[int, ...]]:
        return tuple(int(delta) for delta in fields[field].split(",")) if fields.get(field) else None

    return NativeHistogram(
        int(fields["count"]),
        _number(fields["sum"], line),
        int(fields["schema"]),
        _number(fields["zero_threshold"], line),
        int(fields["zero_count"]),
        spans("positive_spans"),
        spans("negative_spans"),
        deltas("positive_deltas"),
        deltas("negative_deltas"),
    )
