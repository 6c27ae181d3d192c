"""Reads the text format of Prometheus."""

from __future__ import annotations

import io
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from .metrics_core import Metric
from .samples import Sample
from .validation import _is_valid_legacy_metric_name, _validate_metric_label_name_token, _validate_metric_name

_SPACE = " \t"
_ESCAPED = {"\\": "\\", "n": "\n", '"': '"'}

# What the samples of a family may be called besides its own name.
_ALLOWED = {
    "counter": ("",),
    "gauge": ("",),
    "summary": ("_count", "_sum", ""),
    "histogram": ("_count", "_sum", "_bucket"),
}


def text_string_to_metric_families(text: str) -> Iterator[Metric]:
    """The families of a text."""
    yield from text_fd_to_metric_families(io.StringIO(text))


def text_fd_to_metric_families(fd: Iterable[str]) -> Iterator[Metric]:
    """The families of a file, one after the other as they are read."""
    name, documentation, typ = "", "", "untyped"
    samples: List[Sample] = []
    allowed: List[str] = []
    for line in fd:
        line = line.strip()
        if line.startswith("#"):
            keyword, about, rest = _comment(line)
            if keyword is None:
                continue
            if about != name:
                if name:
                    yield _family(name, documentation, typ, samples)
                name, documentation, typ, samples = about, "", "untyped", []
                allowed = [name]
            if keyword == "HELP":
                documentation = _unescape_help(rest)
            else:
                typ = rest.strip()
                allowed = [name + suffix for suffix in _ALLOWED.get(typ, ("",))]
        elif line:
            sample = _parse_sample(line)
            if sample.name not in allowed:
                if name:
                    yield _family(name, documentation, typ, samples)
                # A sample that nobody announced is a family of its own.
                name, documentation, typ, samples = sample.name, "", "untyped", []
                allowed = [name]
            samples.append(sample)
    if name:
        yield _family(name, documentation, typ, samples)


def _family(name: str, documentation: str, typ: str, samples: List[Sample]) -> Metric:
    # A counter is known without the suffix that its samples have.
    if typ == "counter":
        if name.endswith("_total"):
            name = name[: -len("_total")]
        else:
            samples = [sample._replace(name=sample.name + "_total") for sample in samples]
    metric = Metric(name, documentation, typ)
    metric.samples = samples
    return metric


def _comment(line: str) -> Tuple[Optional[str], str, str]:
    """HELP or TYPE, the name, and what follows; `None` for every other comment."""
    at = _skip_space(line, 1)
    keyword = line[at : at + 4]
    if keyword not in ("HELP", "TYPE") or line[at + 4 : at + 5] not in (" ", "\t"):
        return None, "", ""
    at = _skip_space(line, at + 4)
    if line[at : at + 1] == '"':
        name, end = _quoted(line, at)
    else:
        end = at
        while end < len(line) and line[end] not in _SPACE:
            end += 1
        name = line[at:end]
    if not name:
        return None, "", ""
    _validate_metric_name(name)
    return keyword, name, line[end:].lstrip(_SPACE)


def _unescape_help(text: str) -> str:
    return _unescape(text, {"\\": "\\", "n": "\n"})


def _unescape(text: str, escapes: Dict[str, str]) -> str:
    if "\\" not in text:
        return text
    out = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            out.append(escapes.get(following, "\\" + following))
        else:
            out.append(character)
    return "".join(out)


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _quoted(text: str, at: int) -> Tuple[str, int]:
    """The text in the quotes that begin at `at`, and where it goes on behind them."""
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise ValueError("Missing closing quote in: " + text)
    return _unescape(text[at + 1 : end], _ESCAPED), end + 1


def _parse_sample(text: str) -> Sample:
    end = 0
    while end < len(text) and text[end] not in "{ \t":
        end += 1
    name: Optional[str] = text[:end]
    labels: Dict[str, str] = {}
    at = _skip_space(text, end)
    if text[at : at + 1] == "{":
        quoted_name, labels, at = _parse_labels(text, at + 1)
        if quoted_name is not None:
            if name:
                raise ValueError("Metric name twice in: " + text)
            name = quoted_name
    if not name:
        raise ValueError("Missing metric name in: " + text)
    _validate_metric_name(name)
    if not _is_valid_legacy_metric_name(name) and text[:end]:
        raise ValueError("Invalid metric name in: " + text)
    value, timestamp = _value_and_timestamp(text[at:])
    return Sample(name, labels, value, timestamp)


def _parse_labels(text: str, at: int) -> Tuple[Optional[str], Dict[str, str], int]:
    """The metric's name if it stands among the labels, the labels, and where it goes on behind the brace."""
    name: Optional[str] = None
    labels: Dict[str, str] = {}
    at = _skip_space(text, at)
    if text[at : at + 1] == ",":
        # Of no labels at all one comma may be left.
        at = _skip_space(text, at + 1)
        if text[at : at + 1] != "}":
            raise ValueError("Invalid labels: " + text)
    while True:
        at = _skip_space(text, at)
        if text[at : at + 1] == "}":
            return name, labels, at + 1
        token_at = at
        if text[at : at + 1] == '"':
            label, at = _quoted(text, at)
        else:
            while at < len(text) and text[at] not in '=,}" \t':
                at += 1
            label = text[token_at:at]
        token = text[token_at:at]
        at = _skip_space(text, at)
        if text[at : at + 1] == "=":
            _validate_metric_label_name_token(token)
            at = _skip_space(text, at + 1)
            if text[at : at + 1] != '"':
                raise ValueError("Label value is not in quotes: " + text)
            value, at = _quoted(text, at)
            if label in labels:
                raise ValueError("Duplicate label name " + label + " in: " + text)
            labels[label] = value
        elif token.startswith('"') and name is None:
            name = label
        else:
            raise ValueError("Invalid labels: " + text)
        at = _skip_space(text, at)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "}":
            raise ValueError("Invalid labels: " + text)


def parse_labels(labels_string: str, openmetrics: bool = False) -> Dict[str, str]:
    """The labels that stand between the braces of a sample."""
    text = labels_string.strip()
    if openmetrics and text.startswith(","):
        raise ValueError("leading comma: " + labels_string)
    _, labels, at = _parse_labels(text + "}", 0)
    if at != len(text) + 1:
        raise ValueError("Invalid labels: " + labels_string)
    return labels


def _value_and_timestamp(text: str) -> Tuple[float, Optional[Any]]:
    parts = text.split()
    if not 1 <= len(parts) <= 2:
        raise ValueError("Expected a value and maybe a timestamp, got: " + text)
    if "_" in parts[0] or "_" in parts[-1]:
        raise ValueError("Invalid number in: " + text)
    return _number(parts[0]), _number(parts[1]) / 1000 if len(parts) == 2 else None


def _number(text: str) -> float:
    """A whole number stays one: it may have more digits than a float."""
    try:
        return int(text)
    except ValueError:
        return float(text)
