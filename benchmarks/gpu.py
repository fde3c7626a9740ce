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
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from numpy.typing import NDArray

from batch.forward.buckets import Buckets
from benchmarks.gpu_ceiling import CEILING_SHAPES, measure_ceiling, median_s
from benchmarks.gpu_report import Result, describe, render
from benchmarks.gpu_ways import PackedWay, PaddedWay
from benchmarks.gpu_workload import Documents, Stock, build_model, build_tokenizer, count_flops, draw_documents


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
    batches: list[NDArray[np.float32]] = []

    def end_to_end() -> None:
        cut = way.cut(documents.lengths, settings.budget)
        chosen = (cut.batch(index) for index in range(len(cut)))
        batches[:] = [way.forward(way.prepare(documents, rows)).float().cpu().numpy() for rows in chosen]

    end_to_end_s = median_s(end_to_end, settings.repeats)
    logits = np.empty((len(documents.lengths), batches[0].shape[1]), np.float32)
    logits[buckets.order] = np.concatenate(batches)
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
    batches: list[Any] = []

    def score() -> None:
        batches[:] = pipe(texts, batch_size=64, truncation=True)

    seconds = median_s(score, 1)
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    scores = [{each["label"]: each["score"] for each in row} for row in batches]
    probs = np.array([[row[label] for label in labels] for row in scores], np.float32)
    name = f"transformers pipeline, batch 64, {str(dtype).removeprefix('torch.')}, from text"
    return _result(name, documents, None, seconds, None, probs, right, model.config)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--smoke", action="store_true", help="a tiny network and workload, on any device")
    parser.add_argument("--out", type=Path, help="write the figures there, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
