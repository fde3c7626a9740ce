"""What killed runs left half-written, removed."""

from __future__ import annotations

from jobs.config.home import Home
from storage.files.atomic import sweep_temporaries


def sweep(home: Home) -> None:
    """Remove temporaries that no living process writes to.

    Beside the warehouse lie dumps: what is below it is not ours.
    """
    ours = (home.parts, home.shadow, home.summaries, home.references, home.nights, home.alerts, home.relabel)
    for folder in (*ours, home.evidently, home.run_records, home.locks, home.schedule, home.retired, home.answers):
        sweep_temporaries(folder)
    sweep_temporaries(home.warehouse.parent, recursive=False)
