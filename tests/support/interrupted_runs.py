"""Runs that are stopped in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from batch.local import LocalExecutor


@contextmanager
def interrupt_at_unit(number: int) -> Iterator[None]:
    """Ctrl-C as the nth unit is to be staged."""
    seen, real = [0], LocalExecutor._stage

    def stage(self: LocalExecutor, scored: Any) -> Any:
        seen[0] += 1
        if seen[0] == number:
            raise KeyboardInterrupt
        return real(self, scored)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalExecutor, "_stage", stage)
        yield
