"""A population of texts whose truth is known: topics, true classes, calibrated probabilities. No network is run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from batch.input.columns import ColumnMapping, read_columns
from batch.predictions import to_table
from batch.scores import EMPTY, SCORED, Scores
from models.bundle import Bundle
from models.cleaning.marks import find_marks
from models.tokens import Tokenizer
from monitoring.findings.record import ReferenceNote
from monitoring.metrics.input import Baseline, LabelledSample, MonitoringInput
from storage.profiles.digests import digest_numbers
from storage.profiles.measure import RowFacts, profile_of
from storage.profiles.profile import Profile
from storage.profiles.sample import sample_of
from storage.profiles.tokens import count_tokens
from storage.records import Slot, Unit

LABELS = ("负面", "正面")
FIRST = date(2026, 1, 1)
_WORDS, _TOPIC_WORDS, _TOPICS = 600, 60, 4
_SEPARATION = 1.2


@dataclass(frozen=True, slots=True)
class Draw:
    """How a night is drawn; the defaults are the usual night.

    Attributes:
        rows: Number of rows.
        prior: Share of the second class.
        foreign: Share of rows about a topic that usually never comes.
        slang: Share of rows with a word that nobody has used before.
        html: Share of rows with markup left in by a broken cleaner.
        sharpen: Factor on the model's log-odds: 2 is a temperature that is half of what it should be.
        empty: Share of rows without text.
        words: A row has at least the first number of words, and fewer than the second.
    """

    rows: int = 2_000
    prior: float = 0.5
    foreign: float = 0.0
    slang: float = 0.0
    html: float = 0.0
    sharpen: float = 1.0
    empty: float = 0.01
    words: tuple[int, int] = (5, 15)


SLANG = "绝绝子"
USUAL = Draw()
REFERENCE = Draw(rows=5_000)


@dataclass(frozen=True, slots=True)
class Rows:
    """Drawn rows: raw texts, what cleaning left of them, the model's probabilities [N, 2], the true classes [N]."""

    raw: pl.Series
    cleaned: pl.Series
    probs: NDArray[np.float32]
    gold: NDArray[np.int64]
    source: list[str]


class Population:
    """Texts of two-character words: common ones after Zipf, and those of a few topics."""

    def __init__(self, bundle: Bundle, seed: int = 1) -> None:
        self.bundle = bundle
        self.tokenizer: Tokenizer = bundle.tokenizer()
        rng = np.random.default_rng(seed)
        known = [self.tokenizer.name(token) for token in range(self.tokenizer.largest_id + 1)]
        han = [name for name in known if len(name) == 1 and "\u4e00" <= name <= "\u9fff" and name not in SLANG]
        total = _WORDS + (_TOPICS + 1) * _TOPIC_WORDS
        words = ["".join(rng.choice(han, 2, replace=False)) for _ in range(total)]
        self._words = np.array(words)
        zipf = 1 / np.arange(1, _WORDS + 1)
        self._common = zipf / zipf.sum()

    def draw(self, draw: Draw, rng: np.random.Generator) -> Rows:
        """Draw a night's rows."""
        gold = (rng.random(draw.rows) < draw.prior).astype(np.int64)
        odds = 2 * _SEPARATION * rng.normal((2 * gold - 1) * _SEPARATION, 1.0)
        positive = 1 / (1 + np.exp(-draw.sharpen * odds))
        texts = self._texts(draw, rng)
        cleaned = self.bundle.cleaner().clean(texts)
        dirty = pl.Series(rng.random(draw.rows) < draw.html)
        cleaned = pl.select(
            pl.when(dirty).then("<div class=review>" + cleaned + "</div>").otherwise(cleaned)
        ).to_series()
        cleaned = pl.select(pl.when(texts == "").then(pl.lit("")).otherwise(cleaned)).to_series()
        source = [("app", "web", "mini")[each] for each in rng.choice(3, draw.rows, p=(0.5, 0.3, 0.2))]
        return Rows(texts, cleaned, np.stack([1 - positive, positive], axis=1).astype(np.float32), gold, source)

    def observe(self, rows: Rows, day: date, bundle: str = "b1") -> tuple[Profile, pa.Table]:
        """Profile and sample of drawn rows, made the way a unit's are."""
        n = len(rows.gold)
        ids = [f"{day}-{row}" for row in range(n)]
        table = pa.table({"text": rows.raw.to_arrow(), "id": ids, "source": rows.source})
        raw = read_columns(table, ColumnMapping("text", "id", None, ("source",)), "Asia/Shanghai")
        unit = Unit(Slot("comment", day, bundle), "a.parquet", "f", 0, n)
        distinct = rows.cleaned.unique(maintain_order=True)
        tokens, all_tokens = self.tokenizer.encode(distinct), self.tokenizer.encode(rows.cleaned)
        unknown = np.concatenate([[0], np.cumsum(all_tokens.ids == self.tokenizer.special.unknown)])
        hashes = digest_numbers(rows.cleaned)[0]
        empty = (rows.cleaned == "").to_numpy()
        scores = Scores(
            status=np.where(empty, EMPTY, SCORED).astype(np.int8),
            probs=np.where(empty[:, None], np.float32(np.nan), rows.probs),
            text_hash=hashes,
            n_tokens=all_tokens.lengths.astype(np.int32),
            n_unknown=np.diff(unknown[all_tokens.offsets]).astype(np.int32),
            n_windows=np.ones(n, np.int32),
            truncated=np.zeros(n, np.bool_),
            top=np.zeros(n, np.int32),
            top_offsets=np.arange(n + 1),
        )
        part = to_table(unit, raw, scores, LABELS)
        seen = np.ones(n, np.bool_)
        seen[np.unique(hashes, return_index=True)[1]] = False
        facts = RowFacts(
            duplicate=seen,
            invalid_utf8=raw.invalid_utf8,
            n_unknown=scores.n_unknown,
            marks=find_marks(rows.raw, rows.cleaned),
            tokens=count_tokens(tokens.ids, len(distinct)),
        )
        return profile_of(part, LABELS, facts), sample_of(part, rows.cleaned, np.arange(n))

    def baseline(self, draw: Draw = REFERENCE, seed: int = 0) -> tuple[Baseline, NDArray[np.int64]]:
        """A reference like dev rows of a training, and how its classes were confused."""
        drawn = self.draw(draw, np.random.default_rng(seed))
        profile, sample = self.observe(drawn, FIRST - timedelta(days=1))
        confusion = np.zeros((2, 2), np.int64)
        np.add.at(confusion, (drawn.gold, drawn.probs.argmax(axis=1)), 1)
        return Baseline(ReferenceNote("r1", "dev", "b1", None, None, draw.rows), profile, sample), confusion

    def night(
        self,
        draw: Draw,
        seed: int,
        reference: tuple[Baseline, NDArray[np.int64]] | None,
        *,
        labels: int = 0,
        past_rows: tuple[int, ...] = (1_990, 2_020, 1_960, 2_050, 2_000, 1_980, 2_010),
    ) -> MonitoringInput:
        """One night, seeded; `labels` of its rows were drawn at random and labelled."""
        drawn = self.draw(draw, np.random.default_rng([7, seed]))
        day = FIRST + timedelta(days=seed)
        profile, sample = self.observe(drawn, day)
        scored = np.flatnonzero((drawn.cleaned != "").to_numpy())[:labels]
        return MonitoringInput(
            task="comment",
            logical_date=day,
            bundle="b1",
            profile=profile,
            sample=sample,
            baseline=reference[0] if reference else None,
            past_rows=past_rows,
            vocabulary=self.tokenizer,
            confusion=reference[1] if reference else None,
            labelled=LabelledSample(drawn.probs[scored].astype(np.float64), drawn.gold[scored]) if labels else None,
        )

    def _texts(self, draw: Draw, rng: np.random.Generator) -> pl.Series:
        """String[N], a third of them of the row's topic; some marks, repeats and empty rows."""
        n = draw.rows
        topic = np.where(rng.random(n) < draw.foreign, _TOPICS, rng.integers(0, _TOPICS, n))
        lengths = rng.integers(*draw.words, n)
        row = np.repeat(np.arange(n), lengths)
        common = rng.choice(_WORDS, len(row), p=self._common)
        special = _WORDS + topic[row] * _TOPIC_WORDS + rng.integers(0, _TOPIC_WORDS, len(row))
        word = self._words[np.where(rng.random(len(row)) < 0.33, special, common)]
        frame = pl.DataFrame({"row": row, "word": word})
        texts = frame.group_by("row", maintain_order=True).agg(pl.col("word").str.join("")).get_column("word")
        pieces = [
            (draw.slang, f"真是{SLANG}"),
            (0.05, "😀"),
            (0.03, " @小明 "),
        ]
        for share, piece in pieces:
            here = pl.Series(rng.random(n) < share)
            texts = pl.select(pl.when(here).then(texts + piece).otherwise(texts)).to_series()
        texts = pl.select(pl.when(pl.Series(rng.random(n) < 0.02)).then(pl.lit("好评")).otherwise(texts)).to_series()
        return pl.select(pl.when(pl.Series(rng.random(n) < draw.empty)).then(pl.lit("")).otherwise(texts)).to_series()
