"""A cleaning rule is one file that registers itself: with a name, a place, a version and its settings."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl
import pytest
from pydantic import ValidationError

from models.cleaning.cleaner import Cleaner
from models.cleaning.rule import RULES, CleaningRule, modes, switch
from models.cleaning.spec import CLEANING_VERSION, CleaningSpec
from storage.errors import BundleContradiction
from tests.support.registering import registered

Volume = Literal["keep", "loud", "silent"]


def set_volume(texts: pl.Series, volume: Volume) -> pl.Series:
    return texts.str.to_uppercase() if volume == "loud" else texts.str.replace_all(".", "")


VOLUME = modes(set_volume, Volume, place=145, version=1)


def clean(text: str, **settings: Any) -> str:
    return str(Cleaner(CleaningSpec.model_validate(settings)).clean(pl.Series([text])).item())


def test_every_field_of_the_spec_is_a_rule_and_every_rule_a_field() -> None:
    assert RULES.all().keys() == CleaningSpec.model_fields.keys() - {"version"}
    for name, rule in RULES.all().items():
        assert type(rule.off) is type(getattr(CleaningSpec(), name))
        assert 1 <= rule.version <= CLEANING_VERSION


def test_rules_run_in_the_order_of_the_fields() -> None:
    places = [RULES.find(name).place for name in CleaningSpec.model_fields if name != "version"]
    assert places == sorted(set(places))


def test_a_further_rule_runs_at_its_place_where_a_spec_asks_for_it() -> None:
    with registered(RULES, "volume", VOLUME):
        assert clean("Ab  c", latin="lower", volume="loud") == "AB C"  # after `latin`, before `white_space`
        assert clean("Ab  c", latin="lower", volume="keep") == "ab c"
        assert clean("Ab  c", latin="lower") == "ab c"
        assert clean("Ab  c", volume="silent") == ""


def test_a_further_rule_is_recorded_only_where_it_is_used() -> None:
    plain = CleaningSpec(url="drop").model_dump_json()
    with registered(RULES, "volume", VOLUME):
        assert CleaningSpec(url="drop").model_dump_json() == plain
        spec = CleaningSpec.model_validate({"volume": "loud"})
        assert spec.model_dump()["volume"] == "loud"
        assert CleaningSpec.model_validate_json(spec.model_dump_json()) == spec
        assert spec != CleaningSpec()


@pytest.mark.parametrize("setting", ["shrill", True, 1, None])
def test_a_setting_that_a_rule_does_not_take_is_refused(setting: object) -> None:
    with registered(RULES, "volume", VOLUME), pytest.raises(ValidationError) as caught:
        CleaningSpec.model_validate({"volume": setting, "url": "perhaps"})
    assert [each["loc"] for each in caught.value.errors()] == [("url",), ("volume",)]


def test_a_rule_that_nobody_registered_is_an_unknown_key() -> None:
    with pytest.raises(ValidationError) as caught:
        CleaningSpec.model_validate({"volume": "loud"})
    assert [(each["type"], each["loc"]) for each in caught.value.errors()] == [("extra_forbidden", ("volume",))]


def test_a_switch_takes_no_mode() -> None:
    with registered(RULES, "reversed", switch(lambda texts: texts.str.reverse(), place=200, version=1)):
        assert RULES.find("reversed").off is False
        assert RULES.find("reversed").make(True)(pl.Series(["abc"])).to_list() == ["cba"]
        with pytest.raises(ValidationError):
            CleaningSpec.model_validate({"reversed": "yes"})


def test_a_rule_that_changed_later_refuses_the_specs_of_before_that_use_it() -> None:
    newer = CleaningRule(place=200, version=CLEANING_VERSION + 1, make=lambda _on: lambda texts: texts)
    with registered(RULES, "newer", newer):
        assert clean("好") == "好"
        with pytest.raises(BundleContradiction, match=f"the cleaning spec is of version {CLEANING_VERSION}"):
            clean("好", newer=True)
