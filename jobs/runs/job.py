"""The jobs that leave a record: what each is called there, and which lock it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of run.

    Attributes:
        name: The job's name in its record.
        lock: The lock of the task that it holds, see `jobs.runs.locks.task_lock`: empty for that of scoring, None
            where any number of such runs may go on at once.
        mirrored: The records are copied into the warehouse when the run has ended. A job that does not use the
            warehouse leaves that to a later run: it must not wait for a warehouse that is locked.
    """

    name: str
    lock: str | None
    mirrored: bool = True


SCORE: Final = Job("score", "", mirrored=False)
LOAD: Final = Job("load", "", mirrored=False)
SHADOW: Final = Job("shadow", "shadow", mirrored=False)
MONITOR: Final = Job("monitor", "monitor")
PICK: Final = Job("relabel pick", "relabel")
TRAIN: Final = Job("train", "train", mirrored=False)
FINETUNE: Final = Job("finetune", "train", mirrored=False)
EVALUATE: Final = Job("evaluate", None, mirrored=False)
GATE: Final = Job("gate", None, mirrored=False)
LEARNING_CURVE: Final = Job("relabel effect", "effect", mirrored=False)
NIGHTLY: Final = Job("nightly", "nightly")
TIDY: Final = Job("tidy", None, mirrored=False)
