"""Real Evidently: what the snapshot of a night holds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.bundle import open_bundle
from monitoring.evidently.snapshot import make_snapshot
from monitoring.findings.judgement import Judgement
from monitoring.metrics.input import SampleLimits
from monitoring.metrics.measure import measure
from tests.support.evidently_nights import SECRET, judged, night, sample
from tests.support.synthetic_population import Draw, Population

EMBEDDED = Path(__file__).parents[4] / "models" / "pretrained" / "comment"


def whole(snapshot: Any) -> dict[str, Any]:
    """The snapshot as it is stored; without NaN, which browsers do not read."""
    read: dict[str, Any] = json.loads(snapshot.dumps(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    return read


def values(snapshot: Any) -> dict[tuple[str, str], float]:
    found = [each for each in snapshot.dict()["metrics"] if each["metric_name"].startswith("NightFigure")]
    return {(each["config"]["name"], each["config"]["item"]): each["value"] for each in found}


def test_each_figure_is_a_metric_with_its_value() -> None:
    snapshot = make_snapshot(night(2), judged(night(2)), sample(), sample(seed=1), show_texts=False)
    assert values(snapshot) == {
        ("alerts", ""): 1,
        ("token_js", ""): pytest.approx(0.03),
        ("text_auc", ""): 0.55,
        ("rows", ""): 3_000,
        ("empty_share", ""): 0.05,
        ("class_share", "差评"): 0.5,
        ("class_share", "好评"): 0.5,
    }


def test_verdicts_are_tests() -> None:
    snapshot = make_snapshot(night(), judged(night()), sample(), sample(seed=1), show_texts=False)
    tests = {each.name: each.status.value for each in snapshot.tests_results}
    assert tests == {
        "词元 JS Tokens, JS": "FAIL",
        "文本可区分度 AUC Texts told apart, AUC": "WARNING",
        "空文本 Empty rows": "SUCCESS",
    }


def test_it_is_dated_with_the_night_and_says_what_it_rests_on() -> None:
    model = make_snapshot(night(), judged(night()), sample(), None, show_texts=False).to_snapshot_model()
    assert model.timestamp == datetime(2026, 1, 5)  # no zone: every browser shows that date
    assert model.name == "comment 2026-01-05"
    assert model.metadata == {
        "task": "comment",
        "date": "2026-01-05",
        "bundle": "b1",
        "reference": "r1",
        "reference_kind": "dates",
    }


def test_no_text_leaves_the_sample_unless_asked_for() -> None:
    for shown in (False, True):
        snapshot = make_snapshot(night(), judged(night()), sample(), sample(seed=1), show_texts=shown)
        text = json.dumps(whole(snapshot), ensure_ascii=False)
        assert (SECRET in text) is shown
        assert "doc-1" not in text
        assert "a.parquet" not in text


def test_stock_drift_throws_no_dice() -> None:
    def drift() -> list[float]:
        snapshot = make_snapshot(night(), judged(night()), sample(), sample(seed=1), show_texts=False)
        found = [each for each in snapshot.dict()["metrics"] if each["metric_name"].startswith("ValueDrift")]
        assert [each["config"]["column"] for each in found][-1] == "slice source"
        return [each["value"] for each in found]

    before = np.random.get_state()[1].tolist()
    assert drift() == drift()
    assert np.random.get_state()[1].tolist() == before


@pytest.mark.parametrize(
    ("current", "reference"),
    [(0, None), (0, 200), (200, 0), (200, None), (5, 5)],
    ids=["nothing", "empty night", "empty reference", "no reference", "few rows"],
)
def test_a_night_with_little_to_show_is_shown(current: int, reference: int | None) -> None:
    before: pa.Table | None = None if reference is None else sample(reference, seed=1)
    findings = replace(night(), reference=None, before=None) if reference is None else night()
    snapshot = make_snapshot(findings, Judgement(), sample(current), before, show_texts=True)
    whole(snapshot)
    assert values(snapshot)[("rows", "")] == 1_000


def test_findings_of_a_measured_night_are_shown() -> None:
    population = Population(open_bundle(EMBEDDED))
    subject = population.night(Draw(slang=0.05), 3, population.baseline(), labels=200)
    findings = measure(subject, SampleLimits())
    assert subject.baseline is not None
    snapshot = make_snapshot(findings, Judgement(), subject.sample, subject.baseline.sample, show_texts=False)
    whole(snapshot)
    shown = values(snapshot)
    assert {"rows", "token_js", "text_auc", "class_psi", "accuracy", "ece"} <= {name for name, _ in shown}
    measured = findings.metric("token_js")
    assert measured is not None
    assert shown["token_js", ""] == measured.measured.value
