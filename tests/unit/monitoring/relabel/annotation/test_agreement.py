from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from monitoring.relabel.annotation.agreement import cohen_kappa, fleiss_kappa, golden_accuracy, krippendorff_alpha
from storage.errors import ExtraMissing


def votes_of(*columns: str) -> dict[str, dict[str, str]]:
    """One string for each annotator, a label for each item, `.` where there is none."""
    names = "ABCDEFG"
    return {
        str(item): {names[who]: said[item] for who, said in enumerate(columns) if said[item] != "."}
        for item in range(len(columns[0]))
    }


def test_alpha_of_the_worked_example() -> None:
    """Krippendorff 2011, section C: four observers, twelve units, missing values; alpha is .743."""
    votes = votes_of("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    assert krippendorff_alpha(votes) == pytest.approx(0.743, abs=0.0005)
    two = votes_of("0100000000", "1110010100")  # by hand: 4 of 10 differ, 14 zeros, 6 ones: 1 - 19 * 4 / (14 * 6)
    assert krippendorff_alpha(two) == pytest.approx(0.095, abs=0.0005)


def test_cohen_and_fleiss_against_their_formulas() -> None:
    pytest.importorskip("statsmodels")
    rng = np.random.default_rng(3)
    columns = ["".join(rng.choice(list("abc"), 60)) for _ in range(4)]
    columns[1] = columns[0][:40] + columns[1][40:]
    votes = votes_of(*columns)
    one, other = (np.array(list(each)) for each in columns[:2])
    by_chance = sum((one == label).mean() * (other == label).mean() for label in "abc")
    assert cohen_kappa(votes)["A", "B"] == pytest.approx(((one == other).mean() - by_chance) / (1 - by_chance))
    counts = np.array([[row.count(label) for label in "abc"] for row in zip(*columns, strict=True)])
    agreed = ((counts**2).sum(axis=1) - 4).mean() / 12
    by_chance = ((counts.sum(axis=0) / counts.sum()) ** 2).sum()
    assert fleiss_kappa(votes) == pytest.approx((agreed - by_chance) / (1 - by_chance))


def test_kappas_by_hand() -> None:
    """Two annotators on ten items, seven alike; one says `a` six times, the other five."""
    pytest.importorskip("statsmodels")
    votes = votes_of("aaaaaabbbb", "aaaabbbbba")
    assert cohen_kappa(votes) == {("A", "B"): pytest.approx((0.7 - 0.5) / 0.5)}
    assert fleiss_kappa(votes) == pytest.approx((0.7 - 0.505) / 0.495)


def test_fleiss_counts_items_with_the_commonest_number_of_labels() -> None:
    pytest.importorskip("statsmodels")
    votes = votes_of("aaaaaabbbbab", "aaaabbbbbaab", "..........aa")
    assert fleiss_kappa(votes) == pytest.approx((0.7 - 0.505) / 0.495)


def test_without_statsmodels_fleiss_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels.stats", None)
    with pytest.raises(ExtraMissing, match="Fleiss' kappa needs statsmodels"):
        fleiss_kappa(votes_of("ab", "ba"))


def test_what_cannot_be_said_is_nan() -> None:
    for figure in (fleiss_kappa, krippendorff_alpha):
        assert math.isnan(figure({}))
        assert math.isnan(figure(votes_of("aaa", "aaa")))
        assert math.isnan(figure(votes_of("ab.", "..a")))
    assert math.isnan(cohen_kappa(votes_of("a.", ".b"))["A", "B"])
    assert krippendorff_alpha(votes_of("abab", "abab")) == 1


def test_golden_rows() -> None:
    figures = golden_accuracy(votes_of("aab", "a.."), {"0": "a", "1": "b", "2": "b"})
    assert figures["A"].value == pytest.approx(2 / 3)
    assert figures["A"].low < 2 / 3 < figures["A"].high
    assert figures["B"].value == 1
