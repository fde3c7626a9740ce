"""Executors by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from batch.engine.settings import EngineSettings
from batch.executors.local import LocalExecutor
from batch.executors.protocol import OnUnit, Pace, RunStats, ScoringWork
from batch.executors.registry import EXECUTORS, make_executor
from models.bundle import Bundle
from storage.errors import ConfigError
from tests.support.networks import tiny_bundle
from tests.support.registering import registered

CPU = EngineSettings("cpu", "fp32")


def test_the_local_one_is_made_unless_another_is_named(tmp_path: Path) -> None:
    made = make_executor(tiny_bundle(tmp_path), CPU)
    assert isinstance(made, LocalExecutor)
    assert made.scorer.settings.precision == "fp32"


def test_a_further_one_registers_itself(tmp_path: Path) -> None:
    class Elsewhere:
        def __init__(self, bundle: Bundle, settings: EngineSettings) -> None:
            self.version, self.settings = bundle.version, settings

        def run(self, work: ScoringWork, on_unit: OnUnit, pace: Pace | None = None) -> RunStats:
            raise NotImplementedError

    bundle = tiny_bundle(tmp_path)
    with registered(EXECUTORS, "elsewhere", Elsewhere):
        made = make_executor(bundle, CPU, "elsewhere")
    assert isinstance(made, Elsewhere)
    assert (made.version, made.settings) == (bundle.version, CPU)


def test_a_name_that_none_has_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no executor is called 'cloud'\n.*one of local"):
        make_executor(tiny_bundle(tmp_path), CPU, "cloud")
