"""Which number type a device computes in."""

from __future__ import annotations

import pytest
import torch

from models.precision import choose_precision
from storage.errors import ConfigError

CPU = torch.device("cpu")
BF16 = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
INT8 = torch._C._has_mkldnn and torch.cpu._is_vnni_supported()


def test_fp32_is_always_possible() -> None:
    assert choose_precision("fp32", CPU) == "fp32"
    assert choose_precision("fp32", torch.device("cuda")) == "fp32"


def test_auto_on_a_cpu() -> None:
    assert choose_precision("auto", CPU) == ("bf16" if BF16 else "fp32")


@pytest.mark.skipif(not INT8, reason="no int8 products on this processor")
def test_int8_is_for_those_who_ask() -> None:
    assert choose_precision("int8", CPU) == "int8"
    assert choose_precision("auto", CPU) != "int8"


def test_int8_needs_the_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_vnni_supported", lambda: False)
    with pytest.raises(ConfigError, match="'int8' on cpu"):
        choose_precision("int8", CPU)


def test_int8_is_not_for_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: not including_emulation)
    with pytest.raises(ConfigError, match="'int8' on cuda"):
        choose_precision("int8", torch.device("cuda"))


@pytest.mark.parametrize("wanted", ["fp16", "int4", ""])
def test_what_a_cpu_cannot_do(wanted: str) -> None:
    with pytest.raises(ConfigError, match="on cpu") as caught:
        choose_precision(wanted, CPU)
    assert ("bf16" in caught.value.expected) == BF16
