"""Share of tokens that the vocabulary does not have. Effect: Cohen's h."""

from __future__ import annotations

from collections.abc import Iterator

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_WORDS
from monitoring.metrics.counts import all_rows
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night
from monitoring.metrics.registry import night_metric
from monitoring.metrics.tokens import token_design
from monitoring.statistics.rates import compare_shares


@night_metric(
    MetricDefinition(
        name="unk_share",
        family="tokens",
        place=10,
        unit="share",
        title=LocalizedText("未登录词元", "Unknown tokens"),
        explanation=LocalizedText("词表里没有的字词", "tokens that the vocabulary does not have"),
        threshold=0.05,
        direction="up",
        advice=LOOK_AT_WORDS,
        names_cause=True,
        panels={"tokens": 10},
    )
)
def unk_share(night: Night) -> Iterator[Measurement]:
    """Tokens of one document are not independent, and neither are repeated documents: both make them count for less."""
    if night.inputs.baseline is None:
        return
    pair = all_rows(night)
    before, now = pair.before, pair.now
    design = night.once(token_design).mean * pair.repetition
    estimate = compare_shares(before.unk_tokens, before.n_tokens, now.unk_tokens, now.n_tokens, design_effect=design)
    level, level_before = (each.unk_tokens / max(1, each.n_tokens) for each in (now, before))
    yield Measurement(estimate, level, level_before)
