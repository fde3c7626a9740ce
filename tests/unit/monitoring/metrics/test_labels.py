from __future__ import annotations

import numpy as np
import pytest

from monitoring.metrics.input import LabelledSample
from monitoring.metrics.labels import missing_labels, scores_by_labels
from tests.support.measured_nights import night

NOTHING = np.zeros((0, 2)), np.zeros(0, np.int64)


def test_scores_rest_on_the_labelled_rows() -> None:
    scores = scores_by_labels(night(labels=300))
    assert scores is not None
    assert scores.accuracy.n == 300
    assert sum(each.count for each in scores.reliability) == 300
    assert list(missing_labels(night(labels=300))) == []


@pytest.mark.parametrize(
    ("labelled", "said"),
    [
        (None, ["no labels"]),
        (LabelledSample(*NOTHING), ["no labels"]),
        (LabelledSample(*NOTHING, biased=80), ["80 labelled rows"]),
        (LabelledSample(*NOTHING, unknown=("中立",)), ["中立", "no labels"]),
    ],
)
def test_what_cannot_be_used_is_named(labelled: LabelledSample | None, said: list[str]) -> None:
    measured = night(labelled=labelled)
    assert scores_by_labels(measured) is None
    found = [gap.why.en for gap in missing_labels(measured)]
    assert [part in why for part, why in zip(said, found, strict=True)] == [True] * len(said)
