"""Which rows people should label next, as a job: the warehouse and the dump in, a batch out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.relabel.candidates import Found, find_candidates, queued_rows
from jobs.relabel.golden import draw_golden
from jobs.relabel.items import finish_items, golden_items, picked_rows
from jobs.relabel.pool import make_arms, make_pool
from jobs.relabel.scorers import models_of
from jobs.relabel.texts import FetchedTexts, fetch_texts
from jobs.runs.context import JobContext
from jobs.runs.job import PICK
from jobs.runs.record import Tally
from jobs.runs.run import hold, record_held
from models.bundle import Bundle
from monitoring.relabel.selection.batch import pick_batch
from monitoring.relabel.selection.mix import deal
from storage.errors import ConfigError, NothingToPick
from storage.records import Slot
from storage.relabel.arms import GOLDEN_ARM
from storage.relabel.batches import BatchHead
from storage.warehouse.ledger import last_loaded_date
from storage.warehouse.relabel_candidates import DOUBTED_SCHEMA
from storage.warehouse.relabel_mirror import copy_batches
from storage.warehouse.relabel_scope import Scope


@dataclass(frozen=True, slots=True)
class PickRequest:
    """What to pick; None stands for the value of `[relabel]` in yeban.toml.

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


def pick(home: Home, request: PickRequest, context: JobContext) -> PickResult:
    """Pick a batch, write it, and copy it into the warehouse.

    Args:
        home: The home.
        request: What to pick.
        context: Where to report to, and the clock.

    Raises:
        ConfigError: The dates, the task or a strategy can't be used.
        NothingToPick: No text is left.
        RunLocked: Another pick of the task is under way.
        WarehouseLocked: Another process has the warehouse open.
    """
    bundle = find_bundle(home, request.task, request.bundle)
    home.task(request.task)
    scope = _scope(home, request, bundle)
    with hold(home, PICK, request.task, context):
        with record_held(home, PICK, Slot(scope.task, scope.last, scope.bundle), context) as tally:
            result = _Picking(home, request, bundle, scope, context).run(tally)
        copy_batches(home.open_warehouse(), home.batch_store, request.task)
    return result


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

    def __init__(self, home: Home, request: PickRequest, bundle: Bundle, scope: Scope, context: JobContext) -> None:
        self._home, self._request, self._bundle, self._scope = home, request, bundle, scope
        self._progress, self._now = context.progress, context.now
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
            make_pool(rows, earlier["cleaned"], self._bundle.labels),
            make_arms(rows, found, counts),
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

    def _write(self, items: pa.Table, population: int, notes: tuple[str, ...]) -> PickResult:
        if not items.num_rows:
            raise self._nothing(notes)
        head = BatchHead(
            batch=items["batch"][0].as_py(),
            task=self._scope.task,
            created_at=self._now().astimezone(UTC),
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
