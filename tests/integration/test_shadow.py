"""Shadow mode: a challenger is tried on a night, and the night is as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from safetensors.torch import load_file, save_file

from batch.engine.settings import EngineSettings
from batch.scorer import Scorer
from models.bundle import WEIGHTS, Bundle, open_bundle, seal_bundle
from tests.support.command import yeban
from tests.support.homes import DAY, Home, comments

LONG = ["很长的新闻。" * 40, "另一条新闻,说的是别的事情。" * 20]


def another(champion: Path, folder: Path, texts: list[str | None]) -> Bundle:
    """The same network, which likes one class so much more that it gives it to about half of the texts."""
    bundle = open_bundle(Path(shutil.copytree(champion, folder)))
    probs = Scorer(bundle, EngineSettings("cpu", "fp32")).score(pl.Series(texts, dtype=pl.String)).probs
    logits = np.log(probs[~np.isnan(probs).any(axis=1)])
    rarest = int(np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]).argmin())
    weights = load_file(folder / WEIGHTS)
    weights["linear.bias"][rarest] += float(np.median(logits.max(axis=1) - logits[:, rarest]))
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    return seal_bundle(folder, bundle.manifest)


def texts_of(task: str) -> list[str | None]:
    found: list[str | None] = [*comments(150)[0], "", None, "👍"]
    return [*found, *LONG] if task == "news" else found


def shadowed(home: Home, challenger: Bundle, *more: object) -> dict[str, Any]:
    ran = yeban(
        "shadow", home.task, "--date", DAY, "--bundle", challenger.path, "--json", "--home", home.root, *more
    ).succeeded()
    flat: dict[str, Any] = json.loads(ran.out)
    return flat


def answers(bundle: Bundle, texts: list[str | None]) -> tuple[list[str | None], list[float]]:
    scores = Scorer(bundle, EngineSettings("cpu", "fp32")).score(pl.Series(texts, dtype=pl.String))
    blank = np.isnan(scores.probs).any(axis=1)
    best = np.nan_to_num(scores.probs).argmax(axis=1)
    labels = [None if none else bundle.labels[place] for none, place in zip(blank, best, strict=True)]
    return labels, [float(each) for each in scores.probs.max(axis=1)]


@pytest.fixture
def night(request: pytest.FixtureRequest, new_home: Callable[..., Home], tmp_path: Path) -> tuple[Home, Bundle]:
    home = new_home(request.param, rows=60)
    texts = texts_of(home.task)
    home.dump("a.parquet", texts[:100])
    home.dump("b.parquet", texts[100:])
    return home, another(home.bundle, tmp_path / "challenger", texts)


@pytest.mark.parametrize("night", ["comment", "weibo", "news"], indirect=True)
def test_the_comparison_is_that_of_the_two_bundles_and_the_night_is_as_it_was(night: tuple[Home, Bundle]) -> None:
    home, challenger = night
    home.score().succeeded()
    before, parts = home.predictions(), home.parts()
    flat = shadowed(home, challenger)

    texts = texts_of(home.task)
    champion = open_bundle(home.bundle)
    one, sure_one = answers(champion, texts)
    two, sure_two = answers(challenger, texts)
    names = [*champion.labels, None]
    confusion = np.zeros((len(names), len(names)), int)
    for first, second in zip(one, two, strict=True):
        confusion[names.index(first), names.index(second)] += 1
    assert flat["rows"] == len(texts)
    assert flat["confusion"] == confusion.tolist()
    same = sum(first == second for first, second in zip(one, two, strict=True))
    assert 0 < same < len(texts)
    assert flat["agreement"]["value"] == pytest.approx(same / len(texts))
    scored = [place for place, label in enumerate(one) if label is not None]
    assert flat["champion_confidence"] == pytest.approx(np.mean([sure_one[place] for place in scored]), abs=1e-5)
    assert flat["challenger_confidence"] == pytest.approx(np.mean([sure_two[place] for place in scored]), abs=1e-5)
    assert sum(flat["confidence_shift"]["rows"]) == len(scored)
    assert sum(flat["challenger_shares"]) == pytest.approx(1)
    ids = [
        f"{name}:{row}" for name, count in (("a.parquet", 100), ("b.parquet", len(texts) - 100)) for row in range(count)
    ]
    different = {ids[place] for place in range(len(texts)) if one[place] != two[place]}
    shown = [each["doc_id"] for each in flat["examples"]]
    assert len(shown) == min(50, len(different))
    assert set(shown) <= different
    least = [min(each["champion_confidence"], each["challenger_confidence"]) for each in flat["examples"]]
    assert least == sorted(least, reverse=True)

    home.load().succeeded()
    assert home.predictions() == before
    assert home.parts() == parts
    assert home.query("SELECT DISTINCT bundle FROM latest_predictions") == [(champion.version,)]
    assert not list((home.root / "cache").rglob("*")) if (home.root / "cache").exists() else True


@pytest.mark.parametrize("night", ["comment"], indirect=True)
def test_without_a_scored_night_both_are_scored_in_the_shadow_once(night: tuple[Home, Bundle]) -> None:
    home, challenger = night
    first = shadowed(home, challenger)
    staged = sorted((home.root / "shadow").rglob("part-*.parquet"))
    stamps = [part.stat().st_mtime_ns for part in staged]
    assert len({part.parent for part in staged}) == 2
    assert not home.warehouse.exists()
    assert home.parts() == {}
    assert shadowed(home, challenger) == first
    assert [part.stat().st_mtime_ns for part in staged] == stamps
    said = yeban("shadow", "comment", "--date", DAY, "--bundle", challenger.path, "--home", home.root).succeeded().out
    assert "the same label for" in said
    assert challenger.version in said
    assert home.load().succeeded().out.startswith("nothing to load")
    home.score().succeeded()
    assert shadowed(home, challenger)["confusion"] == first["confusion"]


@pytest.mark.parametrize("night", ["comment"], indirect=True)
def test_a_changed_dump_is_scored_anew_and_leaves_nothing_behind(night: tuple[Home, Bundle]) -> None:
    home, challenger = night
    shadowed(home, challenger)
    home.dump("b.parquet", ["只有一条"])
    assert shadowed(home, challenger)["rows"] == 101
    rows = sum(pl.read_parquet(part).height for part in (home.root / "shadow").rglob("part-*.parquet"))
    assert rows == 2 * 101


@pytest.mark.parametrize("night", ["comment"], indirect=True)
def test_what_can_not_be_compared(night: tuple[Home, Bundle], tiny_bundle: Callable[[str], Path]) -> None:
    home, _ = night
    args = ("shadow", "comment", "--date", DAY, "--home", home.root, "--bundle")
    yeban(*args, home.bundle).failed_with(2, "is the one in use")
    yeban(*args, tiny_bundle("weibo")).failed_with(2, "the classes differ")
