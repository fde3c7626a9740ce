"""What monitoring makes of bad nights: a clear message, and a report of the rest that says what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from models.windows import WindowSpec
from tests.support.bundles import build_bundle
from tests.support.homes import DAY, NEXT_DAY, Home
from tests.support.monitored_home import (
    BEFORE,
    ROWS,
    TELLING,
    delivered_alerts,
    dump_night,
    findings_of,
    freeze,
    gap_of,
    is_told_of,
    judgement_of,
    monitor,
    score_drifting_nights,
    show,
)


@pytest.fixture
def home(shared_home: Callable[..., Home], copy_of_home: Callable[[Home], Home]) -> Home:
    return copy_of_home(shared_home("drifted", score_drifting_nights, rows=400, more=TELLING))


class TestNothingToCompareWith:
    def test_no_reference_yet(self, home: Home) -> None:
        shutil.rmtree(home.root / "references")
        ran = monitor(home, DAY, "--lang", "en").succeeded()
        assert "Changes were not judged" in ran.out
        assert "--freeze-reference" in ran.out
        assert is_told_of(home, gap_of(home, "drift"))
        assert judgement_of(home).alerts == ()
        assert findings_of(home).metric("token_js") is None
        share = findings_of(home).metric("empty_share")
        assert share is not None
        assert share.level == pytest.approx(67 / ROWS)
        assert not share.estimate.known

    def test_a_date_never_scored(self, home: Home) -> None:
        monitor(home, "2026-02-01").failed_with(
            1, "2026-02-01 was never scored", "yeban score comment --date 2026-02-01"
        )
        show(home, "2026-02-01").failed_with(1, "never scored")
        assert not (home.root / "nights").exists()
        freeze(home, "2026-02-01", "2026-02-03").failed_with(1, "no date", "was scored", "yeban backfill")

    def test_a_bundle_changed_between_reference_and_tonight(self, home: Home, tmp_path: Path) -> None:
        other = build_bundle(tmp_path / "other", "comment", windows=WindowSpec(max_length=48))
        home.change(str(home.bundle), str(other.path))
        home.score(day=NEXT_DAY).succeeded()
        monitor(home, NEXT_DAY).succeeded()
        why = gap_of(home, "reference", NEXT_DAY)
        assert "the bundle of task 'comment' changed" in why
        assert other.version in why
        assert is_told_of(home, why, NEXT_DAY)
        assert findings_of(home, NEXT_DAY).reference is None
        assert judgement_of(home, NEXT_DAY).alerts == ()
        freeze(home, BEFORE, DAY).failed_with(1, "were scored by other bundles only")

    def test_a_night_of_a_bundle_that_is_not_at_hand_any_more(self, home: Home, tmp_path: Path) -> None:
        other = build_bundle(tmp_path / "other", "comment", windows=WindowSpec(max_length=48))
        home.change(str(home.bundle), str(other.path))
        monitor(home).failed_with(1, "bundle")

    def test_fewer_rows_than_the_minimum(self, home: Home) -> None:
        day = "2026-01-20"
        dump_night(home, day, empty_each=2, rows=200)
        home.score(day=day).succeeded()
        ran = monitor(home, day).succeeded()
        assert gap_of(home, "alerts", day) == "200 rows; expected at least 300"
        assert is_told_of(home, gap_of(home, "alerts", day), day)
        assert "变化未作判断" in ran.out
        assert judgement_of(home, day).alerts == ()
        assert delivered_alerts(home) == []

    def test_a_reference_of_too_few_rows(self, home: Home) -> None:
        dump_night(home, "2026-01-20", rows=200)
        home.score(day="2026-01-20").succeeded()
        freeze(home, "2026-01-20", "2026-01-20").succeeded()
        ran = monitor(home).succeeded()
        assert "变化未作判断" in ran.out
        assert gap_of(home, "alerts").startswith("the reference has 200 rows; expected at least 300")
        assert not any(each.breached for each in judgement_of(home).verdicts)


class TestStrangeNights:
    def test_a_class_never_predicted(self, home: Home) -> None:
        home.dump("a.parquet", ["好"] * 400, day="2026-01-20")
        home.score(day="2026-01-20").succeeded()
        ran = monitor(home, "2026-01-20").without_traceback()
        assert ran.code == 3
        (silent,) = (each.label for each in findings_of(home, "2026-01-20").now.classes if not each.rows)
        assert gap_of(home, "classes", "2026-01-20") == f"never predicted: {silent}"
        assert is_told_of(home, f"never predicted: {silent}", "2026-01-20")

    def test_all_rows_empty(self, home: Home) -> None:
        home.change("embedding_rows = 0", "embedding_rows = 500")
        home.dump("a.parquet", ["", "  ", None, "\n"] * 100, day="2026-01-20")
        home.score(day="2026-01-20").succeeded()
        assert monitor(home, "2026-01-20").without_traceback().code == 3  # urgent: all empty where 2 of 100 were
        findings = findings_of(home, "2026-01-20")
        assert (findings.now.rows, findings.now.labelled) == (400, 0)
        assert is_told_of(home, gap_of(home, "predictions, confidence", "2026-01-20"), "2026-01-20")
        assert delivered_alerts(home)[0]["name"] == "empty_share"
        known = {each.name for each in findings.metrics if each.estimate.known and not each.slice}
        assert not known & {"class_psi", "confidence_psi", "mean_confidence", "prior_shift", "text_auc", "tfidf_kl"}
        assert not known & {"embedding_auc", "embedding_mmd", "expected_accuracy", "duplicate_share", "token_js"}

    def test_a_dump_without_rows(self, home: Home) -> None:
        home.dump("a.parquet", [], day="2026-01-20")
        home.score(day="2026-01-20").succeeded()
        assert (
            monitor(home, "2026-01-20").without_traceback().code == 3
        )  # somebody has to look, so the page and the code say
        assert findings_of(home, "2026-01-20").now.rows == 0

    def test_a_label_outside_the_map(self, home: Home) -> None:
        label(home, {"negative": 60, "positive": 60, "sarcastic": 30})
        assert (
            monitor(home).without_traceback().code == 3
        )  # labels that know nothing of the rows: the model looks badly calibrated
        assert "sarcastic" in gap_of(home, "labels")
        assert is_told_of(home, gap_of(home, "labels"))
        assert findings_of(home).labelled_rows == 120
        accuracy = findings_of(home).metric("accuracy")
        assert accuracy is not None
        assert accuracy.estimate.n == 120

    def test_labels_of_chosen_rows_only(self, home: Home) -> None:
        label(home, {"negative": 60, "positive": 60}, arm="margin")
        monitor(home).succeeded()
        assert "all chosen because the model was unsure" in gap_of(home, "accuracy, ece")
        assert findings_of(home).metric("accuracy") is None


def label(home: Home, counts: dict[str, int], arm: str = "random") -> None:
    """Label scored rows of the night, whatever they are."""
    now = datetime(2026, 1, 8, tzinfo=UTC)
    labels = [name for name, count in counts.items() for _ in range(count)]
    with duckdb.connect(str(home.warehouse)) as con:
        rows = con.execute(
            "SELECT doc_id FROM predictions WHERE logical_date = ? AND status = 'scored' ORDER BY doc_id LIMIT ?",
            [DAY, len(labels)],
        ).fetchall()
        con.executemany(
            "INSERT INTO labels (task, doc_id, label, annotator, source, labelled_at, imported_at, arm) "
            "VALUES ('comment', ?, ?, 'li', 'test', ?, ?, ?)",
            [(doc, name, now, now, arm) for (doc,), name in zip(rows, labels, strict=True)],
        )
