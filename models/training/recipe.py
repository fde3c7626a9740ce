"""A recipe: everything that decides what a training run does, in one typed TOML file."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    Tag,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from models.aggregation import Aggregation
from models.cleaning.presets import cleaning_preset
from models.cleaning.spec import CleaningSpec
from models.manifest import HeadSpec
from models.presets import RECIPE, preset_file, presets_with
from models.training.losses.registry import DEFAULT_LOSS, LOSSES
from models.windows import WindowSpec
from storage.errors import ConfigError


class RecipeSection(BaseModel):
    """A table of a recipe: no unknown keys, never changed once it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ScratchEncoder(RecipeSection):
    """A small BERT that starts from random weights.

    Attributes:
        vocabulary: A BERT `vocab.txt`, cut to the tokens that the training text uses; None learns a WordPiece
            vocabulary from the training text.
        min_count: Tokens seen less often than this become [UNK].
        hidden_size: Width of the hidden states.
        layers: Transformer blocks.
        heads: Attention heads.
        intermediate_size: Width inside the feed-forward blocks.
        dropout: On hidden states.
        attention_dropout: On attention weights. Above 0 it costs the fused attention kernel: half the training
            speed on a CPU.
    """

    vocabulary: Path | None = None
    min_count: int = Field(default=4, ge=1)
    hidden_size: int = Field(default=256, ge=8)
    layers: int = Field(default=3, ge=1)
    heads: int = Field(default=4, ge=1)
    intermediate_size: int = Field(default=1024, ge=8)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    attention_dropout: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.hidden_size % self.heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of heads {self.heads}")
        return self


class Optimizer(RecipeSection):
    """AdamW with a linear warm-up and a linear way down."""

    learning_rate: float = Field(default=3e-5, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    max_grad_norm: float = Field(default=1.0, gt=0)


class Schedule(RecipeSection):
    """How long and in what portions.

    Attributes:
        epochs: Passes over the training set, at most.
        batch_docs: Documents in one forward pass.
        accumulation: Forward passes in one optimiser step.
        patience: Evaluations without a better macro-F1 before stopping.
        evaluations_per_epoch: How often the dev set is scored.
    """

    epochs: float = Field(default=3, gt=0)
    batch_docs: int = Field(default=32, ge=1)
    accumulation: int = Field(default=1, ge=1)
    patience: int = Field(default=3, ge=1)
    evaluations_per_epoch: int = Field(default=2, ge=1)


class Loop(RecipeSection):
    """How the training loop runs, whatever it starts from.

    Attributes:
        optimizer: AdamW's settings.
        schedule: Epochs, batches, early stopping.
        precision: `auto`: bf16 where the hardware has it, else fp16 on CUDA and fp32 on the CPU.
        seed: For everything random.
        loss: Name of a registered loss; recorded only where it is not the default, so that a recipe without one is
            recorded as it was before there was a choice, and gives the same bundle version.
    """

    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    seed: int = 42
    loss: str = DEFAULT_LOSS

    @field_validator("loss")
    @classmethod
    def _loss_exists(cls, loss: str) -> str:
        LOSSES.find(loss)
        return loss

    @model_serializer(mode="wrap")
    def _without_default_loss(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        flat: dict[str, Any] = serialize(self)
        if self.loss == DEFAULT_LOSS:
            flat.pop("loss", None)
        return flat


class Recipe(Loop):
    """The plain recipe.

    Attributes:
        task: The task's name.
        labels: Class names in the order of the head.
        pretrained: A transformers folder or hub name to start from; None starts from `scratch`.
        scratch: The encoder to make where nothing pretrained is given.
        head: What stands on the encoder.
        cleaning: The name of a cleaning preset, or the rules themselves.
        windows: How text is cut.
        aggregation: How window logits become document logits, in the loss as in scoring.
        min_chars: Shorter cleaned texts are marked `short`.
        stored: Number type of the weights on disk.
        dev_share: Share of the training rows held out where no dev set is given.
        reference_texts: Keep a sample of the dev rows, with their texts, in the bundle, for drift to be measured
            against; False where no text may leave with it.
    """

    task: str
    labels: tuple[str, ...] = Field(min_length=2)
    pretrained: str | None = None
    scratch: ScratchEncoder = ScratchEncoder()
    head: HeadSpec = HeadSpec()
    cleaning: str | Annotated[CleaningSpec, Tag("CleaningSpec")]
    windows: WindowSpec = WindowSpec()
    aggregation: Aggregation = "mean"
    min_chars: int = Field(default=2, ge=1)
    stored: Literal["float32", "float16"] = "float32"
    dev_share: float = Field(default=0.1, gt=0, lt=1)
    reference_texts: bool = True

    @field_validator("labels")
    @classmethod
    def _labels_are_distinct(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) < len(labels):
            raise ValueError(f"labels repeat: {', '.join(labels)}; expected each class once")
        return labels

    @field_validator("cleaning")
    @classmethod
    def _preset_exists(cls, cleaning: str | CleaningSpec) -> str | CleaningSpec:
        if isinstance(cleaning, str):
            cleaning_preset(cleaning)
        return cleaning

    def cleaning_spec(self) -> CleaningSpec:
        """The cleaning rules, looked up where only a preset is named."""
        return cleaning_preset(self.cleaning) if isinstance(self.cleaning, str) else self.cleaning

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; paths by file name, so that a bundle's version does not depend on where it was trained."""
        flat = self.model_dump(mode="json")
        if self.scratch.vocabulary is not None:
            flat["scratch"]["vocabulary"] = self.scratch.vocabulary.name
        return flat


def load_recipe(task: str, file: Path | None, settings: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply `key=value` settings on top.

    Args:
        task: The task's name; its preset is the recipe where `file` is None.
        file: A TOML file.
        settings: Such as `schedule.epochs=2`; values are TOML.

    Raises:
        ConfigError: All that is wrong, in one message.
    """
    path = file or preset_file(task, RECIPE)
    if not path.is_file():
        known = ", ".join(presets_with(RECIPE))
        raise ConfigError(
            f"no recipe {path}",
            expected=f"a preset ({known}) or --recipe FILE",
            action="copy a preset, change its task and labels, and give it with --recipe",
        )
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path} is not TOML: {error}", expected="a TOML file", action="mend the line named"
        ) from error
    raw.setdefault("task", task)
    for setting in settings:
        apply_setting(raw, setting)
    try:
        return Recipe.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(
            f"recipe {path}: {all_mistakes(error)}",
            expected="the keys of a recipe",
            action=f"compare with {preset_file('comment', RECIPE)}",
        ) from error


def all_mistakes(error: ValidationError) -> str:
    """Every mistake of a recipe, in one line."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())


def apply_setting(raw: dict[str, Any], setting: str) -> None:
    """Put a `section.key=value` into a recipe as it was read; values are TOML, or else plain text.

    Raises:
        ConfigError: It has no '=', or goes into something that has no keys.
    """
    key, equals, value = setting.partition("=")
    if not equals:
        raise ConfigError(
            f"--set {setting!r} has no '='", expected="key=value", action="write for example --set seed=7"
        )
    try:
        parsed = tomllib.loads(f"v = {value}")["v"]
    except tomllib.TOMLDecodeError:
        parsed = value
    *sections, name = key.strip().split(".")
    for section in sections:
        raw = raw.setdefault(section, {})
        if not isinstance(raw, dict):
            raise ConfigError(
                f"--set {setting!r}: {section} is {raw!r} and has no keys",
                expected="the name of a section, a dot and a key",
                action=f"write --set '{section}={{{name} = ...}}' to put a section in its place",
            )
    raw[name] = parsed
