"""Tiny bundles of the presets: random seeded weights, every CJK character known, ready in a second."""

from __future__ import annotations

from pathlib import Path

import torch

from models.bundle import Bundle, seal_bundle
from models.manifest import Manifest
from models.network import Classifier, save_network
from models.training.init_encoder import SPECIAL, init_encoder
from models.training.recipe import Recipe, load_recipe
from models.windows import WindowSpec

TINY = (
    "scratch.min_count=1",
    "scratch.hidden_size=32",
    "scratch.layers=1",
    "scratch.heads=2",
    "scratch.intermediate_size=64",
    "windows.max_length=64",
)
"""Settings that make a preset small."""
SLIDING = ("windows.long_text='slide'", "windows.stride=8", "windows.max_windows=20")
_CHARACTERS = "".join(map(chr, [*range(0x21, 0x7F), *range(0x4E00, 0x9FA6)])) + "，。！？：；、…（）"
_SEED = 7


def build_bundle(root: Path, task: str, *, classes: int | None = None, windows: WindowSpec | None = None) -> Bundle:
    """Seal a tiny bundle of a preset under `root/<task>`.

    Args:
        root: Where bundles go.
        task: `comment`, `weibo` or `news`.
        classes: Outputs of the head; None: one for each label. Another number contradicts the label map.
        windows: Instead of the preset's.
    """
    recipe = load_recipe(task, None, [*TINY, *(SLIDING if task == "news" else ())])
    folder = root / task
    folder.mkdir(parents=True)
    torch.manual_seed(_SEED)
    vocabulary = root / "vocab.txt"
    vocabulary.write_text("\n".join([*SPECIAL, *sorted(set(_CHARACTERS.lower()))]), "utf-8")
    scratch = recipe.scratch.model_copy(update={"vocabulary": vocabulary})
    encoder = init_encoder(recipe.model_copy(update={"scratch": scratch}), [_CHARACTERS], folder)
    network = Classifier(encoder, recipe.head, classes or len(recipe.labels))
    for weight in (network.linear.weight, encoder.get_input_embeddings().weight):
        torch.nn.init.normal_(weight)  # so that different texts get different answers
    save_network(network, folder)
    return seal_bundle(folder, _manifest(recipe, windows or recipe.windows))


def _manifest(recipe: Recipe, windows: WindowSpec) -> Manifest:
    return Manifest(
        task=recipe.task,
        labels=recipe.labels,
        head=recipe.head,
        cleaning=recipe.cleaning_spec(),
        windows=windows,
        aggregation=recipe.aggregation,
        min_chars=recipe.min_chars,
        files={},
    )
