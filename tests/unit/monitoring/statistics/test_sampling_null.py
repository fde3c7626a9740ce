from __future__ import annotations

import numpy as np
import pytest

from monitoring.statistics.design_effect import INDEPENDENT, DesignEffect
from monitoring.statistics.divergence import Sides
from monitoring.statistics.estimate import Float64
from monitoring.statistics.sampling_null import Null, split_null


def _null(pooled: Float64, n: float, design: DesignEffect = INDEPENDENT) -> Null:
    m = float(pooled.sum()) - n
    sides = Sides(n, m, len(pooled))
    return split_null(pooled, n, m, lambda x, y: sides.terms("js", x, y), design, np.random.default_rng(0))


def _splits(pooled: Float64, n: int, times: int = 3_000) -> Float64:
    """Divergences of real random splits."""
    sides = Sides(n, float(pooled.sum()) - n, len(pooled))
    rng = np.random.default_rng(1)
    x = rng.multivariate_hypergeometric(pooled.astype(np.int64), n, size=times, method="marginals").astype(np.float64)
    return np.asarray(sides.terms("js", x, pooled - x).sum(axis=1), np.float64)


@pytest.mark.parametrize("pooled", [np.full(200, 300.0), np.concatenate([np.full(300, 2.0), np.full(50, 400.0)])])
def test_mean_and_variance_are_those_of_random_splits(pooled: Float64) -> None:
    n = int(pooled.sum()) // 3
    null, real = _null(pooled, n), _splits(pooled, n)
    assert null.draws is None
    assert null.mean == pytest.approx(real.mean(), rel=0.02)
    assert null.variance == pytest.approx(real.var(), rel=0.15)
    assert float((real <= null.quantile(0.95)).mean()) == pytest.approx(0.95, abs=0.02)


def test_few_cells_with_small_counts_are_drawn() -> None:
    pooled = np.array([3.0, 5.0, 40.0])
    null, real = _null(pooled, 20), _splits(pooled, 20)
    assert null.draws is not None
    assert null.mean == pytest.approx(real.mean(), rel=0.1)
    assert null.p_value(0.0) == 1.0


def test_bursts_widen_it() -> None:
    pooled = np.full(200, 300.0)
    assert _null(pooled, 20_000, DesignEffect(mean=2.0)).mean == pytest.approx(2 * _null(pooled, 20_000).mean, rel=0.1)


def test_what_never_happens_has_no_spread() -> None:
    never = Null(0.0, 0.0)
    assert (never.p_value(0.0), never.p_value(0.1), never.quantile(0.95)) == (1.0, 0.0, 0.0)
