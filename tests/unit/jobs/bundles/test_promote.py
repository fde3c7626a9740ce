"""Which bundle is in use: through the gate, by force, and back."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.bundles.promote import (
    PromoteRequest,
    RollbackRequest,
    gate_verdict,
    history,
    promote,
    promote_first,
    rollback,
)
from jobs.config.home import Home
from jobs.config.model import Config
from jobs.config.sections.scoring import Task
from jobs.runs.context import quiet_context
from models.evaluation.gate_record import GateCheck, GateReport
from models.evaluation.record import Interval
from models.pages.localized_text import LocalizedText
from storage.errors import BundleIncomplete, ConfigError, GateRefused
from tests.support.clock import clock_from
from tests.support.copied_bundles import TASK, add_copies, break_bundle, embedded_version

NOW = datetime(2026, 1, 6, 2, 30, tzinfo=UTC)
CONTEXT = quiet_context(clock_from(NOW))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, Config())


def hold_gate(home: Home, challenger: str, champion: str, *, passed: bool = True) -> bytes:
    """The report of a gate on disk."""
    check = GateCheck(
        "golden", passed, Interval(0.1, 0.0, 0.2), 0.0, LocalizedText("变差了", "it got worse"), LocalizedText("", "")
    )
    file = home.registry.gate_file(TASK, challenger, champion)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"report": GateReport(champion, challenger, (check,)).as_dict()}), "utf-8")
    return file.read_bytes()


def test_a_passed_gate_lets_a_challenger_in_and_stays_on_record(home: Home) -> None:
    champion, (one,) = embedded_version(), add_copies(home.registry, "one")
    report = hold_gate(home, one, champion)
    move = promote(home, PromoteRequest(TASK, one[:10]), CONTEXT)
    assert (move.action, move.before, move.after, move.forced) == ("promote", champion, one, False)
    assert move.gate == hashlib.sha256(report).hexdigest()
    assert move.at.replace(microsecond=0) == NOW
    assert home.registry.champion(TASK) == one
    assert [(line.move, line.happened) for line in history(home, TASK)] == [(move, True)]


def test_without_a_passed_gate_the_champion_stays(home: Home) -> None:
    champion, (one, two) = embedded_version(), add_copies(home.registry, "one", "two")
    with pytest.raises(GateRefused, match="no gate was held"):
        promote(home, PromoteRequest(TASK, one), CONTEXT)
    hold_gate(home, one, champion, passed=False)
    with pytest.raises(GateRefused, match="golden: it got worse"):
        promote(home, PromoteRequest(TASK, one), CONTEXT)
    home.registry.gate_file(TASK, two, champion).write_bytes(hold_gate(home, one, champion))
    with pytest.raises(GateRefused, match=f"is about {one} against"):
        promote(home, PromoteRequest(TASK, two), CONTEXT)
    assert (home.registry.champion(TASK), home.registry.moves(TASK)) == (None, [])


def test_force_needs_a_reason_which_stays(home: Home) -> None:
    (one,) = add_copies(home.registry, "one")
    with pytest.raises(ConfigError, match="--force without a reason"):
        promote(home, PromoteRequest(TASK, one, force=True, reason=" "), CONTEXT)
    move = promote(home, PromoteRequest(TASK, one, force=True, reason="it burns"), CONTEXT)
    assert (move.forced, move.reason, move.gate) == (True, "it burns", None)


def test_rolling_back_goes_one_promotion_further_each_time(home: Home) -> None:
    one, two = add_copies(home.registry, "one", "two")
    for version in (one, two):
        promote(home, PromoteRequest(TASK, version, force=True, reason="try"), CONTEXT)
    assert [rollback(home, RollbackRequest(TASK), CONTEXT).after for _ in range(2)] == [one, embedded_version()]
    with pytest.raises(ConfigError, match="no promotion to take back"):
        rollback(home, RollbackRequest(TASK), CONTEXT)


def test_a_bundle_that_is_not_whole_is_never_put_in_use(home: Home) -> None:
    one, two = add_copies(home.registry, "one", "two")
    break_bundle(home.registry, one)
    with pytest.raises(BundleIncomplete):
        promote(home, PromoteRequest(TASK, one, force=True, reason="try"), CONTEXT)
    with pytest.raises(BundleIncomplete, match="fits 0 bundles"):
        promote(home, PromoteRequest(TASK, "nothing"), CONTEXT)
    promote(home, PromoteRequest(TASK, two, force=True, reason="try"), CONTEXT)
    assert home.registry.champion(TASK) == two


def test_a_configured_bundle_counts_more_than_the_pointer(tmp_path: Path) -> None:
    home = Home(tmp_path, Config(tasks={TASK: Task(bundle="abc")}))
    with pytest.raises(ConfigError, match=r"yeban\.toml names the bundle"):
        promote(home, PromoteRequest(TASK, "abc"), CONTEXT)
    with pytest.raises(ConfigError, match=r"yeban\.toml names the bundle"):
        rollback(home, RollbackRequest(TASK), CONTEXT)


def test_only_the_first_trained_bundle_is_put_in_use_unasked(home: Home) -> None:
    one, two = add_copies(home.registry, "one", "two")
    assert promote_first(home, TASK, one, CONTEXT)
    assert not promote_first(home, TASK, two, CONTEXT)
    assert home.registry.champion(TASK) == one


def test_the_verdict_of_a_gate(home: Home) -> None:
    champion = embedded_version()
    assert gate_verdict(home.registry, TASK, "one", champion) is None
    hold_gate(home, "one", champion)
    hold_gate(home, "two", champion, passed=False)
    assert gate_verdict(home.registry, TASK, "one", champion) is True
    assert gate_verdict(home.registry, TASK, "two", champion) is False
    assert gate_verdict(home.registry, TASK, "one", None) is None
