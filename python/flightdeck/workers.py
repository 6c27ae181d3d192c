"""Which processes count together: the workers of a server, without anybody telling them.

gunicorn, uvicorn, hypercorn, granian and uWSGI have a process that starts the others, by forking or with `multiprocessing`. The
workers of one such process meet in a file named by it, so a restart begins anew, and what an ended server left is removed
by the next. Inside the file workers are kept apart by their service. A program that never forks has no file.

| the process | meets the others |
|---|---|
| was forked, or is a child of `multiprocessing` | when it makes its first metric |
| is about to fork (`gunicorn --preload`) | before it forks; the child starts from zero in cells of its own |
| was forked by uWSGI, which does it in C and tells the child afterwards | then, or with its first request |
| has children that made a file in its name | when it is scraped |

Nothing here raises: a worker that cannot meet the others counts for itself, as with one process, and that is counted. How the
file works is told in `python/src/shared/mod.rs`.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import weakref
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _core, failures

_Segment: Any = getattr(_core, "Segment", None)

_FORKED_NOT_EXECUTED = 0x40
_ANCESTORS_MAX = 16

# Every use of the segment is under it, and so is every fork: no other thread can be at work in there while it is copied.
_lock = threading.RLock()
_segment: Any = None
_service = ""
# Whether this process is somebody's worker; not known yet.
_is_worker: Optional[bool] = None
_failed = False
# Registries whose metrics are shared, and gauges that ask a function.
_registries: "weakref.WeakSet[Any]" = weakref.WeakSet()
_asked: "weakref.WeakSet[Any]" = weakref.WeakSet()
_publishers: List[Callable[[], None]] = []
# What is done in a child after a fork, and in which process that was done.
_in_child: List[Callable[[], None]] = []
_pid = os.getpid()


def registry_key(name: Optional[str] = None) -> Optional[str]:
    """What names a registry that is just being made in all workers alike; `None`: it is this process's alone.

    Registries that are made while modules are imported are the same ones in every worker. What is made later, for one job or
    one request, is nobody else's.
    """
    if name is not None:
        return name
    frame: Any = sys._getframe(2)
    made_by = f"{frame.f_globals.get('__name__', '')}:{frame.f_code.co_name}:{frame.f_lineno}"
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            return made_by
        frame = frame.f_back
    return None


def know(registry: Any) -> None:
    """Remembers a registry whose metrics are shared as soon as there are workers."""
    _registries.add(registry)


def name_service(service: str) -> None:
    """Says which service this process is of; only those of the same one are added up."""
    global _service
    with _lock:
        _service = service
        if _segment is not None:
            _try("naming the service", lambda: _segment.rename(service))


def adopt(metric: Any) -> None:
    """Shares the numbers of a metric that was just made, if there is anybody to share them with."""
    if _segment is None and not _expects_others():
        return
    with _lock:
        if _joined():
            _try("sharing a metric", lambda: _adopt(metric))


def info_changed(metric: Any) -> None:
    """Shares what an Info says now."""
    if _segment is not None:
        with _lock:
            _try("sharing an Info", lambda: _adopt(metric))


def forget(metric: Any) -> None:
    """Forgets a child in all workers."""
    if _segment is not None and metric._shared_key is not None:
        with _lock:
            _try("removing a series", lambda: _segment.remove(_family(metric), _values(metric)))


def reset(metric: Any) -> None:
    """Sets a child to zero in all workers."""
    if _segment is not None and metric._shared_key is not None:
        forget(metric)
        adopt(metric)


def keep_exemplar(number: Any, labels: Dict[str, str], value: float) -> None:
    """Shows an exemplar to the other workers; while somebody scrapes, rather not than later."""
    if _segment is None or not _lock.acquire(blocking=False):
        return
    try:
        import json

        text = json.dumps(labels, ensure_ascii=False, separators=(",", ":"))
        _try("sharing an exemplar", lambda: _segment.keep_exemplar(number, text, value, time.time()))
    finally:
        _lock.release()


def asks_function(gauge: Any) -> None:
    """Remembers a gauge whose value a function knows."""
    _asked.add(gauge)


def on_publish(publish: Callable[[], None]) -> None:
    """Calls it whenever this worker tells the others what it alone can know."""
    _publishers.append(publish)


def _ask(gauge: Any) -> None:
    gauge._value.set(next(iter(gauge._child_samples())).value)


def publish() -> None:
    """Tells the other workers what this one alone can know: gauges that ask functions, its garbage collector."""
    if not has_others():
        return
    for gauge in list(_asked):
        _try("asking a gauge's function", partial(_ask, gauge))
    for publisher in _publishers:
        _try("publishing", publisher)


def is_joined() -> bool:
    """Whether this process shares its numbers already."""
    return _segment is not None


def set_number(
    kind: str, name: str, documentation: str, labels: Dict[str, str], value: float, mode: str = "all"
) -> None:
    """Sets a number that no metric of this process has; `mode` says what becomes of several workers' numbers."""
    with _lock:
        if _segment is not None:
            family: Tuple[Any, ...] = ("", kind, name, mode, list(labels), [], [], documentation, "")
            _segment.value(family, list(labels.values()), time.time()).set(value)


def has_others() -> bool:
    """Whether there are other workers of this service, or were."""
    with _lock:
        return _joined() and bool(_try("looking for workers", lambda: _segment.has_others()))


def pids() -> List[int]:
    """The process numbers of the workers of this service; empty when there is one at most."""
    with _lock:
        found = _try("looking for workers", lambda: _segment.workers()) if _joined() else None
        return found if found and len(found) > 1 else []


def is_shared(collector: Any) -> bool:
    """Whether a collector is a metric that is added up over the workers."""
    return getattr(collector, "_shared_key", None) is not None


def counts_together(registry: Any) -> bool:
    """Whether a registry's metrics are added up over workers."""
    return getattr(registry, "_shared_key", None) is not None and has_others()


def texts(registry: Any, written: str, with_created: bool) -> Optional[Dict[str, bytes]]:
    """The families of all workers in a format, as far as that is written natively; `None`: there are no others."""
    if not counts_together(registry):
        return None
    publish()
    with _lock:
        return _try("adding up the workers", lambda: _segment.texts(registry._shared_key, written, with_created))  # type: ignore[no-any-return]


def families(registry: Any, without: Optional[str] = None) -> Optional[Dict[str, Any]]:
    """The families of all workers by name, or those that `texts` leaves out in that format; `None`: there are no others."""
    if not counts_together(registry):
        return None
    if without is None:
        publish()
    with _lock:
        told = _try("adding up the workers", lambda: _segment.families(registry._shared_key, without))
    if told is None:
        return None
    from .prometheus_client.workers_families import family_of

    return {name: family_of(kind, name, *rest) for kind, name, *rest in told}


def _try(what: str, work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception:
        failures.count(what)
        return None


# How processes meet.


def _expects_others() -> bool:
    global _is_worker
    if _is_worker is None:
        _is_worker = _Segment is not None and not failures.is_disabled() and _master() != os.getpid()
    return _is_worker


def _joined() -> bool:
    """Whether this process shares its numbers; it begins to where it has reason to. Called with the lock."""
    if _segment is None and not _failed and _Segment is not None and not failures.is_disabled():
        if _expects_others() or os.path.exists(_path(os.getpid())):
            _join()
    return _segment is not None


def _join() -> None:
    global _segment, _failed
    try:
        master = _master()
        path = _path(master)
        _sweep()
        _segment = _Segment(path, _service)
        if master == os.getpid():
            atexit.register(_remove, path, master)
        for registry in list(_registries):
            for metric in list(registry._collector_to_names):
                if is_shared(metric):
                    _adopt_all(metric)
    except Exception:
        # Set first: counting makes a metric, which would try again.
        _failed = True
        failures.count("meeting the other workers")


def _adopt_all(metric: Any) -> None:
    for child in list(metric._metrics.values()) if metric._is_parent() else (metric,):
        _try("sharing a metric", lambda child=child: _adopt(child))  # type: ignore[misc]


def _adopt(metric: Any) -> None:
    if metric._type == "info":
        if metric._value:
            import json

            said = json.dumps(metric._value, sort_keys=True)
            _segment.value(_family(metric), [*_values(metric), said], time.time()).set(time.time())
    elif metric._numbers() is not None:
        _segment.adopt(_family(metric), _values(metric), getattr(metric, "_created", 0.0), metric)


def _values(metric: Any) -> List[str]:
    return list(metric._labelvalues)


def _family(metric: Any) -> Tuple[Any, ...]:
    mode, bounds = getattr(metric, "_multiprocess_mode", ""), getattr(metric, "_upper_bounds", ())
    if getattr(metric, "_native_schema", None) is not None:
        mode = f"native:{metric._native_schema}"
    elif getattr(metric, "_quantiles", ()):
        mode, bounds = f"quantiles:{metric._window}", metric._quantiles
    return (
        metric._shared_key,
        metric._type,
        metric._name,
        mode,
        list(metric._labelnames),
        list(bounds),
        list(getattr(metric, "_states", ())),
        metric._documentation,
        metric._unit,
    )


def group() -> int:
    """What names the processes that count together: the one that started them; this one where it counts for itself."""
    return _master() if is_joined() else os.getpid()


def _master() -> int:
    """The process that started this one and its siblings; this one itself where nobody did."""
    pid = os.getpid()
    for _ in range(_ANCESTORS_MAX):
        parent = _parent(pid)
        if parent is None:
            break
        pid = parent
    return pid


def _parent(pid: int) -> Optional[int]:
    """The process that `pid` is a worker of: it was forked from it and went on as a copy, or is its `multiprocessing` child."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
        parent, flags = int(fields[1]), int(fields[6])
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            command = cmdline.read()
        # A server that became a daemon is nobody's worker: its parent, the system's first process, is another program.
        if flags & _FORKED_NOT_EXECUTED and os.readlink(f"/proc/{pid}/exe") == os.readlink(f"/proc/{parent}/exe"):
            return parent
        return parent if b"--multiprocessing-fork" in command or b"multiprocessing.forkserver" in command else None
    except (OSError, ValueError, IndexError):
        return _parent_by_multiprocessing() if pid == os.getpid() else None


def _parent_by_multiprocessing() -> Optional[int]:
    """For systems that tell nothing about processes."""
    module = sys.modules.get("multiprocessing.process")
    parent = getattr(module, "parent_process", lambda: None)()
    return getattr(parent, "pid", None)


def _path(master: int) -> str:
    return os.path.join(_directory(), f"{_prefix()}{master}-{_core.process_started(master)}")


def _directory() -> str:
    if os.access("/dev/shm", os.W_OK | os.X_OK):
        return "/dev/shm"
    import tempfile

    return tempfile.gettempdir()


def _prefix() -> str:
    """The same for processes that can tell each other's numbers."""
    try:
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        space = "0"
    return f"flightdeck-{os.getuid()}-{space}-"


def _sweep() -> None:
    """Removes files of servers that ended."""
    directory, prefix = _directory(), _prefix()
    for name in os.listdir(directory):
        master, _, started = name[len(prefix) :].partition("-") if name.startswith(prefix) else ("", "", "")
        if master.isdigit() and str(_core.process_started(int(master))) != started:
            try:
                os.unlink(os.path.join(directory, name))
            except OSError:
                # Another process swept it.
                pass


def _remove(path: str, master: int) -> None:
    if os.getpid() == master:
        try:
            os.unlink(path)
        except OSError:
            pass


# Forks.


def _before_fork() -> None:
    _lock.acquire()
    # Who has metrics and forks is about to have workers, which are to find each other.
    if _segment is None and not _failed and _Segment is not None and not failures.is_disabled():
        if _has_shared():
            _join()


def _has_shared() -> bool:
    return any(is_shared(metric) for registry in list(_registries) for metric in list(registry._collector_to_names))


def _after_fork_in_parent() -> None:
    _lock.release()


def _after_fork_in_child() -> None:
    global _lock, _is_worker, _failed, _pid
    _pid = os.getpid()
    _lock = threading.RLock()
    _is_worker = None
    if _segment is not None:
        _try("starting as a worker", _segment.forked)
        return
    _failed = False
    # Nobody said before that there would be workers.
    if _has_shared():
        with _lock:
            _joined()


def in_child(function: Callable[[], None]) -> None:
    """Has a function called in every child after a fork."""
    _in_child.append(function)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=function)


def notice_fork() -> None:
    """For forks that nobody told Python of."""
    if _pid != os.getpid():
        for function in _in_child:
            _try("starting as a worker", function)


def _follow_uwsgi() -> None:
    server: Any = sys.modules.get("uwsgi")
    if server is None:
        return
    try:
        # Its decorators have a list for the one hook there is; they refuse to be imported where there is no master.
        from uwsgidecorators import postfork

        postfork(notice_fork)
    except Exception:
        former = getattr(server, "post_fork_hook", None)

        def hook() -> None:
            notice_fork()
            if former is not None:
                former()

        server.post_fork_hook = hook


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent)
in_child(_after_fork_in_child)
_follow_uwsgi()
