"""Windows as one row of tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import RobertaModel

from models.packed.windows import PackedWindows, number_positions, pack_windows, upload
from models.tokens import SpecialTokens, Tokens, pad_windows
from models.windows import WindowSpec, cut_windows
from tests.support.encoders import CONFIGS, SPECIAL, random_documents

SPECS = [
    WindowSpec(max_length=9),
    WindowSpec(max_length=9, truncation_side="left"),
    WindowSpec(max_length=9, truncation_side="middle"),
    WindowSpec(max_length=9, long_text="slide", stride=3),
]


def test_by_hand() -> None:
    tokens = Tokens(np.array([10, 11, 12, 20], np.int32), np.array([0, 3, 3, 4]))
    windows = cut_windows(tokens.lengths, WindowSpec(), 2)
    batch = pack_windows(tokens, windows, np.array([2, 0, 1]), SpecialTokens((2,), (3,), 0, 1), None)
    assert batch.ids.tolist() == [2, 20, 3, 2, 10, 11, 12, 3, 2, 3]
    assert batch.lengths.tolist() == [3, 5, 2]
    assert batch.positions.tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 0, 1]
    assert (batch.ids.dtype, batch.lengths.dtype, batch.positions.dtype) == (np.int32, np.int64, np.int32)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.long_text}-{spec.truncation_side}")
@pytest.mark.parametrize("special", [SPECIAL, SpecialTokens((), (), 1, 4), SpecialTokens((2, 5), (3, 3, 6), 1, 4)])
def test_is_the_padded_batch_without_its_padding(spec: WindowSpec, special: SpecialTokens) -> None:
    tokens, _ = random_documents([4, 30, 0, 7, 8, 13, 1])
    windows = cut_windows(tokens.lengths, spec, special.count)
    chosen = np.random.default_rng(0).permutation(len(windows.doc))
    chosen = chosen[windows.length[chosen] + special.count > 0]
    ids, mask = pad_windows(tokens, windows, chosen, special)
    batch = pack_windows(tokens, windows, chosen, special, None)
    np.testing.assert_array_equal(batch.ids, ids[mask == 1])
    np.testing.assert_array_equal(batch.lengths, mask.sum(1))
    np.testing.assert_array_equal(batch.positions, np.broadcast_to(np.arange(ids.shape[1]), ids.shape)[mask == 1])


def test_no_windows() -> None:
    tokens, windows = random_documents([3])
    batch = pack_windows(tokens, windows, np.zeros(0, np.int64), SPECIAL, 1)
    assert (len(batch.ids), len(batch.lengths), len(batch.positions)) == (0, 0, 0)


def test_positions_of_roberta_are_those_that_roberta_makes() -> None:
    rows = [[2, 7, 1, 8, 3], [2, 3], [2, 1, 1, 9, 9, 9, 3]]  # with padding tokens that a text spells out
    ids = np.concatenate(rows).astype(np.int32)
    made = number_positions(ids, np.array([len(row) for row in rows]), 1)
    embeddings = RobertaModel(CONFIGS["roberta"]).embeddings
    expected = [embeddings.create_position_ids_from_input_ids(torch.tensor([row]), 1)[0] for row in rows]
    assert made.tolist() == torch.cat(expected).tolist()
    assert made.tolist()[:5] == [2, 3, 1, 4, 5]


def test_upload() -> None:
    batch = PackedWindows(np.array([5, 6, 7], np.int32), np.array([1, 2]), np.array([0, 0, 1], np.int32))
    ids, positions, boundaries = upload(batch, torch.device("cpu"))
    assert (ids.tolist(), positions.tolist(), boundaries.tolist()) == ([5, 6, 7], [0, 0, 1], [0, 1, 3])
    assert (ids.dtype, positions.dtype, boundaries.dtype) == (torch.int64, torch.int64, torch.int32)
