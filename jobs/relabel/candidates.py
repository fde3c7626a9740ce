"""Candidates out of the warehouse: one visit, so that it is not locked while networks compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from monitoring.relabel.selection.mix import deal_to_strata
from monitoring.relabel.strategies.base.registry import STRATEGIES
from monitoring.relabel.strategies.base.strategy import Strategy
from storage.relabel.batches import BatchStore
from storage.warehouse.relabel_candidates import candidates, doubtable_labels, golden_labels
from storage.warehouse.relabel_scope import Scope
from storage.warehouse.relabel_texts import (
    QUEUED_SCHEMA,
    Measure,
    draw_texts,
    gather_texts,
    most_doubtful,
    stratum_sizes,
)

LABEL_DAYS: Final = 30
"""Labels of predictions so many days before the last date may be doubted: older texts may be gone from the dump."""
_SPARE: Final = 20

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Found:
    """What the warehouse has to offer.

    Attributes:
        population: Distinct texts that may be asked.
        table: Candidates of all arms, `CANDIDATES_SCHEMA`, sorted by text hash.
        doubted: Labelled rows, `DOUBTED_SCHEMA`.
        golden: Rows with a golden label, `DOUBTED_SCHEMA`.
        hashes: uint64, the candidates of each arm that picks among unlabelled texts, in order.
        quotas: Rows of each stratum that an arm should take; of arms to which strata don't matter none.
    """

    population: int
    table: pa.Table
    doubted: pa.Table
    golden: pa.Table
    hashes: Mapping[str, Hashes]
    quotas: Mapping[str, Mapping[str, int]]


def queued_rows(store: BatchStore, task: str) -> tuple[pa.Table, pa.Table]:
    """Items of all batches on disk: for SQL in `QUEUED_SCHEMA`, and their cleaned texts with doc_id and arm.

    Raises:
        TerminalError: A batch can't be read.
    """
    names = ["doc_id", "text_hash", "arm", "cleaned"]
    tables = [store.items(task, head.batch).select(names) for head in store.heads(task)]
    if not tables:
        empty = pa.schema([*QUEUED_SCHEMA, ("cleaned", pa.string())]).empty_table()
        return QUEUED_SCHEMA.empty_table(), empty
    everything = pa.concat_tables(tables)
    return everything.select(QUEUED_SCHEMA.names).cast(QUEUED_SCHEMA), everything


def find_candidates(
    con: duckdb.DuckDBPyConnection, scope: Scope, counts: Mapping[str, int], many: int, salt: str, queued: pa.Table
) -> Found:
    """Look for the candidates of all arms.

    Args:
        con: Of `Warehouse.reading()`.
        scope: Where to look.
        counts: Rows that each arm should get.
        many: Candidates for each of these rows.
        salt: Of what is drawn.
        queued: Items of earlier batches, `QUEUED_SCHEMA`.
    """
    population = gather_texts(con, scope, queued)
    strategies = {name: STRATEGIES.get(name) for name in counts}
    search = _Search(con, counts, strategies, many, salt)
    hashes = {name: search.hashes(name) for name, each in strategies.items() if each.source != "labelled"}
    quotas = {name: search.quotas(name) for name in strategies}
    since = max(scope.last - timedelta(days=LABEL_DAYS), date.min)
    asks_labelled = any(each.source == "labelled" for each in strategies.values())
    labelled = doubtable_labels(con, scope, since) if asks_labelled else None
    golden = golden_labels(con, scope)
    wanted = np.unique(np.concatenate([np.zeros(0, np.uint64), *hashes.values()]))
    table = candidates(con, scope, wanted)
    return Found(population, table, golden.slice(0, 0) if labelled is None else labelled, golden, hashes, quotas)


class _Search:
    """Where each arm finds its unlabelled candidates: in one uniform draw, and among the texts of least confidence.

    Args:
        con: After `gather_texts`.
        counts: Rows that each arm should get.
        strategies: Of the arms.
        many: Candidates for each of these rows.
        salt: Of what is drawn.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        counts: Mapping[str, int],
        strategies: Mapping[str, Strategy],
        many: int,
        salt: str,
    ) -> None:
        self._con, self._counts, self._strategies, self._many = con, counts, strategies, many
        self._sizes = stratum_sizes(con)
        sampled = sum(count for name, count in counts.items() if strategies[name].is_sample)
        # Some more than a sample should get: a text may be gone from the dump.
        self._sample = sampled + sampled // 5 + _SPARE if sampled else 0
        others = [count * many for name, count in counts.items() if strategies[name].source in ("drawn", "both")]
        self._drawn = draw_texts(con, self._sample + max(others, default=0), salt)

    def quotas(self, name: str) -> Mapping[str, int]:
        """Rows of each stratum that an arm should take; none where strata don't matter to it."""
        return deal_to_strata(self._counts[name], self._sizes) if self._strategies[name].by_score else {}

    def hashes(self, name: str) -> Hashes:
        """The candidates of an arm, in order, each once."""
        strategy, count = self._strategies[name], self._counts[name]
        if strategy.is_sample:
            return self._drawn[: self._sample]
        share = 2 if strategy.source == "both" else 1
        found = [np.zeros(0, np.uint64)]
        if strategy.source in ("drawn", "both"):
            found.append(self._drawn[self._sample : self._sample + count * self._many // share])
        if strategy.measure is not None:
            found.append(self._most_uncertain(strategy.measure, count, self._many // share or 1))
        return _distinct(np.concatenate(found))

    def _most_uncertain(self, measure: Measure, count: int, many: int) -> Hashes:
        """`many` candidates for each row; a small stratum leaves what it lacks to the others."""
        return most_doubtful(self._con, measure, deal_to_strata(count * many, self._sizes))


def _distinct(hashes: Hashes) -> Hashes:
    """Each once, in order of first appearance."""
    _, first = np.unique(hashes, return_index=True)
    return hashes[np.sort(first)]
