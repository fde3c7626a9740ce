"""The kinds of files that a sheet is exported to, by the name that `--format` takes.

A further kind is a writer in a file of its own and a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from monitoring.relabel.sheets.csv_file import write_csv, write_instructions
from monitoring.relabel.sheets.label_studio import labelling_config, write_tasks
from monitoring.relabel.sheets.sheet import Lang, Sheet
from monitoring.relabel.sheets.xlsx_file import write_xlsx

SheetWriter = Callable[[Sheet, Lang], Mapping[str, bytes]]
"""Writes a sheet as one or more files: the ending of each name, and its bytes.

Raises `ExtraMissing` where a library that it needs is not installed.
"""


def _csv(sheet: Sheet, lang: Lang) -> Mapping[str, bytes]:
    return {".csv": write_csv(sheet, lang), ".instructions.txt": write_instructions(sheet, lang)}


def _xlsx(sheet: Sheet, lang: Lang) -> Mapping[str, bytes]:
    return {".xlsx": write_xlsx(sheet, lang)}


def _label_studio(sheet: Sheet, _lang: Lang) -> Mapping[str, bytes]:
    return {".json": write_tasks(sheet), ".config.xml": labelling_config(sheet).encode()}


FORMATS: Final[Mapping[str, SheetWriter]] = {"csv": _csv, "xlsx": _xlsx, "label-studio": _label_studio}
