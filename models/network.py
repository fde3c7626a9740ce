"""The network: an encoder and a head, or a stock sequence classifier behind the same forward."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

from models.bundle import ENCODER, WEIGHTS, Bundle
from models.manifest import HeadSpec
from models.tokens import Tokenizer
from storage.errors import BundleContradiction, BundleIncomplete


class Classifier(nn.Module):
    """Encoder -> pooling -> LayerNorm (optional) -> dropout -> linear.

    Args:
        encoder: Any model that `AutoModel` builds: it must return `last_hidden_state`.
        head: What to put on it.
        classes: Number of classes.
    """

    def __init__(self, encoder: nn.Module, head: HeadSpec, classes: int) -> None:
        super().__init__()
        if getattr(encoder, "pooler", None) is not None:
            encoder.pooler = None  # type: ignore[assignment]  # unused weights: our head pools
        hidden: int = encoder.config.hidden_size  # type: ignore[union-attr, assignment]
        self.encoder = encoder
        self.pooling = head.pooling
        self.norm = nn.LayerNorm(hidden) if head.layer_norm else nn.Identity()
        self.dropout = nn.Dropout(head.dropout)
        self.linear = nn.Linear(hidden, classes)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Classify windows.

        Args:
            input_ids: int64[B, L].
            attention_mask: int64[B, L], 1 for real tokens.

        Returns:
            Logits, float[B, C].
        """
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        pooled = pool(hidden, attention_mask, self.pooling)
        return self.linear(self.dropout(self.norm(pooled)))  # type: ignore[no-any-return]


class StockClassifier(nn.Module):
    """An `AutoModelForSequenceClassification` behind the same forward."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Classify windows; shapes as in `Classifier.forward`."""
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits  # type: ignore[no-any-return]


def pool(hidden: Tensor, attention_mask: Tensor, pooling: str) -> Tensor:
    """Reduce float[B, L, H] to float[B, H] over the tokens that the mask keeps."""
    if pooling == "cls":
        return hidden[:, 0]
    mask = attention_mask.unsqueeze(-1)
    if pooling == "mean":
        summed = (hidden * mask).sum(1, dtype=torch.float32)
        return (summed / mask.sum(1)).to(hidden.dtype)
    return hidden.masked_fill(mask == 0, torch.finfo(hidden.dtype).min).amax(1)


def build_encoder(config: Any) -> nn.Module:
    """Make an untrained float32 encoder from a transformers configuration."""
    return AutoModel.from_config(config, dtype=torch.float32)  # type: ignore[no-any-return, no-untyped-call]


def save_network(network: Classifier, folder: Path, *, dtype: torch.dtype = torch.float32) -> None:
    """Write the weights and the encoder's configuration into a bundle's folder."""
    weights = {name: value.detach().to(dtype).contiguous() for name, value in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    network.encoder.config.to_json_file(folder / ENCODER)  # type: ignore[union-attr, operator]


def stored_type(bundle: Bundle) -> torch.dtype:
    """Number type of a bundle's weights on disk."""
    return next(value.dtype for value in _load_file(bundle).values() if value.is_floating_point())


def load_network(bundle: Bundle) -> nn.Module:
    """Build a bundle's network in float32, in evaluation mode, on the CPU.

    Raises:
        BundleContradiction: The weights don't fit the architecture, or the head doesn't fit the labels.
        BundleIncomplete: The weights cannot be read.
    """
    if bundle.manifest.network == "transformers":
        return _load_stock(bundle).eval()
    assert bundle.manifest.head is not None  # the manifest's own validation
    network = Classifier(_read_encoder(bundle), bundle.manifest.head, len(bundle.labels))
    weights = _read_weights(bundle)
    _check_head(bundle, weights["linear.weight"].shape[0] if "linear.weight" in weights else None)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise BundleContradiction(
            f"bundle {bundle.path}: the weights don't fit the architecture in {ENCODER}: {error}",
            expected="weights and configuration saved together",
            action="restore the bundle, or train it again",
        ) from error
    return network.eval()


def check_vocabulary(bundle: Bundle, network: nn.Module, tokenizer: Tokenizer) -> None:
    """Make sure that the network knows every id of the tokenizer: a GPU is lost when it meets one it doesn't.

    Raises:
        BundleContradiction: It doesn't.
    """
    encoder = network.encoder if isinstance(network, Classifier) else network.model
    known: int = encoder.get_input_embeddings().num_embeddings  # type: ignore[union-attr, operator]
    if tokenizer.largest_id >= known:
        raise BundleContradiction(
            f"bundle {bundle.path}: the tokenizer has ids up to {tokenizer.largest_id}, the network only {known}",
            expected="a tokenizer and weights that were saved together",
            action="restore the tokenizer, or save or train the model again",
        )


def _read_encoder(bundle: Bundle) -> nn.Module:
    try:
        return build_encoder(AutoConfig.for_model(**json.loads((bundle.path / ENCODER).read_text("utf-8"))))
    except (ValueError, TypeError) as error:
        raise BundleContradiction(
            f"bundle {bundle.path}: {ENCODER} describes no encoder: {str(error)[:200]}",
            expected="the configuration of an encoder that this version of transformers can build",
            action="restore the file, or train the bundle again",
        ) from error


def _read_weights(bundle: Bundle) -> dict[str, Tensor]:
    weights = _load_file(bundle)
    return {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}


def _load_file(bundle: Bundle) -> dict[str, Tensor]:
    try:
        return load_file(bundle.path / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise BundleIncomplete(
            f"bundle {bundle.path}: {WEIGHTS} cannot be read: {error}",
            expected="a safetensors file",
            action="restore the file, or train the bundle again",
        ) from error


def _check_head(bundle: Bundle, classes: int | None) -> None:
    if classes != len(bundle.labels):
        raise BundleContradiction(
            f"bundle {bundle.path}: the head has {classes} outputs but the label map names "
            f"{len(bundle.labels)} classes ({', '.join(bundle.labels)})",
            expected="one output per label",
            action="restore the manifest that was saved with these weights, or train the bundle again",
        )


def _load_stock(bundle: Bundle) -> nn.Module:
    try:
        model, report = AutoModelForSequenceClassification.from_pretrained(
            bundle.path, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise BundleContradiction(
            f"transformers cannot load {bundle.path}: {error}",
            expected="a sequence classifier that transformers knows, in safetensors, without remote code",
            action="save the model again with `save_pretrained`",
        ) from error
    if report["missing_keys"]:
        raise BundleIncomplete(
            f"{bundle.path} has no weights for {', '.join(sorted(report['missing_keys']))}",
            expected="a fine-tuned classifier; transformers would make up random weights",
            action="fine-tune it with `yeban train`, or save the fine-tuned model again",
        )
    _check_head(bundle, model.config.num_labels)
    return StockClassifier(model)
