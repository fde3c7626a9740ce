"""Models that somebody else saved: any `AutoModelForSequenceClassification` folder or hub name.

Safetensors only, never remote code. What such a folder cannot say (cleaning, windows, aggregation) comes from the
task's configuration and becomes part of the version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

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
_PROBLEM: Final = "single_label_classification"
_FEWEST_POSITIONS: Final = 3
"""Room for one token between `[CLS]` and `[SEP]`."""


@dataclass(frozen=True, slots=True)
class HubModelDefaults:
    """The task's configuration for models that don't carry their own."""

    cleaning: CleaningSpec
    windows: WindowSpec
    aggregation: Aggregation


def open_hub_model(name: str, task: str, defaults: HubModelDefaults) -> Bundle:
    """Open a transformers folder, or fetch a hub name, as a bundle.

    Raises:
        BundleIncomplete: No such folder or name, or no safetensors weights in it.
        BundleContradiction: Not a sequence classifier.
    """
    path = Path(name) if (Path(name) / CONFIG).is_file() else _fetch(name)
    config = _read_config(path)
    _check_kind(path, config)
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


class _StockConfig(BaseModel):
    """What we read of the `config.json` of a transformers model."""

    model_config = ConfigDict(frozen=True, strict=True)

    architectures: list[str] | None = None
    model_type: str | None = None
    problem_type: str | None = None
    id2label: dict[str, str | int | float] | None = None
    max_position_embeddings: int | None = Field(default=None, ge=1)
    pad_token_id: int | None = None

    @field_validator("id2label")
    @classmethod
    def _counts_from_zero(cls, value: dict[str, str | int | float] | None) -> dict[str, str | int | float] | None:
        if value is not None and set(value) != set(map(str, range(len(value)))):
            raise ValueError(f"the classes are numbered {', '.join(value)}; expected 0, 1, 2 ...")
        return value

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        positions = usable_positions(self.model_dump())
        if positions is not None and positions < _FEWEST_POSITIONS:
            raise ValueError(f"max_position_embeddings leaves {positions} positions, too few for a single token")
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the head."""
        named = self.id2label or {}
        return tuple(str(named[str(index)]) for index in range(len(named))) or ("LABEL_0", "LABEL_1")


def _read_config(path: Path) -> _StockConfig:
    try:
        return _StockConfig.model_validate(dict(json.loads((path / CONFIG).read_text("utf-8"))))
    except (OSError, ValueError, TypeError) as error:
        raise BundleIncomplete(
            f"{path / CONFIG} cannot be read: {_describe(error)}",
            expected="the configuration of a transformers model",
            action="save the model again with `save_pretrained`",
        ) from error


def _describe(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    problems = ((".".join(map(str, each["loc"])), each["msg"].removeprefix("Value error, ")) for each in error.errors())
    return "; ".join(f"{place}: {problem}" if place else problem for place, problem in problems)


def _check_kind(path: Path, config: _StockConfig) -> None:
    architectures = config.architectures or []
    if not any(name.endswith("ForSequenceClassification") for name in architectures):
        raise BundleContradiction(
            f"{path} holds {', '.join(architectures) or 'an unnamed architecture'}",
            expected="a ...ForSequenceClassification model",
            action="fine-tune it first with `yeban train`, giving it as the recipe's encoder",
        )
    if config.problem_type not in (None, _PROBLEM):
        raise BundleContradiction(
            f"{path} is made for problem_type {config.problem_type}",
            expected=f"{_PROBLEM}: confidences are probabilities of classes that exclude each other",
            action=f"take a model that gives each text one class; if this one does, say {_PROBLEM} in its {CONFIG}",
        )


def _manifest(path: Path, config: _StockConfig, task: str, defaults: HubModelDefaults) -> Manifest:
    labels = config.labels
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


def _fit(windows: WindowSpec, config: _StockConfig) -> WindowSpec:
    """Keep windows within the positions that the model has."""
    positions = usable_positions(config.model_dump())
    if positions is None or windows.max_length <= positions:
        return windows
    return WindowSpec.model_validate(
        {**windows.model_dump(), "max_length": positions, "stride": min(windows.stride, positions // 4)}
    )
