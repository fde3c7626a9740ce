"""Recipes: typed, every mistake reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.cleaning.presets import cleaning_preset
from models.cleaning.spec import CleaningSpec
from models.presets import RECIPE, presets_with
from models.training.recipe import ScratchEncoder, load_recipe
from storage.errors import ConfigError

MINIMAL = 'labels = ["a", "b"]\ncleaning = "plain"\n'


@pytest.mark.parametrize("task", presets_with(RECIPE))
def test_presets(task: str) -> None:
    recipe = load_recipe(task, None)
    assert recipe.task == task
    assert recipe.cleaning_spec() == cleaning_preset(task)
    assert len(recipe.labels) >= 2


def test_a_file_with_settings_on_top(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(MINIMAL + "[schedule]\nepochs = 4\n", "utf-8")
    settings = (
        "seed=7",
        "schedule.batch_docs=5",
        "pretrained=hfl/rbt3",  # no TOML: taken as text
        "scratch.vocabulary=vocab.txt",
        'labels=["x", "y", "z"]',
        "head.layer_norm=true",
        "optimizer.learning_rate = 1e-4",
        "cleaning={html_tags = true}",
    )
    recipe = load_recipe("mine", tmp_path / "r.toml", settings)
    assert (recipe.task, recipe.seed, recipe.pretrained) == ("mine", 7, "hfl/rbt3")
    assert (recipe.schedule.epochs, recipe.schedule.batch_docs) == (4, 5)
    assert recipe.scratch.vocabulary == Path("vocab.txt")
    assert recipe.labels == ("x", "y", "z")
    assert recipe.head.layer_norm
    assert recipe.optimizer.learning_rate == 1e-4
    assert recipe.cleaning_spec() == CleaningSpec(html_tags=True)


def test_what_is_recorded_does_not_say_where_the_vocabulary_lay(tmp_path: Path) -> None:
    recipe = load_recipe("comment", None, (f"scratch.vocabulary={tmp_path / 'vocab.txt'}",))
    assert recipe.as_dict()["scratch"]["vocabulary"] == "vocab.txt"
    assert ScratchEncoder().vocabulary is None


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (("seed",), "has no '='"),
        (("colour=red",), "colour: Extra inputs"),
        (("schedule.epocs=3",), r"schedule\.epocs: Extra inputs"),
        (("schedule.epochs=-1",), r"schedule\.epochs: .*greater than 0"),
        (("schedule.epochs=many",), r"schedule\.epochs: .*number"),
        (("seed.x=1",), "seed is 42 and has no keys"),
        (("cleaning.url=drop",), "cleaning is 'comment' and has no keys"),
        (("windows.stride=500",), "leaves no progress"),
        (("cleaning=nonsense",), "no cleaning preset is called 'nonsense'"),
        (('labels=["a", "a"]',), "labels repeat"),
        (('labels=["a"]',), "at least 2"),
        (("scratch.heads=3",), "not a multiple of heads 3"),
        (("precision=int8",), "precision: "),
    ],
)
def test_refuses(settings: tuple[str, ...], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        load_recipe("comment", None, ("seed=42", *settings))


def test_all_mistakes_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe("comment", None, ("schedule.epochs=0", "head.dropout=2", "colour=red"))
    assert all(name in str(caught.value) for name in ("schedule.epochs", "head.dropout", "colour"))


@pytest.mark.parametrize("content", [b"labels = [", b"\xff\xfe"])
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "r.toml").write_bytes(content)
    with pytest.raises(ConfigError, match="is not TOML"):
        load_recipe("mine", tmp_path / "r.toml")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recipe") as caught:
        load_recipe("mine", None)
    assert "comment, news, weibo" in caught.value.expected
    with pytest.raises(ConfigError, match=r"gone\.toml"):
        load_recipe("comment", tmp_path / "gone.toml")
