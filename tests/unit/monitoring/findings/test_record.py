from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date

import pytest

from models.evaluation.record import Interval, ReliabilityBin
from monitoring.findings.json_form import to_json
from monitoring.findings.record import (
    ClassSide,
    Findings,
    Metric,
    Missing,
    ReferenceNote,
    Side,
    TokenShift,
    Word,
    read_findings,
)
from monitoring.statistics.estimate import Estimate, unknown

SIDE = Side(3, {"scored": 2, "empty": 1}, (ClassSide("好", 2, 1.5, (0,) * 19 + (2,)),), 4.5)
METRIC = Metric("class_psi", "source=app", "", Estimate(0.2, 0.1, 0.3, 0.19, 1e-9, 0.0, 0.01, 500, 400))
FINDINGS = Findings(
    task="comment",
    logical_date=date(2026, 1, 5),
    bundle="b1",
    reference=ReferenceNote("r1", "dates", "b1", date(2026, 1, 1), date(2026, 1, 4), 900),
    now=SIDE,
    before=SIDE,
    metrics=(METRIC,),
    words=(Word("绝绝子", "word", Interval(0.02, 0.01, 0.03), Interval(0, 0, 0.004), 20, 0, 1e-6, ("真是绝绝子",)),),
    tokens=(TokenShift("绝", 0.01, 0.4, 0.0, 0.02),),
    reliability=(ReliabilityBin(0.9, 1.0, 5, 0.95, Interval(1.0, 0.6, 1.0)),),
    labelled_rows=5,
    missing=(Missing.in_english("text_auc", "no sample", "freeze a reference"),),
)


def test_findings_survive_json() -> None:
    assert read_findings(to_json(FINDINGS)) == FINDINGS


def test_what_is_unknown_survives_json_and_the_json_is_strict() -> None:
    empty_bin = ReliabilityBin(0.0, 0.1, 0, math.nan, Interval(math.nan, math.nan, math.nan))
    findings = replace(
        FINDINGS,
        reference=None,
        before=None,
        metrics=(Metric("ece", "", "", unknown("no labelled rows")),),
        reliability=(empty_bin,),
        now=replace(SIDE, mean_tokens=math.nan),
    )
    data = to_json(findings)
    json.loads(data, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    back = read_findings(data)
    assert back.reference is None
    assert back.before is None
    assert math.isnan(back.metrics[0].estimate.value)
    assert math.isnan(back.metrics[0].level_before)
    assert back.metrics[0].estimate.reason == "no labelled rows"
    assert math.isnan(back.reliability[0].accuracy.low)
    assert math.isnan(back.now.mean_tokens)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b'{"task": 1}'])
def test_what_is_no_findings_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_findings(data)


def test_a_metric_is_found_by_its_key() -> None:
    assert FINDINGS.metric("class_psi", "source=app") == METRIC
    assert FINDINGS.metric("class_psi") is None
