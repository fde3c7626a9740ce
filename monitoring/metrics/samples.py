"""The samples of a night and of its reference, as metrics read them."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from monitoring.metrics.night import Night

NO_SAMPLE: Final = "the reference has no sample of texts"


def distinct_texts(sample: pa.Table) -> pl.Series:
    """String[D], the texts of a sample that have one, each once, in the order of the sample."""
    texts = pl.Series("text", pl.from_arrow(sample["text"]), pl.String)
    return texts.filter(texts.str.len_chars() > 0).unique(maintain_order=True)


def both_texts(night: Night) -> tuple[pl.Series, pl.Series] | None:
    """Distinct texts of the reference and of tonight; None where the reference has no sample."""
    baseline = night.inputs.baseline
    if baseline is None or baseline.sample is None:
        return None
    return distinct_texts(baseline.sample), distinct_texts(night.inputs.sample)


def sampled_probs(sample: pa.Table, classes: int) -> NDArray[np.float64]:
    """float64[N, C] of the sampled rows that have a label."""
    probs = sample["probs"].filter(pc.is_valid(sample["probs"]))
    return np.asarray(pc.list_flatten(probs).to_numpy(), np.float64).reshape(-1, classes)


def probs_tonight(night: Night) -> NDArray[np.float64]:
    """float64[N, C] of tonight's sample."""
    return sampled_probs(night.inputs.sample, len(night.inputs.profile.labels))
