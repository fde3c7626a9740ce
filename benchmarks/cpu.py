"""How fast is a network on this CPU, beside what else runs it?

The same real comments, from text to logits, through every way in turn, round after round in one process, so that a
busy machine slows all of them:

    python benchmarks/cpu.py --data comments.parquet --vocabulary vocab.txt --rows 192
    python benchmarks/cpu.py --data comments.parquet --bundle models/pretrained/comment --rows 5000

Without `--bundle` it is the architecture of bert-base-chinese with random weights and a head fitted by least squares on
the main directions of its features of other labelled rows, with the margins of a trained head: random logits would all
be ties. ONNX Runtime (with `onnx`, `onnxscript`) and
OpenVINO take part where they are installed.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from batch.engine.agreement import compare_logits
from batch.engine.engine import Engine
from batch.forward.buckets import Buckets, fill_buckets
from batch.forward.cpu import CPU, choose_cpu_budget, choose_cpu_forward
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Forward, Pending
from models.bundle import open_bundle
from models.network import StockClassifier, load_network
from models.tokens import SpecialTokens, Tokenizer, Tokens, pad_windows
from models.windows import Windows, WindowSpec, cut_windows

Logits = NDArray[np.float32]
Way = Callable[[list[str]], Logits]
HEAD_DIRECTIONS = 8
EXACT = "sorted, padded, fp32"


@dataclass(frozen=True, slots=True)
class Documents:
    """Texts on their way to the engine."""

    tokens: Tokens
    windows: Windows


class Subject:
    """The network under test, with all that running it takes."""

    def __init__(self, network: nn.Module, tokenizer: Tokenizer, spec: WindowSpec, classes: int) -> None:
        self.network, self.tokenizer, self.spec, self.classes = network, tokenizer, spec, classes
        self.padding: dict[str, float] = {}

    def cut(self, texts: list[str]) -> Documents:
        """Tokenise texts and plan their windows."""
        tokens = self.tokenizer.encode(pl.Series(texts, dtype=pl.String))
        return Documents(tokens, cut_windows(tokens.lengths, self.spec, self.tokenizer.special.count))

    def through(self, name: str, forward: Forward, max_tokens: int) -> Way:
        """Sorted, in batches of a token budget, through `forward`."""

        def run(texts: list[str]) -> Logits:
            engine = Engine(forward, self.tokenizer.special, max_tokens)
            logits = engine.logits(self.cut(texts))
            self.padding[name] = engine.work.padding_share
            return logits

        return run

    def unsorted(self, rows: int) -> Way:
        """What a pipeline does, without its own costs: rows as they come, padded to the longest of their batch."""
        forward = PaddedForward(self.network, self.tokenizer.special, self.classes, CPU, "fp32")

        def run(texts: list[str]) -> Logits:
            there = self.cut(texts)
            batches = np.array_split(np.arange(len(texts)), range(rows, len(texts), rows))
            return np.concatenate([forward.start(there.tokens, there.windows, batch)() for batch in batches])

        return run


class Session:
    """A compiled network of another runtime behind `Forward`."""

    name = "session"
    ahead = 0

    def __init__(self, call: Callable[[NDArray[Any], NDArray[Any]], Logits], subject: Subject) -> None:
        self._call, self.classes = call, subject.classes
        self._special: SpecialTokens = subject.tokenizer.special

    def fill(self, lengths: NDArray[np.int64], max_tokens: int) -> Buckets:
        """Cut by windows times the longest of them."""
        return fill_buckets(lengths, max_tokens)

    def cost(self, lengths: NDArray[np.int64]) -> int:
        """Tokens with padding."""
        return int(lengths.max()) * len(lengths)

    def start(self, tokens: Tokens, windows: Windows, chosen: NDArray[np.int64]) -> Pending:
        """Score the chosen windows."""
        logits = np.asarray(self._call(*pad_windows(tokens, windows, chosen, self._special)), np.float32)
        return lambda: logits


def export_onnx(subject: Subject, folder: Path) -> Path:
    batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=2, max=512)
    shape = {0: batch, 1: length}
    ids = torch.full((3, 9), 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            subject.network,
            kwargs={"input_ids": ids, "attention_mask": torch.ones_like(ids)},
            dynamic_shapes={"input_ids": shape, "attention_mask": shape},
            dynamo=True,
            verbose=False,
        )
    program.save(str(folder / "network.onnx"))
    return folder / "network.onnx"


def onnxruntime_int8(file: Path, subject: Subject) -> Forward:
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    small = file.with_name("int8.onnx")
    quantize_dynamic(str(file), str(small), weight_type=QuantType.QInt8, per_channel=True)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(small), options, providers=["CPUExecutionProvider"])
    return Session(lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0], subject)


def openvino_bf16(file: Path, subject: Subject) -> Forward:
    import openvino

    wanted = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": torch.get_num_threads()}
    compiled = openvino.Core().compile_model(openvino.Core().read_model(file), "CPU", wanted)
    return Session(lambda ids, mask: compiled({"input_ids": ids, "attention_mask": mask})[0], subject)


def pipeline_ways(subject: Subject, wrapper: Any, sizes: list[int]) -> dict[str, Way]:
    from transformers import pipeline

    made = pipeline("text-classification", model=subject.network.model, tokenizer=wrapper, device=-1, top_k=None)

    def run(texts: list[str], size: int) -> Logits:
        answers = made(texts, batch_size=size, truncation=True, max_length=subject.spec.max_length)
        scores = [sorted(each, key=lambda one: one["label"]) for each in answers]
        return np.log(np.array([[one["score"] for one in each] for each in scores], np.float32))

    return {f"HF pipeline, batch_size={size}": lambda texts, size=size: run(texts, size) for size in sizes}


def random_base(options: argparse.Namespace, labelled: pl.DataFrame) -> tuple[Subject, Any]:
    """Build BERT-base with random weights and a head that least squares fit on its frozen features."""
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    wrapper = BertTokenizerFast(vocab_file=str(options.vocabulary))
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(vocab_size=len(wrapper), num_labels=2)).eval()
    tokenizer = Tokenizer(wrapper.backend_tokenizer, pad=wrapper.pad_token_id, unknown=wrapper.unk_token_id)
    spec = WindowSpec(max_length=512)
    head, model.classifier = model.classifier, nn.Identity()
    bare = Subject(StockClassifier(model), tokenizer, spec, 768)
    forward = choose_cpu_forward(bare.network, tokenizer.special, 768, "fp32")
    features = torch.from_numpy(bare.through("features", forward, 1_024)(labelled["text"].to_list())).double()
    target = torch.tensor(labelled["label"].to_list(), dtype=torch.float64) * 2 - 1
    mean = features.mean(0)
    directions = torch.linalg.svd(features - mean, full_matrices=False).Vh[:HEAD_DIRECTIONS].T
    weight = directions @ torch.linalg.lstsq((features - mean) @ directions, target[:, None]).solution[:, 0]
    weight *= 2 / ((features - mean) @ weight).std()
    with torch.no_grad():
        head.weight.copy_(torch.stack([-weight / 2, weight / 2]))
        head.bias.copy_(torch.stack([mean @ weight / 2, -mean @ weight / 2]))
    model.classifier = head
    return Subject(StockClassifier(model), tokenizer, spec, 2), wrapper


def collect_ways(subject: Subject, wrapper: Any, options: argparse.Namespace, folder: Path) -> dict[str, Way]:
    special, classes, budget = subject.tokenizer.special, subject.classes, options.max_tokens
    own_budget = options.own_tokens or choose_cpu_budget(subject.network)
    ways: dict[str, Way] = {} if wrapper is None else pipeline_ways(subject, wrapper, options.pipeline)
    ways |= {f"unsorted batches of {size}, fp32": subject.unsorted(size) for size in options.unsorted}
    forwards: dict[str, tuple[Forward, int]] = {
        EXACT: (PaddedForward(subject.network, special, classes, CPU, "fp32"), budget),
        "sorted, padded, bf16 autocast": (PaddedForward(subject.network, special, classes, CPU, "bf16"), budget),
    }
    file = None
    for name, build in {"ONNX Runtime int8": onnxruntime_int8, "OpenVINO bf16": openvino_bf16}.items():
        try:
            file = file or export_onnx(subject, folder)
            forwards[f"sorted, padded, {name}"] = build(file, subject), budget
        except ImportError as error:
            print(f"{name} does not take part: {error}")
    for precision in options.precisions:
        forwards[f"yeban {precision}"] = choose_cpu_forward(subject.network, special, classes, precision), own_budget
    return ways | {name: subject.through(name, *each) for name, each in forwards.items()}


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
    tokens = int(subject.cut(texts).windows.length.sum()) + subject.tokenizer.special.count * len(texts)
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
            f"{subject.padding[name]:.1%}" if name in subject.padding else "",
            *(_ratio(each, rounds.get(own, [])) for own in ("yeban bf16", "yeban int8")),
            f"{found.share:.2%}",
            f"{found.largest_difference:.3f}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{len(texts)} rows, {tokens / len(texts):.1f} tokens each; peak memory of all together {peak_mb:,.0f} MB")


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
        subject, wrapper = random_base(options, frame.tail(options.head_rows))
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
    return parser.parse_args()


if __name__ == "__main__":
    main()
