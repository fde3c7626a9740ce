"""How a document's tokens become windows."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from models.windows import Windows, WindowSpec, cut_windows


def cut(*lengths: int, specials: int = 2, **spec: object) -> Windows:
    return cut_windows(np.array(lengths, np.int64), WindowSpec.model_validate(spec), specials)


def positions(windows: Windows, window: int) -> list[int]:
    """Which tokens of its document a window holds."""
    start, length = int(windows.start[window]), int(windows.length[window])
    jump, skip = int(windows.skip_from[window]), int(windows.skip[window])
    return [start + i + (skip if i >= jump else 0) for i in range(length)]


class TestTruncate:
    @pytest.mark.parametrize(
        ("side", "kept"),
        [("right", [0, 1, 2, 3, 4]), ("left", [4, 5, 6, 7, 8]), ("middle", [0, 1, 2, 7, 8])],
    )
    def test_which_end_loses(self, side: str, kept: list[int]) -> None:
        windows = cut(9, max_length=7, truncation_side=side)
        assert positions(windows, 0) == kept
        assert windows.truncated.tolist() == [True]

    def test_middle_of_an_even_capacity(self) -> None:
        assert positions(cut(10, max_length=6, truncation_side="middle"), 0) == [0, 1, 8, 9]

    @pytest.mark.parametrize("side", ["right", "left", "middle"])
    def test_what_fits_is_left_alone(self, side: str) -> None:
        windows = cut(0, 1, 4, 5, max_length=7, truncation_side=side)
        assert [positions(windows, window) for window in range(4)] == [list(range(n)) for n in (0, 1, 4, 5)]
        assert not windows.truncated.any()
        assert windows.skip_from.tolist() == windows.length.tolist()
        assert windows.counts.tolist() == [1, 1, 1, 1]


class TestSlide:
    def test_by_hand(self) -> None:
        windows = cut(12, 0, 5, max_length=7, long_text="slide", stride=2)
        assert [positions(windows, window) for window in range(6)] == [
            [0, 1, 2, 3, 4],
            [3, 4, 5, 6, 7],
            [6, 7, 8, 9, 10],
            [9, 10, 11],
            [],
            [0, 1, 2, 3, 4],
        ]
        assert windows.doc.tolist() == [0, 0, 0, 0, 1, 2]
        assert windows.index.tolist() == [0, 1, 2, 3, 0, 0]
        assert windows.offsets.tolist() == [0, 4, 5, 6]
        assert windows.counts.tolist() == [4, 1, 1]
        assert not windows.truncated.any()

    def test_a_window_that_would_hold_only_old_tokens_is_none(self) -> None:
        assert cut(5, max_length=7, long_text="slide", stride=2).counts.tolist() == [1]
        assert cut(6, max_length=7, long_text="slide", stride=2).counts.tolist() == [2]

    def test_an_endless_text_is_cut_off_and_says_so(self) -> None:
        windows = cut(10, 11, 5, max_length=7, long_text="slide", max_windows=2)
        assert windows.counts.tolist() == [2, 2, 1]
        assert windows.truncated.tolist() == [False, True, False]

    def test_no_documents(self) -> None:
        for how in ("slide", "truncate"):
            windows = cut(long_text=how)
            assert len(windows.doc) == 0
            assert windows.offsets.tolist() == [0]


@pytest.mark.parametrize(
    "spec",
    [
        {"max_length": 2},
        {"max_length": 10, "stride": 8},
        {"max_length": 10, "stride": -1},
        {"long_text": "fold"},
        {"max_windows": 0},
        {"truncation": "left"},
    ],
)
def test_refuses_what_cannot_work(spec: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WindowSpec.model_validate(spec)
