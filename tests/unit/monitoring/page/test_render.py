"""The morning's page: self-contained, escaped, small, well-formed, and never at a loss for words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Literal

import pytest
from markupsafe import escape

from monitoring.findings.judgement import Judgement
from monitoring.findings.morning import Link, Morning
from monitoring.page.render import render_morning
from tests.support.fake_clock import count_calls
from tests.support.sample_reports import (
    make_hostile,
    make_huge,
    make_morning,
    make_run,
    make_waiting,
    without_labels,
    without_reference,
    without_rows,
)

VOID = {"meta", "br", "input"}
NIGHTS: dict[str, Callable[[], Morning]] = {
    "quiet": lambda: make_morning("weibo", "quiet"),
    "watched": lambda: make_morning("news", "watched"),
    "bad": lambda: make_morning("comment", "bad"),
    "huge": make_huge,
    "no reference": lambda: without_reference(make_morning()),
    "no labels": lambda: without_labels(make_morning()),
    "no rows": lambda: without_rows(make_morning()),
    "nothing": lambda: without_labels(without_rows(without_reference(make_morning()))),
}


class _Page(HTMLParser):
    """Collects tags, ids, links and text by language; fails on a tag that closes what is not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.unnamed = 0
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._see(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data

    def _see(self, tag: str, attributes: dict[str, str | None]) -> None:
        self.tags.append(tag)
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.links += [attributes["href"] or ""] if "href" in attributes else []
        named = "aria-label" in attributes or attributes.get("aria-hidden") == "true"
        self.unnamed += (tag == "svg" and not named) - (tag == "title" and self.open[-1] == "svg" and not named)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("night", NIGHTS)
def test_every_night_has_a_sound_page(night: str, lang: Literal["zh", "en"]) -> None:
    source = render_morning(NIGHTS[night](), lang)
    page = _Page(source)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} == {*page.ids} - {"to-zh", "to-en"}
    assert page.unnamed == 0
    assert not re.search(r"\b(nan|none|inf)\b", page.text.replace("None.", ""), re.IGNORECASE)
    assert not re.search(r'="[^"]*\bnan\b', source)
    assert len(source.encode()) < 300_000


@pytest.mark.parametrize("night", NIGHTS)
def test_loads_nothing_and_runs_nothing(night: str) -> None:
    source = render_morning(NIGHTS[night]())
    assert "default-src 'none'" in source
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\bsrc=|<script|<link|<img|\son[a-z]+=", source)
    assert {link for link in _Page(source).links if not link.startswith("#")} <= {"evidently.html"}


def test_escapes_whatever_comes_from_data() -> None:
    evil = "<script>x</script><img src=x onerror=y>\"'"
    source = render_morning(make_hostile(evil))
    page = _Page(source)
    assert page.open == []
    assert {"script", "img"}.isdisjoint(page.tags)
    assert source.count("&lt;script&gt;") >= 40
    assert not any(link.startswith("javascript") for link in page.links)


def test_the_link_that_would_run_something_gives_way_to_its_command() -> None:
    links = (
        Link("evidently", "javascript:alert(1)", "yeban monitor"),
        Link("relabel", "../queue.csv", "yeban relabel"),
    )
    page = _Page(render_morning(replace(make_morning(), links=links)))
    assert [link for link in page.links if not link.startswith("#")] == ["../queue.csv"]
    assert "yeban monitor" in page.text
    assert "yeban relabel pick" not in page.text


def test_batches_that_wait_are_named_with_what_to_do_next() -> None:
    morning = replace(make_morning("comment", "bad"), waiting=make_waiting("comment", 7))
    page = _Page(render_morning(morning))
    for words in ("：520 条待标，共 520 条", ": 1,120 of 1,500 rows wait for a label", ", 6 for somebody to decide"):
        assert words in page.text
    assert page.text.count("意见相持") == 4  # of the five that are shown, the newest has no tie
    assert "yeban relabel export comment --batch 2026-01-04-3fa1c0de" in page.text
    assert "and 2 more batches" in page.text
    assert "yeban relabel pick" not in page.text
    assert "yeban relabel pick comment" in _Page(render_morning(replace(morning, waiting=()))).text


@pytest.mark.parametrize(
    ("kind", "state", "sentence"),
    [
        ("quiet", "ok", "一切正常，不用处理。"),
        ("watched", "watch", "今天不用处理，2 件事留意观察。"),
        ("bad", "alert", "需要处理：6 件事，其中 2 件严重。"),
    ],
)
def test_the_first_thing_to_read_is_whether_to_act(
    kind: Literal["quiet", "watched", "bad"], state: str, sentence: str
) -> None:
    source = render_morning(make_morning("comment", kind))
    assert f'<p class="banner {state}">' in source
    assert sentence in source
    assert source.index(sentence) < source.index("<section")


def test_each_alert_comes_with_what_to_do() -> None:
    morning = make_morning("comment", "bad")
    source = render_morning(morning)
    for alert in morning.judgement.alerts:
        assert str(escape(alert.message.zh)) in source
        assert str(escape(alert.message.en)) in source
    assert source.count('<p class="do">') == len(morning.judgement.alerts)
    assert "标注随机样本；若准确率下降则增量微调" in source
    assert "连续 5 晚" in source
    assert "40.2% <small>← 28.4%</small>" in source


def test_commands_in_advice_are_set_as_code() -> None:
    source = render_morning(without_reference(make_morning()))
    assert "<code>yeban monitor comment --freeze-reference" in source


def test_a_failed_run_asks_for_action_even_if_no_metric_does() -> None:
    morning = replace(make_morning(), runs=(replace(make_run("score", state="failed"), failures=["disk is full"]),))
    source = render_morning(morning)
    assert '<p class="banner alert">' in source
    assert "<code>yeban runs show 20260303T0230score</code>" in source
    assert "disk is full" in source


def test_both_languages_are_there_and_lang_leads() -> None:
    chinese, english = (render_morning(make_morning(), lang) for lang in ("zh", "en"))
    for source in (chinese, english):
        assert '<span lang="zh">新词</span><span lang="en">New words</span>' in source
    assert 'id="to-zh" aria-label="中文" checked' in chinese
    assert 'id="to-en" aria-label="English" checked' in english
    assert '<html lang="zh-Hans">' in chinese
    assert '<html lang="en">' in english


def test_figures_are_on_the_page() -> None:
    text = _Page(render_morning(make_morning("comment", "bad"))).text
    for figure in ("120,000", "21 分 15 秒", "31.3%", "40.2% ← 28.4%", "1.2×", "+10.8 ~ +12.8", "≤ 0.0040"):
        assert figure in re.sub(r"\s+", " ", text)
    assert "尊嘟假嘟" in text
    assert "这家店尊嘟假嘟啊，等了一个小时才送到" in text


def test_says_what_it_cuts() -> None:
    source = render_morning(make_huge(), "en")
    text = _Page(source).text
    for said in (
        "alerts not shown: 90",
        "earlier runs not shown: 44",
        "not drawn: 16",
        "new words not shown: 30",
        "tokens not shown: 470",
        "more failures: 97",
        "not shown: 90",
    ):
        assert said in text
    assert re.search(r"not shown: \d{4}, of them over the line: 1180", text)


def test_what_is_missing_says_why_and_what_to_do() -> None:
    text = _Page(render_morning(without_labels(make_morning()))).text
    assert "随机样本还没有标注" in text
    assert "yeban relabel export comment" in text
    assert "画不出可靠性图" in text
    assert "没有标注，无从得知" in text


def test_without_a_reference_tonights_levels_stay() -> None:
    text = _Page(render_morning(without_reference(make_morning()))).text
    assert "没有基准，看不出变化" in text
    assert "29.1%" in text
    assert "未能测量：" in text


def test_a_class_that_is_never_predicted_says_so() -> None:
    morning = make_morning("weibo")
    classes = tuple(
        replace(c, rows=0, confidences=(0,) * 20) if c.label == "恐惧" else c for c in morning.findings.now.classes
    )
    findings = replace(morning.findings, now=replace(morning.findings.now, classes=classes))
    source = render_morning(replace(morning, findings=findings))
    assert source.count("今晚没有预测为此类的行") == 1


MOST_CALLS = 1_000_000
"""Of Python functions for the largest page: twice as many as now. A loop over all pairs takes many times that."""


def test_same_morning_same_bytes_and_little_work() -> None:
    morning = make_huge()
    pages: list[str] = []
    assert count_calls(lambda: pages.append(render_morning(morning))) < MOST_CALLS
    assert render_morning(morning) == pages[0]


def test_a_night_without_judgement_marks_nothing() -> None:
    source = render_morning(replace(make_morning("comment", "bad"), judgement=Judgement()))
    assert '<tr role="row" class=' not in source
    assert '<p class="banner ok">' in source
