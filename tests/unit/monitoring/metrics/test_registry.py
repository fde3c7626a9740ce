"""The catalogue of metrics, and what adding one takes: one file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.bundle import open_bundle
from monitoring.alerts.judge import judge
from monitoring.alerts.rules import Rules
from monitoring.evidently.shown import shown_metrics
from monitoring.findings.morning import Morning
from monitoring.metrics.definition import FAMILIES, MetricDefinition
from monitoring.metrics.input import SampleLimits
from monitoring.metrics.measure import measure
from monitoring.metrics.registry import CATALOGUE, count_metric
from monitoring.page.render import render_morning
from monitoring.terminal.findings import render_terminal
from storage.profiles.counts import MARKS
from storage.records import STATUSES
from tests.support.synthetic_population import Draw, Population
from tests.support.toy_metric import TOY, digits_share

EMBEDDED = Path(__file__).parents[4] / "models" / "pretrained" / "comment"


@pytest.fixture
def toy() -> Iterator[str]:
    """The toy metric, registered for the length of a test."""
    registered = dict(CATALOGUE._registered)
    count_metric(TOY)(digits_share)
    yield TOY.name
    CATALOGUE._registered = registered


def test_every_mark_and_every_bad_status_has_a_metric() -> None:
    assert {f"{mark}_share" for mark in MARKS} <= set(CATALOGUE)
    assert {f"{status}_share" for status in STATUSES if status != "scored"} <= set(CATALOGUE)


@pytest.mark.parametrize("definition", CATALOGUE.values(), ids=CATALOGUE)
def test_what_raises_an_alert_says_what_to_do_in_both_languages(definition: MetricDefinition) -> None:
    assert definition.title.en
    assert definition.title.zh
    if definition.threshold is not None:
        assert definition.threshold > 0
        assert definition.advice.en
        assert definition.advice.zh


def test_titles_are_distinct() -> None:
    assert len({each.title.en for each in CATALOGUE.values()}) == len(CATALOGUE)
    assert len({each.title.zh for each in CATALOGUE.values()}) == len(CATALOGUE)


def test_explanations_are_short() -> None:
    explained = [each.explanation for each in CATALOGUE.values() if each.explanation]
    assert len(explained) > 20
    assert all(len(each.zh) <= 24 and len(each.en) <= 56 for each in explained)


def test_each_metric_is_computed_in_one_way_and_families_are_kept_together() -> None:
    of_night, of_counts = {name for name, _ in CATALOGUE.of_night()}, {name for name, _ in CATALOGUE.of_counts()}
    assert of_night | of_counts == set(CATALOGUE)
    assert not of_night & of_counts
    families = [each.family for each in CATALOGUE.values()]
    assert list(dict.fromkeys(families)) == list(FAMILIES)
    assert families == sorted(families, key=list(FAMILIES).index)


def test_what_has_no_test_names_a_metric_that_has_one() -> None:
    named = {each.tested_by for each in CATALOGUE.values() if each.tested_by}
    assert named == {"accuracy_change", "mean_confidence", "prior_shift"}
    assert all(CATALOGUE[name].threshold is not None for name in named)


def test_panels_plot_what_the_metrics_declare_in_their_order() -> None:
    drift = ("token_js", "tfidf_kl", "length_psi", "class_psi", "confidence_psi", "prior_shift")
    assert CATALOGUE.in_panel("drift") == drift
    assert CATALOGUE.in_panel("accuracy") == ("accuracy", "macro_f1", "expected_accuracy")
    assert CATALOGUE.in_section("unlabelled") == ("expected_accuracy", "expected_macro_f1")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="two metrics 'rows'"):
        count_metric(replace(TOY, name="rows"))(digits_share)


def test_a_metric_of_one_file_is_measured_judged_and_shown(toy: str) -> None:
    population = Population(open_bundle(EMBEDDED))
    night = population.night(Draw(), 3, population.baseline())
    findings = measure(night, SampleLimits())
    metric = findings.metric(toy)
    assert metric is not None
    assert metric.level == 1.0
    assert {each.slice for each in findings.metrics if each.name == toy} == {
        "",
        "source=app",
        "source=web",
        "source=mini",
    }
    names = [each.name for each in findings.metrics if not each.slice]
    assert names.index("mean_tokens") < names.index(toy) < names.index("length_psi")

    judgement = judge(findings, Rules(nights=1), ())
    (alert,) = (each for each in judgement.alerts if each.name == toy)
    assert alert.severity == "critical"
    assert alert.message.en.startswith("Rows with digits: 100.0% now")

    morning = Morning(findings, judgement)
    page = render_morning(morning, "en")
    assert "Rows with digits" in page
    assert "Count the digits." in page
    assert "a row that holds a digit" in page
    terminal = render_terminal(morning, width=120)
    assert "! [critical] Rows with digits" in terminal
    assert "-> Count the digits." in terminal
    assert any(each.name == toy and each.state == "alert" for each in shown_metrics(findings, judgement))


def test_the_toy_does_not_move_the_others(toy: str) -> None:
    population = Population(open_bundle(EMBEDDED))
    night = population.night(Draw(rows=400), 3, population.baseline(Draw(rows=400)))
    with_toy = measure(night, SampleLimits(min_rows=50)).metrics
    CATALOGUE._registered = {name: each for name, each in CATALOGUE._registered.items() if name != toy}
    without = measure(night, SampleLimits(min_rows=50)).metrics
    assert [each for each in with_toy if each.name != toy] == list(without)
