"""Tables and the picture of the simulated loop: means over seeds, intervals over seeds and test rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.evaluation.calibration_error import bin_of, equal_width_edges
from models.evaluation.classification import cell_scores
from models.evaluation.intervals import RESAMPLES, percentile_interval
from models.evaluation.record import Interval
from monitoring.relabel.learning_curve.drawing import COLOURS, Curve, draw_panel, draw_picture

Float64 = NDArray[np.float64]
AGAINST = "random"
_PORTION = 200


@dataclass(frozen=True, slots=True)
class Predictions:
    """Probabilities float32[N, C] of N test rows, NaN for an empty text, and their labels int64[N]."""

    probs: NDArray[np.float32]
    gold: NDArray[np.int64]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """int64[N], C where there is no prediction, which counts as wrong."""
        lost = np.isnan(self.probs.sum(axis=1))
        return np.where(lost, self.probs.shape[1], np.nan_to_num(self.probs).argmax(axis=1)).astype(np.int64)


def report(out: Path, picture: Path | None) -> None:
    """Print Markdown tables, and draw virus posts by labels."""
    lines = [json.loads(line) for line in (out / "rounds.jsonl").read_text("utf-8").splitlines()]
    courses = [line for line in lines if "arm" in line]
    labels = {line["round"]: line["labels"] for line in courses}
    arms = sorted({line["arm"] for line in courses}, key=lambda arm: (arm == AGAINST, arm != "margin-mix", arm))
    curves: dict[tuple[str, str, str], dict[int, Interval]] = {}
    for test in ("virus", "usual"):
        for title, measure in MEASURES.items():
            drawn = _replicates(out, lines, test, measure)
            found = {arm: _curve(courses, drawn, arm) for arm in arms}
            champion = drawn["champion-0-0"]
            start = percentile_interval(float(champion[0]), champion[1:])
            print(f"\n**{test}, {title}** (champion {_told(start)})\n")
            print("\n".join(_table(found, arms, labels)))
            curves |= {(test, title, arm): {0: start, **_figures(each)} for arm, each in found.items()}
    print("\n" + "\n".join(_about(courses, arms)))
    if picture is not None:
        panels = [
            draw_panel(
                f"{title}, {test} posts",
                "labels of virus posts",
                [
                    Curve(arm, tuple((labels.get(n, 0), at) for n, at in curves[test, title, arm].items()), colour)
                    for arm, colour in zip(arms, COLOURS[1:], strict=False)
                ],
            )
            for test, title in (("virus", "macro-F1"), ("virus", "ECE"))
        ]
        picture.write_text(draw_picture(panels), "utf-8")


def macro_f1(predictions: Predictions, weights: Float64) -> Float64:
    """Macro-F1 float64[R] of resamples whose rows count float64[R, N] times."""
    classes = predictions.probs.shape[1]
    codes = predictions.gold * (classes + 1) + predictions.predicted
    counts = (weights @ np.eye(classes * (classes + 1))[codes]).astype(np.int64)
    cells = np.arange(counts.shape[1])
    scores: Float64 = cell_scores(counts, cells // (classes + 1), cells % (classes + 1), classes)[2].mean(axis=1)
    return scores


def accuracy(predictions: Predictions, weights: Float64) -> Float64:
    """The same of the accuracy."""
    right = (predictions.predicted == predictions.gold).astype(np.float64)
    scores: Float64 = weights @ right / weights.sum(axis=1)
    return scores


def ece(predictions: Predictions, weights: Float64) -> Float64:
    """The same of the calibration error, 15 bins of equal width."""
    scored = predictions.predicted < predictions.probs.shape[1]
    confidence = predictions.probs[scored].max(axis=1).astype(np.float64)
    gaps = confidence - (predictions.predicted == predictions.gold)[scored]
    in_bin = np.eye(15)[bin_of(confidence, equal_width_edges())] * gaps[:, None]
    errors: Float64 = np.abs(weights[:, scored] @ in_bin).sum(axis=1) / weights[:, scored].sum(axis=1)
    return errors


MEASURES: Mapping[str, Callable[[Predictions, Float64], Float64]] = {
    "macro-F1": macro_f1,
    "accuracy": accuracy,
    "ECE": ece,
}


def _replicates(
    out: Path, lines: Sequence[Mapping[str, object]], test: str, measure: Callable[[Predictions, Float64], Float64]
) -> dict[str, Float64]:
    """The measure of each network float64[1 + R]: as it is, then on resampled rows, the same for all networks."""
    found = {}
    for line in lines:
        with np.load(out / "probs" / f"{line['name']}.npz") as stored:
            predictions = Predictions(stored[test], stored[f"{test}_gold"].astype(np.int64))
        found[str(line["name"])] = np.concatenate([measure(predictions, weights) for weights in _weights(predictions)])
    return found


def _weights(predictions: Predictions) -> Iterator[Float64]:
    rows, rng = len(predictions.gold), np.random.default_rng(0)
    yield np.ones((1, rows))
    for _ in range(0, RESAMPLES, _PORTION):
        yield rng.multinomial(rows, np.full(rows, 1 / rows), size=_PORTION).astype(np.float64)


def _curve(courses: Sequence[Mapping[str, object]], drawn: Mapping[str, Float64], arm: str) -> dict[int, Float64]:
    """Means over seeds by round; each resample draws seeds, too."""
    found = {}
    for number in sorted({int(str(line["round"])) for line in courses if line["arm"] == arm}):
        names = [str(line["name"]) for line in courses if (line["arm"], line["round"]) == (arm, number)]
        each = np.stack([drawn[name] for name in sorted(names)], axis=1)
        chosen = np.random.default_rng([number, len(arm)]).integers(0, len(names), (RESAMPLES, len(names)))
        found[number] = np.concatenate([each[:1].mean(axis=1), np.take_along_axis(each[1:], chosen, 1).mean(axis=1)])
    return found


def _figures(curve: Mapping[int, Float64]) -> dict[int, Interval]:
    return {number: percentile_interval(float(each[0]), each[1:]) for number, each in curve.items()}


def _table(found: Mapping[str, Mapping[int, Float64]], arms: Sequence[str], labels: Mapping[int, int]) -> Iterator[str]:
    others = [arm for arm in arms if arm != AGAINST and AGAINST in arms]
    yield "| labels | " + " | ".join([*arms, *(f"{arm} − {AGAINST}" for arm in others)]) + " |"
    yield "|" + "---|" * (1 + len(arms) + len(others))
    for number in sorted(labels):
        if any(number not in found[arm] for arm in arms):
            continue
        cells = [_told(percentile_interval(float(each[0]), each[1:])) for each in (found[arm][number] for arm in arms)]
        for arm in others:
            gap = found[arm][number] - found[AGAINST][number]
            cells.append(_told(percentile_interval(float(gap[0]), gap[1:]), "+"))
        yield f"| {labels[number]:,} | " + " | ".join(cells) + " |"


def _told(figure: Interval, sign: str = "") -> str:
    return f"{figure.value:{sign}.3f} [{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"


def _about(courses: Sequence[Mapping[str, object]], arms: Sequence[str]) -> Iterator[str]:
    """Distinct texts among the labels, and which of WiSE-FT's places were chosen."""
    for arm in arms:
        mine = [line for line in courses if line["arm"] == arm]
        last = max(int(str(line["round"])) for line in mine)
        texts = [line["texts"] for line in mine if line["round"] == last]
        alphas = sorted(float(str(line["alpha"])) for line in mine)
        yield f"{arm}: distinct texts after round {last}: {texts}; alphas {alphas}"


if __name__ == "__main__":
    raise SystemExit("run: python -m benchmarks.relabel_loop report --out FOLDER")
