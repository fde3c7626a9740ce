"""What training starts from."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import tokenizers
import torch
from transformers import AutoModel, BertModel, PreTrainedTokenizerFast

from models.tokens import Tokenizer
from models.training.init_encoder import SPECIAL, init_encoder
from storage.errors import TrainingError
from tests.support.networks import WORDS, backend, bert_config
from tests.support.training import recipe

ENGLISH_AND_CHINESE = [
    "".join(random.Random(seed).choices("好坏差赞快慢我你他abcdefgh 12", k=20)) for seed in range(200)
]


def vocabulary_of(folder: Path) -> dict[str, int]:
    made: dict[str, int] = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    return made


class TestVocabularyFile:
    def prepare(self, folder: Path, lines: list[str], texts: list[str], end: str = "\n", **scratch: Any) -> Any:
        (folder / "vocab.txt").write_bytes((end.join(lines) + end).encode())
        settings = recipe(scratch={"vocabulary": folder / "vocab.txt", **scratch})
        return init_encoder(settings, texts, folder)

    def test_is_cut_to_the_tokens_in_use(self, tmp_path: Path) -> None:
        lines = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "书", "好", "坏", "good", "##ish"]
        encoder = self.prepare(tmp_path, lines, ["好书", "goodish 好"])
        kept = [*SPECIAL, "书", "好", "good", "##ish"]
        assert vocabulary_of(tmp_path) == {word: index for index, word in enumerate(kept)}
        assert encoder.get_input_embeddings().num_embeddings == len(kept)
        tokenizer = Tokenizer.from_file(tmp_path / "tokenizer.json")
        assert tokenizer.encode(pl.Series(["好坏 Goodish"])).ids.tolist() == [6, 1, 7, 8]

    def test_rare_tokens_are_left_out(self, tmp_path: Path) -> None:
        self.prepare(tmp_path, [*SPECIAL, "好", "坏"], ["好好", "坏"], min_count=2)
        assert set(vocabulary_of(tmp_path)) == {*SPECIAL, "好"}

    def test_windows_line_ends(self, tmp_path: Path) -> None:
        self.prepare(tmp_path, [*SPECIAL, "好"], ["好"], end="\r\n")
        assert set(vocabulary_of(tmp_path)) == {*SPECIAL, "好"}

    @pytest.mark.parametrize("lacking", ["[CLS]", "[SEP]", "[UNK]"])
    def test_without_a_special_token(self, tmp_path: Path, lacking: str) -> None:
        with pytest.raises(TrainingError, match="the vocabulary has no ") as caught:
            self.prepare(tmp_path, [word for word in (*SPECIAL, "好") if word != lacking], ["好"])
        assert lacking in str(caught.value)

    def test_that_is_not_there_or_not_text(self, tmp_path: Path) -> None:
        settings = recipe(scratch={"vocabulary": tmp_path / "vocab.txt"})
        with pytest.raises(TrainingError, match=r"vocab\.txt cannot be read"):
            init_encoder(settings, ["好"], tmp_path)
        (tmp_path / "vocab.txt").write_bytes(b"\xff\xfe")
        with pytest.raises(TrainingError, match=r"vocab\.txt cannot be read"):
            init_encoder(settings, ["好"], tmp_path)


class TestLearnedVocabulary:
    def test_knows_what_the_texts_use(self, tmp_path: Path) -> None:
        init_encoder(recipe(), ["好书 reading readers", "Reading 好"] * 10, tmp_path)
        tokenizer = Tokenizer.from_file(tmp_path / "tokenizer.json")
        assert 1 not in tokenizer.encode(pl.Series(["好书 reading readers"])).ids.tolist()
        assert tokenizer.encode(pl.Series(["reading"])).lengths.tolist() == [1]
        assert tokenizer.encode(pl.Series(["龘"])).ids.tolist() == [1]
        assert list(vocabulary_of(tmp_path).values()).count(0) == 1
        assert [word for word, index in sorted(vocabulary_of(tmp_path).items(), key=lambda each: each[1])][:5] == [
            *SPECIAL
        ]

    def test_is_the_same_every_time(self, tmp_path: Path) -> None:
        # The learner's hash tables are seeded anew each time, so runs within a process differ as processes do.
        made = []
        for _ in range(4):
            init_encoder(recipe(scratch={"min_count": 2}), ENGLISH_AND_CHINESE, tmp_path)
            made.append(vocabulary_of(tmp_path))
        assert made[0] == made[1] == made[2] == made[3]
        assert any(len(word) > 3 and word.startswith("##") for word in made[0])  # it did learn pieces of words


class TestPretrained:
    def save(self, folder: Path, dtype: torch.dtype = torch.float32, **options: Any) -> Path:
        torch.manual_seed(3)
        BertModel(bert_config(**options)).to(dtype).save_pretrained(folder)
        names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        PreTrainedTokenizerFast(tokenizer_object=backend(), **names).save_pretrained(folder)
        return folder

    def test_brings_its_weights_and_its_tokenizer(self, tmp_path: Path) -> None:
        folder = self.save(tmp_path / "p")
        encoder = init_encoder(recipe(pretrained=str(folder)), ["好"], tmp_path)
        plain = AutoModel.from_pretrained(folder)
        name = "embeddings.word_embeddings.weight"
        assert torch.equal(encoder.state_dict()[name], plain.state_dict()[name])
        assert Tokenizer.from_file(tmp_path / "tokenizer.json").encode(pl.Series(["好书"])).ids.tolist() == [
            WORDS.index("好"),
            WORDS.index("书"),
        ]

    def test_half_precision_weights_are_trained_in_float32(self, tmp_path: Path) -> None:
        folder = self.save(tmp_path / "p", torch.float16)
        encoder = init_encoder(recipe(pretrained=str(folder)), ["好"], tmp_path)
        assert {weight.dtype for weight in encoder.parameters()} == {torch.float32}

    def test_windows_that_do_not_fit_it(self, tmp_path: Path) -> None:
        folder = self.save(tmp_path / "p", max_position_embeddings=12)
        with pytest.raises(TrainingError, match="windows of 16 tokens") as caught:
            init_encoder(recipe(pretrained=str(folder)), ["好"], tmp_path)
        assert "at most 12" in str(caught.value)
        init_encoder(recipe(pretrained=str(folder), windows={"max_length": 12}), ["好"], tmp_path)

    def test_that_nobody_knows(self, tmp_path: Path) -> None:
        for name in ("nobody/nothing", str(tmp_path / "nowhere")):
            with pytest.raises(TrainingError, match="cannot be loaded"):
                init_encoder(recipe(pretrained=name), ["好"], tmp_path)

    def test_without_a_tokenizer(self, tmp_path: Path) -> None:
        folder = self.save(tmp_path / "p")
        for file in folder.glob("tokenizer*"):
            file.unlink()
        with pytest.raises(TrainingError, match="cannot be loaded"):
            init_encoder(recipe(pretrained=str(folder)), ["好"], tmp_path)

    def test_with_pickled_weights(self, tmp_path: Path) -> None:
        folder = self.save(tmp_path / "p")
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        with pytest.raises(TrainingError, match="cannot be loaded"):
            init_encoder(recipe(pretrained=str(folder)), ["好"], tmp_path)


def test_the_encoder_fits_the_recipe(tmp_path: Path) -> None:
    scratch = {"hidden_size": 24, "layers": 2, "heads": 3, "intermediate_size": 40, "dropout": 0.25}
    config = init_encoder(recipe(scratch={**scratch, "attention_dropout": 0.125}), ["好书"], tmp_path).config
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (24, 2, 3)
    assert config.intermediate_size == 40
    assert (config.hidden_dropout_prob, config.attention_probs_dropout_prob) == (0.25, 0.125)
    assert config.max_position_embeddings == 16
    assert json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))["model"]["type"] == "WordPiece"
