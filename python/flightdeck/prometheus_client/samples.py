"""What a scrape consists of: samples, exemplars, native histograms and times."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Sequence, Union


class Timestamp:
    """A time that keeps all digits of its text: seconds and nanoseconds."""

    def __init__(self, sec: float, nsec: float) -> None:
        if nsec < 0 or nsec >= 1e9:
            raise ValueError(f"Invalid value for nanoseconds in Timestamp: {nsec}")
        if sec < 0:
            nsec = -nsec
        self.sec: int = int(sec)
        self.nsec: int = int(nsec)

    def __str__(self) -> str:
        return f"{self.sec}.{self.nsec:09d}"

    def __repr__(self) -> str:
        return f"Timestamp({self.sec}, {self.nsec})"

    def __float__(self) -> float:
        return float(self.sec) + float(self.nsec) / 1e9

    def _key(self) -> tuple[int, int]:
        return (self.sec, self.nsec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __gt__(self, other: "Timestamp") -> bool:
        return self._key() > other._key()

    def __lt__(self, other: "Timestamp") -> bool:
        return self._key() < other._key()


class BucketSpan(NamedTuple):
    """A run of buckets of a native histogram, and how many empty ones are before it."""

    offset: int
    length: int


class NativeHistogram(NamedTuple):
    """The value of a histogram whose buckets grow exponentially."""

    count_value: float
    sum_value: float
    schema: int
    zero_threshold: float
    zero_count: float
    pos_spans: Optional[Sequence[BucketSpan]] = None
    neg_spans: Optional[Sequence[BucketSpan]] = None
    pos_deltas: Optional[Sequence[int]] = None
    neg_deltas: Optional[Sequence[int]] = None
    nh_exemplars: "Optional[Sequence[Exemplar]]" = None


class Exemplar(NamedTuple):
    """One observation with the labels of its trace."""

    labels: Dict[str, str]
    value: float
    timestamp: Optional[Union[float, Timestamp]] = None


class Sample(NamedTuple):
    """One line of an exposition."""

    name: str
    labels: Dict[str, str]
    value: float
    timestamp: Optional[Union[float, Timestamp]] = None
    exemplar: Optional[Exemplar] = None
    native_histogram: Optional[NativeHistogram] = None
