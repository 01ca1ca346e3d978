"""What counting needs on file: the city's host regions, the two metrics and their first rules."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import City, CountingRule, Metric, Region
from matchmaker.domain.metrics import MetricCode

RULES_FROM = date(2023, 1, 1)


def make_counting(session: Session) -> None:
    session.add(
        City(
            code="somewhere",
            name="某市",
            name_en="Somewhere",
            bureau="某市科技局",
            product_name="科技对接",
            product_name_en="Match",
            region_code="131000",
            host_regions=["110000", "120000"],
        )
    )
    names = {"110000": "北京市", "120000": "天津市", "110108": "海淀区", "131022": "固安县", "133100": "雄安新区"}
    session.add_all(Region(code=code, name=name) for code, name in names.items())
    for position, code in enumerate(MetricCode):
        session.add(
            Metric(
                code=code,
                position=position,
                name={"outbound": "走进", "inbound": "请进"}[code],
                name_en=code,
                unit_label="次",
                unit_label_en="visits",
                counted_from="meetings",
                source="演示",
            )
        )
        session.flush()
        add_rule(session, code, 1, RULES_FROM)
    session.flush()


def add_rule(session: Session, code: MetricCode, number: int, valid_from: date, **values: Any) -> None:
    session.add(
        CountingRule(
            metric_code=code,
            number=number,
            valid_from=valid_from,
            title=f"规则 {number}",
            title_en=f"Rule {number}",
            text=f"{code} 规则 {number} 全文",
            text_en="Text",
            sources=["meetings"],
            **values,
        )
    )
    session.flush()
