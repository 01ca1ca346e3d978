"""Rows of workbooks made of real texts, which stay outside the repository; firms and who owns what are invented.

284 needs and 500 papers as capabilities, at institutes that sign the papers.
"""

import json
from itertools import islice

from tests.services.sheets import Rows
from tests.support.data import data_file

UNITS = ["固安县", "广阳区", "安次区", "永清县", "香河县", "三河市"]
FIRM_COUNT, PAPER_COUNT = 40, 500


def firms() -> Rows:
    return [
        {"机构编号": f"F{n}", "机构类别": "企业", "机构全称": f"第{n}精工（演示）", "责任单位": UNITS[n % len(UNITS)]}
        for n in range(FIRM_COUNT)
    ]


def real_needs() -> Rows:
    lines = data_file("bdci2019_need_achievement", "needs_dev_and_unlabelled.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        {"需求编号": row["id"], "企业": f"F{n % FIRM_COUNT}", "技术需求名称": row["title"], "主要问题": row["text"]}
        for n, row in enumerate(rows)
    ]


def papers() -> list[dict[str, object]]:
    with data_file("chinaxiv", "papers.jsonl").open(encoding="utf-8") as lines:
        found = (json.loads(line) for line in lines)
        return list(islice((row for row in found if row["institutions"]), PAPER_COUNT))


def institutes(rows: list[dict[str, object]]) -> Rows:
    names = sorted({str(row["institutions"][0]) for row in rows})  # type: ignore[index]
    return [
        {
            "机构编号": f"U{n}", "机构类别": "院所高校", "机构全称": name,
            "院所类型": "高等院校" if name.endswith("大学") else "科研院所",
            "所在地域": "110108" if n % 2 else "120104",
        }
        for n, name in enumerate(names)
    ]  # fmt: skip


def experts(rows: Rows) -> Rows:
    return [{"专家编号": "E1", "姓名": f"研究员{n}", "所在院所": row["机构编号"]} for n, row in enumerate(rows)]


def offers(rows: list[dict[str, object]]) -> Rows:
    return [
        {
            "能力编号": row["id"], "所属单位": row["institutions"][0],  # type: ignore[index]
            "专家": "E1" if n % 2 else "", "能力类型": "成果", "能力名称": row["title"],
            "详细说明": row["abstract"], "关键词": "；".join(map(str, row["keywords"])),  # type: ignore[call-overload]
        }
        for n, row in enumerate(rows)
    ]  # fmt: skip
