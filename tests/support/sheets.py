"""Sheets to label, and what happens to them on people's desks."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable

from monitoring.relabel.sheets.annotations import ReadSheet, SentSheet
from monitoring.relabel.sheets.cells import cell_of
from monitoring.relabel.sheets.csv_file import csv_bytes
from monitoring.relabel.sheets.grid import Grid
from monitoring.relabel.sheets.ids import SYMBOLS, row_id
from monitoring.relabel.sheets.sheet import COLUMNS, Lang, Sheet, SheetItem
from monitoring.relabel.sheets.xlsx_file import xlsx_bytes

LABELS = ("negative", "neutral", "正面")
TEXTS = (
    "物流很快,下次还来", "=1+1", "＝HYPERLINK(\"http://x\")", "+86 138", "-1", "@某人 你好", "００１２３", "00123",
    "1e5", "3-4", "5 May", "2024-01-02", "TRUE", "\t开头", "\r\n换行\r\n=2", "他说:\"好;=cmd\",算了", "'quoted'",
    "😀😭👍🏽", "😀", "😭", "“引号”", "长" * 300, "a,b;c\td", "太差了!再也不买 😡", "太差了!再也不买 🤬", "ɐ rare ꙮ",
    " 两边有空格 ", "12345678901234567890",
)  # fmt: skip


def make_sheet(texts: tuple[str, ...] = TEXTS, annotator: str = "li", batch: str = "b1") -> Sheet:
    items = tuple(
        SheetItem(row_id(batch, str(place)), text, LABELS[place % 3], 0.5 + place / 1000)
        for place, text in enumerate(texts)
    )
    return Sheet(batch, "comment", LABELS, "请留意讽刺", annotator, items)


def sent_of(sheet: Sheet) -> SentSheet:
    return SentSheet(sheet, frozenset({sheet.annotator}))


def filled(sheet: Sheet, labels: dict[str, str], lang: Lang = "zh") -> Grid:
    """The sheet as an annotator fills it."""
    from monitoring.relabel.sheets.grid import grid_of

    header, *rows = grid_of(sheet, lang).rows
    place = header.index(COLUMNS["label"][0 if lang == "zh" else 1])
    return Grid((header, *((*row[:place], labels.get(row[0], ""), *row[place + 1 :]) for row in rows)))


def read_back(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def damaged(sheet: Sheet, labels: dict[str, str], rng: random.Random) -> bytes:
    """A file that somebody or some program spoiled, in one to four ways."""
    rows = [list(row) for row in filled(sheet, labels, rng.choice(("zh", "en"))).rows]
    for _ in range(rng.randint(0, 3)):
        rng.choice(_ON_ROWS)(rows, rng)
    kind = rng.random()
    if kind < 0.12:
        data = xlsx_bytes(Grid(tuple(map(tuple, [sheet_header(rows), *_writable(rows[1:])]))), sheet, "zh")
    else:
        data = _encoded(rows, rng)
    for _ in range(rng.randint(0, 2)):
        data = rng.choice(_ON_BYTES)(data, rng)
    return data


def _writable(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.replace("\x00", "") for cell in row] for row in rows]


def sheet_header(rows: list[list[str]]) -> list[str]:
    """A header that the xlsx writer knows: it is handed our own columns only."""
    known = {name: names[0] for names in COLUMNS.values() for name in names}
    names = [known.get(name, "") for name in rows[0]] if rows else []
    return names if "标签" in names and all(names) else ["编号", "文本", "标签"]


def _encoded(rows: list[list[str]], rng: random.Random) -> bytes:
    buffer = io.StringIO(newline="")
    quoting = rng.choice((csv.QUOTE_ALL, csv.QUOTE_MINIMAL))
    end = rng.choice(("\r\n", "\n", "\r"))
    csv.writer(buffer, delimiter=rng.choice(",,,;\t"), quoting=quoting, lineterminator=end).writerows(rows)
    encoding = rng.choice(("utf-8-sig", "utf-8-sig", "utf-8", "gb18030", "gbk", "utf-16", "utf-16-be", "big5"))
    return buffer.getvalue().encode(encoding, "replace")


def _cell(rows: list[list[str]], rng: random.Random) -> tuple[list[str], int] | None:
    row = rng.choice(rows) if rows else []
    return (row, rng.randrange(len(row))) if row else None


def _changed_character(text: str, rng: random.Random) -> str:
    if not text:
        return rng.choice("'=x1")
    place = rng.randrange(len(text))
    kept = rng.choice((text[:place], text[: place + 1]))
    return kept + rng.choice((*SYMBOLS, "", "", "中", "😀", "\x00", '"', "\ufffd")) + text[place + 1 :]


def _edit(change: Callable[[str, random.Random], str]) -> Callable[[list[list[str]], random.Random], None]:
    def apply(rows: list[list[str]], rng: random.Random) -> None:
        if found := _cell(rows, rng):
            row, place = found
            row[place] = change(row[place], rng)

    return apply


def _swap_rows(rows: list[list[str]], rng: random.Random) -> None:
    body = rows[1:]
    rng.shuffle(body)
    rows[1:] = body


def _repeat(rows: list[list[str]], rng: random.Random) -> None:
    if rows:
        rows.insert(rng.randrange(len(rows)), list(rng.choice(rows)))


def _drop(rows: list[list[str]], rng: random.Random) -> None:
    if rows:
        rows.pop(rng.randrange(len(rows)))


def _swap_columns(rows: list[list[str]], rng: random.Random) -> None:
    """Whole columns change places, or only their headers, or only their cells."""
    width = min(map(len, rows), default=0)
    if width < 2:
        return
    a, b = rng.sample(range(width), 2)
    for row in rng.choice((rows, rows[:1], rows[1:])):
        row[a], row[b] = row[b], row[a]


def _shift_column(rows: list[list[str]], rng: random.Random) -> None:
    """A column slides up or down, or is sorted alone."""
    width = min(map(len, rows), default=0)
    if len(rows) < 3 or not width:
        return
    place = rng.randrange(width)
    cells = [row[place] for row in rows[1:]]
    cells = sorted(cells) if rng.random() < 0.3 else [*cells[1:], cells[0]]
    for row, cell in zip(rows[1:], cells, strict=True):
        row[place] = cell


def _shift_row(rows: list[list[str]], rng: random.Random) -> None:
    if found := _cell(rows, rng):
        row, place = found
        if rng.random() < 0.5:
            row.pop(place)
        else:
            row.insert(place, rng.choice(("", "x")))


def _swap_cells(rows: list[list[str]], rng: random.Random) -> None:
    first, second = _cell(rows, rng), _cell(rows, rng)
    if first and second:
        (a, i), (b, j) = first, second
        a[i], b[j] = b[j], a[i]


def _add_column(rows: list[list[str]], rng: random.Random) -> None:
    for row in rows:
        row.insert(rng.randrange(len(row) + 1) if rng.random() < 0.1 else 0, "x")


_EXCEL: tuple[Callable[[str, random.Random], str], ...] = (
    lambda text, _: text.lstrip("'"),
    lambda text, _: text.lstrip("'0"),
    lambda text, _: f"{len(text)}E+05",
    lambda _text, _: "2024/3/4",
    lambda text, rng: text[: rng.randrange(len(text) + 1)],
    lambda text, _: text.replace("\n", "\r\n"),
    lambda text, _: f" {text} ",
    lambda text, _: text.upper(),
    lambda _text, _rng: "",
    lambda _text, _rng: "#NAME?",
    lambda _text, rng: rng.choice((*LABELS, "0", "1.0", "２", "POSITIVE", "正面 ", "'正面")),
    lambda _text, rng: row_id("b1", str(rng.randrange(len(TEXTS) + 3))),
    lambda _text, rng: cell_of(rng.choice(TEXTS)),
)
_ON_ROWS = (
    *map(_edit, (*_EXCEL, _changed_character, _changed_character)),
    _swap_rows, _repeat, _drop, _swap_columns, _shift_column, _shift_row, _swap_cells, _add_column,
)  # fmt: skip


def _truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _changed_byte(data: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + bytes([rng.randrange(256)]) * rng.randint(0, 2) + data[place + 1 :]


def _broken_quote(data: bytes, rng: random.Random) -> bytes:
    places = [place for place, byte in enumerate(data) if byte == 0x22]
    place = rng.choice(places) if places else 0
    return data[:place] + rng.choice((b"", b'""', b'"\n')) + data[place + 1 :]


def _recoded(data: bytes, rng: random.Random) -> bytes:
    there, back = rng.choice((("utf-8", "gbk"), ("gbk", "utf-8"), ("utf-8", "latin-1"), ("latin-1", "utf-8")))
    return data.decode(there, "replace").encode(back, "replace")


_ON_BYTES = (_truncated, _changed_byte, _changed_byte, _broken_quote, _recoded)


def bytes_of(grid: Grid) -> bytes:
    return csv_bytes(grid)


def said(read: ReadSheet) -> dict[str, str]:
    return {answer.item: answer.label for answer in read.annotations}
