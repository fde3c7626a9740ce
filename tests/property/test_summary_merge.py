"""Merging summaries is associative and commutative, to the byte, both in their profiles and in their samples."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from storage.lake.parts import PartStore
from storage.lake.plan import Plan
from storage.lake.summaries import SummaryStore, summarise
from storage.profiles.sample import sample_to_bytes
from storage.profiles.summary import Summary, merge_summaries
from storage.records import Unit
from tests.support.predictions import part_profile, part_sample, part_table, slot_of, units_of
from tests.support.test_effort import examples

ROWS = 1_600
TABLE = part_table(units_of(slot_of(), ROWS, ROWS)[0])
CUTS = st.sets(st.integers(1, ROWS - 1), max_size=8)


def bytes_of(summary: Summary) -> tuple[bytes, bytes]:
    return summary.profile.to_json_bytes(), sample_to_bytes(summary.sample)


WHOLE = bytes_of(Summary(part_profile(TABLE), part_sample(TABLE)))


@examples(10, 100)
@given(CUTS, st.randoms(use_true_random=False))
def test_any_cut_order_and_grouping_gives_the_bytes_of_the_whole(cuts: set[int], random: Random) -> None:
    pieces = [TABLE.slice(a, b - a) for a, b in pairwise([0, *sorted(cuts), ROWS])]
    pool = [Summary(part_profile(piece), part_sample(piece)) for piece in pieces]
    while len(pool) > 1:
        random.shuffle(pool)
        size = random.randint(2, len(pool))
        pool = [merge_summaries(pool[:size]), *pool[size:]]
    assert bytes_of(pool[0]) == WHOLE


@examples(5, 80)
@given(CUTS)
def test_however_a_day_is_cut_into_units_its_summary_is_the_same(cuts: set[int]) -> None:
    edges = pairwise([0, *sorted(cuts), ROWS])
    units = tuple(Unit(slot_of(), "a.parquet", "f1", start, stop) for start, stop in edges)
    with tempfile.TemporaryDirectory() as folder:
        parts, store = PartStore(Path(folder) / "parts"), SummaryStore(Path(folder) / "summaries")
        for unit in units:
            piece = TABLE.slice(unit.row_start, unit.rows)
            index = piece.schema.get_field_index("unit")
            own = piece.set_column(index, piece.schema.field("unit"), [[unit.unit_id] * unit.rows])
            parts.stage(unit, own, part_profile(own), part_sample(own))
        summary, failures = summarise(parts, store, Plan(slot_of(), {"a.parquet": units}))
        assert failures == ()
        assert summary is not None
        assert bytes_of(summary) == bytes_of(store.load(slot_of())) == WHOLE
