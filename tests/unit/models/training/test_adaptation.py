"""Hidden tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from models.network import build_encoder
from models.tokens import Tokenizer
from models.training.adaptation import MaskedLanguageModel, MaskedWindows, adapt, hide_tokens
from models.training.documents import EncodedDocuments
from models.training.finetune_recipe import Adaptation
from models.training.recipe import Loop
from models.windows import WindowSpec
from tests.support.encoder_families import family_config
from tests.support.networks import LETTERS, WORDS, backend, sentences

MASK = WORDS.index("[MASK]")
CPU = Loop(precision="fp32")


def test_what_is_asked_and_what_is_read() -> None:
    random = np.random.default_rng(0)
    ids = random.integers(10, 60, (400, 100))
    content = np.zeros(ids.shape, bool)
    content[:, 1:80] = True
    read, asked = hide_tokens(ids, content, 0.15, MASK, 60, random)
    hidden = asked != -100
    assert (asked[hidden] == ids[hidden]).all()
    assert not hidden[~content].any()
    assert (read[~hidden] == ids[~hidden]).all()
    assert hidden[content].mean() == pytest.approx(0.15, abs=0.01)
    assert (read[hidden] == MASK).mean() == pytest.approx(0.8, abs=0.02)
    assert (read[hidden] == ids[hidden]).mean() == pytest.approx(0.1, abs=0.02)  # kept, or by chance the same


def documents(count: int) -> EncodedDocuments:
    tokenizer = Tokenizer(backend(), pad=0, unknown=1)
    return EncodedDocuments.encode(pl.Series(sentences(count, 20)), tokenizer, WindowSpec(max_length=16))


def test_windows_hide_content_only_and_other_tokens_each_time() -> None:
    lot = documents(40)
    windows = MaskedWindows(lot, MASK, len(WORDS), Adaptation(masked=0.5), seed=0)
    one, two = windows.__getitems__(range(40)), windows.__getitems__(range(40))
    assert len(windows) == 40
    assert not torch.equal(one["labels"], two["labels"])
    special = (*lot.special.prefix, *lot.special.suffix, lot.special.pad)
    assert not torch.isin(one["labels"][one["labels"] != -100], torch.tensor(special)).any()
    assert (one["labels"][one["attention_mask"] == 0] == -100).all()
    again = MaskedWindows(lot, MASK, len(WORDS), Adaptation(masked=0.5), seed=0)
    assert torch.equal(again.__getitems__(range(40))["input_ids"], one["input_ids"])


@pytest.mark.parametrize("family", ["bert", "albert", "distilbert", "modernbert"])
def test_the_head_fits_every_family(family: str) -> None:
    """Also those whose embeddings are narrower than their hidden states."""
    torch.manual_seed(0)
    model = MaskedLanguageModel(build_encoder(family_config(family)))
    ids = torch.randint(5, 40, (2, 8))
    labels = torch.full((2, 8), -100)
    labels[:, 2:4] = ids[:, 2:4]
    loss = model(ids, torch.ones_like(ids), labels)["loss"]
    loss.backward()
    assert torch.isfinite(loss)
    nothing = model(ids, torch.ones_like(ids), torch.full((2, 8), -100))["loss"]
    assert nothing.item() == 0


def test_reading_makes_guessing_better(tmp_path: Path) -> None:
    """Texts of one letter each: what is hidden follows from what is not."""
    texts = [letter * 14 for letter in LETTERS[:12]] * 8
    tokenizer = Tokenizer(backend(), pad=0, unknown=1)
    lot = EncodedDocuments.encode(pl.Series(texts), tokenizer, WindowSpec(max_length=16))
    torch.manual_seed(0)
    encoder = build_encoder(family_config("bert"))
    before = encoder.get_input_embeddings().weight.detach().clone()  # type: ignore[operator]
    settings = Adaptation(epochs=12, learning_rate=1e-3, batch_windows=16)
    losses = [adapt(encoder, lot, MASK, settings, CPU, tmp_path, show_progress=False) for _ in range(2)]
    assert losses[1] < 0.9 * losses[0]
    assert not torch.equal(before, encoder.get_input_embeddings().weight)  # type: ignore[operator]
    assert list(tmp_path.iterdir()) == []
