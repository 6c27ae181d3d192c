"""Where metrics keep their numbers: in Rust, or in files where PROMETHEUS_MULTIPROC_DIR asks for them."""

from __future__ import annotations

import os
import warnings
import weakref
from threading import Lock
from typing import Any, Callable, Dict, List, Optional

from .. import _core


class MutexValue(_core.Value):
    """A number in memory, whose arithmetic is native."""

    _multiprocess = False


# Every class of values in files that was made, for `close_all_multiprocess_files`.
_FILE_CLASSES: "weakref.WeakSet[type]" = weakref.WeakSet()


def MultiProcessValue(process_identifier: Callable[[], Any] = os.getpid) -> type:
    """A class of values that lie in files, one file for each kind and process.

    Processes are told apart by `process_identifier`: after a fork the child notices that it is another one, and goes on
    in files of its own.
    """
    files: Dict[str, Any] = {}
    made: List[Any] = []
    current = {"value": process_identifier()}
    lock = Lock()

    class MmapedValue:
        """A number in a file."""

        _multiprocess = True

        def __init__(
            self,
            typ: str,
            metric_name: str,
            name: str,
            labelnames: Any,
            labelvalues: Any,
            help_text: str,
            multiprocess_mode: str = "",
            **kwargs: Any,
        ) -> None:
            from .mmap_dict import mmap_key

            self._prefix = f"{typ}_{multiprocess_mode}" if typ == "gauge" else typ
            self._key = mmap_key(metric_name, name, labelnames, labelvalues, help_text)
            with lock:
                self._notice_fork()
                self._open()
                made.append(self)

        def _open(self) -> None:
            if self._prefix not in files:
                from .mmap_dict import MmapedDict

                directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR") or os.environ["prometheus_multiproc_dir"]
                files[self._prefix] = MmapedDict(os.path.join(directory, f"{self._prefix}_{current['value']}.db"))
            self._file = files[self._prefix]
            self._value, self._timestamp = self._file.read_value(self._key)

        def _notice_fork(self) -> None:
            process = process_identifier()
            if current["value"] == process:
                return
            current["value"] = process
            for file in files.values():
                file.close()
            files.clear()
            for value in made:
                value._open()

        def inc(self, amount: float) -> None:
            with lock:
                self._notice_fork()
                self._value += amount
                self._timestamp = 0.0
                self._file.write_value(self._key, self._value, self._timestamp)

        def set(self, value: float, timestamp: Any = None) -> None:
            with lock:
                self._notice_fork()
                self._value = value
                self._timestamp = timestamp or 0.0
                self._file.write_value(self._key, self._value, self._timestamp)

        def set_exemplar(self, exemplar: Any) -> None:
            """The format of the files has no room for exemplars."""

        def get(self) -> float:
            with lock:
                self._notice_fork()
                return self._value  # type: ignore[no-any-return]

        def get_exemplar(self) -> None:
            return None

        @classmethod
        def close_all_files(cls) -> None:
            """Closes the files, which some systems want before they are deleted."""
            with lock:
                for file in files.values():
                    file.close()
                files.clear()

    _FILE_CLASSES.add(MmapedValue)
    return MmapedValue


def close_all_multiprocess_files() -> None:
    """Closes the files of all values in files."""
    for file_class in list(_FILE_CLASSES):
        file_class.close_all_files()  # type: ignore[attr-defined]


def _directory() -> Optional[str]:
    """What PROMETHEUS_MULTIPROC_DIR says; its old spelling becomes the new one, with a warning for the caller's caller."""
    if "prometheus_multiproc_dir" in os.environ and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["prometheus_multiproc_dir"]
        warnings.warn(
            "prometheus_multiproc_dir variable has been deprecated in favor of the upper case naming PROMETHEUS_MULTIPROC_DIR",
            DeprecationWarning,
            stacklevel=3,
        )
    return os.environ.get("PROMETHEUS_MULTIPROC_DIR")


def get_value_class() -> type:
    """The class that the environment asks for."""
    return MutexValue if _directory() is None else MultiProcessValue()


ValueClass: Any = get_value_class()


def __getattr__(name: str) -> Any:
    # Only those who have files need what writes them.
    if name in ("MmapedDict", "mmap_key"):
        from . import mmap_dict

        return getattr(mmap_dict, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), "MmapedDict", "mmap_key"})
