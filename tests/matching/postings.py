"""Invented postings for the matcher's tests."""

from matchmaker.matching import Posting
from matchmaker.text import Segmenter

SEGMENTER = Segmenter()

OFFERS = {
    "welding": ("铝合金薄壁件激光焊接变形控制", "提出6061-T6铝合金薄板激光焊接的变形预测与反变形工装。"),
    "battery": ("锂离子电池隔膜涂覆工艺", "研究陶瓷涂覆隔膜的耐热收缩与电解液浸润。"),
    "water": ("印染废水膜法深度处理", "采用纳滤膜回收染料与盐，降低高盐废水排放。"),
    "vision": ("表面缺陷机器视觉检测", "深度学习识别钢板表面划痕、凹坑，detects scratches online。"),
}


def posting(key: str, title: str, body: str = "", *, owner: str = "", organisation: str = "") -> Posting:
    text = SEGMENTER.analyse(title=title, body=body)
    return Posting(key, text, owner=owner, organisation=organisation)


def offers() -> list[Posting]:
    owners = {"welding": "李", "battery": "王", "water": "王", "vision": "李"}
    return [posting(key, *texts, owner=owners[key]) for key, texts in OFFERS.items()]
