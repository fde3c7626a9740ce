from __future__ import annotations

import json
import math

from models.evaluation.gate import judge_challenger
from models.evaluation.gate_record import GateLimits, GateReport
from models.pages.localized_text import LocalizedText
from tests.support.gate_evidence import EVIDENCE


def test_the_keys_of_the_evidence_are_those_of_all_versions() -> None:
    flat = json.loads(json.dumps(EVIDENCE.as_dict(), allow_nan=False))
    nothing = {"value": None, "low": None, "high": None}
    for name in ("calibration", "calibration_before"):
        assert flat[name] == {"figure": nothing, "noise_floor": None, "noise_mean": None, "p_value": None}
    assert flat["slowdown"] == {"value": 1.0, "low": 0.9, "high": 1.1}


def test_a_report_comes_back_with_its_texts() -> None:
    report = judge_challenger(EVIDENCE, GateLimits())
    flat = json.loads(json.dumps(report.as_dict(), allow_nan=False))
    assert flat["checks"][0]["why"].keys() == {"zh", "en"}
    back = GateReport.from_dict(flat)
    assert back.passed == report.passed is False
    leakage = next(each for each in back.checks if each.name == "leakage")
    assert math.isnan(leakage.got.value)
    assert isinstance(leakage.why, LocalizedText)
    assert [each.why for each in back.checks] == [each.why for each in report.checks]
