"""Packed or padded: packed where the family, the device and a comparison on real rows allow it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import torch
from torch import nn

from batch.engine.packed_check import PackedCheck, compare
from batch.forward.packed import PackedForward
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Forward
from models.packed.attention import Kernel, varlen, varlen_obstacle
from models.packed.families import Unpackable, find_encoder
from models.precision import Precision, autocast_type
from models.tokens import SpecialTokens, Tokens
from models.windows import Windows

log = logging.getLogger("yeban.engine")


@dataclass(frozen=True, slots=True)
class ForwardChoice:
    """How batches will be run.

    Attributes:
        forward: Runs them.
        reason: Why, in a few words.
        preflight: What the comparison showed, where there was one.
    """

    forward: Forward
    reason: str
    preflight: PackedCheck | None = None

    @property
    def packed(self) -> bool:
        """Without padding."""
        return isinstance(self.forward, PackedForward)

    @property
    def final(self) -> bool:
        """False where there was too little text to decide on: ask again with more."""
        return self.preflight is None or self.preflight.rows > 0


def choose_forward(
    network: nn.Module,
    special: SpecialTokens,
    classes: int,
    device: torch.device,
    precision: Precision,
    sample: tuple[Tokens, Windows],
    kernel: Kernel | None = None,
) -> ForwardChoice:
    """Choose packed where it is possible and proven, else padded.

    Args:
        network: What `models.network.load_network` gives.
        special: Special tokens to put around each window.
        classes: Number of classes.
        device: Where to run.
        precision: Number type of autocast.
        sample: Real documents and their windows: the first unit will do.
        kernel: Attention for the packed way; None: `varlen`, where this device can run it.
    """
    padded = PaddedForward(network, special, classes, device, precision)
    obstacle = _obstacle(network, device, precision, kernel)
    if obstacle:
        log.info("padded batches: %s", obstacle)
        return ForwardChoice(padded, reason=obstacle)
    name = find_encoder(network).name
    try:
        packed = PackedForward(network, special, classes, device, precision, kernel or varlen)
        report = compare(packed, padded, *sample, special, precision)
    except torch.AcceleratorError:
        raise  # the device is lost: padded batches would fail too
    except Exception as error:  # whatever a kernel or a family does wrong, padded batches still score
        log.warning("padded batches: packed scoring of %s failed: %s", name, error, exc_info=True)
        return ForwardChoice(padded, reason=f"packed scoring of {name} failed: {error}")
    if not report.passed:
        reason = _explain(name, report)
        log.warning("padded batches: %s", reason)
        return ForwardChoice(padded, reason=reason, preflight=report)
    reason = f"{name}: {report.rows} rows agree within {report.max_difference:.1e}"
    log.info("packed batches: %s", reason)
    return ForwardChoice(packed, reason=reason, preflight=report)


def _obstacle(network: nn.Module, device: torch.device, precision: Precision, kernel: Kernel | None) -> str | None:
    """What rules packing out from the start."""
    try:
        encoder = find_encoder(network)
    except Unpackable as error:
        return str(error)
    return None if kernel else varlen_obstacle(device, autocast_type(precision), encoder.head_size)


def _explain(name: str, report: PackedCheck) -> str:
    if not report.rows:
        return f"no text to compare packed and padded scoring of {name} on"
    return (
        f"packed scoring of {name} differs from padded: probabilities by {report.max_difference:.1e} "
        f"(allowed {report.tolerance:.0e}), {report.flipped} of {report.rows} labels"
    )
