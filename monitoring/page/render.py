"""A night as one small HTML page that needs nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup

from models.evaluation.record import ReliabilityBin
from models.pages.environment import shorten
from models.pages.localized_text import Language, LocalizedText
from monitoring.findings.judgement import Alert
from monitoring.findings.morning import Morning
from monitoring.findings.record import Findings, Metric
from monitoring.metrics.definition import PageSection
from monitoring.metrics.registry import CATALOGUE
from monitoring.page.classes import class_views
from monitoring.page.drawing import (
    BAND_HEIGHT,
    BAND_WIDTH,
    PANEL_HEIGHT,
    PANEL_WIDTH,
    TREND_HEIGHT,
    TREND_WIDTH,
)
from monitoring.page.rows import Row, RowMaker
from monitoring.page.speed import speed_view
from monitoring.wording.headline import headline, notices
from monitoring.wording.metric_text import metric_title
from monitoring.wording.number_format import DASH, amount, number, p_value, percent

# Together they keep the page under 300 KB whatever comes in.
_LIMITS: Final = {
    "alerts": 10,
    "watched": 12,
    "runs": 6,
    "failures": 3,
    "missing": 10,
    "classes": 24,
    "slices": 20,
    "quiet_slices": 5,
    "words": 20,
    "examples": 2,
    "tokens": 30,
}
_MAX_TEXT_CHARS: Final = 120
_MAX_LABEL_CHARS: Final = 40
_MAX_ADVICE_CHARS: Final = 200

_PARTS: Final = {
    "drift": LocalizedText("漂移", "drift"),
    "alerts": LocalizedText("警报", "alerts"),
    "predictions": LocalizedText("预测结果", "predictions"),
    "confidence": LocalizedText("置信度", "confidence"),
    "classes": LocalizedText("类别", "classes"),
    "slices": LocalizedText("分组", "slices"),
    "labels": LocalizedText("标注", "labels"),
    "embeddings": LocalizedText("向量", "embeddings"),
    "new words": LocalizedText("新词", "new words"),
}
"""Names in `Missing.what` that are no metrics."""

_SIZES: Final = {
    "band_width": BAND_WIDTH,
    "band_height": BAND_HEIGHT,
    "trend_width": TREND_WIDTH,
    "trend_height": TREND_HEIGHT,
    "panel_width": PANEL_WIDTH,
    "panel_height": PANEL_HEIGHT,
}


def render_morning(morning: Morning, lang: Language = "zh") -> str:
    """Render all that people read in the morning, in the order in which they need it.

    The page has no script, loads nothing, and stays under 300 KB: what is long or many is cut, and it says so
    where it cuts. Both languages are in it, and two buttons choose. All that comes from data is escaped.

    Args:
        morning: What to show.
        lang: The language that it opens in.
    """
    findings, rows = morning.findings, RowMaker(morning)
    return (
        _environment()
        .get_template("page.html")
        .render(
            f=findings,
            morning=morning,
            lang=lang,
            headline=headline(morning),
            notices=notices(findings, morning.runs),
            alerts=[_alert_view(morning, rows, each) for each in morning.judgement.alerts[: _LIMITS["alerts"]]],
            watched=[(metric_title(*each.key), each.nights) for each in morning.judgement.watched],
            speed=speed_view(findings, morning.runs, morning.zone),
            missing=[(_metric_names(each.what), each) for each in findings.missing],
            classes=class_views(findings, _LIMITS["classes"]),
            calibration=_calibration(findings),
            labelled=_listed(findings, "labelled"),
            unlabelled=_listed(findings, "unlabelled"),
            largest_bin=max((each.count for each in findings.reliability), default=0),
            bins=[each for each in findings.reliability if _is_drawn(each)],
            families=rows.families(),
            slices=rows.slices(_LIMITS["slices"], _LIMITS["quiet_slices"]),
            most=_LIMITS,
            text_chars=_MAX_TEXT_CHARS,
            **_SIZES,
        )
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        autoescape=True,
        loader=jinja2.PackageLoader("monitoring.page"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "amount": amount,
        "p_value": p_value,
        "shorten": _shorten,
        "coded": _coded,
        "safe_href": _safe_href,
    }
    return environment


@dataclass(frozen=True, slots=True)
class _AlertView:
    """An alert with its metric as the tables show it (None if it is not among the findings), and what to do."""

    alert: Alert
    title: LocalizedText
    row: Row | None
    advice: LocalizedText


def _alert_view(morning: Morning, rows: RowMaker, alert: Alert) -> _AlertView:
    definition, metric = CATALOGUE[alert.name], morning.findings.metric(*alert.key)
    return _AlertView(
        alert=alert,
        title=metric_title(*alert.key),
        row=rows.row(metric) if metric else None,
        advice=definition.advice,
    )


def _listed(findings: Findings, section: PageSection) -> list[tuple[LocalizedText, Metric | None]]:
    """The metrics of a section that is a list, with what they are called there."""
    definitions = [CATALOGUE[name] for name in CATALOGUE.in_section(section)]
    return [(each.short_title or each.title, findings.metric(each.name)) for each in definitions]


def _metric_names(what: str) -> LocalizedText:
    """The titles of the metrics that a text names by their keys; other words stay."""
    names = [_PARTS.get(name.strip()) or metric_title(name.strip()) for name in what.split(",")]
    return LocalizedText("、".join(each.zh for each in names), ", ".join(each.en for each in names))


def _calibration(findings: Findings) -> LocalizedText | None:
    """Whether confidence can be believed; None without labels."""
    metric = findings.metric("ece")
    if metric is None or not metric.estimate.known:
        return None
    floor = metric.estimate.null_high
    if metric.estimate.value > floor:
        return LocalizedText(
            "超出噪声线：置信度已不可全信。", "Above the noise floor: confidence does not mean what it says."
        )
    return LocalizedText("未超出噪声线：没有失准的证据。", "Under the noise floor: no evidence that confidence is off.")


def _is_drawn(each: ReliabilityBin) -> bool:
    return each.count > 0 and number(each.confidence) != DASH and number(each.accuracy.value) != DASH


def _shorten(text: str, limit: int = _MAX_LABEL_CHARS) -> str:
    return shorten(text, limit)


def _coded(text: str) -> Markup:
    """A text of some lines at most, escaped, with what stands between backticks set as code."""
    parts = _shorten(text, _MAX_ADVICE_CHARS).split("`")
    return Markup().join(
        Markup("<code>{}</code>" if place % 2 else "{}").format(part) for place, part in enumerate(parts)
    )


def _safe_href(href: str) -> str | None:
    """The address, or None if following it would run something."""
    return href if urlsplit(href).scheme in ("", "file", "http", "https") else None
