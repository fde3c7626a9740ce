"""Models that somebody else saved."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DistilBertConfig,
    ElectraConfig,
    RobertaConfig,
)

from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from models.cleaning.spec import CleaningSpec
from models.hub_models import HubModelDefaults, open_hub_model, usable_positions
from models.network import load_network
from models.windows import WindowSpec
from storage.errors import BundleContradiction, BundleError, BundleIncomplete
from tests.support.networks import LABELS, WORDS, bert_config, roberta_backend, sentences, stock_model

DEFAULTS = HubModelDefaults(CleaningSpec(), WindowSpec(max_length=12), "mean")
FP32 = EngineSettings(device="cpu", precision="fp32", max_tokens=64)
SIZE: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
}
ROBERTA = {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>"}


def change_config(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **changes}), "utf-8")


@pytest.mark.parametrize("family", ["bert", "roberta", "electra", "distilbert"])
def test_scores_as_transformers_does(family: str, tmp_path: Path) -> None:
    if family == "roberta":
        config = RobertaConfig(vocab_size=len(WORDS), pad_token_id=1, **SIZE)
        folder = stock_model(tmp_path, config, roberta_backend(), **ROBERTA)
    elif family == "electra":
        folder = stock_model(tmp_path, ElectraConfig(vocab_size=len(WORDS), embedding_size=8, **SIZE))
    elif family == "distilbert":
        small = DistilBertConfig(vocab_size=len(WORDS), dim=16, n_layers=1, n_heads=2, hidden_dim=32)
        folder = stock_model(tmp_path, small)
    else:
        folder = stock_model(tmp_path)
    texts = sentences(20, 18)  # some longer than a window
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    batch = tokenizer(texts, truncation=True, max_length=12, padding=True, return_tensors="pt")
    with torch.inference_mode():
        kept = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
        expected = model(**kept).logits.softmax(-1).numpy()
    bundle = open_hub_model(str(folder), "t", DEFAULTS)
    assert bundle.labels == LABELS
    probs = Scorer(bundle, FP32).score(pl.Series(texts)).probs
    assert expected.std() > 0.05
    np.testing.assert_allclose(probs, expected, atol=2e-6)


def test_half_precision_weights_are_computed_in_float32(tmp_path: Path) -> None:
    folder = stock_model(tmp_path)
    AutoModelForSequenceClassification.from_pretrained(folder).half().save_pretrained(folder)
    network = load_network(open_hub_model(str(folder), "t", DEFAULTS))
    assert {weight.dtype for weight in network.parameters()} == {torch.float32}


class TestVersion:
    def test_follows_files_and_configuration(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path)
        one = open_hub_model(str(folder), "t", DEFAULTS).version
        assert open_hub_model(str(folder), "t", DEFAULTS).version == one
        others = HubModelDefaults(CleaningSpec(latin="lower"), DEFAULTS.windows, "mean")
        two = open_hub_model(str(folder), "t", others).version
        weights = folder / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\0")
        assert len({one, two, open_hub_model(str(folder), "t", DEFAULTS).version}) == 3


class TestWindows:
    @pytest.mark.parametrize(
        ("config", "positions"),
        [
            ({"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}, 512),
            ({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
            ({"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}, 512),
            ({"model_type": "bert"}, None),
        ],
    )
    def test_usable_positions(self, config: dict[str, Any], positions: int | None) -> None:
        assert usable_positions(config) == positions

    def test_are_fitted_to_the_positions_of_the_model(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path, bert_config(max_position_embeddings=20))
        wide = HubModelDefaults(CleaningSpec(), WindowSpec(max_length=512, long_text="slide", stride=128), "mean")
        bundle = open_hub_model(str(folder), "t", wide)
        assert bundle.manifest.windows == WindowSpec(max_length=20, long_text="slide", stride=5)
        scores = Scorer(bundle, FP32).score(pl.Series(["好书" * 40]))
        assert np.isfinite(scores.probs).all()
        assert scores.n_windows.tolist() == [6]

    def test_with_offset_positions_every_one_of_them_is_used(self, tmp_path: Path) -> None:
        config = RobertaConfig(vocab_size=len(WORDS), pad_token_id=1, **{**SIZE, "max_position_embeddings": 22})
        folder = stock_model(tmp_path, config, roberta_backend(), **ROBERTA)
        bundle = open_hub_model(str(folder), "t", HubModelDefaults(CleaningSpec(), WindowSpec(max_length=100), "mean"))
        assert bundle.manifest.windows.max_length == 20
        assert np.isfinite(Scorer(bundle, FP32).score(pl.Series(["好书" * 40])).probs).all()


class TestRefuses:
    def test_pickled_weights(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path)
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        with pytest.raises(BundleIncomplete, match=r"no \*\.safetensors"):
            open_hub_model(str(folder), "t", DEFAULTS)

    def test_another_kind_of_model(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path)
        for architectures in (["BertForMaskedLM"], [], None):
            change_config(folder, architectures=architectures)
            with pytest.raises(BundleContradiction, match=r"BertForMaskedLM|unnamed architecture"):
                open_hub_model(str(folder), "t", DEFAULTS)

    def test_a_classifier_whose_head_was_never_trained(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path)
        AutoModelForSequenceClassification.from_pretrained(folder).bert.save_pretrained(folder)
        change_config(folder, architectures=["BertForSequenceClassification"])
        with pytest.raises(BundleIncomplete, match=r"no weights for .*classifier\.weight"):
            load_network(open_hub_model(str(folder), "t", DEFAULTS))

    def test_labels_that_do_not_fit_the_head(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path)
        change_config(folder, id2label={"0": "坏", "1": "好"})
        with pytest.raises(BundleContradiction, match="cannot load"):
            load_network(open_hub_model(str(folder), "t", DEFAULTS))

    @pytest.mark.parametrize("id2label", [{"0": "坏"}, {"0": "坏", "1": "坏"}])
    def test_labels_that_are_no_classes(self, tmp_path: Path, id2label: dict[str, str]) -> None:
        folder = stock_model(tmp_path)
        change_config(folder, id2label=id2label)
        with pytest.raises(BundleContradiction, match="has the labels"):
            open_hub_model(str(folder), "t", DEFAULTS)

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"7"])
    def test_a_configuration_that_is_none(self, tmp_path: Path, content: bytes) -> None:
        folder = stock_model(tmp_path)
        (folder / "config.json").write_bytes(content)
        with pytest.raises(BundleIncomplete, match=r"config\.json cannot be read"):
            open_hub_model(str(folder), "t", DEFAULTS)

    @pytest.mark.parametrize("problem", ["multi_label_classification", "regression"])
    def test_a_model_whose_answers_are_no_classes(self, tmp_path: Path, problem: str) -> None:
        """The softmax of a multi-label model gives confidences that are wrong, and nothing would say so."""
        folder = stock_model(tmp_path)
        change_config(folder, problem_type=problem)
        with pytest.raises(BundleContradiction, match=f"problem_type {problem}.*") as caught:
            open_hub_model(str(folder), "t", DEFAULTS)
        assert "single_label_classification" in str(caught.value)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("id2label", {"a": "坏", "b": "好"}),
            ("id2label", ["坏", "好"]),
            ("id2label", {"0": "坏", "2": "好"}),
            ("id2label", {"0": None, "1": "好"}),
            ("id2label", {"0": "坏", "00": "好"}),
            ("id2label", 2),
            ("architectures", [None]),
            ("architectures", "BertForSequenceClassification"),
            ("architectures", {"a": 1}),
            ("max_position_embeddings", "512"),
            ("max_position_embeddings", -1),
            ("max_position_embeddings", 2),
            ("max_position_embeddings", True),
            ("pad_token_id", "0"),
            ("problem_type", ["single_label_classification"]),
            ("model_type", ["bert"]),
        ],
        ids=str,
    )
    def test_a_configuration_with_strange_values(self, tmp_path: Path, key: str, value: object) -> None:
        folder = stock_model(tmp_path)
        change_config(folder, **{key: value})
        with pytest.raises(BundleError, match=rf"config\.json.* {key}"):
            open_hub_model(str(folder), "t", DEFAULTS)

    def test_no_tokenizer(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path)
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer_config.json").unlink()
        with pytest.raises(BundleError):
            Scorer(open_hub_model(str(folder), "t", DEFAULTS), FP32)

    def test_a_tokenizer_of_another_model(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path, bert_config(vocab_size=len(WORDS) - 3))
        with pytest.raises(BundleContradiction, match="the tokenizer has ids up to"):
            Scorer(open_hub_model(str(folder), "t", DEFAULTS), FP32)

    def test_remote_code(self, tmp_path: Path) -> None:
        folder = stock_model(tmp_path)
        (folder / "evil.py").write_text("raise SystemExit('ran')", "utf-8")
        change_config(
            folder,
            model_type="evil",
            auto_map={"AutoModelForSequenceClassification": "evil.Evil", "AutoConfig": "evil.Evil"},
        )
        with pytest.raises(BundleContradiction, match="cannot load"):
            load_network(open_hub_model(str(folder), "t", DEFAULTS))


def test_an_unknown_name_off_line_is_said_at_once() -> None:
    code = (
        "from models.cleaning.spec import CleaningSpec\n"
        "from models.hub_models import HubModelDefaults, open_hub_model\n"
        "from models.windows import WindowSpec\n"
        "open_hub_model('nobody/no-such-model', 't', HubModelDefaults(CleaningSpec(), WindowSpec(), 'mean'))"
    )
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=root,
        env={"HF_HUB_OFFLINE": "1", "PATH": "", "HOME": "/nonexistent"},
    )  # fmt: skip
    assert "BundleIncomplete" in ran.stderr
    assert "no model on the hub under 'nobody/no-such-model'" in ran.stderr
