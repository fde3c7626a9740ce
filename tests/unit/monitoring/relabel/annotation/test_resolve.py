from __future__ import annotations

from monitoring.relabel.annotation.resolve import resolve


def test_majority_ties_and_adjudicators() -> None:
    assert resolve({}) is None
    for said, label, how in (
        ({"a": "x"}, "x", "one"),
        ({"a": "x", "b": "x"}, "x", "all"),
        ({"a": "x", "b": "y", "c": "y"}, "y", "majority"),
        ({"a": "x", "b": "y"}, None, "tie"),
        ({"a": "x", "b": "y", "adjudicator:c": "z"}, "z", "adjudicated"),
        ({"adjudicator:d": "x", "adjudicator:c": "z"}, None, "tie"),
    ):
        outcome = resolve(said)
        assert outcome is not None
        assert (outcome.label, outcome.how) == (label, how)


def test_votes_are_counted_without_adjudicators_most_first() -> None:
    outcome = resolve({"a": "y", "b": "x", "c": "x", "adjudicator:d": "y"})
    assert outcome is not None
    assert outcome.votes == (("x", 2), ("y", 1))
    assert outcome.label == "y"
