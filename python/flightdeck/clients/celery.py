"""Celery: tasks by their names, where they run."""

from __future__ import annotations

from typing import Any, Dict

from .calls import Call, calls_of


def instrument() -> None:
    """Measures all workers."""
    from celery import signals

    calls = calls_of("task")
    running: Dict[str, Any] = {}
    failed: Dict[str, bool] = {}

    def began(task_id: str, task: Any, **_: Any) -> None:
        running[task_id] = calls.begin(task.name)

    def raised(task_id: str, **_: Any) -> None:
        failed[task_id] = True

    def ended(task_id: str, **_: Any) -> None:
        call: "Call | None" = running.pop(task_id, None)
        calls.end(call, "error" if failed.pop(task_id, False) else "ok")

    signals.task_prerun.connect(began, weak=False)
    signals.task_failure.connect(raised, weak=False)
    signals.task_postrun.connect(ended, weak=False)
