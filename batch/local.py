"""The local executor: this process scores the units one after the other and stages their parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from batch.columns import ColumnMapping, RawRows
from batch.dump import Dump
from batch.predictions import to_table
from batch.reader import read_units
from batch.scorer import Scorer
from storage.errors import InputError
from storage.parts import PartStore
from storage.profiles import profile_of
from storage.records import Unit


@dataclass(frozen=True, slots=True)
class LocalExecutor:
    """Scores units in this process.

    Attributes:
        scorer: The bundle, ready to score.
        store: Where parts are staged.
        mapping: The dump's columns.
        time_zone: The zone of timestamps that name none.
    """

    scorer: Scorer
    store: PartStore
    mapping: ColumnMapping
    time_zone: str

    def run(self, dump: Dump, units: Sequence[Unit], on_unit: Callable[[Unit], None]) -> list[InputError]:
        """Score and stage units, file by file.

        Args:
            dump: Where the units come from.
            units: What to score.
            on_unit: Called when a unit is staged.

        Returns:
            Files that broke off while being read; their earlier units are staged all the same.

        Raises:
            DiskFull: Nothing more can be staged.
        """
        by_file: dict[str, list[Unit]] = defaultdict(list)
        for unit in units:
            by_file[unit.source_path].append(unit)
        failures = []
        for name in sorted(by_file):
            try:
                for unit, raw in read_units(dump.sources[name], by_file[name], self.mapping, self.time_zone):
                    self._score(unit, raw)
                    on_unit(unit)
            except InputError as error:
                failures.append(error)
        return failures

    def _score(self, unit: Unit, raw: RawRows) -> None:
        distinct = self.scorer.score(raw.texts)
        scores = distinct.take(raw.which.to_numpy().astype(np.int64))
        labels = self.scorer.bundle.labels
        table = to_table(unit, raw, scores, labels)
        profile = profile_of(
            table,
            labels,
            duplicates=raw.rows - len(np.unique(scores.text_hash)),
            invalid_utf8=raw.invalid_utf8,
            unk_tokens=int(scores.n_unknown.sum()),
        )
        self.store.stage(unit, table, profile)
