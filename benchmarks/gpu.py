"""How fast does a GPU score, padded and packed, and how near to what the GPU could do?

Needs torch, transformers and numpy and nothing else of the project's libraries; runs from a bare checkout:

    PYTHONPATH=. python benchmarks/gpu.py --out gpu.json
    PYTHONPATH=. python benchmarks/gpu.py --smoke         # any machine, seconds: does it still work?

The network is bert-base-chinese's architecture with seeded random weights, the documents are seeded random ids whose
lengths are log-normal up to 512. All tokens counted are real ones, special tokens included; FLOPs too, so padding
earns nothing. `forward` starts with ids on the device; `end to end` starts with ids in pageable host memory and ends
with logits in host memory: cutting batches, packing or padding, and copies are in it. Only the pipeline of
transformers starts with text and ends with dictionaries, as its users do.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray
from torch import Tensor, nn

from batch.forward.buckets import Buckets, fill_buckets, fill_packed
from benchmarks.gpu_workload import (
    CLS,
    PAD,
    SEP,
    SPECIAL,
    Documents,
    Stock,
    build_model,
    build_tokenizer,
    count_flops,
    draw_documents,
)
from models.packed.attention import per_sequence, varlen
from models.packed.families import find_encoder
from models.packed.network import PackedNetwork
from models.packed.windows import pack_windows, upload

CEILING_SHAPES = ((8192, 8192, 8192), (16384, 8192, 8192), (16384, 16384, 8192))
"""Matrix products (m, n, k) of which the fastest is called the ceiling."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What to measure.

    Attributes:
        means: Mean tokens per document.
        tokens: Tokens per workload.
        budget: Tokens per batch.
        repeats: Measured passes over a workload; the median counts.
        pipeline_texts: Documents given to the pipeline.
        layers: Of the network.
        ceiling: Shapes of the matrix products, see `CEILING_SHAPES`.
    """

    means: tuple[int, ...] = (20, 60, 510)
    tokens: int = 2_000_000
    budget: int = 65_536
    repeats: int = 5
    pipeline_texts: int = 2_048
    layers: int = 12
    ceiling: tuple[tuple[int, int, int], ...] = CEILING_SHAPES


SMOKE = Settings(means=(20,), tokens=2_000, budget=512, repeats=1, pipeline_texts=8, layers=1, ceiling=((64, 64, 64),))


@dataclass(frozen=True, slots=True)
class Result:
    """One way of scoring one workload.

    Attributes:
        way: What was measured.
        mean_tokens: Mean tokens per document.
        documents: How many.
        tokens: Real tokens in all.
        tflop: Floating-point operations that the real tokens need, in 10^12.
        forward_s: Median seconds of a pass that starts with ids on the device; None: not measured.
        end_to_end_s: Median seconds of a pass from host memory to host memory.
        padding: Share of computed tokens that were padding; None: unknown.
        flipped: Documents whose label differs from the padded way's.
        max_difference: Largest difference of a probability from the padded way's.
    """

    way: str
    mean_tokens: float
    documents: int
    tokens: int
    tflop: float
    forward_s: float | None
    end_to_end_s: float
    padding: float | None
    flipped: int
    max_difference: float


class PaddedWay:
    """Sorted and padded, SDPA, autocast: what every network and device can do."""

    name = "padded, SDPA, AMP bf16"

    def __init__(self, network: nn.Module, device: torch.device) -> None:
        self._network = network
        self._device = device

    def cut(self, lengths: NDArray[np.int64], budget: int) -> Buckets:
        """Cut a workload into batches."""
        return fill_buckets(lengths, budget)

    def prepare(self, documents: Documents, chosen: NDArray[np.int64]) -> Any:
        """Pad a batch and bring it to the device."""
        lengths = documents.lengths[chosen]
        places = np.arange(int(lengths.max()))[None, :]
        mask = places < lengths[:, None]
        ids = np.where(mask, SEP, PAD)
        content = (places > 0) & (places < lengths[:, None] - 1)
        ids[content] = documents.ids[(documents.tokens.offsets[chosen][:, None] + places - 1)[content]]
        ids[:, 0] = CLS
        return tuple(torch.from_numpy(each).to(self._device) for each in (ids, mask.astype(np.int64)))

    def forward(self, batch: Any) -> Tensor:
        """Logits float[B, C] of what `prepare` made."""
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            return self._network(input_ids=batch[0], attention_mask=batch[1])  # type: ignore[no-any-return]


class PackedWay:
    """No padding: one row of tokens."""

    def __init__(self, network: nn.Module, device: torch.device, *, amp: bool) -> None:
        kernel = varlen if device.type == "cuda" else per_sequence
        self.name = f"packed, {kernel.__name__}, {'AMP bf16' if amp else 'bf16 weights'}"
        self._network = PackedNetwork(network, find_encoder(network), "cls", kernel)
        self._device = device
        self._amp = amp

    def cut(self, lengths: NDArray[np.int64], budget: int) -> Buckets:
        """Cut a workload into batches."""
        return fill_packed(lengths, budget)

    def prepare(self, documents: Documents, chosen: NDArray[np.int64]) -> Any:
        """Pack a batch and bring it to the device."""
        batch = pack_windows(documents.tokens, documents.windows, chosen, SPECIAL, None)
        return *upload(batch, self._device), batch.lengths

    def forward(self, batch: Any) -> Tensor:
        """Logits float[B, C] of what `prepare` made."""
        amp: Any = torch.autocast(self._device.type, dtype=torch.bfloat16) if self._amp else nullcontext()
        with amp:
            return self._network(*batch)


def main() -> None:
    options = _options()
    settings = SMOKE if options.smoke else Settings()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu" and not options.smoke:
        raise SystemExit("no CUDA device here; --smoke runs anywhere")
    ceiling = measure_ceiling(settings.ceiling, device)
    results = [result for mean in settings.means for result in measure(mean, settings, device)]
    machine = describe(device, ceiling)
    print(render(machine, results, ceiling))
    if options.out:
        report = {"machine": machine, "settings": asdict(settings), "results": [asdict(each) for each in results]}
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def measure(mean: int, settings: Settings, device: torch.device) -> list[Result]:
    """All ways over one workload."""
    documents = draw_documents(mean, settings.tokens)
    model = build_model(settings.layers).to(device)
    ways = [
        PaddedWay(Stock(model), device),
        PackedWay(Stock(model), device, amp=True),
        PackedWay(Stock(deepcopy(model).to(torch.bfloat16)), device, amp=False),
    ]
    results, right = [], None
    with torch.inference_mode():
        for way in ways:
            result, probs = measure_way(way, documents, settings, right, model.config)
            results.append(result)
            right = probs if right is None else right
    few = documents.head(settings.pipeline_texts)
    assert right is not None
    return [*results, measure_pipeline(model, few, device, right[: len(few.lengths)])]


def measure_way(
    way: Any, documents: Documents, settings: Settings, right: NDArray[np.float32] | None, config: Any
) -> tuple[Result, NDArray[np.float32]]:
    """One way over one workload, and its probabilities float32[D, C]; `right` are the padded way's."""
    buckets = way.cut(documents.lengths, settings.budget)
    forward_s = _forward_s(way, documents, buckets, settings.repeats)
    answers: list[NDArray[np.float32]] = []

    def end_to_end() -> None:
        cut = way.cut(documents.lengths, settings.budget)
        chosen = (cut.batch(index) for index in range(len(cut)))
        answers[:] = [way.forward(way.prepare(documents, rows)).float().cpu().numpy() for rows in chosen]

    end_to_end_s = median_s(end_to_end, settings.repeats)
    logits = np.empty((len(documents.lengths), answers[0].shape[1]), np.float32)
    logits[buckets.order] = np.concatenate(answers)
    probs = torch.from_numpy(logits).softmax(1).numpy()
    computed = sum(_computed(way, documents.lengths[buckets.batch(index)]) for index in range(len(buckets)))
    return _result(way.name, documents, forward_s, end_to_end_s, computed, probs, right, config), probs


def _forward_s(way: Any, documents: Documents, buckets: Buckets, repeats: int) -> float:
    batches = [way.prepare(documents, buckets.batch(index)) for index in range(len(buckets))]
    return median_s(lambda: [way.forward(batch) for batch in batches], repeats)


def _computed(way: Any, lengths: NDArray[np.int64]) -> int:
    return int(lengths.max()) * len(lengths) if isinstance(way, PaddedWay) else int(lengths.sum())


def _result(
    way: str,
    documents: Documents,
    forward_s: float | None,
    end_to_end_s: float,
    computed: int | None,
    probs: NDArray[np.float32],
    right: NDArray[np.float32] | None,
    config: Any,
) -> Result:
    right = probs if right is None else right
    tokens = int(documents.lengths.sum())
    return Result(
        way=way,
        mean_tokens=float(documents.lengths.mean()),
        documents=len(documents.lengths),
        tokens=tokens,
        tflop=count_flops(documents.lengths, config) / 1e12,
        forward_s=forward_s,
        end_to_end_s=end_to_end_s,
        padding=None if computed is None else 1 - tokens / computed,
        flipped=int((probs.argmax(1) != right.argmax(1)).sum()),
        max_difference=float(np.abs(probs - right).max()),
    )


def measure_pipeline(model: Any, documents: Documents, device: torch.device, right: NDArray[np.float32]) -> Result:
    """What transformers' own pipeline makes of it: unsorted batches of 64, fp16 (float32 on a CPU)."""
    texts = documents.texts()
    dtype = torch.float16 if device.type == "cuda" else torch.float32
    pipe = transformers.pipeline(
        "text-classification", model=deepcopy(model).to(dtype), tokenizer=build_tokenizer(), device=device, top_k=None
    )
    answers: list[Any] = []

    def score() -> None:
        answers[:] = pipe(texts, batch_size=64, truncation=True)

    seconds = median_s(score, 1)
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    scores = [{each["label"]: each["score"] for each in answer} for answer in answers]
    probs = np.array([[answer[label] for label in labels] for answer in scores], np.float32)
    name = f"transformers pipeline, batch 64, {str(dtype).removeprefix('torch.')}, from text"
    return _result(name, documents, None, seconds, None, probs, right, model.config)


def measure_ceiling(shapes: tuple[tuple[int, int, int], ...], device: torch.device) -> float:
    """The fastest bf16 matrix product found, in TFLOP/s."""
    return max(_matmul_tflops(*shape, device) for shape in shapes)


def _matmul_tflops(m: int, n: int, k: int, device: torch.device, products: int = 20) -> float:
    left = torch.randn(m, k, device=device, dtype=torch.bfloat16)
    right = torch.randn(n, k, device=device, dtype=torch.bfloat16).T
    out = torch.empty(m, n, device=device, dtype=torch.bfloat16)

    def multiply() -> None:
        for _ in range(products):
            torch.matmul(left, right, out=out)

    return 2 * m * n * k * products / median_s(multiply, 5) / 1e12


def median_s(work: Callable[[], object], repeats: int) -> float:
    """Median seconds of some passes after one to warm up; the device is idle before and after each."""
    seconds = []
    for _ in range(repeats + 1):
        _wait()
        started = time.perf_counter()
        work()
        _wait()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[1:])


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def describe(device: torch.device, ceiling: float) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU {platform.machine()}"
    versions = {"torch": torch.__version__, "cuda": torch.version.cuda, "transformers": transformers.__version__}
    return {"device": name, "ceiling_tflops": ceiling, "python": platform.python_version(), **versions}


def render(machine: dict[str, Any], results: list[Result], ceiling: float) -> str:
    """A Markdown page."""
    lines = [
        ", ".join(
            f"{key} {value:,.0f}" if isinstance(value, float) else f"{key} {value}" for key, value in machine.items()
        ),
        "",
        "| tokens/doc | way | forward tokens/s | end to end tokens/s | docs/s | TFLOP/s | of ceiling | padding | "
        "labels differ | max prob diff |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    return "\n".join([*lines, *(_row(result, ceiling) for result in results)])


def _row(result: Result, ceiling: float) -> str:
    speed = result.tflop / (result.forward_s or result.end_to_end_s)
    forward = f"{result.tokens / result.forward_s:,.0f}" if result.forward_s else "-"
    padding = "-" if result.padding is None else f"{result.padding:.1%}"
    return (
        f"| {result.mean_tokens:.0f} | {result.way} | {forward} | {result.tokens / result.end_to_end_s:,.0f} "
        f"| {result.documents / result.end_to_end_s:,.0f} | {speed:,.1f} | {speed / ceiling:.0%} | {padding} "
        f"| {result.flipped} of {result.documents} | {result.max_difference:.1e} |"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--smoke", action="store_true", help="a tiny network and workload, on any device")
    parser.add_argument("--out", type=Path, help="write the figures there, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
