"""Linear layers: plain, prepacked and quantised."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.acceleration import linears
from models.acceleration.linears import MAKERS, Arithmetic, QuantisedLinear, find_fault, quantise

BF16 = pytest.mark.skipif(not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="no bf16 on this processor")
INT8 = pytest.mark.skipif(not torch.cpu._is_vnni_supported(), reason="no int8 products on this processor")
KINDS = ["fp32", pytest.param("bf16", marks=BF16), pytest.param("int8", marks=INT8)]


@pytest.mark.parametrize("kind", KINDS)
class TestAgreement:
    @pytest.mark.parametrize(("rows", "wide", "out"), [(1, 64, 64), (17, 96, 30), (200, 256, 768)])
    def test_with_the_plain_layer(self, kind: Arithmetic, rows: int, wide: int, out: int) -> None:
        torch.manual_seed(0)
        plain, inputs = nn.Linear(wide, out), torch.randn(rows, wide)
        with torch.inference_mode():
            exact = plain(inputs)
            made = MAKERS[kind](plain.weight, plain.bias)(inputs)
            bent = MAKERS[kind](plain.weight, plain.bias, "gelu")(inputs)
        assert made.shape == (rows, out)
        torch.testing.assert_close(made.float(), exact, atol=0.03 * float(exact.abs().max()), rtol=0)
        torch.testing.assert_close(
            bent.float(), nn.functional.gelu(exact), atol=0.03 * float(exact.abs().max()), rtol=0
        )

    def test_without_a_bias_and_with_more_dimensions(self, kind: Arithmetic) -> None:
        torch.manual_seed(0)
        plain, inputs = nn.Linear(64, 32, bias=False), torch.randn(2, 3, 64)
        with torch.inference_mode():
            made = MAKERS[kind](plain.weight, None)(inputs)
            assert made.shape == (2, 3, 32)
            torch.testing.assert_close(made.float(), plain(inputs), atol=0.05, rtol=0)

    def test_no_fault_here(self, kind: Arithmetic) -> None:
        assert find_fault(kind) is None


class TestQuantise:
    def test_steps_are_even_around_zero(self) -> None:
        rows, step = quantise(torch.tensor([[-2.0, -1.0, 0.0, 0.4, 1.0]]))
        assert rows.dtype == torch.uint8
        assert step == pytest.approx(2 / 127)
        assert rows.tolist() == [[1, 65, 128, 153, 192]]  # -63.5 and 63.5 are rounded up

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_error_is_at_most_half_a_step(self, dtype: torch.dtype) -> None:
        inputs = torch.randn(64, 64, generator=torch.Generator().manual_seed(1)).to(dtype)
        rows, step = quantise(inputs)
        assert float(((rows.float() - 128) * step - inputs.float()).abs().max()) <= step * 0.5001

    def test_zeros_have_any_scale(self) -> None:
        rows, step = quantise(torch.zeros(2, 4))
        assert (rows == 128).all()
        assert step == 1.0

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
    def test_what_has_no_scale(self, value: float) -> None:
        with pytest.raises(RuntimeError, match="not finite"):
            quantise(torch.tensor([[1.0, value]]))

    @INT8
    def test_a_row_of_zeros_gets_the_bias(self) -> None:
        plain = nn.Linear(64, 32)
        with torch.inference_mode():
            made = QuantisedLinear(plain.weight, plain.bias)(torch.zeros(3, 64))
        torch.testing.assert_close(made, plain.bias.expand(3, -1).detach(), atol=1e-4, rtol=0)


class TestSabotage:
    def test_an_operator_that_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def gone(*_: object) -> Tensor:
            raise AttributeError("'_OpNamespace' 'mkldnn' object has no attribute '_reorder_linear_weight'")

        monkeypatch.setattr(torch.ops.mkldnn, "_reorder_linear_weight", gone)
        assert "has no attribute" in str(find_fault("bf16"))

    def test_a_machine_that_refuses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> Tensor:
            raise RuntimeError("could not create a primitive\nmore")

        monkeypatch.setattr(torch.ops.onednn, "qlinear_pointwise", refuse)
        assert find_fault("int8") == "RuntimeError: could not create a primitive"

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_operator_that_computes_something_else(self, kind: Arithmetic, monkeypatch: pytest.MonkeyPatch) -> None:
        right = MAKERS[kind]
        wrong = lambda weight, bias, *more: right(weight * 1.1, bias, *more)  # noqa: E731
        monkeypatch.setitem(linears.MAKERS, kind, wrong)
        assert "differs from the plain layer" in str(find_fault(kind))
