from __future__ import annotations

from models.pages.localized_text import NO_TEXT, LocalizedText
from monitoring.metrics.definition import FAMILIES, MetricDefinition

PLAIN = MetricDefinition(name="b", family="text", place=2, unit="share", title=LocalizedText("乙", "B"))


def make(name: str, family: str, place: int, *sections: str) -> MetricDefinition:
    return MetricDefinition(
        name=name,
        family=family,
        place=place,
        unit="share",
        title=PLAIN.title,
        sections=sections,  # type: ignore[arg-type]
    )


def test_families_come_before_places_and_places_before_names() -> None:
    made = [make("a", "tokens", 1), make("b", "text", 2), make("a", "text", 2), make("z", "text", 1)]
    ordered = sorted(made, key=lambda each: each.order)
    assert [(each.family, each.name) for each in ordered] == [
        ("text", "z"),
        ("text", "a"),
        ("text", "b"),
        ("tokens", "a"),
    ]
    assert all(each.zh and each.en for each in FAMILIES.values())


def test_a_metric_is_shown_and_silent_unless_it_says_otherwise() -> None:
    assert (PLAIN.threshold, PLAIN.advice, PLAIN.sections) == (None, NO_TEXT, ("table",))
    assert PLAIN.on_terminal


def test_single_classes_and_words_are_left_to_the_page() -> None:
    assert not make("a", "text", 1, "classes").on_terminal
    assert not make("a", "text", 1, "words").on_terminal
    assert make("a", "text", 1, "table", "words").on_terminal
    assert make("a", "labels", 1, "labelled").on_terminal
