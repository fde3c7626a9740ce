"""Candidates as a pool with arms: what `pick_batch` picks from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from jobs.relabel.candidates import Found
from monitoring.relabel.selection.duplicates import group_near_duplicates
from monitoring.relabel.strategies.base.pool import Arm, Pool
from monitoring.relabel.strategies.base.registry import STRATEGIES


def make_pool(rows: pa.Table, earlier: pa.ChunkedArray, labels: Sequence[str]) -> Pool:
    """The pool of candidates.

    Args:
        rows: N candidates with `DOUBTED_SCHEMA` and `cleaned`.
        earlier: Cleaned texts of earlier batches.
        labels: The classes, in the order of the probabilities.
    """
    texts = pl.Series("text", pl.from_arrow(rows["cleaned"]), dtype=pl.String)
    before = pl.Series("text", pl.from_arrow(earlier), dtype=pl.String)
    groups = group_near_duplicates(pl.concat([before, texts]))
    places = {label: place for place, label in enumerate(labels)}
    return Pool(
        texts=texts,
        probs=_probabilities(rows["probs"], len(labels)),
        stratum=tuple(rows["stratum"].to_pylist()),
        group=groups[len(before) :],
        asked=frozenset(groups[: len(before)].tolist()),
        given=np.array([places.get(label, -1) for label in rows["given_label"].to_pylist()], np.int64),
    )


def make_arms(rows: pa.Table, found: Found, counts: Mapping[str, int]) -> list[Arm]:
    """The arms with their candidates.

    Args:
        rows: The candidates whose text is there, as in `make_pool`.
        found: What the warehouse has to offer.
        counts: Rows that each arm should get.
    """
    given, scored = (rows[name].is_valid().to_numpy() for name in ("given_label", "probs"))
    place_of = {each: place for place, each in enumerate(rows["text_hash"].to_pylist()) if not given[place]}
    arms = []
    for name, count in counts.items():
        strategy = STRATEGIES.get(name)
        hashes = found.hashes.get(name, np.zeros(0, np.uint64)).tolist()
        there = [(place_of[each], turn) for turn, each in enumerate(hashes, 1) if each in place_of]
        if not strategy.is_sample:  # a row that could not be scored has no probabilities to judge by
            there = [(row, turn) for row, turn in there if scored[row]]
        labelled = strategy.source == "labelled"
        places = np.flatnonzero(given) if labelled else np.array([row for row, _ in there], np.int64)
        turns = np.array([turn for _, turn in there] if strategy.is_sample else [], np.float64)
        arms.append(Arm(name, count, places, turns / found.population, found.quotas.get(name, {})))
    return arms


def _probabilities(column: pa.ChunkedArray, classes: int) -> NDArray[np.float32]:
    """Float32[N, C], NaN where there are none."""
    probs = np.full((len(column), classes), np.nan, np.float32)
    known = column.is_valid().to_numpy()
    flat = column.combine_chunks().drop_null().flatten().to_numpy(zero_copy_only=False)
    probs[known] = flat.reshape(-1, classes)
    return probs
