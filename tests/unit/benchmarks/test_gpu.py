"""The GPU benchmark runs on any machine in its tiny mode, and needs little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.gpu_workload import build_model, build_tokenizer, count_flops, draw_documents

ROOT = Path(__file__).parents[3]
HIDE = "import sys; sys.modules.update(dict.fromkeys(['polars', 'duckdb', 'pydantic', 'pyarrow', 'typer', 'opencc']))"
RUN = "import runpy; runpy.run_path('benchmarks/gpu.py', run_name='__main__')"


@pytest.mark.slow
def test_smoke_without_the_project_s_libraries(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = f"{HIDE}; sys.argv = ['gpu.py', '--smoke', '--out', {str(out)!r}]; {RUN}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n| ") == 5
    report = json.loads(out.read_text("utf-8"))
    assert report["machine"]["torch"] == torch.__version__
    padded, packed, weights, pipeline = report["results"]
    assert padded["padding"] > packed["padding"] == weights["padding"] == 0
    assert all(each["flipped"] == 0 for each in (padded, packed, pipeline))
    assert all(each["max_difference"] < 0.02 for each in report["results"])


@pytest.mark.parametrize("mean", [20, 60, 510])
def test_documents_have_the_mean_asked_for(mean: int) -> None:
    documents = draw_documents(mean, 100_000)
    assert abs(documents.lengths.mean() - mean) < 0.5
    assert 3 <= documents.lengths.min() <= documents.lengths.max() <= 512
    assert len(documents.ids) == (documents.lengths - 2).sum()


def test_texts_are_the_documents() -> None:
    documents = draw_documents(20, 1_000).head(7)
    encoded = build_tokenizer()(documents.texts())["input_ids"]
    assert [len(ids) for ids in encoded] == documents.lengths.tolist()
    np.testing.assert_array_equal(np.concatenate([ids[1:-1] for ids in encoded]), documents.ids)


def test_flops_are_those_that_torch_counts() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    model = build_model(layers=1)
    model.config._attn_implementation = "eager"
    lengths = np.full(3, 17)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.bert.encoder(torch.randn(3, 17, 768))
    assert counter.get_total_flops() == count_flops(lengths, model.config)
