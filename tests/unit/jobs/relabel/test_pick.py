"""Picking as a job; `tests/integration/test_relabel_pick.py` has the command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jobs.cli.relabel import _mix
from jobs.config.file import find_home
from jobs.relabel.pick import PickRequest, PickResult, pick
from jobs.runs.context import quiet_context
from monitoring.relabel.strategies.base.by_score import ScoreStrategy
from monitoring.relabel.strategies.base.pool import Models, Pool
from monitoring.relabel.strategies.base.registry import STRATEGIES, register
from storage.errors import ConfigError, NothingToPick, TerminalError
from storage.relabel.batches import BatchStore
from tests.support.homes import Home, comments

ROWS = 200
MIX = "\n[relabel]\ngolden_share = 0\n[relabel.mix]\nlongest = 3\nrandom = 1\n"


@pytest.fixture
def longest() -> Iterator[None]:
    """A strategy that no file of yeban knows."""

    @register
    class Longest(ScoreStrategy):
        """Asks for the longest texts."""

        name = "longest"
        source = "drawn"
        turn = 500

        def score(self, pool: Pool, _models: Models, rows: NDArray[np.int64]) -> NDArray[np.float64]:
            return pool.texts_at(rows).str.len_chars().to_numpy().astype(np.float64)

    yield
    STRATEGIES.remove("longest")


def picked(root: Path, mix: Mapping[str, float] | None = None, **changed: object) -> PickResult:
    request = PickRequest("comment", budget=20, mix=mix, **changed)  # type: ignore[arg-type]
    return pick(find_home(root, root), request, quiet_context())


@pytest.mark.usefixtures("longest")
def test_a_strategy_that_registers_itself_is_picked_by(new_home: Callable[..., Home]) -> None:
    home = new_home("comment")
    texts = ["，".join(comments(1 + row % 10, seed=row)[0]) for row in range(ROWS)]
    home.dump("a.parquet", texts)
    home.score().succeeded()
    home.config.write_text(home.config.read_text("utf-8") + MIX, "utf-8")  # once scored: only this process knows it
    outcome = picked(home.root)
    assert dict(outcome.arms) == {"longest": 15, "random": 5}
    assert outcome.head.notes == ()
    items = BatchStore(home.root / "relabel").items("comment", outcome.head.batch).to_pylist()
    chosen = [item for item in items if item["arm"] == "longest"]
    assert {(item["strategy"], item["probability"]) for item in chosen} == {("longest", 1.0)}
    assert all(item["score"] == len(item["cleaned"]) for item in chosen)
    assert np.mean([item["score"] for item in chosen]) > np.mean([len(text) for text in texts]) + 10
    assert _mix(["longest=2", "random"]) == {"longest": 2.0, "random": 1.0}
    with pytest.raises(ConfigError, match="did you mean 'longest'"):
        _mix(["longst"])


def test_a_strategy_that_nothing_registers_is_a_mistake() -> None:
    with pytest.raises(ConfigError, match="'longest' is no strategy; expected badge, bald, coreset"):
        _mix(["longest"])


def test_dates_that_can_not_be_used(new_home: Callable[..., Home]) -> None:
    home = new_home("comment")
    with pytest.raises(TerminalError, match="there is no warehouse"):
        picked(home.root)
    home.dump("a.parquet", comments(30)[0])
    home.score().succeeded()
    with pytest.raises(ConfigError, match="--from 2026-03-02 is after --to 2026-03-01"):
        picked(home.root, first=date(2026, 3, 2), last=date(2026, 3, 1))
    with pytest.raises(NothingToPick, match="is left to label"):
        picked(home.root, first=date(2026, 3, 1), last=date(2026, 3, 2))
