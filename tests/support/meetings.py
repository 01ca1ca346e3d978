"""A small world for pages about meetings, and the steps that its tests take again and again."""

import io
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from werkzeug.test import TestResponse

from matchmaker.db.models import Target
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role, TargetBasis, TargetStatus
from tests import factories as make
from tests.support.counting import make_counting
from tests.support.person import Person

DAY = make.TODAY.isoformat()


def make_world(sessions: Sessions, person: Callable[..., Person]) -> SimpleNamespace:
    """A firm, a university with a group of two and two places, both hundreds as targets, and officers signed in."""
    with sessions.write() as session:
        make_counting(session)
        unit = make.make_unit(session)
        firm = make.make_firm(session, unit, name="某某焊接有限公司")
        host = make.make_institute(session, name="某某理工大学")
        lead, member = make.make_expert(session, host, name="张三"), make.make_expert(session, host, name="李四")
        ids = SimpleNamespace(
            unit=unit.id,
            unit_code=unit.code,
            firm=firm.id,
            host=host.id,
            lead=lead.id,
            member=member.id,
            group=make.make_group(session, lead, member).id,
            campus=make.site_of(session, host).id,
            base=make.make_site(session, host, make.LOCAL, unit).id,
            works=make.site_of(session, firm).id,
            need=make.make_need(session, firm).id,
        )
        for code in ("outbound", "inbound"):
            session.add(
                Target(
                    metric_code=code,
                    year=2026,
                    value=100,
                    basis=TargetBasis.ABSOLUTE,
                    status=TargetStatus.DEMO,
                    unit_label="次",
                    source="演示",
                    created_at=make.NOW,
                    updated_at=make.NOW,
                )
            )
    ids.city, ids.other = person(Role.CITY), person(Role.CITY)
    ids.leader = person(Role.LEADER)
    ids.county = person(Role.COUNTY, unit_id=ids.unit)
    return ids


def outbound(world: SimpleNamespace, **changed: Any) -> dict[str, Any]:
    sent = {
        "kind": "outbound",
        "day": DAY,
        "starts": "09:00",
        "ends": "11:00",
        "host_id": world.host,
        "site_id": world.campus,
        "firm_ids": [world.firm],
        "expert_ids": [world.lead],
        "need_ids": [world.need],
    }
    return {**sent, **changed}


def planned(person: Person, form: dict[str, Any]) -> str:
    answer = person.post("/meetings", form)
    assert answer.status_code == 303, answer.text
    return answer.location


def recorded(world: SimpleNamespace, path: str) -> None:
    sent = {f"firm_{world.firm}": "attended", f"expert_{world.lead}": "attended", "minutes": "谈了焊接。"}
    answer = world.city.post(f"{path}/record", sent)
    assert answer.status_code == 303, answer.text


def press(person: Person, path: str, action: str, fields: dict[str, str] | None = None) -> TestResponse:
    """Open the meeting and take a step from what the page shows."""
    seen = re.search(r'name="version" value="(\d+)"', person.get(path).text)
    return person.post(f"{path}/{action}", {"version": seen[1] if seen else "", **(fields or {})})


def attach(person: Person, path: str, name: str, data: bytes, **fields: str) -> TestResponse:
    sent = {"kind": "photo", "file": (io.BytesIO(data), name), **fields}
    answer = person.post(f"{path}/evidence", sent, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # a large body is a temporary file of the client's
    return answer
