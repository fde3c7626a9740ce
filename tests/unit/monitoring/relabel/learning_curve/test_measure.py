"""The effect of labels on made-up networks whose quality is known."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from sklearn.metrics import f1_score

from models.evaluation.calibration_error import calibration_error, equal_width_edges
from models.evaluation.record import UNSCORED
from monitoring.relabel.learning_curve.measure import Learned, LearningCurve, TriedNetwork, measure_learning_curve

ROWS, CLASSES = 600, 3
GOLD = np.random.default_rng(9).integers(0, CLASSES, ROWS)


def network(
    number: int, learned: Learned, labels: int, right: float, repeat: int = 0, rows: int = ROWS
) -> TriedNetwork:
    """A network that is right on a share of the rows: the easy ones, which are the same for all, and others by luck."""
    rng = np.random.default_rng([number, len(learned), repeat])
    easy = np.arange(ROWS) / ROWS + rng.normal(0, 0.05, ROWS)
    predicted = np.where(easy < right, GOLD, (GOLD + 1) % CLASSES)[:rows]
    return TriedNetwork(number, learned, labels, repeat, np.arange(rows), predicted, np.full(rows, right))


def measured(*others: TriedNetwork, champion: float = 0.5) -> LearningCurve:
    tried = (*others, network(0, "nothing", 0, champion))
    return measure_learning_curve(tried, GOLD, CLASSES, 500, np.random.default_rng(0))


def curve(learned: Learned, rights: list[float], repeats: int = 2) -> list[TriedNetwork]:
    return [
        network(number, learned, 200 * number, right, repeat)
        for number, right in enumerate(rights, 1)
        for repeat in range(repeats)
    ]


def test_points_are_means_of_their_repeats() -> None:
    networks = curve("all", [0.6, 0.7, 0.75])
    learning_curve = measured(*networks)
    assert [(point.learned, point.round, point.labels, point.repeats) for point in learning_curve.points] == [
        ("nothing", 0, 0, 1), ("all", 1, 200, 2), ("all", 2, 400, 2), ("all", 3, 600, 2),
    ]  # fmt: skip
    champion, first, *_ = learning_curve.points
    by_hand = [f1_score(GOLD, each.predicted, average="macro") for each in networks[:2]]
    assert first.macro_f1.value == pytest.approx(np.mean(by_hand), abs=1e-12)
    assert first.bought.value == pytest.approx(first.macro_f1.value - champion.macro_f1.value, abs=1e-12)
    assert first.macro_f1.low < first.macro_f1.value < first.macro_f1.high
    errors = [
        calibration_error(each.confidence, each.predicted == GOLD, equal_width_edges(), np.random.default_rng(0))
        for each in networks[:2]
    ]
    assert first.ece == pytest.approx(np.mean([error.interval.value for error in errors]), abs=1e-12)


def test_what_is_hard_for_all_cancels_out_of_differences() -> None:
    learning_curve = measured(*curve("all", [0.6]), *curve("picked", [0.6]), *curve("random", [0.55]))
    (advantage,) = learning_curve.advantages
    (picked,) = learning_curve.points_of("picked")
    width = picked.macro_f1.high - picked.macro_f1.low
    assert advantage.macro_f1.high - advantage.macro_f1.low < 0.9 * width
    assert advantage.macro_f1.value == pytest.approx(0.05, abs=0.04)
    assert advantage.better > 0.9


def test_random_may_win() -> None:
    learning_curve = measured(*curve("all", [0.6]), *curve("picked", [0.6]), *curve("random", [0.7]))
    (advantage,) = learning_curve.advantages
    assert advantage.macro_f1.high < 0
    assert advantage.better < 0.01


def test_equal_networks_are_told_apart_by_nobody() -> None:
    same = network(1, "random", 200, 0.6)
    twin = TriedNetwork(1, "picked", 200, 0, same.rows, same.predicted, same.confidence)
    (advantage,) = measured(same, twin).advantages
    assert (advantage.macro_f1.value, advantage.macro_f1.low, advantage.macro_f1.high) == (0, 0, 0)
    assert advantage.better == 0.5


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Rows are drawn from a population in which both sides are right on known shares."""
    held, trials = 0, 60
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        gold, luck = rng.integers(0, 2, 400), rng.random(400)
        networks = [TriedNetwork(0, "nothing", 0, 0, np.arange(400), gold, np.ones(400))]
        sides: tuple[tuple[Learned, float], ...] = (("picked", 0.8), ("random", 0.7))
        for learned, right in sides:
            said = np.where(luck < right, gold, 1 - gold)
            networks.append(TriedNetwork(1, learned, 200, 0, np.arange(400), said, np.ones(400)))
        (advantage,) = measure_learning_curve(networks, gold, 2, 500, rng).advantages
        held += advantage.macro_f1.low <= 0.1 <= advantage.macro_f1.high
    assert held / trials >= 0.88


def test_a_round_is_measured_on_the_rows_that_all_of_it_answered() -> None:
    learning_curve = measured(
        network(1, "all", 200, 0.6, rows=300),
        network(1, "picked", 100, 0.6, rows=600),
        network(1, "random", 100, 0.6, rows=200),
        network(2, "all", 400, 0.7),
        champion=0.9,
    )
    assert [(point.round, point.rows) for point in learning_curve.points] == [
        (0, 600),
        (1, 200),
        (1, 200),
        (1, 200),
        (2, 600),
    ]
    first = learning_curve.points[1]
    # the first 200 rows are easy for all, the champion included: nothing was bought there
    assert first.bought.value == pytest.approx(0, abs=0.01)
    assert learning_curve.points[-1].bought.value == pytest.approx(-0.2, abs=0.05)


def test_rows_without_an_answer_are_wrong() -> None:
    whole = network(1, "all", 200, 1.1)
    lost = whole.predicted.copy()
    lost[:300] = UNSCORED
    half = TriedNetwork(1, "all", 200, 0, whole.rows, lost, np.where(lost == UNSCORED, np.nan, 1.0))
    assert measured(whole).points[1].macro_f1.value == 1
    point = measured(half).points[1]
    assert point.macro_f1.value == pytest.approx(f1_score(GOLD, lost, average="macro", labels=[0, 1, 2]), abs=1e-12)
    assert point.ece == 0


def test_the_projection_is_that_of_all_labels() -> None:
    rights = [0.75 - 1.5 * (200 * number) ** -0.4 for number in range(1, 6)]
    learning_curve = measured(*curve("all", rights, repeats=3), *curve("picked", rights[::-1]))
    assert (learning_curve.projection.size, learning_curve.projection.more, learning_curve.projection.sizes) == (
        1000,
        500,
        5,
    )
    assert learning_curve.projection.gain.low >= 0
    assert measured(*curve("picked", rights)).projection.sizes == 0


def test_json_has_no_nan() -> None:
    flat = measured(*curve("all", [0.6])).as_dict()
    assert flat["projection"]["gain"] == {"value": None, "low": None, "high": None}
    assert math.isfinite(json.loads(json.dumps(flat, allow_nan=False))["points"][0]["macro_f1"]["value"])
