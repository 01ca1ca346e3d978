"""Cases that matching gets wrong easily, one a line: who must win, or why somebody must not be offered at all."""

# ruff: noqa: RUF001 -- full-width characters are what is tested

from datetime import date
from typing import NamedTuple

import pytest

from matchmaker.matching import Facts, Gate, Posting, Ranker, missing_keywords, shut_gates
from tests.matching.postings import SEGMENTER


class Case(NamedTuple):
    """`right` and `wrong` are what two experts offer; the right one must be first, and strictly better."""

    name: str
    need: str
    right: str
    wrong: str
    body: str = ""


CASES = (
    Case("abbreviation for the full name", "OLED寿命短", "有机发光二极管封装与寿命", "LCD背光寿命"),
    Case("full name for the abbreviation", "绝缘栅双极型晶体管失效", "IGBT可靠性", "晶体管放大电路教学"),
    Case("the literal name before its other name", "OLED封装", "OLED封装", "有机发光二极管封装"),
    Case("English name for the Chinese one", "机器视觉检测划痕", "machine vision for scratches", "人工检测教材"),
    Case("Chinese name for the English one", "deep learning质检", "深度学习质检", "质检人员培训"),
    Case("near-synonym", "薄壁零件装夹", "薄板装夹", "厚板轧制"),
    Case("another word for the same machine", "减速机异响", "减速器故障诊断", "发动机故障诊断"),
    Case("Traditional need, Simplified offer", "鋁合金焊接變形", "铝合金焊接变形", "铜合金铸造"),
    Case("Simplified need, Traditional offer", "软体机器人夹爪", "軟體機器人夾爪", "机器人路径规划"),
    Case("full-width letters and digits", "６０６１－Ｔ６焊接", "6061-T6焊接", "7075-T6焊接"),
    Case("part number, not its family", "6061-T6板开裂", "6061-T6热处理", "6063-T5热处理"),
    Case("part number with another dash", "6061–T6板", "6061-T6板", "6061-O板"),
    Case("one letter makes another product", "LED驱动", "LED电源驱动", "OLED电源驱动"),
    Case("unit and number written apart", "0.5毫米钢板", "0.5 毫米钢板", "5毫米钢板"),
    Case("unit and number joined", "0.5mm铜箔", "0.5mm铜箔分切", "0.8mm铜箔分切"),
    Case("compatibility character of a unit", "20㎜轴承", "20mm轴承", "30mm轴承"),
    Case("zero-width space within a word", "铝合\u200b金铸造", "铝合金铸造", "镁合金铸造"),
    Case("ligature in English", "ﬁber coating", "fiber coating", "paper coating"),
    Case("English-only capability", "碳纤维回收", "碳纤维 recycling by pyrolysis", "glass bottle recycling"),
    Case("English by stem", "welded plates distort", "weld plate distortion", "water plant design"),
    Case("one-word need", "缩松", "压铸件缩松消除", "压铸机租赁"),
    Case("one-character difference", "脱硫", "烟气脱硫", "烟气脱硝"),
    Case("rare word before everyday words", "我们想解决氢脆问题", "氢脆机理", "我们想解决问题的方案"),
    Case("two of two terms before one twice", "激光焊接铝板", "激光焊接铝板", "激光激光切割激光"),
    Case("repetition does not buy the place", "膜污染清洗", "膜污染清洗", "膜膜膜膜膜分离膜材料膜"),
    Case("short offer does not win by length", "压铸模具寿命", "压铸模具寿命预测与表面强化", "模具"),
    Case("side topic in a long text", "轴承故障诊断", "轴承故障诊断", "发酵罐", "每月发酵车间也用到轴承。"),
    Case(
        "policy prose names no technology", "高温合金涂层", "高温合金涂层", "贯彻落实创新驱动发展战略，加强产学研合作"
    ),
    Case("compound of both words, apart", "秸秆制氢", "秸秆气化制氢", "秸秆青贮"),
    Case("word order", "检测机器人", "机器人检测管道", "检测报告"),
    Case("dotted abbreviation within Chinese", "PVC管脆化", "PVC管材增韧", "PE管材"),
    Case("symbols in a name", "C++嵌入式", "C++嵌入式软件", "C嵌入式软件"),
    Case("chemical formula", "SiO2气凝胶", "SiO2气凝胶隔热", "Al2O3陶瓷"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_right_one_wins(case: Case) -> None:
    need = Posting("need", SEGMENTER.analyse(title=case.need, body=case.body))
    offers = [Posting(key, SEGMENTER.analyse(title=text)) for key, text in (("a", case.wrong), ("b", case.right))]
    filler = [
        Posting(f"x{at}", SEGMENTER.analyse(title=text))
        for at, text in enumerate(("我们想解决葡萄酒酿造问题", "我们想解决桥梁抗震问题", "葡萄酒问题"))
    ]
    ranker = Ranker().fit([*offers, *filler], queries=[need])
    [found] = ranker.rank([need])
    scores = {match.key: match.score for match in found}
    assert scores.get("b", 0.0) > scores.get("a", 0.0)
    [reasons] = ranker.explain(need, found[:1])
    assert reasons


WHY_NOT = (
    ("own organisation", Facts(own_organisation=True), Gate.OWN_ORGANISATION),
    ("a need for chosen institutes", Facts(not_released=True), Gate.RELEASE),
    ("conflict of interest", Facts(conflict="夫妻"), Gate.CONFLICT),
    ("said so before", Facts(not_my_field="焊接"), Gate.NOT_MY_FIELD),
    ("withdrawn", Facts(withdrawn=True), Gate.WITHDRAWN),
    ("stale profile", Facts(unconfirmed_for=366), Gate.STALE),
    ("abroad", Facts(away_until=date(2026, 12, 1)), Gate.AWAY),
    ("capacity used up", Facts(used=2, capacity=2), Gate.CAPACITY),
    ("asked and declined lately", Facts(declined_ago=10), Gate.DECLINED),
    ("must-have missing", Facts(missing_keywords=("纳滤",)), Gate.KEYWORD),
)


@pytest.mark.parametrize(("facts", "gate"), [pair[1:] for pair in WHY_NOT], ids=[pair[0] for pair in WHY_NOT])
def test_the_reason_why_not(facts: Facts, gate: Gate) -> None:
    assert [barred.gate for barred in shut_gates(facts)] == [gate]


@pytest.mark.parametrize(
    ("required", "text", "missing"),
    [
        ("纳滤", "膜法处理", ("纳滤",)),
        ("纳滤", "納濾膜處理", ()),
        ("ＩＧＢＴ", "igbt驱动", ()),
        ("6061-T6", "6061 T6", ("6061-T6",)),
    ],
)
def test_a_must_have_is_literal_in_any_written_form(required: str, text: str, missing: tuple[str, ...]) -> None:
    assert missing_keywords([required], SEGMENTER.analyse(title=text)) == missing


def test_near_duplicates_tie_by_id_and_both_stay() -> None:
    need = Posting("need", SEGMENTER.analyse(title="压铸件缩松"))
    same = [Posting(key, SEGMENTER.analyse(title="压铸件缩松检测")) for key in ("b", "a")]
    [found] = Ranker().fit(same).rank([need])
    assert [match.key for match in found] == ["a", "b"]
    assert found[0].score == found[1].score


def test_a_need_of_policy_only_keeps_its_text_and_finds_little() -> None:
    policy = "为贯彻落实创新驱动发展战略，加强产学研合作，推动产业转型升级。"
    needs = [
        Posting(f"n{at}", SEGMENTER.analyse(title=title, body=policy), organisation=f"o{at}")
        for at, title in enumerate(("", "压铸件缩松", "膜污染", "氢脆", "焊接变形", "秸秆制氢"))
    ]
    offers = [Posting(key, SEGMENTER.analyse(title=key)) for key in ("压铸件缩松检测", "产业政策研究")]
    [only, casting, *_] = Ranker().fit(offers, queries=needs).rank(needs)
    assert [match.key for match in only] in ([], ["产业政策研究"])
    assert [match.key for match in casting] == ["压铸件缩松检测"]


def test_without_a_common_term_nobody_is_found() -> None:
    offers = [Posting("a", SEGMENTER.analyse(title="葡萄酒酿造"))]
    assert Ranker().fit(offers).rank([Posting("n", SEGMENTER.analyse(title="桥梁抗震"))]) == [[]]
