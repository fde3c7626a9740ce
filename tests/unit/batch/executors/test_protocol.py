"""The statistics of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batch.executors.protocol import RunStats

STATS = RunStats(
    units=3,
    rows=1_000,
    tokens=9_000,
    computed_tokens=12_000,
    seconds=4.0,
    paused_s=0.0,
    device="cpu",
    precision="bf16",
    forward="flat",
    busy_s={"read": 0.12345, "network": 3.5},
    cache_lookups=0,
    cache_hits=0,
    failures=(),
)


def test_the_metrics_that_a_record_keeps() -> None:
    assert list(STATS.as_metrics().items()) == [
        ("seconds", 4.0),
        ("docs_per_s", 250.0),
        ("tokens_per_s", 2250.0),
        ("padding_share", 0.25),
        ("device", "cpu"),
        ("precision", "bf16"),
        ("batches", "flat"),
        ("read_s", 0.123),
        ("network_s", 3.5),
    ]


def test_pauses_and_the_cache_are_told_where_there_were_any() -> None:
    metrics = replace(STATS, paused_s=1.23456, cache_lookups=3, cache_hits=2).as_metrics()
    assert metrics["paused_s"] == 1.235
    assert metrics["cache_hit_rate"] == 0.6667
    assert replace(STATS, cache_lookups=3).as_metrics()["cache_hit_rate"] == 0.0


@pytest.mark.parametrize(("tokens", "computed", "share"), [(0, 0, 0.0), (10, 10, 0.0), (10, 40, 0.75)])
def test_padding(tokens: int, computed: int, share: float) -> None:
    assert replace(STATS, tokens=tokens, computed_tokens=computed).padding_share == share
