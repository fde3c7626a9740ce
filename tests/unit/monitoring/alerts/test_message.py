from __future__ import annotations

import math
from dataclasses import replace

import pytest

from monitoring.alerts.message import message_en, message_zh
from monitoring.findings.judgement import Verdict
from monitoring.findings.record import Metric
from monitoring.statistics.measured import Measured

SHARE = Metric("empty_share", "source=app", "", Measured(0.031, 0.02, 0.04, 0.212, 1e-12, -0.0029, 0.0029), 0.041, 0.01)
PSI = Metric("class_psi", "", "", Measured(0.234, 0.2, 0.3, 0.23, 1e-12, 0.0, 0.012))
AUC = Metric("text_auc", "", "", Measured(0.62, 0.6, 0.65, 0.24, 1e-12, 0.48, 0.52), 0.62)
WORD = Metric("new_words", "", "绝绝\n子", Measured(0.02, 0.01, 0.03, 0.02, 0.003), 0.0205, 0.0005)
LENGTH = Metric("mean_tokens", "", "", Measured(-3.2, -4, -2, -0.4, 0.0, -0.25, 0.25), 12.34, 15.54)
ROWS = Metric("rows", "", "", Measured(0.5, math.nan, math.nan, -0.7, 1e-5, 0.8, 1.25, 9, 1), 5000, 10000)


def verdict(metric: Metric, nights: int = 2, adjusted_p: float = 1e-12, threshold: float = 0.1) -> Verdict:
    return Verdict(*metric.key, adjusted_p, threshold, True, nights, "warning")


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (
            SHARE,
            "Empty rows [source=app]: 4.1% now, 1.0% before; effect 0.21, threshold 0.10; "
            "chance alone keeps a change between -0.29 and +0.29 points; adjusted p < 0.0001; 2 nights in a row",
        ),
        (
            PSI,
            "Predicted classes, PSI: 0.234 nats; effect 0.23, threshold 0.10; "
            "chance alone keeps the figure under 0.012 nats; adjusted p < 0.0001; 2 nights in a row",
        ),
        (
            AUC,
            "Texts told apart, AUC: 0.620 now; effect 0.24, threshold 0.10; "
            "chance alone keeps the figure between 0.480 and 0.520; adjusted p < 0.0001; 2 nights in a row",
        ),
        (
            WORD,
            "New words “绝绝 子”: 2.1% now, 0.05% before; effect 0.02, threshold 0.10; "
            "adjusted p < 0.0001; 2 nights in a row",
        ),
        (
            LENGTH,
            "Mean length: 12.3 tokens now, 15.5 tokens before; effect -0.40, threshold 0.10; "
            "chance alone keeps a change between -0.25 and +0.25 tokens; adjusted p < 0.0001; 2 nights in a row",
        ),
        (
            ROWS,
            "Rows: 5,000 rows now, 10,000 rows before; effect -0.70, threshold 0.10; "
            "chance alone keeps the figure between 8,000 rows and 12,500 rows; adjusted p < 0.0001; 2 nights in a row",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Metric) else "",
)
def test_a_line_says_what_how_much_and_how_sure(metric: Metric, expected: str) -> None:
    assert message_en(metric, verdict(metric), ()) == expected


def test_it_speaks_chinese() -> None:
    assert message_zh(SHARE, verdict(SHARE), ("source=网页",)) == (
        "空文本[source=app]：现为 4.1%，此前 1.0%；效应量 0.21，阈值 0.10；"
        "若无变化，变化应在 -0.29 至 +0.29 个百分点之间；校正后 p < 0.0001；已连续 2 晚；同样出现于 source=网页"
    )
    assert "0.234 纳特" in message_zh(PSI, verdict(PSI), ())


def test_the_first_night_and_the_chance_and_the_slices() -> None:
    line = message_en(PSI, verdict(PSI, nights=1, adjusted_p=0.0034), ("source=a", "source=b"))
    assert "adjusted p = 0.0034; tonight for the first time; also in source=a, source=b" in line


def test_what_the_data_says_can_not_break_the_line() -> None:
    strange = replace(PSI, slice="source=\x1b[31m\r\nERROR", item="\u2028")
    for line in (message_en(strange, verdict(strange), ("a\nb",)), message_zh(strange, verdict(strange), ("a\nb",))):
        assert line.isprintable()


def test_rising_words_are_named() -> None:
    words = Metric("new_words", "", "", WORD.measured, WORD.level, WORD.level_before)
    assert "; rising: 绝绝 子, yyds; " in message_en(words, verdict(words), (), ("绝绝\n子", "yyds"))
    assert "；上升的词：绝绝 子、yyds；" in message_zh(words, verdict(words), (), ("绝绝\n子", "yyds"))
