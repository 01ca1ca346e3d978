"""Write the Word templates (templates/docx) from the text below; `--check` fails when a file says something else."""

import argparse
import re
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from tools.docx_sheet import CENTER, HEADING, RIGHT, Sheet

FOLDER = Path(__file__).parent.parent / "templates" / "docx"


def _letter(title: str) -> Sheet:
    sheet = Sheet()
    sheet.line("{{ sender }}", align=CENTER, size=22, font=HEADING)
    sheet.line("{{ number }}", align=RIGHT)
    sheet.line("")
    sheet.line(title, align=CENTER, size=18, font=HEADING)
    sheet.line("")
    sheet.line("{{ to }}：")
    return sheet


def _section(sheet: Sheet, name: str, heading: str) -> None:
    """A numbered part that is there only if there is something to say; `n` holds the numbers."""
    sheet.control(f"if n.{name}")
    sheet.line(f"{{{{ n.{name} }}}}、{heading}", font=HEADING, indent=2)


def _list(sheet: Sheet, name: str) -> None:
    sheet.control(f"for one in {name}")
    sheet.body("{{ one }}")
    sheet.control("endfor")
    sheet.control("endif")


def _close(sheet: Sheet) -> bytes:
    sheet.line("")
    sheet.body("联系人：{{ contact }}")
    sheet.line("")
    sheet.line("{{ seal }}", align=RIGHT)
    sheet.line("{{ dated }}", align=RIGHT)
    return sheet.data()


def letter_to_host() -> bytes:
    """对接函: asks an institute to receive firms."""
    sheet = _letter("关于商请接待企业开展技术对接的函")
    sheet.body(
        "为推动我市企业的技术需求与贵单位的科研力量精准对接，拟组织 {{ firms|length }} 家企业于 {{ day }}"
        "（{{ hours }}）赴贵单位（{{ place }}）开展技术对接。请予支持接待，现将有关事项函告如下。"
    )
    _section(sheet, "firms", "来访企业和技术需求")
    sheet.rows(
        "firm in firms",
        [("企业", "{{ firm.name }}", 5.2), ("责任单位", "{{ firm.unit }}", 2.8), ("需求", "{{ firm.needs }}", 7.8)],
    )
    sheet.control("endif")
    _section(sheet, "people", "拟请交流的团队和专家")
    _list(sheet, "people")
    _section(sheet, "agenda", "议程")
    _list(sheet, "agenda")
    _section(sheet, "bring", "请协助准备")
    _list(sheet, "bring")
    _section(sheet, "travel", "交通")
    _list(sheet, "travel")
    _section(sheet, "secrecy", "保密事项")
    _list(sheet, "secrecy")
    sheet.body("请于 {{ answer_by }}前回复能否接待；时间、地点需要调整的，请一并告知。")
    return _close(sheet)


def letter_to_firm() -> bytes:
    """接待函: asks a firm to receive experts."""
    sheet = _letter("关于做好专家入企技术对接接待工作的函")
    sheet.body(
        "经协调，下列专家将于 {{ day }}（{{ hours }}）到贵单位（{{ place }}）开展技术对接。"
        "请做好接待准备，现将有关事项函告如下。"
    )
    _section(sheet, "people", "来访专家")
    _list(sheet, "people")
    _section(sheet, "needs", "对接的技术需求")
    _list(sheet, "needs")
    _section(sheet, "agenda", "议程")
    _list(sheet, "agenda")
    _section(sheet, "bring", "请准备")
    _list(sheet, "bring")
    _section(sheet, "travel", "交通")
    _list(sheet, "travel")
    _section(sheet, "secrecy", "保密事项")
    _list(sheet, "secrecy")
    sheet.body("请安排了解该项技术问题的负责人参加，并请到会人员签到。请于 {{ answer_by }}前确认。")
    return _close(sheet)


def record() -> bytes:
    """活动记录: what happened at a meeting, on one or two sheets."""
    sheet = Sheet(size=11, margins=(2, 2))
    sheet.line("对接活动记录", align=CENTER, size=18, font=HEADING)
    sheet.line("第 {{ number }} 号活动 · {{ kind }}", align=CENTER)
    for name, shown in (
        ("活动", "title"),
        ("时间", "when"),
        ("地点", "place"),
        ("接待院所", "host"),
        ("要谈的需求", "needs"),
    ):
        sheet.line(f"{name}：{{{{ {shown} }}}}")
    _attendance(sheet)
    _minutes(sheet)
    sheet.line("三、材料", font=HEADING)
    sheet.control("for one in files")
    sheet.line("{{ one }}")
    sheet.control("endfor")
    _words(sheet)
    sheet.line("登记：{{ recorded }}")
    sheet.line("核验：{{ verified }}")
    return sheet.data()


def _attendance(sheet: Sheet) -> None:
    sheet.line("一、到会情况", font=HEADING)
    sheet.rows(
        "one in people",
        [
            ("参加方", "{{ one.name }}", 5.5),
            ("单位", "{{ one.beside }}", 5),
            ("到会", "{{ one.attendance }}", 2),
            ("签到姓名或代替人", "{{ one.signed }}", 4.5),
        ],
    )


def _minutes(sheet: Sheet) -> None:
    sheet.line("二、纪要", font=HEADING)
    sheet.control("if items")
    sheet.rows(
        "one in items",
        [
            ("问题", "{{ one.problem }}", 4.2),
            ("建议", "{{ one.advice }}", 4.2),
            ("下一步", "{{ one.next_step }}", 4.2),
            ("责任人", "{{ one.owner }}", 2.2),
            ("期限", "{{ one.due }}", 2.2),
        ],
    )
    sheet.control("endif")
    sheet.control("if minutes")
    sheet.line("{{ minutes }}")
    sheet.control("endif")


def _words(sheet: Sheet) -> None:
    sheet.line("四、双方对记录的确认", font=HEADING)
    sheet.rows(
        "one in words",
        [
            ("单位", "{{ one.party }}", 5.5),
            ("意见", "{{ one.answer }}", 2),
            ("说明", "{{ one.remark }}", 5),
            ("确认", "{{ one.by }}", 4.5),
        ],
    )


def report() -> bytes:
    """月报、季报: figures, units, months, what was left out, and the rule by which all of it is counted."""
    return _report(Sheet(size=12, margins=(2, 2.2)))


def bulletin() -> bytes:
    """通报: the same on one page."""
    return _report(Sheet(size=10.5, margins=(1.5, 2), spacing=1.15))


def _units(sheet: Sheet) -> None:
    """The units side by side, each of the two hundreds with its split."""
    sheet.rows(
        "one in units",
        [
            ("责任单位", "{{ one.name }}", 3.6),
            ("片区", "{{ one.zone }}", 2.4),
            ("走进", "{{ one.outbound }}", 1.4),
            ("分解·完成率·名次", "{{ one.outbound_split }}", 4),
            ("请进", "{{ one.inbound }}", 1.4),
            ("分解·完成率·名次", "{{ one.inbound_split }}", 4),
        ],
    )


def _report(sheet: Sheet) -> bytes:
    sheet.line("{{ sender }}", align=CENTER, size=20, font=HEADING)
    sheet.line("{{ title }}", align=CENTER, size=16, font=HEADING)
    sheet.line("{{ dated }}", align=CENTER)
    sheet.line("{{ n.figures }}、总体情况", font=HEADING, indent=2)
    sheet.control("for one in figures")
    sheet.body("{{ one }}")
    sheet.control("endfor")
    sheet.line("{{ n.units }}、责任单位", font=HEADING, indent=2)
    _units(sheet)
    sheet.body("{{ units_note }}")
    _section(sheet, "months", "逐月情况")
    sheet.rows(
        "one in months",
        [
            ("月份", "{{ one.month }}", 2.4),
            ("走进", "{{ one.outbound }}", 2.4),
            ("走进累计", "{{ one.outbound_sum }}", 3),
            ("请进", "{{ one.inbound }}", 2.4),
            ("请进累计", "{{ one.inbound_sum }}", 3),
        ],
    )
    sheet.control("endif")
    _section(sheet, "left_out", "未计入的活动及原因")
    _list(sheet, "left_out")
    _section(sheet, "others", "其他指标")
    _list(sheet, "others")
    sheet.line("{{ n.rules }}、计数规则", font=HEADING, indent=2)
    sheet.control("for one in rules")
    sheet.body("{{ one }}")
    sheet.control("endfor")
    return sheet.data()


def _book_rows(sheet: Sheet) -> None:
    """Members, problems and milestones of a task book."""
    sheet.line("二、团长和成员", font=HEADING)
    sheet.rows(
        "one in members",
        [
            ("姓名", "{{ one.name }}", 3),
            ("角色", "{{ one.role }}", 2.2),
            ("职称", "{{ one.title }}", 3.4),
            ("单位", "{{ one.institute }}", 7.4),
        ],
    )
    sheet.line("三、要解决的问题和指标", font=HEADING)
    sheet.rows(
        "one in problems",
        [("企业", "{{ one.firm }}", 3.8), ("问题", "{{ one.problem }}", 6.4), ("指标", "{{ one.indicator }}", 5.8)],
    )
    sheet.line("四、年度里程碑", font=HEADING)
    sheet.rows("one in milestones", [("完成日期", "{{ one.due }}", 3.4), ("做到什么", "{{ one.title }}", 12.6)])


def task_book() -> bytes:
    """工作任务书: parties, problems, milestones, goals, terms, and a place for every signature."""
    sheet = Sheet(size=12, margins=(2.2, 2.4))
    sheet.line("科技特派团工作任务书", align=CENTER, size=20, font=HEADING)
    sheet.line("（第 {{ version }} 版）", align=CENTER)
    for name, shown in (
        ("特派团", "name"),
        ("级别", "level"),
        ("团长单位", "lead_institute"),
        ("服务对象", "hosts"),
        ("服务期", "term"),
        ("主管部门", "bureau"),
    ):
        sheet.line(f"{name}：{{{{ {shown} }}}}")
    sheet.line("一、双方", font=HEADING)
    sheet.line("{{ parties }}")
    _book_rows(sheet)
    sheet.line("五、目标和预期产出", font=HEADING)
    sheet.line("现场服务天数：{{ days }}；服务次数：{{ times }}")
    sheet.line("预期产出：{{ outputs }}")
    for heading, shown in (("六、经费", "funds"), ("七、知识产权", "property_terms"), ("八、保密", "confidentiality")):
        sheet.line(heading, font=HEADING)
        sheet.line(f"{{{{ {shown} }}}}")
    sheet.line("九、签字盖章", font=HEADING)
    sheet.rows("one in sides", [("各方", "{{ one }}", 6), ("签字（盖章）", "", 6), ("日期", "", 4)])
    return sheet.data()


def diagnosis() -> bytes:
    """技术巡诊诊断单: who was at a firm, what was found, what is advised, and a place for both signatures."""
    sheet = Sheet(size=12, margins=(2.2, 2.4))
    sheet.line("技术巡诊诊断单", align=CENTER, size=20, font=HEADING)
    for name, shown in (
        ("巡诊", "clinic"),
        ("企业", "firm"),
        ("时间", "day"),
        ("专家", "experts"),
        ("到访", "visited"),
        ("企业参加人员", "people"),
    ):
        sheet.line(f"{name}：{{{{ {shown} }}}}")
    sheet.line("一、总体情况", font=HEADING)
    sheet.line("{{ findings }}")
    sheet.line("二、问题和建议", font=HEADING)
    sheet.rows(
        "one in problems",
        [("问题", "{{ one.problem }}", 6.4), ("建议", "{{ one.advice }}", 6.4), ("轻重缓急", "{{ one.urgency }}", 3.2)],
    )
    sheet.line("企业（签字）：　　　　　　　　　　专家组长（签字）：")
    return sheet.data()


TEMPLATES: dict[str, Callable[[], bytes]] = {
    "letter_to_host": letter_to_host,
    "letter_to_firm": letter_to_firm,
    "record": record,
    "report": report,
    "bulletin": bulletin,
    "task_book": task_book,
    "diagnosis": diagnosis,
}


def differing(folder: Path = FOLDER) -> list[str]:
    """Names of the files whose text is not what this script would write."""
    return [name for name, build in TEMPLATES.items() if _text(folder / f"{name}.docx") != _text(BytesIO(build()))]


def _text(file: Path | BytesIO) -> str:
    if isinstance(file, Path) and not file.is_file():
        return ""
    with ZipFile(file) as archive:
        return re.sub(r"\s+", " ", archive.read("word/document.xml").decode("utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the Word templates.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a template is out of date")
    if parser.parse_args().check:
        old = differing()
        for name in old:
            print(f"{name}.docx is out of date, run `python -m tools.docx_templates`")
        return int(bool(old))
    FOLDER.mkdir(exist_ok=True)
    for name, build in TEMPLATES.items():
        (FOLDER / f"{name}.docx").write_bytes(build())
    return 0


if __name__ == "__main__":
    sys.exit(main())
