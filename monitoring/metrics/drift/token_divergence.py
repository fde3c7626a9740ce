"""How far the distribution of all tokens has moved. Effect: the divergence less that of chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from models.pages.localized_text import LocalizedText
from monitoring.metrics.advice import LOOK_AT_WORDS
from monitoring.metrics.definition import MetricDefinition
from monitoring.metrics.night import Measurement, Night, NightMetric
from monitoring.metrics.registry import night_metric
from monitoring.metrics.tokens import token_counts, token_design
from monitoring.statistics.divergence import Kind, compare_counts

_ALSO: Final = LocalizedText("用词差多远，0 相同", "how far words are apart, 0 same")


def _divergence_of(kind: Kind) -> NightMetric:
    def divergence(night: Night) -> Iterator[Measurement]:
        counts = night.once(token_counts)
        if counts is not None:
            rng = night.inputs.rng(f"token_{kind}")
            yield Measurement(compare_counts(*counts, kind, rng, night.once(token_design)))

    return divergence


token_js = night_metric(
    MetricDefinition(
        name="token_js",
        family="tokens",
        place=30,
        unit="bits",
        title=LocalizedText("词元 JS", "Tokens, JS"),
        explanation=LocalizedText(
            "用词差多远：0 相同，1 毫无重合", "how far words are apart: 0 same, 1 nothing shared"
        ),
        threshold=0.01,
        advice=LOOK_AT_WORDS,
        panels={"drift": 10},
    )
)(_divergence_of("js"))

token_psi = night_metric(
    MetricDefinition(
        name="token_psi",
        family="tokens",
        place=40,
        unit="nats",
        title=LocalizedText("词元 PSI", "Tokens, PSI"),
        explanation=_ALSO,
    )
)(_divergence_of("psi"))

token_kl = night_metric(
    MetricDefinition(
        name="token_kl",
        family="tokens",
        place=50,
        unit="nats",
        title=LocalizedText("词元 KL", "Tokens, KL"),
        explanation=_ALSO,
    )
)(_divergence_of("kl"))
