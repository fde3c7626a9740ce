"""How often each token came up."""

from __future__ import annotations

import json

import numpy as np
import pytest

from storage.profiles.tokens import TokenCounts, add_tokens, count_tokens, no_tokens


def tokens(*ids: int, texts: int = 1) -> TokenCounts:
    return count_tokens(np.array(ids, np.int32), texts)


def test_counts() -> None:
    found = tokens(7, 3, 7, 0, 20_000)
    assert found.ids.tolist() == [0, 3, 7, 20_000]
    assert found.counts.tolist() == [1, 1, 2, 1]
    assert found.total == 5
    assert found.dense(20_001)[[0, 3, 7, 8]].tolist() == [1, 1, 2, 0]


def test_nothing() -> None:
    assert tokens(texts=0) == no_tokens()
    assert no_tokens().total == 0
    assert no_tokens().dense(5).tolist() == [0] * 5


def test_adding() -> None:
    whole = add_tokens([tokens(1, 2, 2), no_tokens(), tokens(2, 9, texts=3)])
    assert whole == tokens(1, 2, 2, 2, 9, texts=4)
    assert whole != tokens(1, 2, 2, 2, 9, texts=5)
    assert whole != tokens(1, 2, 2, 9, texts=4)
    assert add_tokens([]) == no_tokens()


@pytest.mark.parametrize("ids", [(), (5,), tuple(range(0, 20_000, 3)) * 2])
def test_survive_json(ids: tuple[int, ...]) -> None:
    found = tokens(*ids)
    assert TokenCounts.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_are_small() -> None:
    ids = np.random.default_rng(0).zipf(1.3, 1_000_000)
    found = count_tokens(ids[ids < 20_000].astype(np.int32), 20_000)
    assert len(found.ids) > 10_000
    assert len(json.dumps(found.as_dict())) < 40_000


@pytest.mark.parametrize(
    "change",
    [
        lambda flat: flat.pop("ids"),
        lambda flat: flat.update(ids="!"),
        lambda flat: flat.update(ids="AAAA"),
        lambda flat: flat.update(counts=no_tokens().as_dict()["counts"]),
    ],
)
def test_damage_is_noticed(change: object) -> None:
    flat = tokens(1, 2, 3).as_dict()
    change(flat)  # type: ignore[operator]
    with pytest.raises((KeyError, ValueError)):
        TokenCounts.from_dict(flat)
