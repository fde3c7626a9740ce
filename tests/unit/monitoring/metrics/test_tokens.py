from __future__ import annotations

import pytest

from monitoring.metrics.samples import distinct_texts
from monitoring.metrics.tokens import sampled_documents, shifted_tokens, token_counts, token_design
from tests.support.measured_nights import inputs, night, without_sample
from tests.support.synthetic_population import Draw


def test_counts_of_both_sides_cover_the_vocabulary() -> None:
    sides = token_counts(night())
    assert sides is not None
    before, now = sides
    assert len(before) == len(now) == inputs().vocabulary.largest_id + 1
    assert before.sum() > 0
    assert token_counts(night(baseline=None)) is None


def test_documents_are_the_distinct_texts_of_the_samples() -> None:
    documents = sampled_documents(night())
    assert documents.now.documents == len(distinct_texts(inputs().sample))
    assert documents.before is not None
    bare = sampled_documents(without_sample())
    assert bare.before is None
    assert token_design(without_sample()).documents == bare.now.documents


def test_tokens_of_one_document_hang_together() -> None:
    design = token_design(night())
    assert design.mean > 1
    assert design.documents > 1_000


def test_the_tokens_of_a_new_topic_come_first_and_their_parts_are_of_the_whole() -> None:
    shifted = shifted_tokens(night(Draw(foreign=0.3)))
    assert len(shifted) == 20
    assert [each.part for each in shifted] == sorted((each.part for each in shifted), reverse=True)
    assert sum(each.part for each in shifted) == pytest.approx(0.5, abs=0.5)
    assert shifted[0].contribution > 0
    assert shifted[0].now > shifted[0].before
    assert shifted_tokens(night(baseline=None)) == ()
