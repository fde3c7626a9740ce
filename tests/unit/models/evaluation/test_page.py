"""The HTML page: self-contained, escaped, small, well-formed."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pytest

from models.calibration import softmax
from models.evaluation.metrics import evaluate
from models.evaluation.page import Example, render_page
from models.evaluation.record import Evaluation

VOID = {"meta", "br", "hr", "img", "link", "input"}


class _Balance(HTMLParser):
    """Collects the tags, and fails on one that closes what is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.seen.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _evaluation(classes: int = 3, rows: int = 300, groups: int = 2, unscored: int = 0) -> Evaluation:
    rng = np.random.default_rng(0)
    gold = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes))
    logits[np.arange(rows), gold] += 2.0
    logits[:unscored] = np.nan
    labels = [f"类别<{c}>" for c in range(classes)]
    names = [f"来源&{row % groups}" for row in range(rows)] if groups else None
    return evaluate(softmax(logits), gold, labels, names, rng)


def _render(evaluation: Evaluation, examples: list[Example] | None = None, lang: str = "zh") -> str:
    shown = examples if examples is not None else [Example("还行吧", "负", "正", 0.98)]
    return render_page(evaluation, title="评估", bundle_version="abc123", examples=shown, lang=lang)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_loads_nothing_and_runs_nothing(lang: str) -> None:
    page = _render(_evaluation(), lang=lang)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\bsrc=|\bhref=|<script|<link|\bon[a-z]+=", page)
    assert "default-src 'none'" in page


def test_escapes_whatever_comes_from_data() -> None:
    evil = '<script>alert("1")</script><img src=x onerror=alert(1)>'
    page = render_page(
        _evaluation(),
        title=evil,
        bundle_version=evil,
        examples=[Example(evil, evil, evil, 0.9)],
    )
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert") == 6  # title (twice), bundle, text, gold, predicted
    assert "类别&lt;0&gt;" in page
    assert "来源&amp;1" in page


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("classes", "groups"), [(2, 0), (6, 2), (40, 90)])
def test_tags_balance_and_all_drawings_are_there(classes: int, groups: int, lang: str) -> None:
    parser = _Balance()
    parser.feed(_render(_evaluation(classes, groups=groups), lang=lang))
    assert parser.open == []
    assert parser.seen.count("svg") == 3 + min(classes, 60) + min(groups, 60)


def test_headings_carry_both_languages_and_lang_leads() -> None:
    chinese, english = (_render(_evaluation(), lang=lang) for lang in ("zh", "en"))
    for zh, en in (("混淆矩阵", "Confusion matrix"), ("可靠性图", "Reliability"), ("准确率", "Accuracy")):
        assert f'{zh} <small lang="en">{en}</small>' in chinese
        assert f'{en} <small lang="zh">{zh}</small>' in english
    assert '<html lang="zh-Hans">' in chinese
    assert '<html lang="en">' in english


def test_figures_are_on_the_page() -> None:
    evaluation = _evaluation(unscored=4)
    page = _render(evaluation)
    assert f"{100 * evaluation.accuracy.value:.2f} %" in page
    assert f"{100 * evaluation.macro_f1.value:.2f} %" in page
    assert f"{100 * evaluation.ece_noise_floor:.1f} %" in page
    assert "未能打分 4" in page
    assert "98.0 %" in page


def test_stays_small_and_says_what_it_cuts() -> None:
    examples = [Example('"&<' * 5000, "长" * 500, "名" * 500, 0.9)] * 500
    page = _render(_evaluation(classes=150, rows=4000, groups=300), examples, lang="en")
    assert len(page.encode()) < 200_000
    assert "classes not shown: 90" in page
    assert "not drawn: 130" in page
    assert "groups not shown: 240" in page


def test_a_model_that_scored_nothing_still_has_a_page() -> None:
    evaluation = evaluate(np.full((3, 2), np.nan), np.array([0, 1, 1]), ["负", "正"], None, np.random.default_rng(0))
    page = _render(evaluation, [])
    assert "nan" not in page.lower()
    assert "0.00 %" in page
