"""The gate as a job: both bundles on the golden and the recent rows, their speed in turns, a report and its page."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from batch.scorer import Scorer
from jobs.bundles.find import find_bundle
from jobs.config.home import Home
from jobs.runs.progress import Progress
from jobs.scoring.scorer import make_scorer
from jobs.training.evaluate import score_rows
from jobs.training.gate_sets import golden_set, recent_set
from models.bundle import Bundle
from models.evaluation.calibration_error import CalibrationError, calibration_error, equal_width_edges
from models.evaluation.comparison import Comparison, compare
from models.evaluation.gate import judge_challenger
from models.evaluation.gate_page import render_gate
from models.evaluation.gate_record import Evidence, GateReport, Leakage
from models.evaluation.predictions import read_predictions
from models.evaluation.record import Interval, json_ready
from models.training.data import LabelledRows, LabelledSource
from models.training_fingerprints import UNRECORDED, Keys, has_text, read_fingerprints, text_keys
from storage.errors import ConfigError
from storage.files.atomic import write_bytes, write_json

_SEED: Final = 0
_SPEED_ROWS: Final = 512
_NAMED_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class GateRequest:
    """What to hold the gate on.

    Attributes:
        task: The task's name.
        challenger: Version, or folder.
        golden: The frozen labelled set; None takes the file that yeban.toml names.
        recent: Recent labelled rows, drawn at random; None takes the newest that the queue has kept for it.
        group_column: The slice by which rows of the queue are grouped; files have it in their source.
    """

    task: str
    challenger: str
    golden: LabelledSource | None = None
    recent: LabelledSource | None = None
    group_column: str | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate says, what it measured, and the files it was written to."""

    report: GateReport
    evidence: Evidence
    json_file: Path
    page: Path


def hold_gate(home: Home, request: GateRequest, progress: Progress) -> GateResult:
    """Hold the gate for a challenger of the bundle in use, and write what it says beside the bundles.

    Raises:
        YebanError: The data or a bundle cannot be used, or the two bundles are of different classes.
    """
    champion, challenger = find_bundle(home, request.task, None), find_bundle(home, request.task, request.challenger)
    _check_pair(champion, challenger)
    golden = golden_set(home, request.task, request.golden, champion.labels)
    recent = recent_set(home, request.task, request.recent, challenger, request.group_column)
    evidence = _measure(home, (champion, challenger), golden.rows, recent.rows, progress)
    report = judge_challenger(evidence, home.config.gate.limits())
    file = home.registry.gate_file(request.task, challenger.version, champion.version)
    flat = {
        "task": request.task,
        "report": report.as_dict(),
        "limits": asdict(home.config.gate.limits()),
        "sets": {"golden": golden.told, "recent": recent.told},
        "evidence": json_ready(asdict(evidence)),
    }
    page = file.with_suffix(".html")
    write_bytes(page, render_gate(request.task, report, evidence).encode())
    write_json(file, flat)
    return GateResult(report, evidence, file, page)


def _check_pair(champion: Bundle, challenger: Bundle) -> None:
    if champion.version == challenger.version:
        raise ConfigError(
            f"bundle {challenger.version} is in use already", expected="a challenger of it", action="yeban bundles list"
        )
    if champion.labels != challenger.labels:
        raise ConfigError(
            f"the classes differ: {', '.join(champion.labels)} and {', '.join(challenger.labels)}",
            expected="two bundles of the same classes, in the same order",
            action="promote it with --force --reason TEXT; what it says can't be compared",
        )


def _measure(
    home: Home, pair: tuple[Bundle, Bundle], golden: LabelledRows, recent: LabelledRows, progress: Progress
) -> Evidence:
    champion, challenger = pair
    scorers = make_scorer(home, champion), make_scorer(home, challenger)
    rng = np.random.default_rng(_SEED)
    on_golden, _ = _compared(home, scorers, golden, rng, progress)
    on_recent, probs = _compared(home, scorers, recent, rng, progress)
    before, after = (_calibration(each, recent) for each in probs)
    return Evidence(
        champion=champion.version,
        challenger=challenger.version,
        golden=on_golden,
        recent=on_recent,
        calibration=after,
        calibration_before=before,
        leakage=find_leakage(pair, golden, recent),
        slowdown=measure_slowdown(scorers, golden, home.config.gate.speed_rounds),
    )


def _compared(
    home: Home, scorers: tuple[Scorer, Scorer], rows: LabelledRows, rng: np.random.Generator, progress: Progress
) -> tuple[Comparison, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    first, second = (score_rows(scorer, rows, home.config.units.rows, progress) for scorer in scorers)
    groups = None if rows.groups is None else rows.groups.to_list()
    return compare(first, second, rows.gold, scorers[0].bundle.labels, groups, rng), (first, second)


def _calibration(probs: NDArray[np.float32], rows: LabelledRows) -> CalibrationError:
    predictions = read_predictions(probs, rows.gold)
    scored = predictions.take(np.flatnonzero(predictions.scored))
    return calibration_error(scored.confidence, scored.correct, equal_width_edges(), np.random.default_rng(_SEED))


def find_leakage(pair: tuple[Bundle, Bundle], golden: LabelledRows, recent: LabelledRows) -> Leakage:
    """Look for rows of the test sets among the texts that the challenger, the second of a pair, has seen."""
    before, seen = (read_fingerprints(bundle) for bundle in pair)
    if seen is None:
        return Leakage(None, 0, 0)
    on_golden, on_recent = _known(golden, seen), _known(recent, seen)
    inherited = 0
    if before is not None:
        inherited = len(_known(golden.take(on_golden), before)) + len(_known(recent.take(on_recent), before))
    return Leakage(
        texts=len(seen),
        golden=len(on_golden),
        recent=len(on_recent),
        silent=pair[1].manifest.lineage.recipe.get(UNRECORDED),
        inherited=inherited,
        golden_rows=tuple(on_golden[:_NAMED_ROWS].tolist()),
        recent_rows=tuple(on_recent[:_NAMED_ROWS].tolist()),
    )


def _known(rows: LabelledRows, seen: Keys) -> NDArray[np.int64]:
    """Numbers of the rows whose text was seen."""
    return np.flatnonzero(np.isin(text_keys(rows.texts), seen) & has_text(rows.texts))


def measure_slowdown(scorers: tuple[Scorer, Scorer], rows: LabelledRows, rounds: int) -> Interval:
    """Time of the second scorer over that of the first, on the same rows, in turns.

    Whatever else the machine does only adds to a time, so the shortest of each are compared. Where one of them never
    had a quiet moment that is unjust, and the median of the rounds is not: the smaller of both counts, as what is
    really slower is so by either. The range is that of the single rounds.
    """
    texts = rows.texts.head(_SPEED_ROWS)
    times = np.empty((rounds, 2))
    for scorer in scorers:
        scorer.score(texts)  # the first one pays for what is made on first use
    for number in range(rounds):
        for place in (0, 1) if number % 2 else (1, 0):
            started = time.perf_counter()
            scorers[place].score(texts)
            times[number, place] = time.perf_counter() - started
    ratios = times[:, 1] / times[:, 0]
    shortest = times.min(axis=0)
    value = min(float(shortest[1] / shortest[0]), float(np.median(ratios)))
    return Interval(value, float(ratios.min()), float(ratios.max()))
