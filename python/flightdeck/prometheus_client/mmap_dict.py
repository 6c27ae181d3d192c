"""A file of numbers by key, mapped into memory: what each process writes where PROMETHEUS_MULTIPROC_DIR is set.

| bytes | |
|---|---|
| 0..4 | how many bytes are used, as a native `int` |
| 4..8 | nothing |
| then for each entry | length of the key as `int`, the key, spaces up to a multiple of 8, value and time as `double` |
"""

from __future__ import annotations

import json
import mmap
import os
import struct
from typing import Any, Dict, Iterator, Optional, Tuple

_INITIAL_MMAP_SIZE = 1 << 16
_HEADER_BYTES = 8
_INTEGER = struct.Struct("i")
_PAIR = struct.Struct("dd")


def _entries(data: Any, used: int, filename: Optional[str]) -> Iterator[Tuple[str, float, float, int]]:
    """Key, value, time, and where the value is."""
    at = _HEADER_BYTES
    while at < used:
        (key_bytes,) = _INTEGER.unpack_from(data, at)
        # Whatever the file says, nothing is read beyond what it says is used.
        padded = key_bytes + (8 - (key_bytes + 4) % 8)
        value_at = at + 4 + padded
        if key_bytes < 0 or value_at + _PAIR.size > used or used > len(data):
            raise RuntimeError(f"Read beyond file size detected, {filename} is corrupted.")
        key = bytes(data[at + 4 : at + 4 + key_bytes]).decode("utf-8")
        value, timestamp = _PAIR.unpack_from(data, value_at)
        yield key, value, timestamp, value_at
        at = value_at + _PAIR.size


class MmapedDict:
    """Numbers and their times by key, in a file that others may read at any time.

    An entry is written before the count of used bytes, so that readers never see half of one. Only one process writes.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        self._filename = filename
        self._f: Optional[Any] = open(filename, "rb" if read_mode else "a+b")
        self._f.seek(0, os.SEEK_END)
        self._capacity = self._f.tell()
        if self._capacity == 0 and not read_mode:
            self._f.truncate(_INITIAL_MMAP_SIZE)
            self._capacity = _INITIAL_MMAP_SIZE
        access = mmap.ACCESS_READ if read_mode else mmap.ACCESS_WRITE
        self._m: Optional[mmap.mmap] = mmap.mmap(self._f.fileno(), self._capacity, access=access)
        self._positions: Dict[str, int] = {}
        (self._used,) = _INTEGER.unpack_from(self._m, 0)
        if self._used == 0:
            self._used = _HEADER_BYTES
            if not read_mode:
                _INTEGER.pack_into(self._m, 0, self._used)
        elif not read_mode:
            for key, _, _, at in _entries(self._m, self._used, filename):
                self._positions[key] = at

    @staticmethod
    def read_all_values_from_file(filename: str) -> Iterator[Tuple[str, float, float, int]]:
        """Everything in a file that another process may be writing."""
        with open(filename, "rb") as file:
            data = file.read(mmap.PAGESIZE)
            (used,) = _INTEGER.unpack_from(data, 0)
            if used > len(data):
                data += file.read(used - len(data))
        return _entries(data, used, filename)

    def read_all_values(self) -> Iterator[Tuple[str, float, float]]:
        """Key, value and time of all entries."""
        for key, value, timestamp, _ in _entries(self._m, self._used, self._filename):
            yield key, value, timestamp

    def read_value(self, key: str) -> Tuple[float, float]:
        """Value and time; an entry that is not there is made, zero."""
        if key not in self._positions:
            self._init_value(key)
        return _PAIR.unpack_from(self._m, self._positions[key])  # type: ignore[arg-type]

    def write_value(self, key: str, value: float, timestamp: float) -> None:
        """Sets value and time."""
        if key not in self._positions:
            self._init_value(key)
        _PAIR.pack_into(self._m, self._positions[key], value, timestamp)  # type: ignore[arg-type]

    def _init_value(self, key: str) -> None:
        encoded = key.encode("utf-8")
        padded = encoded + b" " * (8 - (len(encoded) + 4) % 8)
        entry = _INTEGER.pack(len(encoded)) + padded + _PAIR.pack(0.0, 0.0)
        if self._used + len(entry) > self._capacity:
            self._grow(self._used + len(entry))
        self._m[self._used : self._used + len(entry)] = entry  # type: ignore[index]
        self._used += len(entry)
        _INTEGER.pack_into(self._m, 0, self._used)  # type: ignore[arg-type]
        self._positions[key] = self._used - _PAIR.size

    def _grow(self, bytes_min: int) -> None:
        while self._capacity < bytes_min:
            self._capacity *= 2
        self._f.truncate(self._capacity)  # type: ignore[union-attr]
        self._m = mmap.mmap(self._f.fileno(), self._capacity)  # type: ignore[union-attr]

    def close(self) -> None:
        """Closes the file; what is in it stays."""
        if self._f:
            self._m.close()  # type: ignore[union-attr]
            self._m = None
            self._f.close()
            self._f = None


def mmap_key(metric_name: str, name: str, labelnames: Any, labelvalues: Any, help_text: str) -> str:
    """The key of a sample in such a file."""
    return json.dumps([metric_name, name, dict(zip(labelnames, labelvalues)), help_text], sort_keys=True)
