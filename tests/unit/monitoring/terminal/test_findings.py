"""A night on a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from rich.cells import cell_len

from monitoring.terminal.findings import class_lines, render_terminal
from tests.support.sample_reports import make_huge, make_morning, without_labels, without_reference, without_rows


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [72, 80, 120])
@pytest.mark.parametrize("kind", ["quiet", "bad"])
def test_no_line_is_wider_than_the_terminal(
    kind: Literal["quiet", "bad"], width: int, lang: Literal["zh", "en"]
) -> None:
    for task in ("comment", "weibo", "news"):
        for line in render_terminal(make_morning(task, kind), width=width, lang=lang).splitlines():
            assert cell_len(line) <= width
            assert line == line.rstrip()


def test_what_to_do_comes_first() -> None:
    morning = make_morning("comment", "bad")
    lines = render_terminal(morning).splitlines()
    assert lines[1] == "Action needed: 6 things, 2 of them critical."
    assert lines[3].startswith("! [critical] Duplicates: 40.2% now, 28.4% before;")
    assert "  -> A campaign, a bot or a dump delivered twice: look at the most frequent" in lines
    assert sum(line.startswith("! [") for line in lines) == len(morning.judgement.alerts)
    assert "~ being watched: Tokens the reference never had, Texts told apart, AUC" in lines


def test_columns_are_aligned_whatever_the_script() -> None:
    lines = render_terminal(make_morning("weibo", "bad"), lang="zh").splitlines()
    rows = [line for line in lines if line[-1:] in "▁▂▃▄▅▆▇█" and line[:2] in ("! ", "~ ", "  ") and "÷" not in line]
    assert len(rows) > 30
    assert {cell_len(line) for line in rows} == {80}


def test_marks_say_what_is_thought_of_a_figure() -> None:
    lines = render_terminal(make_morning("comment", "bad")).splitlines()
    marks = {line[2:20].strip(): line[0] for line in lines if line[2:20].strip()}
    assert marks["Unknown tokens"] == "!"
    assert marks["Texts told apart,"] == "~"
    assert marks["Rows with a URL"] == " "


def test_a_line_holds_value_interval_band_multiple_and_trend() -> None:
    narrow = next(
        line for line in render_terminal(make_morning("comment", "bad")).splitlines() if "Duplicates  " in line
    )
    assert narrow.split()[1:7] == ["Duplicates", "40.2%", "+10.8~+12.8", "±1.0", "1.2x", narrow[-10:]]
    assert narrow.endswith("█████")
    wide = render_terminal(make_morning("comment", "bad"), width=120)
    line = next(line for line in wide.splitlines() if "Duplicates  " in line)
    assert line.split()[2:6] == ["40.2%", "28.4%", "+10.8~+12.8", "pp"]
    assert line[-30:].count(" ") == 1  # the night that was not scored


def test_each_class_is_drawn_over_its_reference() -> None:
    morning = make_morning("comment", "bad")
    lines = class_lines(morning.findings.now, morning.findings.before)
    assert [line.split()[0] for line in lines] == ["差评", "before", "好评", "before"]
    assert lines[1].endswith("█ 1.00")
    assert not lines[0].endswith("█ 1.00")
    assert {cell_len(line) for line in lines} == {cell_len(lines[0])}


def test_a_night_with_nothing_in_it_is_still_shown() -> None:
    for morning in (without_rows(make_morning()), without_labels(without_reference(make_morning()))):
        text = render_terminal(morning)
        assert "nan" not in text.lower()
        assert "None" not in text
    assert "There are no rows tonight" in render_terminal(without_rows(make_morning()))
    assert "? accuracy, ece: 随机样本还没有标注" in render_terminal(without_labels(make_morning()), lang="zh")


def test_without_a_reference_tonights_levels_stay() -> None:
    lines = render_terminal(without_reference(make_morning())).splitlines()
    assert any(line.split() == ["Duplicates", "29.1%", "–", "–"] for line in lines)


def test_names_of_any_length_fit() -> None:
    for line in class_lines(make_huge("长" * 60).findings.now):
        assert cell_len(line) <= 80


def test_without_trends_the_table_stays() -> None:
    text = render_terminal(replace(make_morning(), trends={}))
    assert "Unknown tokens" in text
