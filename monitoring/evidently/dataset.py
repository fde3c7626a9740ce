"""The sample as Evidently wants it: numeric and categorical columns in pandas, and no text unless asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from monitoring.evidently.extra import evidently_imports

if TYPE_CHECKING:
    import pandas as pd

Float64 = NDArray[np.float64]

TEXT: Final = "text"
SLICE: Final = "slice "
"""How the columns of slices begin, so that none can be taken for one of ours."""

MIN_ROWS: Final = 30
"""Known values that a column needs on each side to be compared."""
MAX_VALUES: Final = 20
"""A categorical column of more values (users, hosts) is not compared: its distances are mostly chance."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The two samples, ready for Evidently.

    Attributes:
        current: Its `Dataset` of tonight.
        reference: Its `Dataset` of the reference, None without one.
        numeric: Numeric columns with enough rows on both sides.
        categorical: Categorical columns with enough rows and few enough values.
    """

    current: Any
    reference: Any
    numeric: tuple[str, ...]
    categorical: tuple[str, ...]


def compare(current: pa.Table, reference: pa.Table | None, classes: Sequence[str], *, show_texts: bool) -> Compared:
    """Make both datasets.

    Args:
        current: Tonight's sample, `SAMPLE_SCHEMA`.
        reference: The reference's, None without one. Where its bundle had other classes, its probabilities,
            margin and entropy count as unknown.
        classes: Labels in the order of the probabilities.
        show_texts: Give Evidently the texts too.

    Raises:
        ExtraMissing: Evidently is not installed.
    """
    with evidently_imports():
        from evidently import DataDefinition, Dataset

    sides = [current] if reference is None else [current, reference]
    slices = sorted({key for side in sides for row in side["slices"].to_pylist() for key, _ in row or ()})
    frames = [to_frame(side, classes, slices, show_texts=show_texts) for side in sides]
    numeric, categorical = numeric_columns(classes), ("label", "status", *(SLICE + each for each in slices))
    definition = DataDefinition(
        numerical_columns=list(numeric),
        categorical_columns=list(categorical),
        text_columns=[TEXT] if show_texts else [],
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # it counts shares of columns that may have no value
        datasets = [Dataset.from_pandas(frame, data_definition=definition) for frame in frames]
    if reference is None:
        return Compared(datasets[0], None, (), ())
    return Compared(
        datasets[0],
        datasets[1],
        tuple(each for each in numeric if _filled(frames, each)),
        tuple(each for each in categorical if _filled(frames, each) and _values(frames, each) <= MAX_VALUES),
    )


def numeric_columns(classes: Sequence[str]) -> tuple[str, ...]:
    """Names of the numeric columns."""
    return ("confidence", "margin", "entropy", "n_tokens", *(f"p({each})" for each in classes))


def to_frame(sample: pa.Table, classes: Sequence[str], slices: Sequence[str], *, show_texts: bool) -> pd.DataFrame:
    """The columns that may be shown, one row per sampled row.

    Args:
        sample: `SAMPLE_SCHEMA`, N rows.
        classes: C labels in the order of the probabilities.
        slices: Names of slices; a row without one has none.
        show_texts: Add the column of texts.

    Returns:
        N rows: `numeric_columns` as float64, the rest as objects; NaN or None where a row has no value.
    """
    with evidently_imports():
        import pandas as pd
    from scipy.special import entr

    probabilities = _matrix(sample["probs"].combine_chunks(), len(classes))
    ordered = np.sort(probabilities, axis=1)
    columns: dict[str, Any] = {
        "label": sample["label"].to_pylist(),
        "status": sample["status"].to_pylist(),
        "confidence": sample["confidence"].to_numpy().astype(np.float64),
        "margin": ordered[:, -1] - ordered[:, -2] if len(classes) > 1 else np.full(len(ordered), np.nan),
        "entropy": entr(probabilities).sum(axis=1),
        "n_tokens": sample["n_tokens"].to_numpy().astype(np.float64),
    }
    columns |= {f"p({label})": probabilities[:, place] for place, label in enumerate(classes)}
    rows = [dict(each or ()) for each in sample["slices"].to_pylist()]
    columns |= {SLICE + name: [row.get(name) for row in rows] for name in slices}
    if show_texts:
        columns[TEXT] = sample["text"].to_pylist()
    numbers = numeric_columns(classes)
    return pd.DataFrame(
        {name: pd.Series(each, dtype="float64" if name in numbers else "object") for name, each in columns.items()}
    )


def _matrix(lists: pa.ListArray, classes: int) -> Float64:
    """float64[N, C]; a row whose probabilities are missing or of other classes is all NaN."""
    whole = pc.equal(pc.fill_null(pc.list_value_length(lists), 0), classes)
    matrix = np.full((len(lists), classes), np.nan)
    matrix[whole.to_numpy(zero_copy_only=False)] = (
        pc.list_flatten(lists.filter(whole)).to_numpy(zero_copy_only=False).reshape(-1, classes)
    )
    return matrix


def _filled(frames: list[pd.DataFrame], name: str) -> bool:
    return all(frame[name].notna().sum() >= MIN_ROWS for frame in frames)


def _values(frames: list[pd.DataFrame], name: str) -> int:
    return len({value for frame in frames for value in frame[name].dropna()})
