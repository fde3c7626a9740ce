from __future__ import annotations

import json
from typing import Any

from monitoring.evidently.shown import shown_metrics
from monitoring.evidently.tables import make_tables
from monitoring.findings.judgement import Judgement
from tests.support.evidently_nights import SECRET, judged, night, sample


def tables(judgement: Judgement, *, show_texts: bool) -> dict[str, list[Any]]:
    """Rows by title of the table."""
    shown = shown_metrics(night(), judgement)
    made = make_tables(night(), judgement, shown, sample(), show_texts=show_texts)
    return {each.title: each.params["data"] for each in made}


def test_every_table_has_its_rows() -> None:
    found = tables(judged(night()), show_texts=True)
    assert [title.split()[0] for title in found] == [
        "警报",
        "指标",
        "新词",
        "变化最大的词元",
        "未能得出",
        "随机样本文本",
    ]
    assert len(found["警报 Alerts"]) == 1
    assert "token_js" not in str(found["警报 Alerts"])
    assert "source=app" in str(found["警报 Alerts"])
    assert "no labelled rows" in str(found["未能得出 Not found out"])
    assert len(found["随机样本文本 Texts of the random sample"]) == 50


def test_texts_stay_out_unless_they_may_be_shown() -> None:
    hidden = json.dumps(tables(judged(night()), show_texts=False), default=str, ensure_ascii=False)
    assert SECRET not in hidden
    assert "绝绝子" in hidden
    assert SECRET in json.dumps(tables(judged(night()), show_texts=True), default=str, ensure_ascii=False)


def test_a_table_without_rows_is_left_out() -> None:
    assert "警报 Alerts" not in tables(Judgement(), show_texts=False)
