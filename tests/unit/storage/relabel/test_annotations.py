from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from storage.errors import TerminalError
from storage.relabel.annotations import AnnotationLog, StoredAnnotation, digest_of
from tests.support.predictions import NIGHT


def answer(item: str, label: str = "正面", who: str = "李", minutes: int = 0) -> StoredAnnotation:
    return StoredAnnotation(item, label, who, NIGHT + timedelta(minutes=minutes))


def test_imports_come_back_in_order_as_they_went_in(tmp_path: Path) -> None:
    log = AnnotationLog(tmp_path)
    assert (log.imports(), log.latest_labels()) == ([], {})
    first, second = [answer("a"), answer("b")], [answer("c", who="王")]
    for number, answers in enumerate((first, second)):
        log.add(answers, NIGHT + timedelta(hours=number))
    assert [each.annotations for each in log.imports()] == [tuple(first), tuple(second)]
    assert [each.imported_at for each in log.imports()] == [NIGHT, NIGHT + timedelta(hours=1)]
    assert [each.name[:7] for each in log.imports()] == ["000001-", "000002-"]


def test_the_same_answers_again_are_known_whatever_their_order_and_time(tmp_path: Path) -> None:
    log = AnnotationLog(tmp_path)
    log.add([answer("a"), answer("b")], NIGHT)
    assert log.add([answer("b", minutes=9), answer("a", minutes=9)], NIGHT) == (None, True)
    assert len(log.imports()) == 1


def test_only_what_is_new_or_another_is_kept(tmp_path: Path) -> None:
    log = AnnotationLog(tmp_path)
    log.add([answer("a"), answer("b")], NIGHT)
    added, before = log.add([answer("a"), answer("b", "负面"), answer("c")], NIGHT)
    assert added is not None
    assert not before
    assert added.annotations == (answer("b", "负面"), answer("c"))
    assert log.add([answer("a"), answer("c")], NIGHT) == (None, False)  # no file held just these, yet all are known
    assert log.latest_labels() == {"a": {"李": "正面"}, "b": {"李": "负面"}, "c": {"李": "正面"}}


def test_people_do_not_overwrite_each_other(tmp_path: Path) -> None:
    log = AnnotationLog(tmp_path)
    log.add([answer("a")], NIGHT)
    log.add([answer("a", "负面", "王")], NIGHT)
    assert log.latest_labels() == {"a": {"李": "正面", "王": "负面"}}


def test_an_import_that_was_cut_off_is_told(tmp_path: Path) -> None:
    log = AnnotationLog(tmp_path)
    log.add([answer("a")], NIGHT)
    (file,) = tmp_path.rglob("*.json")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(TerminalError, match=file.name):
        log.latest_labels()


def test_the_digest_is_that_of_who_said_what() -> None:
    one = [answer("a"), answer("b")]
    assert digest_of(one) == digest_of([*reversed(one)])
    for other in ([answer("a")], [answer("a"), answer("b", "负面")], [answer("a"), answer("b", who="王")]):
        assert digest_of(other) != digest_of(one)
