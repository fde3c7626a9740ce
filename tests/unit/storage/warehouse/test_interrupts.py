from __future__ import annotations

import pytest

from storage.warehouse.interrupts import stops_kept


def test_a_stop_that_duckdb_swallowed_is_a_stop_again() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, stops_kept():
        raise RuntimeError("Query interrupted")
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("error", [RuntimeError("another"), ValueError("Query interrupted"), KeyboardInterrupt()])
def test_other_errors_go_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, stops_kept():
        raise error
    assert caught.value is error
