"""Nights drawn from known distributions, measured with the real statistics: silence and alarm where they belong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from monitoring.alerts.history import PastNight
from monitoring.alerts.judge import judge
from monitoring.alerts.rules import Rules
from monitoring.findings.judgement import Judgement
from monitoring.findings.record import Metric
from monitoring.statistics.calibration import labelled_scores
from monitoring.statistics.divergence import compare_counts
from monitoring.statistics.rates import Sums, compare_means, compare_shares
from tests.support.sample_findings import findings

Array = NDArray[np.int64]
RULES = Rules()
SLICES = ("", "source=a", "source=b", "source=c", "source=d", "source=e", "source=f")
SHARES = (0.40, 0.25, 0.15, 0.10, 0.06, 0.04)


@dataclass(frozen=True)
class World:
    """What a night is drawn from.

    Attributes:
        priors: Shares of six classes.
        empties: Share of empty rows.
        duplicates: Share of duplicates.
        length: Mean of the logarithm of a row's tokens.
        confidence: Parameters of the beta distribution of the confidences.
    """

    priors: tuple[float, ...] = (0.4, 0.2, 0.15, 0.1, 0.1, 0.05)
    empties: float = 0.03
    duplicates: float = 0.3
    length: float = 3.0
    confidence: tuple[float, float] = (6.0, 1.5)


@dataclass(frozen=True)
class Drawn:
    """The counts of one slice of one night."""

    rows: int
    empties: int
    duplicates: int
    classes: Array
    lengths: Array
    confidences: Array
    tokens: Sums

    def __add__(self, other: Drawn) -> Drawn:
        pairs = {
            name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__ if name != "tokens"
        }
        ours, theirs = self.tokens, other.tokens
        tokens = Sums(ours.rows + theirs.rows, ours.total + theirs.total, ours.squares + theirs.squares)
        return Drawn(**pairs, tokens=tokens)


def draw(world: World, rows: int, rng: np.random.Generator) -> Drawn:
    tokens = np.rint(rng.lognormal(world.length, 0.6, rows)).astype(np.int64)
    confidences = rng.beta(*world.confidence, rows)
    return Drawn(
        rows=rows,
        empties=int(rng.binomial(rows, world.empties)),
        duplicates=int(rng.binomial(rows, world.duplicates)),
        classes=rng.multinomial(rows, world.priors),
        lengths=np.histogram(tokens, [0, 5, 10, 15, 20, 30, 40, 60, 80, 120, 10**6])[0],
        confidences=np.histogram(confidences, np.linspace(0, 1, 21))[0],
        tokens=Sums(rows, int(tokens.sum()), int((tokens**2).sum())),
    )


def night(world: World, rows: int, rng: np.random.Generator) -> dict[str, Drawn]:
    slices = {name: draw(world, round(rows * share), rng) for name, share in zip(SLICES[1:], SHARES, strict=True)}
    whole, *others = slices.values()
    for each in others:
        whole = whole + each
    return {"": whole, **slices}


def measure(before: dict[str, Drawn], now: dict[str, Drawn], rng: np.random.Generator) -> tuple[Metric, ...]:
    metrics = []
    for name in SLICES:
        x, y = before[name], now[name]
        figures = {
            "class_psi": compare_counts(x.classes, y.classes, "psi", rng),
            "length_psi": compare_counts(x.lengths, y.lengths, "psi", rng),
            "confidence_psi": compare_counts(x.confidences, y.confidences, "psi", rng),
            "empty_share": compare_shares(x.empties, x.rows, y.empties, y.rows),
            "duplicate_share": compare_shares(x.duplicates, x.rows, y.duplicates, y.rows),
            "mean_tokens": compare_means(x.tokens, y.tokens),
        }
        metrics.extend(Metric(metric, name, "", measured) for metric, measured in figures.items())
    return tuple(metrics)


def judge_nights(worlds: list[World], seed: int, rows: int = 5000, rules: Rules = RULES) -> list[Judgement]:
    """Judge one night of each world against a frozen reference of the usual one."""
    rng = np.random.default_rng(seed)
    reference = night(World(), 4 * rows, rng)
    past: list[PastNight] = []
    for number, world in enumerate(worlds):
        found = findings(*measure(reference, night(world, rows, rng), rng), night=number)
        past.append(PastNight(found.logical_date, judge(found, rules, past)))
    return [each.judgement for each in past]


def test_a_hundred_unchanged_nights_raise_no_alert() -> None:
    judgements = judge_nights([World()] * 100, seed=11, rows=2000)
    assert sum(bool(each.alerts) for each in judgements) <= 1
    assert sum(bool(each.watched) for each in judgements) <= 3


def test_without_thresholds_of_effect_significance_alone_keeps_its_rate() -> None:
    """Where nothing has changed, any breach is a false one: about 5 nights of 100 have one at a rate of 0.05."""
    tiny = Rules(dict.fromkeys(("class_psi", "length_psi", "confidence_psi", "empty_share", "mean_tokens"), 1e-9))
    judgements = judge_nights([World()] * 100, seed=12, rules=replace(tiny, false_discovery_rate=0.05))
    nights = sum(any(each.breached for each in judgement.verdicts) for judgement in judgements)
    assert 0 < nights <= 15


SHIFTS: dict[str, tuple[str, Callable[[World], World]]] = {
    "halved prior": ("class_psi", lambda world: replace(world, priors=(0.2, 0.4, 0.15, 0.1, 0.1, 0.05))),
    "doubled empties": ("empty_share", lambda world: replace(world, empties=2 * world.empties)),
    "longer rows": ("mean_tokens", lambda world: replace(world, length=world.length + 0.35)),
    "less sure": ("confidence_psi", lambda world: replace(world, confidence=(4.5, 1.7))),
}


@pytest.mark.parametrize("shift", SHIFTS)
@pytest.mark.parametrize("seed", range(3))
def test_a_real_shift_is_seen_on_the_first_night_and_told_by_the_second(shift: str, seed: int) -> None:
    name, change = SHIFTS[shift]
    changed = change(World())
    judgements = judge_nights([World(), World(), changed, changed, changed], seed, rules=replace(RULES, urgent=1e9))
    assert not any(each.breached for judgement in judgements[:2] for each in judgement.verdicts)
    seen = judgements[2].verdict((name, "", ""))
    assert seen is not None
    assert seen.breached
    assert judgements[2].alerts == ()
    told = {each.key: each for each in judgements[3].alerts}
    assert told[name, "", ""].is_new
    assert told[name, "", ""].slices
    assert [each.is_new for each in judgements[4].alerts if each.name == name] == [False]


def test_an_urgent_shift_is_told_at_once() -> None:
    flood = replace(World(), empties=0.5)
    judgements = judge_nights([World(), flood], seed=1)
    assert [(each.name, each.severity) for each in judgements[1].alerts] == [("empty_share", "critical")]
    assert set(judgements[1].alerts[0].slices) <= set(SLICES[1:])


def test_a_shift_of_one_slice_is_told_of_that_slice() -> None:
    rng = np.random.default_rng(5)
    reference, tonight = night(World(), 60_000, rng), night(World(), 15_000, rng)
    small = draw(replace(World(), empties=0.4), round(15_000 * SHARES[-1]), rng)
    metrics = measure(reference, {**tonight, "source=f": small}, rng)
    (alert,) = judge(findings(*metrics), RULES, ()).alerts
    assert alert.key == ("empty_share", "source=f", "")


def test_a_bad_calibration_is_heard_among_many_quiet_metrics() -> None:
    """Its chance comes from a thousand draws; the adjustment for all tests of a night must not drown it."""
    rng = np.random.default_rng(6)
    reference = night(World(), 8000, rng)
    quiet = measure(reference, night(World(), 8000, rng), rng) * 4
    top = rng.uniform(0.85, 0.99, 400)
    gold = (rng.random(400) > 0.75).astype(np.int64)
    scores = labelled_scores(np.stack([top, 1 - top], axis=1), gold, ["a", "b"], rng)
    judgement = judge(findings(*quiet, Metric("ece", "", "", scores.ece)), RULES, ())
    assert len(judgement.verdicts) > 150
    assert [each.name for each in judgement.verdicts if each.breached] == ["ece"]
