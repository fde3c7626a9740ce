from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from models.bundle import open_bundle
from monitoring.findings.catalogue import CATALOGUE
from monitoring.findings.record import Findings, Metric, read_findings, to_json
from monitoring.metrics.input import Baseline, LabelledSample, SampleLimits
from monitoring.metrics.measure import measure
from monitoring.metrics.token_metrics import token_metrics
from storage.profiles.profile import empty, merge
from storage.profiles.sample import SAMPLE_SCHEMA
from tests.support.synthetic_population import LABELS, SLANG, USUAL, Draw, Population

EMBEDDED = Path(__file__).parents[4] / "models" / "pretrained" / "comment"


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(open_bundle(EMBEDDED))


@pytest.fixture(scope="module")
def reference(population: Population) -> tuple[Baseline, NDArray[np.int64]]:
    return population.baseline()


@pytest.fixture(scope="module")
def findings_of(population: Population, reference: tuple[Baseline, NDArray[np.int64]]) -> Callable[[Draw], Findings]:
    def of(draw: Draw, labels: int = 0) -> Findings:
        return measure(population.night(draw, 3, reference, labels=labels), SampleLimits())

    return of


def breaches(findings: Findings) -> list[str]:
    """Names of the metrics of all rows that have moved enough, the worst first."""
    moved = []
    for metric in findings.metrics:
        definition = CATALOGUE[metric.name]
        if metric.slice or definition.threshold is None or not metric.measured.p_value < 1e-3:
            continue
        effect = metric.measured.effect
        size = {"both": abs(effect), "up": effect, "down": -effect}[definition.direction]
        if size >= definition.threshold:
            moved.append((-size / definition.threshold, metric.name))
    return [name for _, name in sorted(moved)]


def test_a_usual_night_has_every_figure_and_no_breach(findings_of: Callable[..., Findings]) -> None:
    findings = findings_of(USUAL, labels=500)
    assert breaches(findings) == []
    names = {metric.name for metric in findings.metrics}
    assert names == set(CATALOGUE)
    without = {metric.name for metric in findings.metrics if not metric.measured.known}
    assert without == {"embedding_auc", "embedding_mmd"}  # nothing to embed with was given
    for metric in findings.metrics:
        measured = metric.measured
        has_band = not math.isnan(measured.null_high)
        assert not measured.known or has_band or measured.low <= measured.high, metric


@pytest.mark.parametrize(
    ("draw", "named", "silent"),
    [
        (Draw(foreign=0.15), {"token_js", "tfidf_kl", "text_auc", "unseen_share"}, {"class_psi", "html_share"}),
        (Draw(prior=0.25), {"prior_shift", "class_psi"}, {"token_js", "text_auc", "confidence_psi"}),
        (Draw(slang=0.02), {"new_words", "unseen_share"}, {"class_psi", "confidence_psi", "html_share"}),
        (Draw(html=0.3), {"html_share"}, {"class_psi", "confidence_psi", "new_words"}),
        (Draw(empty=0.1), {"empty_share"}, {"class_psi", "html_share", "token_js"}),
        (Draw(sharpen=2.0), {"ece", "confidence_psi"}, {"token_js", "text_auc", "html_share", "class_psi"}),
    ],
    ids=["topic", "prior", "slang", "cleaner", "empties", "temperature"],
)
def test_the_right_figures_name_the_cause(
    findings_of: Callable[..., Findings], draw: Draw, named: set[str], silent: set[str]
) -> None:
    found = set(breaches(findings_of(draw, labels=600)))
    assert named <= found
    assert not silent & found


def test_a_new_word_comes_with_its_rows(findings_of: Callable[..., Findings]) -> None:
    findings = findings_of(Draw(slang=0.02))
    word = findings.words[0]
    assert SLANG in word.text
    assert word.rows_before == 0
    assert word.examples
    assert all(word.text in example for example in word.examples)


def test_estimates_without_labels_are_right(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    subject = population.night(Draw(rows=20_000, prior=0.25), 5, reference, labels=19_000)
    findings = measure(subject, SampleLimits())
    accuracy = findings.metric("accuracy")
    assert accuracy
    for name, tolerance in (("class_share_em", 0.03), ("class_share_bbse", 0.02)):
        shares = [metric for metric in findings.metrics if metric.name == name]
        assert [each.item for each in shares] == list(LABELS)
        assert shares[1].level == pytest.approx(0.25, abs=tolerance)
    usual = measure(population.night(Draw(rows=20_000), 6, reference, labels=19_000), SampleLimits())
    expected, real = usual.metric("expected_accuracy"), usual.metric("accuracy")
    assert expected
    assert real
    assert expected.measured.low <= real.level <= expected.measured.high


def test_the_same_night_gives_the_same_bytes(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    first, second = (
        to_json(measure(population.night(USUAL, 8, reference, labels=200), SampleLimits())) for _ in range(2)
    )
    assert first == second
    again = to_json(read_findings(first))
    assert to_json(read_findings(again)) == again


def test_without_a_reference_levels_remain_and_it_is_said(population: Population) -> None:
    findings = measure(population.night(USUAL, 3, None), SampleLimits())
    assert findings.reference is None
    assert any("no reference" in gap.why and "--freeze-reference" in gap.action for gap in findings.missing)
    share = findings.metric("empty_share")
    assert share
    assert 0 < share.level < 0.05
    assert math.isnan(share.level_before)
    assert breaches(findings) == []
    assert findings.metric("token_js") is None


def test_a_reference_without_texts_still_compares_counts_and_tokens(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    bare = replace(reference[0], sample=None), reference[1]
    findings = measure(population.night(Draw(foreign=0.3), 3, bare), SampleLimits())
    assert "token_js" in breaches(findings)
    tfidf, auc = findings.metric("tfidf_kl"), findings.metric("text_auc")
    assert tfidf
    assert auc
    assert tfidf.measured.reason
    assert auc.measured.reason
    assert findings.words == ()
    assert any("no sample" in gap.why for gap in findings.missing)


def test_too_few_rows_are_said_to_be_few(population: Population, reference: tuple[Baseline, NDArray[np.int64]]) -> None:
    findings = measure(population.night(Draw(rows=40), 3, reference), SampleLimits())
    assert any("40 rows" in gap.why for gap in findings.missing)


def test_a_night_without_rows_and_one_without_texts(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    night = population.night(USUAL, 3, reference)
    none = replace(night, profile=empty(LABELS), sample=SAMPLE_SCHEMA.empty_table())
    assert measure(none, SampleLimits()).now.rows == 0
    blank = measure(population.night(Draw(empty=1.0), 3, reference), SampleLimits())
    assert blank.now.labelled == 0
    assert any("no row has a label" in gap.why for gap in blank.missing)
    assert "empty_share" in breaches(blank)


def test_a_class_that_is_never_predicted_is_named(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    drawn = population.draw(USUAL, np.random.default_rng(1))
    sure = replace(drawn, probs=np.tile(np.float32([0.9, 0.1]), (len(drawn.gold), 1)))
    night = population.night(USUAL, 3, reference)
    profile, sample = population.observe(sure, night.logical_date)
    findings = measure(replace(night, profile=profile, sample=sample), SampleLimits())
    assert any(LABELS[1] in gap.why and "never predicted" in gap.why for gap in findings.missing)


def test_labels_that_are_biased_or_unknown_are_not_used(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    night = population.night(USUAL, 3, reference)
    biased = LabelledSample(np.zeros((0, 2)), np.zeros(0, np.int64), biased=80, unknown=("中立",))
    findings = measure(replace(night, labelled=biased), SampleLimits())
    assert findings.metric("ece") is None
    why = " ".join(gap.why for gap in findings.missing)
    assert "80 labelled rows" in why
    assert "中立" in why


def test_embeddings_are_compared_where_there_is_a_network(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    def embed(texts: pl.Series) -> NDArray[np.float32]:
        lengths = texts.str.len_chars().to_numpy().astype(np.float32)
        noise = np.random.default_rng(len(texts)).normal(size=(len(texts), 4)).astype(np.float32)
        return np.concatenate([noise, lengths[:, None]], axis=1)

    night = replace(population.night(Draw(html=1.0), 3, reference), embed=embed)
    findings = measure(night, SampleLimits(embedding_rows=300))
    assert {"embedding_auc", "embedding_mmd"} <= set(breaches(findings))


def test_slices_show_where_it_happened(population: Population, reference: tuple[Baseline, NDArray[np.int64]]) -> None:
    night = population.night(USUAL, 3, reference)
    drawn = population.draw(Draw(rows=1_500, prior=0.1), np.random.default_rng(5))
    odd = replace(drawn, source=["app"] * 1_500)
    profile = merge([night.profile, population.observe(odd, night.logical_date)[0]])
    findings = measure(replace(night, profile=profile), SampleLimits())
    moved: list[Metric] = [each for each in findings.metrics if each.name == "class_psi" and each.slice]
    worst = max(moved, key=lambda each: each.measured.effect)
    assert worst.slice == "source=app"
    assert {each.slice for each in moved} == {"source=app", "source=web", "source=mini"}


def test_examples_stay_where_they_may_not_be_shown(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    findings = measure(population.night(Draw(slang=0.02), 3, reference), SampleLimits(show_texts=False))
    assert findings.words
    assert all(not word.examples for word in findings.words)


def test_the_volume_is_compared_with_the_nights_before(
    population: Population, reference: tuple[Baseline, NDArray[np.int64]]
) -> None:
    half = measure(population.night(Draw(rows=900), 3, reference), SampleLimits())
    assert "rows" in breaches(half)
    young = measure(population.night(Draw(rows=900), 3, reference, past_rows=(2_000,) * 3), SampleLimits())
    volume = young.metric("rows")
    assert volume
    assert "3 earlier nights" in volume.measured.reason


def test_long_documents_that_the_sample_cuts_are_no_drift(population: Population) -> None:
    articles = Draw(rows=300, words=(1_200, 1_500))  # 2,400 characters and more, of which 1,000 are kept
    reference = population.baseline(articles)
    p_values = []
    for seed in range(6):
        night = population.night(articles, seed, reference)
        p_values += [each.measured.p_value for each in token_metrics(night, reference[0]) if each.name == "token_js"]
    assert sorted(p_values)[1] > 0.05
