"""How fast is a network on this CPU, beside what else runs it?

The same real comments, from text to logits, through every way in turn, round after round in one process, so that a
busy machine slows all of them:

    python benchmarks/cpu.py --data comments.parquet --vocabulary vocab.txt --rows 192
    python benchmarks/cpu.py --data comments.parquet --bundle models/pretrained/comment --rows 5000

Without `--bundle` it is the architecture of bert-base-chinese with random weights and a head fitted by least squares on
the main directions of its features of other labelled rows, with the margins of a trained head: random logits would all
be ties. ONNX Runtime (with `onnx`, `onnxscript`) and OpenVINO take part where they are installed.

Prints speed, padding, seconds by stage and peak memory, and ends with an error where a way does not give the labels of
the padded float32 one.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import torch

from batch.engine.int8_gate import compare_logits
from benchmarks.base_model import random_base
from benchmarks.cpu_subject import STAGES, Logits, Subject, Way
from benchmarks.cpu_ways import EXACT, collect_ways
from models.bundle import open_bundle
from models.network import load_network


@dataclass(frozen=True, slots=True)
class Round:
    """What one way took for all texts.

    Attributes:
        wall_s: On the clock.
        cores_s: Added over all threads: what a busy machine changes least.
    """

    wall_s: float
    cores_s: float


def measure(ways: dict[str, Way], texts: list[str], repeat: int) -> tuple[dict[str, list[Round]], dict[str, Logits]]:
    rounds: dict[str, list[Round]] = {name: [] for name in ways}
    logits: dict[str, Logits] = {}
    for way in ways.values():
        way(texts[:8])
    for _ in range(repeat):
        for name, way in ways.items():
            wall, cores = time.perf_counter(), time.process_time()
            logits[name] = way(texts)
            rounds[name].append(Round(time.perf_counter() - wall, time.process_time() - cores))
    return rounds, logits


def report(subject: Subject, texts: list[str], rounds: dict[str, list[Round]], logits: dict[str, Logits]) -> None:
    windows = subject.cut(texts).windows
    tokens = int(windows.length.sum()) + subject.tokenizer.special.count * len(windows.length)
    print(
        "| | docs/s | tokens/s | docs a core-second | padding | yeban bf16 / this | yeban int8 / this "
        "| same label | largest dp |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, each in rounds.items():
        wall = statistics.median(one.wall_s for one in each)
        cores = statistics.median(one.cores_s for one in each)
        found = compare_logits(logits[EXACT], logits[name])
        cells = [
            f"{len(texts) / wall:,.1f}",
            f"{tokens / wall:,.0f}",
            f"{len(texts) / cores:,.1f}",
            f"{subject.took[name][-1].padding:.1%}" if name in subject.took else "",
            *(_ratio(each, rounds.get(own, [])) for own in ("yeban bf16", "yeban int8")),
            f"{found.share:.2%}",
            f"{found.largest_difference:.3f}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    _report_stages(subject, rounds)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{len(texts)} rows, {tokens / len(texts):.1f} tokens each; peak memory of all together {peak_mb:,.0f} MB")


def _report_stages(subject: Subject, rounds: dict[str, list[Round]]) -> None:
    print(f"\n| median seconds | {' | '.join(STAGES)} | all |\n|---|{'---|' * (len(STAGES) + 1)}")
    for name, each in rounds.items():
        if name in subject.took:
            passes = subject.took[name][-len(each) :]  # the first one warmed up
            seconds = [statistics.median(one.times.seconds[stage] for one in passes) for stage in STAGES]
            seconds.append(statistics.median(one.wall_s for one in each))
            print(f"| {name} | {' | '.join(f'{spent:.4f}' for spent in seconds)} |")


def require_labels(logits: dict[str, Logits], least: float) -> None:
    """End with an error where a way gives other labels than the padded float32 one."""
    shares = {name: compare_logits(logits[EXACT], each).share for name, each in logits.items()}
    strange = [f"{name} ({share:.2%})" for name, share in shares.items() if share < least]
    if strange:
        raise SystemExit(f"less than {least:.1%} of the labels of {EXACT!r}: {', '.join(strange)}")


def _ratio(theirs: list[Round], ours: list[Round]) -> str:
    """How many times faster ours is, round by round; by core-seconds in brackets."""
    if not ours:
        return ""
    wall = statistics.median(a.wall_s / b.wall_s for a, b in zip(theirs, ours, strict=True))
    cores = statistics.median(a.cores_s / b.cores_s for a, b in zip(theirs, ours, strict=True))
    return f"{wall:.2f} ({cores:.2f})"


def main() -> None:
    options = _options()
    logging.basicConfig(level=logging.WARNING)
    if options.threads:
        torch.set_num_threads(options.threads)
    print(f"load {os.getloadavg()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    frame = pl.read_parquet(options.data).sample(fraction=1.0, shuffle=True, seed=1)
    texts = frame["text"].head(options.rows).to_list()
    if options.bundle is None:
        subject, wrapper = random_base(options.vocabulary, frame.tail(options.head_rows))
    else:
        bundle = open_bundle(options.bundle)
        texts = bundle.cleaner().clean(pl.Series("text", texts)).to_list()
        subject = Subject(load_network(bundle), bundle.tokenizer(), bundle.manifest.windows, len(bundle.labels))
        wrapper = None
    with tempfile.TemporaryDirectory() as folder:
        ways = collect_ways(subject, wrapper, options, Path(folder))
        rounds, logits = measure(ways, texts, options.repeat)
    report(subject, texts, rounds, logits)
    print(f"load {os.getloadavg()}")
    require_labels(logits, options.same_labels)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="Parquet with `text` and, without --bundle, `label` 0 or 1")
    parser.add_argument("--vocabulary", type=Path, help="vocab.txt of bert-base-chinese, for the random base model")
    parser.add_argument("--bundle", type=Path, help="measure this bundle instead")
    parser.add_argument("--rows", type=int, default=192)
    parser.add_argument("--head-rows", type=int, default=400, help="labelled rows that the random model's head sees")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, help="threads of every runtime; torch's own choice where not given")
    parser.add_argument("--max-tokens", type=int, default=1_024, help="token budget of the other sorted ways")
    parser.add_argument("--own-tokens", type=int, help="token budget of ours; by the model's size where not given")
    parser.add_argument("--pipeline", type=int, nargs="*", default=[1, 8, 32], help="batch sizes of the HF pipeline")
    parser.add_argument("--unsorted", type=int, nargs="*", default=[], help="batch sizes of plain unsorted batches")
    parser.add_argument("--precisions", nargs="*", default=["fp32", "bf16", "int8"], help="of ours")
    parser.add_argument("--same-labels", type=float, default=0.98, help="share that every way must have in common")
    return parser.parse_args()


if __name__ == "__main__":
    main()
