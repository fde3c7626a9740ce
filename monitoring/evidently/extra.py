"""Evidently is an extra, and slow to import: all imports of it go through here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from storage.errors import ExtraMissing


@contextmanager
def evidently_imports() -> Iterator[None]:
    """Import from Evidently inside.

    The first import takes about 5 s. Deprecations that concern Evidently alone stay quiet, and where it is missing
    people hear how to get it.

    Raises:
        ExtraMissing: Evidently, or something it needs, is not installed.
    """
    with warnings.catch_warnings():
        # numpy.core and litestar's Dependency: only Evidently can fix them, not our users.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            yield
        except ImportError as error:
            raise ExtraMissing(
                f"the report can't be made: {error}",
                expected="Evidently 0.7 with pandas before 3.1 and plotly before 6",
                action="run `make nights` in yeban's folder, or install its extra `nights`",
                module=error.name,
            ) from error
