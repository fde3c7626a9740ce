from __future__ import annotations

import re
from typing import Literal

import pytest

from models.evaluation.gate import judge_challenger
from models.evaluation.gate_page import render_gate
from models.evaluation.gate_record import GateLimits
from tests.support.gate_evidence import EVIDENCE

REPORT = judge_challenger(EVIDENCE, GateLimits())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_check_stands_on_the_page_with_both_languages(lang: Literal["zh", "en"]) -> None:
    page = render_gate("<comment>", REPORT, EVIDENCE, lang=lang)
    assert "<comment>" not in page
    assert re.findall(r'<li id="(\w+)"', page) == [check.name for check in REPORT.checks]
    for check in REPORT.checks:
        assert check.why.zh[:12] in page
    assert ("样本数" in page) == ("Rows" in page) is True
    assert page.count("✗") == sum(not check.passed for check in REPORT.checks)
