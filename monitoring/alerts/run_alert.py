"""An alert on a run: missed, failed, late, slow or skipped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from models.pages.localized_text import LocalizedText
from monitoring.findings.json_form import stored_as, stored_in_two
from monitoring.findings.judgement import Severity
from storage.records import digest

Trouble = Literal["missed", "failed", "late", "slow", "skipped"]
"""`skipped`: given up, it will not be run any more."""

_SEVERITY: Final[dict[Trouble, Severity]] = {
    "missed": "critical",
    "failed": "critical",
    "late": "warning",
    "slow": "warning",
    "skipped": "critical",
}


@dataclass(frozen=True, slots=True)
class RunAlert:
    """An alert on a run.

    Attributes:
        id: `alert` in JSON; the same for the same job, task, date and trouble, whichever process finds it.
        task: The task.
        logical_date: The date.
        job: The job.
        trouble: What is wrong.
        severity: How bad.
        run_id: The run's record; empty where there is none.
        message: One line.
    """

    id: str = field(metadata=stored_as("alert"))
    task: str
    logical_date: date
    job: str
    trouble: Trouble
    severity: Severity
    run_id: str
    message: LocalizedText = field(metadata=stored_in_two("message_en", "message_zh"))

    @property
    def is_new(self) -> bool:
        """Always: the outbox knows which sinks have it already."""
        return True


def run_alert(
    job: str, task: str, logical_date: date, trouble: Trouble, run_id: str, message: LocalizedText
) -> RunAlert:
    """An alert on a trouble; its id follows from all but the record and the message."""
    return RunAlert(
        id=digest("run", job, task, logical_date, trouble),
        task=task,
        logical_date=logical_date,
        job=job,
        trouble=trouble,
        severity=_SEVERITY[trouble],
        run_id=run_id,
        message=message,
    )
