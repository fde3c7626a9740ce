"""Numpy, torch and a plain loop agree on what a document's logits are."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.aggregation import TOP_WINDOWS, Aggregation, aggregate, top_windows
from models.training.documents import aggregate_windows

counts = st.lists(st.integers(1, 6), min_size=1, max_size=8)
seeds = st.integers(0, 2**32 - 1)


def draw(counts: list[int], seed: int, scale: float) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    logits = (np.random.default_rng(seed).normal(size=(sum(counts), 3)) * scale).astype(np.float32)
    return logits, np.concatenate([[0], np.cumsum(counts)])


def plain(values: list[float], how: Aggregation) -> float:
    if how == "max":
        return max(values)
    if how == "mean":
        return math.fsum(values) / len(values)
    return max(values) + math.log(math.fsum(math.exp(value - max(values)) for value in values))


@settings(deadline=None)
@given(
    counts=counts,
    seed=seeds,
    scale=st.sampled_from([1e-3, 1.0, 80.0]),
    how=st.sampled_from(["mean", "max", "logsumexp"]),
)
def test_three_ways_agree(counts: list[int], seed: int, scale: float, how: Aggregation) -> None:
    logits, offsets = draw(counts, seed, scale)
    documents = aggregate(logits, offsets, how)
    assert documents.dtype == np.float32
    expected = [[plain(logits[a:b, c].tolist(), how) for c in range(3)] for a, b in itertools.pairwise(offsets)]
    np.testing.assert_allclose(documents, expected, rtol=1e-5, atol=1e-5 * scale)
    doc = torch.from_numpy(np.repeat(np.arange(len(counts)), counts))
    twin = aggregate_windows(torch.from_numpy(logits), doc, len(counts), how)
    np.testing.assert_allclose(twin.numpy(), documents, rtol=1e-5, atol=1e-5 * scale)


@given(counts=counts, seed=seeds)
def test_the_loudest_windows_first(counts: list[int], seed: int) -> None:
    logits, offsets = draw(counts, seed, 1.0)
    label = np.random.default_rng(seed).integers(0, 3, len(counts))
    top, bounds = top_windows(logits, offsets, label)
    for doc, count in enumerate(counts):
        voices = logits[offsets[doc] : offsets[doc + 1], label[doc]]
        assert top[bounds[doc] : bounds[doc + 1]].tolist() == np.argsort(-voices, kind="stable")[:TOP_WINDOWS].tolist()
        assert bounds[doc + 1] - bounds[doc] == min(count, TOP_WINDOWS)


@settings(deadline=None)
@given(counts=counts, seed=seeds, how=st.sampled_from(["mean", "max", "logsumexp"]))
def test_a_document_does_not_see_its_neighbours(counts: list[int], seed: int, how: Aggregation) -> None:
    logits, offsets = draw(counts, seed, 1.0)
    together = aggregate(logits, offsets, how)
    for doc, count in enumerate(counts):
        alone = aggregate(logits[offsets[doc] : offsets[doc + 1]], np.array([0, count]), how)
        np.testing.assert_array_equal(alone[0], together[doc])
