"""Executors by name: a module beside `local.py` that calls `EXECUTORS.add` is all that a further one needs.

EXECUTORS.add("ray", RayExecutor)      # in batch/executors/ray.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from batch.engine.settings import EngineSettings
from batch.executors.protocol import Executor
from models.bundle import Bundle
from models.named_registry import NamedRegistry

MakeExecutor = Callable[[Bundle, EngineSettings], Executor]
"""Makes an executor for a bundle; raises BundleError or ConfigError where it cannot run."""

EXECUTORS: Final[NamedRegistry[MakeExecutor]] = NamedRegistry("executor", "batch.executors")
DEFAULT_EXECUTOR: Final = "local"


def make_executor(bundle: Bundle, settings: EngineSettings, name: str = DEFAULT_EXECUTOR) -> Executor:
    """Make the executor of a name.

    Args:
        bundle: What scores.
        settings: How to compute.
        name: A registered executor.

    Raises:
        BundleError: The bundle's parts are not whole or disagree.
        ConfigError: No executor has this name, or the machine cannot compute as the settings say.
    """
    return EXECUTORS.find(name)(bundle, settings)
