"""What stands beside the rows: how to label, and which labels there are."""

from __future__ import annotations

from monitoring.relabel.sheets.label_names import LabelNames
from monitoring.relabel.sheets.sheet import Lang, Sheet, header_of


def instruction_lines(sheet: Sheet, lang: Lang) -> tuple[str, ...]:
    """The instructions, one paragraph per line; the other language follows."""
    first, second = (_chinese, _english) if lang == "zh" else (_english, _chinese)
    guide = tuple(sheet.guide.splitlines())
    return (*first(sheet, lang), "", *guide, *([""] if guide else []), *second(sheet, lang))


def _chinese(sheet: Sheet, lang: Lang) -> tuple[str, ...]:
    return (
        f"任务 {sheet.task},批次 {sheet.batch},共 {len(sheet.items)} 行"
        + (f",标注人 {sheet.annotator}" * bool(sheet.annotator)),
        f"1. 请阅读“{header_of('text', lang)}”,在“{header_of('label', lang)}”一列填写标签的名称。拿不准的可以先空着。",
        f"2. 可用的标签:{LabelNames(sheet.labels).expected()}",
        f"3. 请不要修改“{header_of('row_id', lang)}”和“{header_of('text', lang)}”。"
        "行和列可以换顺序,排序时请选中整张表。",
        f"4. “{header_of('note', lang)}”可随意填写,不会被读取。",
        "5. 用 Excel 或 WPS 直接保存即可(CSV、xlsx 都行)。单元格开头的 ' 是为了防止内容被当成公式,请保留。",
        "6. 填完一部分也可以先交,之后补交整个文件,不会重复计算。",
    )


def _english(sheet: Sheet, lang: Lang) -> tuple[str, ...]:
    return (
        f"Task {sheet.task}, batch {sheet.batch}, {len(sheet.items)} rows"
        + (f", annotator {sheet.annotator}" * bool(sheet.annotator)),
        f"1. Read '{header_of('text', lang)}' and write the name of a label into '{header_of('label', lang)}'. "
        "Leave it empty while you are not sure.",
        f"2. The labels: {LabelNames(sheet.labels).expected()}",
        f"3. Leave '{header_of('row_id', lang)}' and '{header_of('text', lang)}' as they are. "
        "Rows and columns may change places; when you sort, select the whole sheet.",
        f"4. '{header_of('note', lang)}' is yours; nobody reads it.",
        "5. Save from Excel or WPS as it is, CSV or xlsx. The ' at the start of some cells keeps them from being "
        "taken for formulas: leave it there.",
        "6. You may send a part and the whole file later: nothing counts twice.",
    )
