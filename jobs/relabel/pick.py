"""Which rows people should label next, as a job: the warehouse and the dump in, a batch out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.relabel.candidates import Found, find_candidates, queued_rows
from jobs.relabel.golden import draw_golden
from jobs.relabel.items import finish_items, golden_items, picked_rows
from jobs.relabel.scorers import models_of
from jobs.relabel.texts import FetchedTexts, fetch_texts
from jobs.runs.leftovers import sweep
from jobs.runs.locks import task_lock
from jobs.runs.progress import Progress
from jobs.runs.record import Tally, copy_records, recorded_run
from models.bundle import Bundle
from monitoring.relabel.selection.batch import pick_batch
from monitoring.relabel.selection.duplicates import group_near_duplicates
from monitoring.relabel.selection.mix import RANDOM, deal
from monitoring.relabel.selection.pool import Arm, Pool
from storage.errors import ConfigError, NothingToPick
from storage.records import Slot
from storage.relabel.batches import GOLDEN_ARM, BatchHead
from storage.warehouse.ledger import last_loaded_date
from storage.warehouse.relabel_candidates import DOUBTED_SCHEMA
from storage.warehouse.relabel_mirror import copy_batches
from storage.warehouse.relabel_scope import SUSPECTED_ARM, Scope


@dataclass(frozen=True, slots=True)
class PickRequest:
    """What to pick; None stands for what `[relabel]` of yeban.toml says.

    Attributes:
        task: The task.
        budget: Rows to label; golden rows and second copies come on top.
        first: First date that rows may come from.
        last: Last date; None: the newest that is loaded.
        mix: Shares of the strategies.
        seed: Of all that is drawn.
        against: The challenger that `disagreement` compares with.
        golden: File with golden rows.
        bundle: Whose doubts count; None for the task's.
    """

    task: str
    budget: int | None = None
    first: date | None = None
    last: date | None = None
    mix: Mapping[str, float] | None = None
    seed: int = 0
    against: str | None = None
    golden: str | None = None
    bundle: Bundle | None = None


@dataclass(frozen=True, slots=True)
class PickResult:
    """A batch that was written.

    Attributes:
        head: The batch.
        folder: Where it lies.
        arms: Items of each arm.
        twice: Items that two people are to label.
    """

    head: BatchHead
    folder: Path
    arms: Mapping[str, int]
    twice: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        head = self.head.as_dict()
        dates = {name: head[name].isoformat() for name in ("created_at", "first_date", "last_date")}
        return {**head, **dates, "folder": str(self.folder), "arms": dict(self.arms), "labelled_twice": self.twice}


def pick(home: Home, request: PickRequest, progress: Progress) -> PickResult:
    """Pick a batch, write it, and copy it into the warehouse.

    Args:
        home: The home.
        request: What to pick.
        progress: Where to report to.

    Raises:
        ConfigError: The dates, the task or a strategy can't be used.
        NothingToPick: No text is left.
        RunLocked: Another pick of the task is under way.
        WarehouseLocked: Somebody else has the warehouse open.
    """
    bundle = find_bundle(home, request.task, request.bundle)
    home.task(request.task)
    scope = _scope(home, request, bundle)
    runs = home.run_log
    with task_lock(home.locks, request.task, "relabel"):
        sweep(home)
        with recorded_run(runs, "relabel pick", Slot(scope.task, scope.last, scope.bundle)) as tally:
            outcome = _Picking(home, request, bundle, scope, progress).run(tally)
        warehouse = home.open_warehouse()
        copy_batches(warehouse, home.batch_store, request.task)
        copy_records(warehouse, runs)
    return outcome


def _scope(home: Home, request: PickRequest, bundle: Bundle) -> Scope:
    settings = home.config.relabel
    with home.open_warehouse().reading() as con:
        newest = last_loaded_date(con, request.task, bundle.version)
    if newest is None:
        raise NothingToPick(
            f"the warehouse has no predictions of {request.task} by bundle {bundle.version}, which is in use",
            expected="at least one night that it scored: the doubts of another model say little about this one",
            action=f"run `yeban score {request.task} --date D`, or `yeban load` if parts are staged",
        )
    last = request.last or newest
    first = request.first or last - timedelta(days=settings.days - 1)
    if last < first:
        raise ConfigError(f"--from {first} is after --to {last}", expected="--from not after --to", action="swap them")
    return Scope(request.task, bundle.version, first, last, settings.strata)


class _Picking:
    """One pick, step by step."""

    def __init__(self, home: Home, request: PickRequest, bundle: Bundle, scope: Scope, progress: Progress) -> None:
        self._home, self._request, self._bundle, self._scope, self._progress = home, request, bundle, scope, progress
        self._settings = home.config.relabel
        self._store = home.batch_store
        self._budget = request.budget or self._settings.budget
        mix = request.mix or self._settings.mix
        self._mix = {name: share / sum(mix.values()) for name, share in mix.items()}
        # Every batch draws anew: the same order again would be an order of what earlier batches left.
        self._salt = f"{request.seed}|{request.task}|{len(self._store.heads(request.task))}"
        self._rng = np.random.default_rng(list(self._salt.encode()))

    def run(self, tally: Tally) -> PickResult:
        """Find candidates, fetch their texts, pick, and write the batch."""
        counts = deal(self._budget, self._mix)
        queued, earlier = queued_rows(self._store, self._scope.task)
        with self._home.open_warehouse().reading() as con:
            found = find_candidates(con, self._scope, counts, self._settings.candidates, self._salt, queued)
        if not found.population:
            raise self._nothing()
        rows, fetched = self._candidates(found)
        batch = pick_batch(
            self._pool(rows, earlier),
            self._arms(rows, found, counts),
            models_of(self._home, self._scope.task, self._bundle, self._request.against, self._request.seed),
            self._settings.double_share,
            self._rng,
        )
        picked = picked_rows(rows, batch.items)
        golden = draw_golden(
            self._home,
            self._scope.task,
            self._bundle,
            self._request.golden or self._settings.golden,
            found.golden,
            set(earlier.filter(pc.equal(earlier["arm"], GOLDEN_ARM))["doc_id"].to_pylist()),
            set(picked["text_hash"].to_pylist()),
            round(self._settings.golden_share * self._budget),
            self._rng,
            self._progress,
        )
        items = finish_items(picked, golden_items(golden.rows), self._scope.task, self._bundle, self._rng)
        tally.rows = items.num_rows
        notes = (*fetched.notes, *batch.notes, *golden.notes)
        return self._write(items, found.population, notes)

    def _candidates(self, found: Found) -> tuple[pa.Table, FetchedTexts]:
        """All candidates whose text is there, with it; doubted ones last."""
        labels = found.doubted["given_label"].to_pylist()
        doubted = found.doubted.filter(pa.array([label in self._bundle.labels for label in labels], pa.bool_()))
        unlabelled = found.table.append_column("given_label", pa.nulls(found.table.num_rows, pa.string()))
        rows = pa.concat_tables([unlabelled.cast(DOUBTED_SCHEMA), doubted])
        fetched = fetch_texts(self._home, self._scope.task, rows, self._bundle.cleaner(), self._progress)
        for name, texts in (("text", fetched.raw), ("cleaned", fetched.cleaned)):
            rows = rows.append_column(name, texts.to_arrow().cast(pa.string()))
        return rows.filter(pa.array(fetched.there)).combine_chunks(), fetched

    def _pool(self, rows: pa.Table, earlier: pa.Table) -> Pool:
        texts = pl.Series("text", pl.from_arrow(rows["cleaned"]), dtype=pl.String)
        before = pl.Series("text", pl.from_arrow(earlier["cleaned"]), dtype=pl.String)
        groups = group_near_duplicates(pl.concat([before, texts]))
        labels = {label: place for place, label in enumerate(self._bundle.labels)}
        return Pool(
            texts=texts,
            probs=_probabilities(rows["probs"], len(labels)),
            stratum=tuple(rows["stratum"].to_pylist()),
            group=groups[len(before) :],
            asked=frozenset(groups[: len(before)].tolist()),
            given=np.array([labels.get(label, -1) for label in rows["given_label"].to_pylist()], np.int64),
        )

    def _arms(self, rows: pa.Table, found: Found, counts: Mapping[str, int]) -> list[Arm]:
        given, scored = (rows[name].is_valid().to_numpy() for name in ("given_label", "probs"))
        place_of = {each: place for place, each in enumerate(rows["text_hash"].to_pylist()) if not given[place]}
        arms = []
        for name, count in counts.items():
            hashes = found.hashes.get(name, np.zeros(0, np.uint64)).tolist()
            there = [(place_of[each], turn) for turn, each in enumerate(hashes, 1) if each in place_of]
            if name != RANDOM:  # what could not be scored has no answers to judge by
                there = [(row, turn) for row, turn in there if scored[row]]
            places = np.flatnonzero(given) if name == SUSPECTED_ARM else np.array([row for row, _ in there], np.int64)
            turns = np.array([turn for _, turn in there] if name == RANDOM else [], np.float64)
            arms.append(Arm(name, count, places, turns / found.population, found.quotas.get(name, {})))
        return arms

    def _write(self, items: pa.Table, population: int, notes: tuple[str, ...]) -> PickResult:
        if not items.num_rows:
            raise self._nothing(notes)
        head = BatchHead(
            batch=items["batch"][0].as_py(),
            task=self._scope.task,
            created_at=datetime.now(UTC),
            bundle=self._scope.bundle,
            first_date=self._scope.first,
            last_date=self._scope.last,
            budget=self._budget,
            mix=self._mix,
            seed=self._request.seed,
            labels=self._bundle.labels,
            population=population,
            notes=notes,
        )
        folder = self._store.write(head, items)
        twice = int(pc.sum(pc.greater(items["copies"], 1)).as_py() or 0)
        return PickResult(head, folder, dict(Counter(items["arm"].to_pylist()).most_common()), twice)

    def _nothing(self, notes: tuple[str, ...] = ()) -> NothingToPick:
        scope = self._scope
        return NothingToPick(
            f"no text of {scope.task} from {scope.first} to {scope.last}, scored by bundle {scope.bundle}, is left to "
            "label" + "".join(f"; {note}" for note in notes[:3]),
            expected="texts that were neither labelled nor queued yet, and whose dump is still there",
            action="choose other dates with --from and --to, or score more nights",
        )


def _probabilities(column: pa.ChunkedArray, classes: int) -> NDArray[np.float32]:
    """Float32[N, C], NaN where there are none."""
    probs = np.full((len(column), classes), np.nan, np.float32)
    known = column.is_valid().to_numpy()
    flat = column.combine_chunks().drop_null().flatten().to_numpy(zero_copy_only=False)
    probs[known] = flat.reshape(-1, classes)
    return probs
