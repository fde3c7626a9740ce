"""The recipe of fine-tuning: little of it, because cleaning, windows, network and classes are the champion's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import Field, ValidationError, field_validator

from models.training.recipe import Loop, Optimizer, RecipeSection, Schedule, all_mistakes, apply_setting
from storage.errors import ConfigError

_GENTLER: Final = 0.3
"""Share of the champion's own learning rate: new rows are few, and what is learned already is to stay."""


class Adaptation(RecipeSection):
    """Masked-language pretraining on unlabelled recent text before the labels (Gururangan et al. 2020, "TAPT").

    Attributes:
        epochs: Passes over the texts; 0 for none.
        learning_rate: AdamW's.
        batch_windows: Windows in one step.
        masked: Share of tokens to be guessed.
    """

    epochs: float = Field(default=0.0, ge=0)
    learning_rate: float = Field(default=5e-5, gt=0)
    batch_windows: int = Field(default=32, ge=1)
    masked: float = Field(default=0.15, gt=0, lt=1)


class FinetuneRecipe(Loop):
    """How a challenger is made from the champion.

    Attributes:
        optimizer: The champion's own, with a learning rate of about a third.
        schedule: Epochs, batches, early stopping.
        rehearsal: Old labelled rows for each new one, drawn class by class, so that nothing is forgotten.
        alphas: Where between the champion (0) and the tuned network (1) the challenger may lie; dev rows choose
            (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", eq. 1).
        dev_share: Share of the rows held out where no dev set is given.
        adaptation: Pretraining on unlabelled texts.
        reference_texts: Keep a sample of the dev rows, with their texts, in the bundle; as the champion does.
    """

    optimizer: Optimizer = Optimizer(learning_rate=1e-5)
    schedule: Schedule = Schedule(epochs=2)
    rehearsal: float = Field(default=4.0, ge=0, le=100)
    alphas: tuple[float, ...] = Field(default=(0.0, 0.25, 0.5, 0.75, 1.0), min_length=1)
    dev_share: float = Field(default=0.2, gt=0, lt=1)
    adaptation: Adaptation = Adaptation()
    reference_texts: bool = True

    @field_validator("alphas")
    @classmethod
    def _between_the_two(cls, alphas: tuple[float, ...]) -> tuple[float, ...]:
        if any(not 0 <= alpha <= 1 for alpha in alphas):
            raise ValueError(f"alphas {list(alphas)}; expected numbers from 0, the champion, to 1")
        return tuple(sorted(set(alphas)))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.model_dump(mode="json")


def finetune_recipe(parent: Mapping[str, Any], settings: Sequence[str] = ()) -> FinetuneRecipe:
    """The recipe that suits a champion, with `key=value` settings on top.

    Args:
        parent: The recipe in the champion's lineage; empty where it has none.
        settings: Such as `rehearsal=3` or `adaptation.epochs=1`; values are TOML.

    Raises:
        ConfigError: All that is wrong, in one message.
    """
    raw = _from_parent(parent)
    for setting in settings:
        apply_setting(raw, setting)
    try:
        return FinetuneRecipe.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(
            f"the fine-tuning recipe: {all_mistakes(error)}",
            expected=f"settings of {', '.join(FinetuneRecipe.model_fields)}",
            action="for example --set rehearsal=3 --set schedule.epochs=2",
        ) from error


def _from_parent(parent: Mapping[str, Any]) -> dict[str, Any]:
    """What of the champion's recipe goes on; a champion that was fine-tuned itself keeps its gentle rate."""
    raw: dict[str, Any] = {}
    optimizer = dict(parent.get("optimizer") or {})
    if "learning_rate" in optimizer and "rehearsal" not in parent:
        optimizer["learning_rate"] = float(f"{optimizer['learning_rate'] * _GENTLER:.3g}")
    if optimizer:
        raw["optimizer"] = optimizer
    schedule = parent.get("schedule") or {}
    kept = {name: schedule[name] for name in ("batch_docs", "accumulation") if name in schedule}
    raw["schedule"] = {"epochs": 2, **kept}
    for name in ("precision", "reference_texts", "loss"):
        if name in parent:
            raw[name] = parent[name]
    return raw
