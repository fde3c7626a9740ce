"""Stops that DuckDB swallows.

While a query runs, DuckDB lets Python handle signals, but drops the exception that the handler raises (the
KeyboardInterrupt of Ctrl-C, the SystemExit of SIGTERM) and raises `RuntimeError: Query interrupted` instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SWALLOWED: Final = "Query interrupted"


@contextmanager
def stops_kept() -> Iterator[None]:
    """Make a stop again of what DuckDB made of one.

    Raises:
        KeyboardInterrupt: A signal stopped a query; which signal it was, its handler knows.
    """
    try:
        yield
    except RuntimeError as error:
        if str(error) != _SWALLOWED:
            raise
        raise KeyboardInterrupt from error
