"""Metrics as OpenMetrics text."""

from __future__ import annotations

from io import StringIO
from typing import Any, Callable, Dict, Optional

from ..utils import floatToGoString, parse_version
from ..validation import _is_valid_legacy_labelname, _is_valid_legacy_metric_name

CONTENT_TYPE_LATEST = "application/openmetrics-text; version=1.0.0; charset=utf-8"
CONTENT_TYPE_LATEST_2_0 = "application/openmetrics-text; version=2.0.0; charset=utf-8"

# How names that the legacy formats do not take are written.
ESCAPING_HEADER_TAG = "escaping"
ALLOWUTF8 = "allow-utf-8"
UNDERSCORES = "underscores"
DOTS = "dots"
VALUES = "values"


def generate_latest(registry: Any, escaping: str = UNDERSCORES, version: str = "1.0.0") -> bytes:
    """All metrics of a registry; native histograms from version 2.0.0 on."""
    # Here, because that module imports this one.
    from ..exposition import _families

    output = StringIO()
    native = parse_version(version) >= (2, 0, 0)
    for metric in _families(registry, "openmetrics-2" if native else "openmetrics"):
        if isinstance(metric, bytes):
            output.write(metric.decode("utf-8"))
            continue
        try:
            _write_family(output, metric, escaping, native)
        except Exception as exception:
            exception.args = (exception.args or ("",)) + (metric,)
            raise
    output.write("# EOF\n")
    return output.getvalue().encode("utf-8")


def _write_family(output: StringIO, metric: Any, escaping: str, native: bool) -> None:
    name = _family_name(escape_metric_name(metric.name, escaping))
    output.write(f"# HELP {name} {_escape(metric.documentation)}\n")
    output.write(f"# TYPE {name} {metric.type}\n")
    if metric.unit:
        output.write(f"# UNIT {name} {metric.unit}\n")
    for sample in metric.samples:
        if sample.native_histogram is not None and not native:
            continue
        output.write(_sample_line(metric, sample, escaping))


def _sample_line(metric: Any, sample: Any, escaping: str) -> str:
    name = escape_metric_name(sample.name, escaping)
    labels = [(escape_label_name(label, escaping), value) for label, value in sorted(sample.labels.items())]
    exemplars = [sample.exemplar] if sample.exemplar else []
    if sample.native_histogram is not None:
        value = _native_histogram(sample.native_histogram)
        exemplars += sample.native_histogram.nh_exemplars or ()
    else:
        value = "" if sample.value is None else floatToGoString(sample.value)
    timestamp = f" {sample.timestamp}" if sample.timestamp is not None else ""
    told = "".join(_exemplar(metric, sample, exemplar) for exemplar in exemplars)
    return f"{_series(name, labels)} {value}{timestamp}{told}\n"


def _series(name: str, labels: Any) -> str:
    """Name and labels; a name that needs quotes stands among the labels."""
    pairs = [f'{_label_name(label)}="{_escape(value)}"' for label, value in labels]
    if not _is_valid_legacy_metric_name(name):
        pairs.insert(0, _family_name(name))
        name = ""
    return f"{name}{{{','.join(pairs)}}}" if pairs else name


def _exemplar(metric: Any, sample: Any, exemplar: Any) -> str:
    allowed = (
        metric.type in ("histogram", "gaugehistogram")
        and (sample.name.endswith("_bucket") or sample.native_histogram is not None)
    ) or (metric.type == "counter" and sample.name.endswith("_total"))
    if not allowed:
        raise ValueError(f"Metric {metric.name} has exemplars, but is not a histogram bucket or counter")
    labels = ",".join(f'{name}="{_escape(value)}"' for name, value in sorted(exemplar.labels.items()))
    timestamp = f" {exemplar.timestamp}" if exemplar.timestamp is not None else ""
    return f" # {{{labels}}} {floatToGoString(exemplar.value)}{timestamp}"


def _native_histogram(histogram: Any) -> str:
    parts = [
        f"count:{histogram.count_value}",
        f"sum:{histogram.sum_value}",
        f"schema:{histogram.schema}",
        f"zero_threshold:{histogram.zero_threshold}",
        f"zero_count:{histogram.zero_count}",
    ]
    sides = (
        ("negative", histogram.neg_spans, histogram.neg_deltas),
        ("positive", histogram.pos_spans, histogram.pos_deltas),
    )
    for sign, spans, deltas in sides:
        if spans:
            parts.append(f"{sign}_spans:[{','.join(f'{span[0]}:{span[1]}' for span in spans)}]")
            parts.append(f"{sign}_deltas:[{','.join(str(delta) for delta in deltas)}]")
    return "{" + ",".join(parts) + "}"


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _family_name(name: str) -> str:
    """The name, in quotes if it needs them."""
    return name if _is_valid_legacy_metric_name(name) else f'"{_escape(name)}"'


def _label_name(name: str) -> str:
    return name if _is_valid_legacy_labelname(name) else f'"{_escape(name)}"'


def escape_metric_name(s: str, escaping: str = UNDERSCORES) -> str:
    """The name of a metric as the scheme writes it."""
    return _escape_name(s, escaping, _is_valid_legacy_metric_name, ":")


def escape_label_name(s: str, escaping: str = UNDERSCORES) -> str:
    """The name of a label as the scheme writes it."""
    return _escape_name(s, escaping, _is_valid_legacy_labelname, "")


def _escape_name(name: str, escaping: str, is_legacy: Callable[[str], bool], extra: str) -> str:
    if not name or escaping == ALLOWUTF8:
        return name
    if escaping == UNDERSCORES:
        return name if is_legacy(name) else "".join(_kept(name, extra, lambda character: "_"))
    if escaping == DOTS:
        return "".join(_kept(name, extra, lambda character: "__", {"_": "__", ".": "_dot_"}))
    if escaping == VALUES:
        if is_legacy(name):
            return name
        escaped = _kept(name, extra, lambda character: f"_{ord(character):x}_", {"_": "__"})
        return "U__" + "".join(escaped)
    return name


def _kept(name: str, extra: str, replace: Callable[[str], str], special: Optional[Dict[str, str]] = None) -> Any:
    for at, character in enumerate(name):
        if special and character in special:
            yield special[character]
        elif (
            character == "_"
            or character in extra
            or (character.isascii() and (character.isalpha() or (character.isdigit() and at > 0)))
        ):
            yield character
        else:
            yield replace(character)
