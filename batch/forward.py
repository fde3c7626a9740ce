"""Windows in, logits out: batches through the network under AMP.

`PaddedForward` is the path that every model and every device can take. Another way of running a batch (packed,
quantised) is another class with the same `run`; `Engine` does not care which.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from batch.buckets import fill_buckets
from models.precision import Precision, choose_precision
from models.tokens import SpecialTokens, Tokens, pad_windows
from models.windows import Windows
from storage.errors import ConfigError, NetworkBroken

log = logging.getLogger("yeban.engine")

GIVE_UP_AFTER = 32
"""Windows that may fail one after the other, with no batch scored in between, before the run is stopped."""

_AMP_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


class Forward(Protocol):
    """One way of running a batch."""

    classes: int

    def run(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """Score the chosen windows: float32[B, C]."""
        ...


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How to compute; none of it changes what a prediction means.

    Attributes:
        device: `auto`, `cpu`, `cuda` or `cuda:<n>`.
        precision: `auto`, `fp32`, `bf16` or `fp16`.
        max_tokens: Padded tokens in one batch; None: 1,024 on a CPU (its caches are small), 65,536 on CUDA.
    """

    device: str = "auto"
    precision: str = "auto"
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What the engine has done: adds up.

    Attributes:
        tokens: Real tokens, special tokens included.
        padded: Tokens computed, padding included.
    """

    tokens: int = 0
    padded: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(self.tokens + other.tokens, self.padded + other.padded)

    @property
    def padding_share(self) -> float:
        """Share of the computed tokens that were padding."""
        return 1 - self.tokens / self.padded if self.padded else 0.0


class PaddedForward:
    """Sorted batches, padded to their longest window, through SDPA attention."""

    def __init__(
        self,
        network: nn.Module,
        special: SpecialTokens,
        classes: int,
        device: torch.device,
        precision: Precision,
    ) -> None:
        self._network = network.to(device).eval()
        self._special = special
        self._device = device
        self._amp = _AMP_TYPES.get(precision)
        self.classes = classes

    def run(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """Score the chosen windows: float32[B, C]."""
        ids, mask = pad_windows(tokens, windows, chosen, self._special)
        amp: Any = torch.autocast(self._device.type, dtype=self._amp) if self._amp is not None else nullcontext()
        with torch.inference_mode(), amp:
            logits = self._network(
                input_ids=torch.from_numpy(ids).to(self._device),
                attention_mask=torch.from_numpy(mask).to(self._device),
            )
        return logits.float().cpu().numpy()  # type: ignore[no-any-return]


class Engine:
    """Runs all windows of a unit through a `Forward`, in batches that fit.

    Args:
        forward: How to run one batch.
        special: How many special tokens a window carries.
        max_tokens: Padded tokens in one batch to begin with.
    """

    def __init__(self, forward: Forward, special: SpecialTokens, max_tokens: int) -> None:
        self._forward = forward
        self._special = special
        self.max_tokens = max_tokens
        self.work = Work()
        self._failed_in_a_row = 0

    def logits(self, tokens: Tokens, windows: Windows) -> NDArray[np.float32]:
        """Score all windows.

        Returns:
            float32[W, C] in the order of `windows`; NaN where a window could not be scored.

        Raises:
            NetworkBroken: One window after the other fails: nothing is staged as `failed` that a mended machine
                could score.
        """
        result = np.full((len(windows.length), self._forward.classes), np.nan, np.float32)
        waiting = np.arange(len(result))
        while len(waiting):
            budget = self.max_tokens
            buckets = fill_buckets(self._lengths(windows, waiting), budget)
            for index in range(len(buckets)):
                chosen = waiting[buckets.batch(index)]
                result[chosen] = self._run(tokens, windows, chosen)
                if self.max_tokens < budget:
                    break  # the rest is cut again, to the smaller budget
            waiting = waiting[buckets.order[buckets.bounds[index + 1] :]]
        return result

    def _lengths(self, windows: Windows, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        return windows.length[chosen] + self._special.count

    def _run(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """Run a batch; what does not fit or fails is halved until the guilty window stands alone."""
        lengths = self._lengths(windows, chosen)
        padded = int(lengths.max()) * len(chosen)
        try:
            logits = self._forward.run(tokens, windows, chosen)
            self.work += Work(int(lengths.sum()), padded)
            self._failed_in_a_row = 0
            return logits
        except torch.OutOfMemoryError:
            self._shrink(len(chosen), padded)
        except torch.AcceleratorError:
            raise  # the device is lost: every later batch would fail too
        except RuntimeError as error:
            log.warning("a batch of %d windows failed, trying its halves: %s", len(chosen), error)
            self._count_failure(chosen, error)
        if len(chosen) == 1:
            log.warning("one window could not be scored; its document is marked `failed`")
            return np.full((1, self._forward.classes), np.nan, np.float32)
        half = len(chosen) // 2
        halves = [self._run(tokens, windows, part) for part in (chosen[:half], chosen[half:])]
        return np.concatenate(halves)

    def _count_failure(self, chosen: NDArray[np.int64], error: RuntimeError) -> None:
        self._failed_in_a_row += len(chosen) == 1
        if self._failed_in_a_row >= GIVE_UP_AFTER:
            raise NetworkBroken(
                f"{self._failed_in_a_row} windows failed one after the other: {error}",
                expected="a network that can score most rows; a single bad row would be marked `failed`",
                action="check the bundle and the machine (device, precision), then run the same command again",
            ) from error

    def _shrink(self, windows: int, padded: int) -> None:
        """Remember that `padded` tokens are too many."""
        torch.cuda.empty_cache()
        if windows > 1 and padded // 2 < self.max_tokens:
            self.max_tokens = max(self._special.count + 1, padded // 2)
            log.warning("out of memory: token budget lowered to %d", self.max_tokens)


def choose_device(wanted: str) -> torch.device:
    """Turn `auto` into CUDA where there is one.

    Raises:
        ConfigError: This machine has no such device.
    """
    devices = torch.cuda.device_count()
    if wanted == "auto":
        return torch.device("cuda" if devices else "cpu")
    device = torch.device(wanted)
    if device.type == "cuda" and (device.index or 0) >= devices:
        raise ConfigError(
            f"device {wanted!r}: torch sees {devices} CUDA devices here",
            expected=", ".join(["auto", "cpu", *(f"cuda:{index}" for index in range(devices))]),
            action='set device = "auto"',
        )
    return device


def resolve_settings(settings: EngineSettings) -> EngineSettings:
    """Replace every `auto` by what this machine will do.

    Raises:
        ConfigError: No such device, or it cannot compute in the precision asked for.
    """
    device = choose_device(settings.device)
    budget = settings.max_tokens or (65_536 if device.type == "cuda" else 1_024)
    precision = choose_precision(settings.precision, device)
    return replace(settings, device=str(device), precision=precision, max_tokens=budget)
