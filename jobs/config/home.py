"""A home: the folder with a `yeban.toml`, where everything lies below it, and the stores of what lies there."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jobs.config.model import Config
from jobs.config.sections.scoring import Task
from storage.errors import ConfigError

if TYPE_CHECKING:  # a store is imported by whoever asks for it: `yeban --help` needs none
    from models.registry import Registry
    from storage.lake.journal.slot_journal import SlotJournal
    from storage.lake.journal.states import SlotStates
    from storage.lake.parts import PartStore
    from storage.lake.summaries import SummaryStore
    from storage.nights.store import NightStore
    from storage.profiles.references import ReferenceStore
    from storage.relabel.batches import BatchStore
    from storage.runs.log import RunLog
    from storage.warehouse.connection import Warehouse

CONFIG_NAME: Final = "yeban.toml"


@dataclass(frozen=True, slots=True)
class Home:
    """A folder with a `yeban.toml`, and where everything lies below it."""

    root: Path
    config: Config

    @property
    def parts(self) -> Path:
        """Staged parts, profiles and plans."""
        return self.root / "parts"

    @property
    def summaries(self) -> Path:
        """The summary of each slot, kept when it was asked for."""
        return self.root / "summaries"

    @property
    def references(self) -> Path:
        """Frozen references."""
        return self.root / "references"

    @property
    def bundles(self) -> Path:
        """Trained bundles."""
        return self.root / "bundles"

    @property
    def shadow(self) -> Path:
        """Parts that were scored to be compared, and are never loaded."""
        return self.root / "shadow"

    @property
    def run_records(self) -> Path:
        """One JSON file per run."""
        return self.root / "runs"

    @property
    def prediction_cache(self) -> Path:
        """Predictions kept for texts that come again: safe to remove."""
        return self.root / "cache" / "answers"

    @property
    def evidently(self) -> Path:
        """Workspace of Evidently's UI: reports made from what is kept elsewhere."""
        return self.root / "evidently"

    @property
    def nights(self) -> Path:
        """What monitoring found out: one folder per night."""
        return self.root / "nights"

    @property
    def alerts(self) -> Path:
        """Alerts on their way, and those that have arrived."""
        return self.root / "alerts"

    @property
    def relabel(self) -> Path:
        """Batches that people are asked to label."""
        return self.root / "relabel"

    @property
    def learning_curves(self) -> Path:
        """Predictions of the networks behind learning curves: safe to remove."""
        return self.root / "cache" / "effect"

    @property
    def retired(self) -> Path:
        """Notes of predictions that were removed."""
        return self.root / "retired"

    @property
    def reports(self) -> Path:
        """Comparisons of shadow runs."""
        return self.root / "reports"

    @property
    def logs(self) -> Path:
        """Where cron and others may send what commands say."""
        return self.root / "logs"

    @property
    def locks(self) -> Path:
        """One lock file per task."""
        return self.root / "locks"

    @property
    def schedule(self) -> Path:
        """What the scheduler keeps: since when it answers for each task, when it woke, for which nights it beat."""
        return self.root / "schedule"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file."""
        return self.root / self.config.warehouse.path

    @property
    def part_store(self) -> PartStore:
        """Staged parts, profiles and plans of the nights."""
        from storage.lake.parts import PartStore

        return PartStore(self.parts)

    @property
    def shadow_store(self) -> PartStore:
        """Parts of shadow runs."""
        from storage.lake.parts import PartStore

        return PartStore(self.shadow)

    @property
    def summary_store(self) -> SummaryStore:
        """Summaries of slots."""
        from storage.lake.summaries import SummaryStore

        return SummaryStore(self.summaries)

    @property
    def journal(self) -> SlotJournal:
        """Plans, marks, replace orders and retirements of slots."""
        from storage.lake.journal.slot_journal import SlotJournal

        return SlotJournal(self.parts, self.retired)

    @property
    def slot_states(self) -> SlotStates:
        """The same to read: which state each slot is in."""
        from storage.lake.journal.states import SlotStates

        return SlotStates(self.parts, self.retired)

    @property
    def reference_store(self) -> ReferenceStore:
        """Frozen references."""
        from storage.profiles.references import ReferenceStore

        return ReferenceStore(self.references)

    @property
    def run_log(self) -> RunLog:
        """Records of runs."""
        from storage.runs.log import RunLog

        return RunLog(self.run_records)

    @property
    def night_store(self) -> NightStore:
        """Findings of monitored nights, and their pages."""
        from storage.nights.store import NightStore

        return NightStore(self.nights)

    @property
    def batch_store(self) -> BatchStore:
        """Batches to label."""
        from storage.relabel.batches import BatchStore

        return BatchStore(self.relabel)

    @property
    def registry(self) -> Registry:
        """Bundles, and which of them is in use."""
        from models.registry import Registry

        return Registry(self.bundles)

    def open_warehouse(self) -> Warehouse:
        """The DuckDB file, opened by each of its transactions."""
        from storage.warehouse.connection import Warehouse

        return Warehouse(self.warehouse, patience_s=self.config.warehouse.patience_s)

    def task(self, name: str) -> Task:
        """A configured task.

        Raises:
            ConfigError: There is none of that name.
        """
        if name in self.config.tasks:
            return self.config.tasks[name]
        near = difflib.get_close_matches(name, self.config.tasks, n=1)
        raise ConfigError(
            f"no task {name!r} in {self.root / CONFIG_NAME}" + (f"; did you mean {near[0]!r}?" if near else ""),
            expected=f"one of {', '.join(self.config.tasks) or '(none configured)'}",
            action=f"check the spelling, or add a section [tasks.{name}]",
        )
