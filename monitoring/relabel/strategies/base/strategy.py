"""What a strategy is: it says where its candidates come from, what it needs, and in which order it asks for them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from monitoring.relabel.strategies.base.pool import Arm, Models, Pool
from storage.errors import ConfigError

if TYPE_CHECKING:
    from storage.warehouse.relabel_texts import Measure

Source = Literal["sample", "drawn", "uncertain", "both", "labelled"]
"""Where a strategy looks: the beginning of a uniform draw in its order, a uniform sample, the texts that the model is
least sure of, half and half, or what has a label."""


class Need(Enum):
    """What a strategy can't do without, beside texts and probabilities."""

    EMBEDDINGS = "embeddings"
    DROPOUT_PASSES = "dropout passes"
    CHALLENGER = "challenger"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order of asking.

    Attributes:
        order: int64[K], places among the arm's candidates, the first to be asked first.
        score: float64[M] of all candidates; NaN where there is none.
        chance: float64[M], the chance of being picked, NaN where it is not known.
        strategy: How, in full.
    """

    order: NDArray[np.int64]
    score: NDArray[np.float64]
    chance: NDArray[np.float64]
    strategy: str


class Strategy(ABC):
    """A way to pick rows.

    Attributes:
        name: As in yeban.toml and in the column `arm`; also the name of its module.
        source: Where it looks.
        measure: By which column texts are found that the model is unsure of; None where it looks at none of these.
        needs: What it can't do without.
        by_score: The best scores are taken, each stratum's share; otherwise a set of rows is chosen as a whole.
        turn: Strategies take their rows in this order; what one has taken the next ones do without.
    """

    name: ClassVar[str]
    source: ClassVar[Source]
    measure: ClassVar[Measure | None] = None
    needs: ClassVar[frozenset[Need]] = frozenset()
    by_score: ClassVar[bool] = False
    turn: ClassVar[int]

    @property
    def is_sample(self) -> bool:
        """Its rows are a uniform sample: taken as drawn, near duplicates and unscored rows with them."""
        return self.source == "sample"

    @abstractmethod
    def rank(
        self, arm: Arm, pool: Pool, models: Models, picked: NDArray[np.int64], rng: np.random.Generator
    ) -> Ranking:
        """Rank the candidates of an arm.

        Args:
            arm: The arm.
            pool: All candidates.
            models: What networks can say of them; those that it needs are there.
            picked: int64[P], rows that other arms have taken.
            rng: For what is drawn.

        Raises:
            ExtraMissing: It needs a library that is not installed.
        """


def check_needs(strategy: Strategy, models: Models) -> None:
    """Check that the models are there that a strategy needs.

    Raises:
        ConfigError: One is not.
    """
    if Need.EMBEDDINGS in strategy.needs and models.embed is None:
        raise ConfigError(
            f"{strategy.name} needs embeddings, and they are switched off",
            expected="`embed = true` under [relabel] in yeban.toml",
            action="switch them on, or choose another strategy",
        )
    if Need.CHALLENGER in strategy.needs and models.rival is None:
        raise ConfigError(
            f"{strategy.name} needs two models, and there is one",
            expected="a challenger that the bundle in use is compared with",
            action="name one with --against, such as a version of `yeban bundles list`; or choose another strategy",
        )
