"""Candidates out of the warehouse: one visit, and nobody else waits while networks compute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from monitoring.relabel.selection.mix import RANDOM, STRATEGIES, deal_to_strata
from storage.relabel.batches import BatchStore
from storage.warehouse.relabel_candidates import candidates, doubtable_labels, golden_labels
from storage.warehouse.relabel_scope import SUSPECTED_ARM, Scope
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
        quotas: Rows of each stratum that an arm should take; of arms that don't mind strata none.
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
    sizes = stratum_sizes(con)
    drawn = draw_texts(con, _drawn_rows(counts, many), salt)
    first = _random_rows(counts)
    hashes: dict[str, Hashes] = {}
    quotas: dict[str, Mapping[str, int]] = {}
    for name, count in counts.items():
        strategy = STRATEGIES[name]
        if name == RANDOM:
            hashes[name] = drawn[:first]
            continue
        if strategy.source == "labelled":
            continue
        half = 2 if strategy.source == "both" else 1
        quotas[name] = deal_to_strata(count, sizes) if strategy.by_score else {}
        pools = [drawn[first : first + count * many // half]] if strategy.source != "doubtful" else []
        if strategy.measure is not None:
            pools.append(_doubtful(con, strategy.measure, count, many // half or 1, sizes))
        hashes[name] = _distinct(np.concatenate(pools))
    since = max(scope.last - timedelta(days=LABEL_DAYS), date.min)
    labelled = doubtable_labels(con, scope, since) if SUSPECTED_ARM in counts else None
    golden = golden_labels(con, scope)
    wanted = np.unique(np.concatenate([np.zeros(0, np.uint64), *hashes.values()]))
    table = candidates(con, scope, wanted)
    return Found(population, table, golden.slice(0, 0) if labelled is None else labelled, golden, hashes, quotas)


def _random_rows(counts: Mapping[str, int]) -> int:
    """Rows that are drawn for the random arm: some more, for some texts may be gone."""
    count = counts.get(RANDOM, 0)
    return count + count // 5 + _SPARE if count else 0


def _drawn_rows(counts: Mapping[str, int], many: int) -> int:
    others = [count * many for name, count in counts.items() if STRATEGIES[name].source in ("drawn", "both")]
    return _random_rows(counts) + max(others, default=0)


def _doubtful(
    con: duckdb.DuckDBPyConnection, measure: Measure, count: int, many: int, sizes: Mapping[str, int]
) -> Hashes:
    """`many` candidates for each row; a small stratum leaves what it lacks to the others."""
    return most_doubtful(con, measure, deal_to_strata(count * many, sizes))


def _distinct(hashes: Hashes) -> Hashes:
    """Each once, in order of first appearance."""
    _, first = np.unique(hashes, return_index=True)
    return hashes[np.sort(first)]
