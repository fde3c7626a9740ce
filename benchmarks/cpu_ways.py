"""What `benchmarks/cpu.py` compares: transformers' pipeline, other runtimes where they are installed, and ours."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from batch.engine.settings import EngineSettings
from batch.engine.token_budget import choose_token_budget
from batch.forward.buckets import Buckets, fill_buckets
from batch.forward.cpu import CPU, choose_cpu_forward
from batch.forward.padded import PaddedForward
from batch.forward.protocol import Forward, Pending
from benchmarks.cpu_subject import Logits, Subject, Way
from models.tokens import SpecialTokens, Tokens, pad_windows
from models.windows import Windows

EXACT = "sorted, padded, fp32"


class Session:
    """A compiled network of another runtime behind `Forward`."""

    name = "session"
    in_flight = 0

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
        predictions = made(texts, batch_size=size, truncation=True, max_length=subject.spec.max_length)
        scores = [sorted(each, key=lambda one: one["label"]) for each in predictions]
        return np.log(np.array([[one["score"] for one in each] for each in scores], np.float32))

    return {f"HF pipeline, batch_size={size}": lambda texts, size=size: run(texts, size) for size in sizes}


def collect_ways(subject: Subject, wrapper: Any, options: argparse.Namespace, folder: Path) -> dict[str, Way]:
    special, classes, budget = subject.tokenizer.special, subject.classes, options.max_tokens
    own_budget = choose_token_budget(EngineSettings("cpu", "fp32", options.own_tokens or None), subject.network)
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
