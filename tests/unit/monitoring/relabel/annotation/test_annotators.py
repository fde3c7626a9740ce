from __future__ import annotations

import numpy as np

from monitoring.relabel.annotation.annotators import annotator_quality

LABELS = ("a", "b", "c")


def test_a_careless_annotator_stands_out() -> None:
    rng = np.random.default_rng(1)
    votes, probs = {}, {}
    for row in range(200):
        truth = int(rng.integers(3))
        wrong = {"good": 0.03, "fair": 0.15, "bad": 0.6}
        votes[str(row)] = {
            name: LABELS[int(rng.integers(3))] if rng.random() < share else LABELS[truth]
            for name, share in wrong.items()
        }
        level = np.full(3, 0.1)
        level[truth] = 0.8
        probs[str(row)] = tuple(level)
    found = annotator_quality(votes, probs, LABELS)
    assert found["good"].quality > found["fair"].quality > found["bad"].quality
    assert {each.labelled for each in found.values()} == {200}
    assert found["good"].agreement > 0.9 > found["bad"].agreement


def test_nothing_without_a_second_opinion() -> None:
    assert annotator_quality({"1": {"x": "a"}}, {"1": (0.5, 0.3, 0.2)}, LABELS) == {}
    assert annotator_quality({"1": {"x": "a", "y": "b"}}, {}, LABELS) == {}
