# ruff: noqa: RUF001 -- look-alike characters are what is tested
import json
from pathlib import Path

import pytest

from matchmaker.domain.drafts import CapabilityDraft, NeedDraft, check
from matchmaker.domain.secrecy import secrecy_mark
from tests.support.data import data_file
from tests.support.source import ROOT

MARKED = [
    "绝密",
    "机密★10年",
    "秘密★",
    "秘密 ★ 5年",
    "机密☆",
    "密级：秘密",
    "密级 机密",
    "【秘密】某型号总体方案",
    "（机密）",
    "［绝密］",
    "本项目为秘密级课题",
    "绝 密",
    "机　密",
    "绝\u200b密",
    "机\u2060密\ufeff★",
    "絕密",
    "機密★",
    "祕密★",
    "机·密",
    "机-密 级",
    "內部資料 注意保存",
    "内部资料，注意保密",
    "内部文件　严禁外传",
    "内部参考·请勿外传",
    "指标见附件（机密文件）",
    "性能\n绝\n密\n★★★",
]
ORDINARY = [
    "愿意签订保密协议",
    "涉及商业秘密，详谈",
    "技术秘密可以许可",
    "属于公司商业机密",
    "配方是核心机密",
    "双方承担保密义务，不含国家秘密",
    "不含涉密内容",
    "螺杆压缩机密封泄漏",
    "发动机密闭性试验",
    "电机 密封圈老化",
    "隔绝密封与拒绝密接",
    "手机密码键盘",
    "随机密钥分发",
    "数据机密性、完整性和可用性",
    "机密计算与可信执行环境",
    "单机密度、整机密度",
    "密炼机密炼室",
    "拌合机密级配混合料",
    "公司内部资料需要整理",
    "内部文件检索系统",
    "高密度聚乙烯，精密机床，紧密配合，致密度",
    "秘密花园牌香精",
    "无人机密集编队",
    "",
]


@pytest.mark.parametrize("text", MARKED)
def test_a_mark_trips_whatever_its_disguise(text: str) -> None:
    assert secrecy_mark(f"设备指标如下：{text}")
    assert secrecy_mark(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_do_not_trip(text: str) -> None:
    assert secrecy_mark(text) == ""


@pytest.mark.parametrize("field", ["title", "problem", "indicators", "goal", "keywords", "must_have"])
def test_no_text_of_a_need_may_have_a_mark_and_the_message_does_not_repeat_it(field: str) -> None:
    draft, errors = check(NeedDraft, {"title": "焊接", field: "某型号导引头，机密★20年"})
    assert draft is None
    assert list(errors) == [field]
    assert "机密★" in errors[field]
    assert "导引头" not in errors[field]


def test_nor_may_a_capability_s() -> None:
    assert "text" in check(CapabilityDraft, {"kind": "expertise", "title": "焊接", "text": "【绝密】"})[1]


def test_the_demonstration_has_none() -> None:
    files = sorted((ROOT / "seeds" / "demo").rglob("*.toml"))
    assert files
    assert {path.name: mark for path in files if (mark := secrecy_mark(path.read_text("utf-8")))} == {}


def test_nothing_that_researchers_and_firms_have_published_trips() -> None:
    texts = [
        *_texts(data_file("chinaxiv", "papers.jsonl")),
        *_texts(data_file("bdci2019_need_achievement", "needs_dev_and_unlabelled.jsonl")),
    ]
    assert len(texts) > 10_000
    assert [mark for text in texts if (mark := secrecy_mark(text))] == []


def _texts(path: Path) -> list[str]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return ["\n".join(value for value in row.values() if isinstance(value, str)) for row in rows]
