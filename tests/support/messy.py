# ruff: noqa: RUF001 -- what people type is what is tested
"""A sheet as a bureau gets it: titles, a merged header, every way of writing a thing, and cells that are spoilt.

All invented, from a fixed seed. It is known which cells must be refused, and what the others must become.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import opencc
import xlsxwriter

from matchmaker.domain.drafts import one_line
from tests.services.sheets import Rows

FIRMS = 40
TRADITIONAL = opencc.OpenCC("s2t")
HEADINGS = {
    "序号": "序号", "firm": "企业名称", "title": "需求信息 > 需求名称", "problem": "需求信息 > 需求描述",
    "keywords": "需求信息 > 关键词", "field": "所属领域", "budget_wan": "资金与时限 > 预算",
    "deadline": "资金与时限 > 期望完成时间", "cooperation": "合作方式", "contact": "联系方式 > 联系人",
    "phone": "联系方式 > 手机", "note": "备注",
}  # fmt: skip
COLUMNS = list(HEADINGS)
FIRST_LINE = 6
TOPICS = [
    "薄板激光焊接变形控制", "水冷板氦检漏率偏高", "深孔钻削断屑困难", "涂层附着力不足", "电机轴承早期失效",
    "果蔬冷链结露", "反应釜结垢", "相机标定漂移", "粉末流动性差", "尾气异味治理",
]  # fmt: skip
AREAS = ["高端装备制造", "生物医药与健康", "现代商贸物流"]
WAYS = {"joint": ["合作研发", "联合研发", "合作研發"], "commission": ["委托开发", "委託開發"], "transfer": ["技术转让"]}
DATES: list[Callable[[date], Any]] = [
    lambda day: f"{day:%Y-%m-%d}",
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: (day - date(1899, 12, 30)).days,
    lambda day: day,
]
AMOUNTS: list[Callable[[int], Any]] = [
    lambda wan: wan,
    lambda wan: f"{wan}万",
    lambda wan: f"{wan * 10_000}元",
    lambda wan: f"{wan * 10_000:,}元",
    lambda wan: f"{wan / 10_000:g}亿元",
    lambda wan: f" {wan} 萬元",
    lambda wan: "".join(chr(ord(digit) + 0xFEE0) for digit in str(wan)),
]
PHONES = ["138 0013 8{:03}", "138-0013-8{:03}", "１３８００１３８{:03}", "+86 138 0013 8{:03}"]


@dataclass(frozen=True)
class Spoilt:
    """A cell that must be refused: where it stands, what stands in it, and a word of the reason."""

    line: int
    column: str
    value: str
    reason: str


@dataclass
class Messy:
    """A sheet with what is expected of it. `good`: title as it must be kept → the other fields."""

    path: Path
    rows: int
    spoilt: list[Spoilt] = field(default_factory=list)
    good: dict[str, dict[str, Any]] = field(default_factory=dict)
    skipped: list[int] = field(default_factory=list)


def firms() -> Rows:
    return [
        {"机构编号": f"F{n}", "机构类别": "企业", "机构全称": firm_name(n), "责任单位": "固安县"} for n in range(FIRMS)
    ]


def firm_name(number: int) -> str:
    return f"固安华业{number}号精密机电有限公司"


def misread(text: str, place: int) -> str:
    """The text as a program shows it that has read it in the wrong encoding, or has lost it."""
    ways = (("utf-8", "cp1252"), ("utf-8", "gbk"), ("gb18030", "latin-1"), ("gb18030", "utf-8"))
    written, read = ways[place % len(ways)]
    return text.encode(written).decode(read, "replace")


# How a sound row is spoilt: field, what is written there instead, a word of the reason.
SPOILERS: list[tuple[str, Callable[[int], str], str]] = [
    ("firm", lambda n: f"查无此厂{n}", "名录中没有"),
    ("deadline", lambda n: ("明年上半年", "2026-02-30", "5/3/2026")[n % 3], "不是有效日期"),
    ("budget_wan", lambda n: ("50吨", "面议", "约50万", "1234元", "50万美元")[n % 5], "万元金额"),
    ("problem", lambda n: misread(f"焊后变形大，合格率只有 {n} 成，返修多", n), "乱码"),
    ("title", lambda n: misread("铝合金薄板焊接变形控制", n + 1), "乱码"),
    ("budget_wan", lambda n: ("#N/A", "#REF!", "#DIV/0!")[n % 3], "错误值"),
    ("title", lambda _: "", "不能为空"),
    ("field", lambda _: "炼金术", "以下之一"),
    ("cooperation", lambda _: "看情况", "以下之一"),
    ("problem", lambda n: "长" * (3001 + n), "上限"),
]


def make(path: Path, *, rows: int = 400, seed: int = 20_261_122, each: int = 6, first: int = 1) -> Messy:
    """Write a sheet of `rows` rows, each spoiler used `each` times, as many rows repeated, and three rows with two."""
    dice = random.Random(seed)  # noqa: S311 -- not a secret
    made = Messy(path, rows)
    places = dice.sample(range(10, rows), each * (len(SPOILERS) + 1) + 3)
    bad = {place: SPOILERS[at % len(SPOILERS)] for at, place in enumerate(places[: each * len(SPOILERS)])}
    twice = set(places[each * len(SPOILERS) : -3])
    double = set(places[-3:])
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "default_date_format": "yyyy/m/d"}) as book:
        book.add_worksheet("填表说明").write_column(0, 0, ["请如实填写", "每家企业可填多行"])
        sheet = book.add_worksheet("需求汇总")
        _header(book, sheet)
        line, sound = FIRST_LINE, []
        for place in range(rows):
            if place == rows // 2:
                line = _interruption(sheet, line, made)
            if place in twice:
                _repeat(sheet, line, dice.choice(sound), place, made)
            else:
                row = _row(dice, first + place)
                faults = [bad[place]] if place in bad else SPOILERS[:2] if place in double else []
                _write(sheet, line, row, faults, place, made, dice)
                if not faults:
                    sound.append((line, row))
            line += 1
        _end(sheet, line, made)
    return made


def _header(book: Any, sheet: Any) -> None:
    sheet.merge_range(0, 0, 0, len(COLUMNS) - 1, "2026 年度企业技术需求汇总表")
    sheet.merge_range(1, 0, 1, 4, "汇总单位：某某县科技局")
    sheet.merge_range(1, 5, 1, len(COLUMNS) - 1, "日期：2026年3月")
    middle = book.add_format({"align": "center"})
    upper = [HEADINGS[name].partition(" > ") for name in COLUMNS]
    for place, (above, under, below) in enumerate(upper):
        if under:
            sheet.write(4, place, below, middle)
        else:
            sheet.merge_range(3, place, 4, place, above, middle)
    groups = [above for above, under, _below in upper if under]
    for group in dict.fromkeys(groups):
        mine = [place for place, (above, _, _) in enumerate(upper) if above == group]
        sheet.merge_range(3, mine[0], 3, mine[-1], group, middle)


def _row(dice: random.Random, number: int) -> dict[str, Any]:
    """A sound row: field → (what is written, what it must become)."""
    firm = dice.randrange(FIRMS)
    title = f"第{number}号{dice.choice(TOPICS)}"
    problem = f"现有产线第 {number} 工位{dice.choice(TOPICS)}，合格率只有 {dice.randint(60, 95)}%，急需改进。"
    if dice.random() < 0.2:
        title, problem = TRADITIONAL.convert(title), TRADITIONAL.convert(problem)
    way = dice.choice(list(WAYS))
    wan, day = dice.randint(1, 40) * 50, date(2026, 12, 1) + timedelta(days=dice.randrange(300))
    area = dice.choice(AREAS)
    named = [firm_name(firm), f"F{firm}", TRADITIONAL.convert(firm_name(firm)), f" {firm_name(firm)}\u3000\u200b"]
    return {
        "序号": (number, None),
        "firm": (dice.choice(named), firm),
        "title": (dice.choice([title, f"{title}  ", f"\u00a0{title}"]), title),
        "problem": (problem, problem),
        "keywords": (dice.choice(["焊接；铝合金", "焊接、铝合金", "焊接,铝合金", "焊接\n铝合金"]), ["焊接", "铝合金"]),
        "field": (dice.choice([area, TRADITIONAL.convert(area), f"{area[:2]} {area[2:]}"]), area),
        "budget_wan": (dice.choice(AMOUNTS)(wan), wan),
        "deadline": (dice.choice(DATES)(day), day),
        "cooperation": (dice.choice(WAYS[way]), way),
        "contact": (f"联系人{number}", None),
        "phone": (dice.choice(PHONES).format(number % 1000), None),
        "note": (dice.choice(["", "", "急"]), None),
    }


def _write(
    sheet: Any,
    line: int,
    row: dict[str, Any],
    faults: list[tuple[str, Callable[[int], str], str]],
    place: int,
    made: Messy,
    dice: random.Random,
) -> None:
    written = {name: cell for name, (cell, _) in row.items()}
    for name, spoil, reason in faults:
        written[name] = spoil(place)
        made.spoilt.append(Spoilt(line, HEADINGS[name], one_line(written[name])[:60], reason))
    for column, name in enumerate(COLUMNS):
        _cell(sheet, line - 1, column, written[name], formula=dice.random() < 0.1)
    if not faults:
        made.good[row["title"][1]] = {name: meant for name, (_, meant) in row.items() if meant is not None}


def _cell(sheet: Any, row: int, column: int, value: Any, *, formula: bool) -> None:
    if isinstance(value, str) and value.startswith("#"):
        sheet.write_formula(row, column, "=NA()", None, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value)
    elif formula and isinstance(value, int):
        sheet.write_formula(row, column, f"={value}+0", None, value)
    elif formula and value and '"' not in value and "\n" not in value:
        sheet.write_formula(row, column, f'="{value[:100]}"', None, value)
    elif isinstance(value, str):
        sheet.write_string(row, column, value)
    else:
        sheet.write(row, column, value)


def _repeat(sheet: Any, line: int, earlier: tuple[int, dict[str, Any]], place: int, made: Messy) -> None:
    """A row that is in the sheet already, under another running number."""
    first, row = earlier
    written = {name: cell for name, (cell, _) in row.items()} | {"序号": place}
    for column, name in enumerate(COLUMNS):
        _cell(sheet, line - 1, column, written[name], formula=False)
    made.spoilt.append(Spoilt(line, HEADINGS["title"], row["title"][1], f"与第 {first} 行重复"))


def _interruption(sheet: Any, line: int, made: Messy) -> int:
    """A page break as spreadsheets have it: a sum, an empty line, the header once more."""
    sheet.write(line - 1, 1, "小计")
    sheet.write_formula(line - 1, COLUMNS.index("budget_wan"), "=SUM(G6:G200)", None, 12_345)
    for column, name in enumerate(COLUMNS):
        above, under, below = HEADINGS[name].partition(" > ")
        sheet.write(line + 1, column, above)
        sheet.write(line + 2, column, below if under else "")
    made.skipped += [line, line + 2, line + 3]
    return line + 4


def _end(sheet: Any, line: int, made: Messy) -> None:
    sheet.write(line - 1, 1, "合 计")
    sheet.write(line - 1, COLUMNS.index("budget_wan"), 99_999)
    sheet.write(line, 0, "注：本表由各县汇总，联系电话 0316-5551234")
    made.skipped += [line, line + 1]
    for extra in range(2, 12):  # blank lines and columns that only look as if there were something
        sheet.write(line + extra, 0, " ")
        sheet.write(line + extra, len(COLUMNS) + 3, "\u3000")
