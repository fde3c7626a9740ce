from __future__ import annotations

import math

import numpy as np

from models.evaluation.metrics import evaluate
from models.evaluation.record import json_ready


def test_json_has_lists_and_no_nan() -> None:
    assert json_ready({"a": (1, math.nan, ("b",)), "c": 0.5}) == {"a": [1, None, ["b"]], "c": 0.5}


def test_an_evaluation_keeps_the_keys_of_its_file() -> None:
    probs = np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)
    flat = evaluate(probs, np.array([0, 1]), ["a", "b"], ["x", "y"], np.random.default_rng(0)).as_dict()
    assert flat["accuracy"].keys() == {"value", "low", "high"}
    assert flat["confusion"] == [[1, 0], [0, 1]]
    assert flat["reliability"][0]["confidence"] is None
    assert [each["group"] for each in flat["groups"]] == ["x", "y"]
    assert {"ece_noise_floor", "ece_equal_mass_noise_floor", "nll", "brier", "histogram"} <= flat.keys()
