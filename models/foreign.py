"""Models that somebody else saved: any `AutoModelForSequenceClassification` folder or hub name.

Safetensors only, never remote code. What such a folder cannot say (cleaning, windows, aggregation) comes from the
task's configuration and becomes part of the version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from models.aggregation import Aggregation
from models.bundle import Bundle, file_sha256
from models.cleaning.spec import CleaningSpec
from models.manifest import Manifest
from models.windows import WindowSpec
from storage.errors import BundleContradiction, BundleIncomplete

CONFIG: Final = "config.json"
_WANTED: Final = ("*.safetensors", "*.json", "*.txt", "*.model")
_OFFSET_FAMILIES: Final = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert"})
"""Families whose positions start at `pad_token_id + 1`."""


@dataclass(frozen=True, slots=True)
class ForeignDefaults:
    """What the task's configuration says about models that don't say it themselves."""

    cleaning: CleaningSpec
    windows: WindowSpec
    aggregation: Aggregation


def open_foreign(name: str, task: str, defaults: ForeignDefaults) -> Bundle:
    """Open a transformers folder, or fetch a hub name, as a bundle.

    Raises:
        BundleIncomplete: No such folder or name, or no safetensors weights in it.
        BundleContradiction: Not a sequence classifier.
    """
    path = Path(name) if (Path(name) / CONFIG).is_file() else _fetch(name)
    config = _read_config(path)
    _check_architecture(path, config)
    weights = sorted(file.name for file in path.glob("*.safetensors"))
    if not weights:
        raise BundleIncomplete(
            f"{path} has no *.safetensors",
            expected="weights in safetensors (pickled weights can run code and are never loaded)",
            action="save the model again with `save_pretrained(..., safe_serialization=True)`",
        )
    return Bundle(path, _manifest(path, config, task, defaults))


def _fetch(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=list(_WANTED)))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise BundleIncomplete(
            f"no bundle, no transformers folder and no model on the hub under {name!r}",
            expected="a folder with manifest.json or config.json, a bundle version, or a hub name",
            action="check the spelling; `yeban bundles list` shows the versions at hand",
        ) from error


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((path / CONFIG).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BundleIncomplete(
            f"{path / CONFIG} cannot be read: {error}",
            expected="the configuration of a transformers model",
            action="save the model again with `save_pretrained`",
        ) from error


def _check_architecture(path: Path, config: dict[str, Any]) -> None:
    architectures = config.get("architectures") or []
    if not any(name.endswith("ForSequenceClassification") for name in architectures):
        raise BundleContradiction(
            f"{path} holds {', '.join(architectures) or 'an unnamed architecture'}",
            expected="a ...ForSequenceClassification model",
            action="fine-tune it first with `yeban train`, giving it as the recipe's encoder",
        )


def _manifest(path: Path, config: dict[str, Any], task: str, defaults: ForeignDefaults) -> Manifest:
    id2label = {int(key): value for key, value in (config.get("id2label") or {}).items()}
    labels = tuple(str(id2label[index]) for index in sorted(id2label)) or ("LABEL_0", "LABEL_1")
    if len(set(labels)) < max(2, len(labels)):
        raise BundleContradiction(
            f"{path} has the labels {', '.join(labels)}",
            expected="two classes or more, each with a name of its own",
            action="name the classes in id2label of its config.json; a regression model cannot be used",
        )
    used = sorted(file for pattern in _WANTED for file in path.glob(pattern))
    return Manifest(
        task=task,
        network="transformers",
        labels=labels,
        cleaning=defaults.cleaning,
        windows=_fit(defaults.windows, config),
        aggregation=defaults.aggregation,
        files={file.name: file_sha256(file) for file in used},
    )


def usable_positions(config: Mapping[str, Any]) -> int | None:
    """How many tokens a transformers model can take at once; None where its configuration sets no bound."""
    positions: int | None = config.get("max_position_embeddings")
    if positions and config.get("model_type") in _OFFSET_FAMILIES:
        positions -= (config.get("pad_token_id") or 0) + 1
    return positions


def _fit(windows: WindowSpec, config: dict[str, Any]) -> WindowSpec:
    """Keep windows within the positions that the model has."""
    positions = usable_positions(config)
    if positions is None or windows.max_length <= positions:
        return windows
    return WindowSpec.model_validate(
        {**windows.model_dump(), "max_length": positions, "stride": min(windows.stride, positions // 4)}
    )
