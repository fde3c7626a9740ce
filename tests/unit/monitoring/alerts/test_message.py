from __future__ import annotations

import math
from dataclasses import replace

import pytest

from monitoring.alerts.message import alert_message
from monitoring.findings.judgement import Verdict
from monitoring.findings.record import Metric
from monitoring.statistics.estimate import Estimate

SHARE = Metric("empty_share", "source=app", "", Estimate(0.031, 0.02, 0.04, 0.212, 1e-12, -0.0029, 0.0029), 0.041, 0.01)
PSI = Metric("class_psi", "", "", Estimate(0.234, 0.2, 0.3, 0.23, 1e-12, 0.0, 0.012))
AUC = Metric("text_auc", "", "", Estimate(0.62, 0.6, 0.65, 0.24, 1e-12, 0.48, 0.52), 0.62)
LENGTH = Metric("mean_tokens", "", "", Estimate(-3.2, -4, -2, -0.4, 0.0, -0.25, 0.25), 12.34, 15.54)
ROWS = Metric("rows", "", "", Estimate(0.5, math.nan, math.nan, -0.7, 1e-5, 0.8, 1.25, 9, 1), 5000, 10000)


def verdict(metric: Metric, nights: int = 2, adjusted_p: float = 1e-12, threshold: float = 0.1) -> Verdict:
    return Verdict(*metric.key, adjusted_p, threshold, True, nights, "warning")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (
            SHARE,
            "Empty rows · source=app: 4.1% now, 1.0% before; the change is 2.1 times its threshold; usually ±0.29 pp; "
            "adjusted p <0.001; 2 nights in a row",
        ),
        (
            PSI,
            "Predicted classes, PSI: 0.234 now; the change is 2.3 times its threshold; usually ≤ 0.012; "
            "adjusted p <0.001; 2 nights in a row",
        ),
        (
            AUC,
            "Texts told apart, AUC: 0.620 now; the change is 2.4 times its threshold; usually 0.480 ~ 0.520; "
            "adjusted p <0.001; 2 nights in a row",
        ),
        (
            LENGTH,
            "Mean length: 12.3 now, 15.5 before; the change is 4.0 times its threshold; usually ±0.25; "
            "adjusted p <0.001; 2 nights in a row",
        ),
        (
            ROWS,
            "Rows: 5,000 now, 10,000 before; the change is 7.0 times its threshold; usually 0.80 ~ 1.25 times; "
            "adjusted p <0.001; 2 nights in a row",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Metric) else "",
)
def test_a_line_says_what_how_much_and_how_sure(metric: Metric, expected: str) -> None:
    assert alert_message(metric, verdict(metric), ()).en == expected


def test_it_speaks_chinese() -> None:
    assert alert_message(SHARE, verdict(SHARE), ("source=网页",)).zh == (
        "空文本 · source=app：现为 4.1%，此前 1.0%；变化为阈值的 2.1 倍；平常 ±0.29 百分点；"
        "校正后 p <0.001；已连续 2 晚；同样出现于 source=网页"
    )


def test_the_first_night_and_the_chance_and_the_slices() -> None:
    line = alert_message(PSI, verdict(PSI, nights=1, adjusted_p=0.0034), ("source=a", "source=b")).en
    assert "adjusted p = 0.003; tonight for the first time; also in source=a, source=b" in line


def test_what_the_data_says_can_not_break_the_line() -> None:
    strange = replace(PSI, slice="source=\x1b[31m\r\nERROR", item="\u2028")
    message = alert_message(strange, verdict(strange), ("a\nb",), ("c\nd",))
    assert message.zh.isprintable()
    assert message.en.isprintable()


def test_rising_words_are_named() -> None:
    words = Metric("new_words", "", "", Estimate(0.02, 0.01, 0.03, 0.02, 0.003), 0.0205, 0.0005)
    message = alert_message(words, verdict(words), (), ("绝绝\n子", "yyds"))
    assert "; rising: 绝绝 子, yyds; " in message.en
    assert "；上升的词：绝绝 子、yyds；" in message.zh
