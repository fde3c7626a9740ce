"""Where the time of a run went."""

from __future__ import annotations

from collections.abc import Mapping

from jobs.config.sections.schedule import STEPS
from storage.runs.log import RunRecord

_SECONDS = "_s"
_RATE = "_per_s"
_ORDER = (*STEPS, "read", "prepare", "network", "stage")


def stages_of(record: RunRecord) -> Mapping[str, float]:
    """Seconds of each stage, as the run counted them, in the order in which rows go through.

    Stages that overlap add up to more than the run took.
    """
    stages = {
        name.removesuffix(_SECONDS): float(value)
        for name, value in record.metrics.items()
        if name.endswith(_SECONDS) and not name.endswith(_RATE) and isinstance(value, int | float)
    }
    steps = record.metrics.get("steps")
    if isinstance(steps, Mapping):
        stages |= {name: float(step["seconds"]) for name, step in steps.items() if _took(step)}
    return {name: stages[name] for name in sorted(stages, key=_place)}


def seconds_of(record: RunRecord) -> float | None:
    """How long a run took, None while it runs, and where it was killed."""
    return (record.finished_at - record.started_at).total_seconds() if record.finished_at else None


def _place(stage: str) -> tuple[int, str]:
    return (_ORDER.index(stage) if stage in _ORDER else len(_ORDER), stage)


def _took(step: object) -> bool:
    return isinstance(step, Mapping) and isinstance(step.get("seconds"), int | float)
