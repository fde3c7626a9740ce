"""Which number type a device computes in."""

from __future__ import annotations

import pytest
import torch

from models.precision import choose_precision
from storage.errors import ConfigError

CPU = torch.device("cpu")
BF16 = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def test_fp32_is_always_possible() -> None:
    assert choose_precision("fp32", CPU) == "fp32"
    assert choose_precision("fp32", torch.device("cuda")) == "fp32"


def test_auto_on_a_cpu() -> None:
    assert choose_precision("auto", CPU) == ("bf16" if BF16 else "fp32")


@pytest.mark.parametrize("wanted", ["fp16", "int8", ""])
def test_what_a_cpu_cannot_do(wanted: str) -> None:
    with pytest.raises(ConfigError, match="on cpu") as caught:
        choose_precision(wanted, CPU)
    assert ("bf16" in caught.value.expected) == BF16
