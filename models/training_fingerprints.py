"""Which texts a bundle has seen: digests only, so that a test set can be proved to hold none of them.

The file is part of the bundle and of its version. A fine-tuned bundle carries what its parents saw, too.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.bundle import SEEN, Bundle
from storage.errors import BundleIncomplete
from storage.profiles.digests import digest_numbers

Keys = NDArray[np.uint64]
_DTYPE = np.dtype("<u8")

UNRECORDED = "unrecorded_ancestor"
"""Key of a lineage's recipe: the bundle that this one descends from and that has no record of the texts it has seen."""


def text_keys(texts: pl.Series) -> Keys:
    """Digests under which two writings of one text agree.

    Width, case, blanks and punctuation don't count, so that a comment doesn't become another one by a full stop. A text
    of nothing else, such as emoji alone, is taken as it stands.

    Args:
        texts: String[N], raw; null counts as empty.

    Returns:
        uint64[N].
    """
    plain = texts.fill_null("").str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    words = plain.str.replace_all(r"[^\p{L}\p{N}]", "")
    frame = pl.DataFrame({"plain": plain, "words": words})
    return digest_numbers(
        frame.select(pl.when(pl.col("words") == "").then(pl.col("plain")).otherwise(pl.col("words")))["plain"]
    )[0]


def has_text(texts: pl.Series) -> NDArray[np.bool_]:
    """Which texts hold anything but blanks, bool[N]: all empty ones are alike, and that proves nothing."""
    return (texts.fill_null("").str.strip_chars() != "").to_numpy()


def fingerprint_bytes(texts: Iterable[pl.Series], before: Keys | None = None) -> bytes:
    """The file's contents: every digest once, ascending, little-endian.

    Args:
        texts: String[N] each, raw.
        before: What the parent saw.
    """
    parts = [text_keys(each)[has_text(each)] for each in texts] + ([] if before is None else [before])
    everything = np.unique(np.concatenate(parts)) if parts else np.empty(0, np.uint64)
    return everything.astype(_DTYPE).tobytes()


def read_fingerprints(bundle: Bundle) -> Keys | None:
    """Digests of the texts that a bundle has seen, ascending; None where it has no record.

    Raises:
        BundleIncomplete: The file is not what was written.
    """
    if SEEN not in bundle.manifest.files:
        return None
    data = (bundle.path / SEEN).read_bytes()
    if len(data) % _DTYPE.itemsize:
        raise BundleIncomplete(
            f"{bundle.path / SEEN} has {len(data)} bytes", expected="eight for each text", action="restore the bundle"
        )
    return np.frombuffer(data, _DTYPE).astype(np.uint64)
