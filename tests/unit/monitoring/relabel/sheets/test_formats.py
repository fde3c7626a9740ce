from __future__ import annotations

from pathlib import Path

import pytest

from monitoring.relabel.annotation import export
from monitoring.relabel.annotation.export import ExportRequest, export_batch
from monitoring.relabel.annotation.queue import Queue
from monitoring.relabel.sheets.formats import FORMATS
from monitoring.relabel.sheets.sheet import Lang, Sheet
from storage.relabel.batches import BatchStore
from tests.support.command import yeban
from tests.support.sample_batches import head_of, write_batch

ENDINGS = {
    "csv": {".csv", ".instructions.txt"},
    "xlsx": {".xlsx"},
    "label-studio": {".json", ".config.xml"},
}


def test_each_kind_has_its_files(tmp_path: Path) -> None:
    store, head = BatchStore(tmp_path / "relabel"), head_of()
    write_batch(store, head)
    assert FORMATS.keys() == ENDINGS.keys()
    for kind, endings in ENDINGS.items():
        if kind == "xlsx":
            pytest.importorskip("openpyxl")
        files = export_batch(Queue(store), ExportRequest(head.task, head.batch, tmp_path / kind, kind=kind))
        assert {file.name.removeprefix(f"{head.task}-{head.batch}") for file in files} == endings
        assert all(file.read_bytes() for file in files)


def test_a_further_kind_is_a_line_in_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_texts(sheet: Sheet, _lang: Lang) -> dict[str, bytes]:
        return {".txt": "\n".join(item.text for item in sheet.items).encode()}

    monkeypatch.setattr(export, "FORMATS", {**FORMATS, "texts": write_texts})
    store, head = BatchStore(tmp_path / "relabel"), head_of()
    write_batch(store, head)
    (file,) = export_batch(Queue(store), ExportRequest(head.task, head.batch, tmp_path / "out", kind="texts"))
    assert file.name.endswith(".txt")
    assert len(file.read_text("utf-8").splitlines()) >= 1


def test_another_name_is_refused_with_the_names() -> None:
    ran = yeban("relabel", "export", "comment", "--format", "ods", "--home", "home").without_traceback()
    assert ran.code == 2
    assert all(name in ran.err for name in FORMATS)
