"""What the number shown for a pair means: uncalibrated until labels allow, and back."""

from sqlalchemy import select

from matchmaker.db.models import Audit, Calibration, Label, ParameterSet
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import DeclineReason, LabelKind, Noun, Side
from matchmaker.queries.calibration import fit, scale
from matchmaker.services import calibration as services
from tests import factories as make
from tests.support.person import Person
from tests.support.texts import analysed
from tests.support.world import World

WORDS = ("激光焊接", "电池隔膜", "印染废水", "机器视觉", "齿轮热处理", "模具冷却", "秸秆发酵", "传感器标定")


def tell(sessions: Sessions, needs: int) -> None:
    """Needs with four judged experts each: whose words fit agreed, the others said it is not their field."""
    with sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session))
        experts = [make.make_expert(session) for _ in WORDS]
        for expert, word in zip(experts, WORDS, strict=True):
            analysed(session, make.make_capability(session, expert, title=word, text=f"研究{word}。", keywords=[]))
        for number in range(needs):
            mine = WORDS[number % len(WORDS)]
            need = analysed(session, make.make_need(session, firm, title=f"{mine}难题", problem=mine, keywords=[]))
            for step in range(4):
                fits = step < 1 or (step == 1 and number % 5 == 0)
                said = {"kind": LabelKind.ACCEPTED}
                if not fits:
                    reason = {"reason": DeclineReason.NOT_MY_FIELD, "side": Side.EXPERT}
                    said = {"kind": LabelKind.DECLINED, **reason}
                key = f"expert:{experts[(number + step) % len(WORDS)].id}"
                session.add(Label(need_id=need.id, owner_key=key, made_at=make.NOW, made_by="系统", **said))


def test_the_number_says_which_it_is_and_goes_back(
    world: World, city: Person, firm_user: Person, sessions: Sessions
) -> None:
    tell(sessions, 49)
    world.refresh()
    path = f"/needs/{world.need.id}"
    assert firm_user.get("/calibration").status_code == 403
    page = city.get(path).text
    assert "未校准的相似度" in page
    assert 'href="/calibration"' in page
    assert "反馈不足 200 条" in city.get("/calibration").text  # 196
    assert city.post("/calibration", {}).status_code == 409
    with sessions.write() as session:
        need, expert = make.make_need(session), make.make_expert(session)
        analysed(session, need)
        keys = [f"expert:{expert.id}"]
        for _ in range(4):
            other = make.make_expert(session)
            analysed(session, make.make_capability(session, other))
            keys.append(f"expert:{other.id}")
        for key in keys[1:]:
            session.add(Label(need_id=need.id, owner_key=key, kind=LabelKind.HELD, made_at=make.NOW, made_by="系统"))
    assert city.post("/calibration", {}).status_code == 303
    told = city.get("/calibration").text
    assert "按 200 条反馈校准" in told
    assert "实际谈成" in told
    for reader in (city, firm_user):
        page = reader.get(path).text
        assert "百分数按本市 200 条反馈校准" in page
        assert "未校准的相似度" not in page
    assert city.post("/calibration/end", {"reason": ""}).status_code == 422
    assert city.post("/calibration/end", {"reason": "反馈多是同一批"}).status_code == 303
    assert "未校准的相似度" in city.get(path).text
    assert "反馈多是同一批" in city.get("/calibration").text
    with sessions.read() as session:
        done = session.scalars(select(Audit.action).where(Audit.noun == Noun.PARAMETERS).order_by(Audit.id)).all()
        assert done == ["calibrate", "uncalibrate"]


def test_the_job_renews_and_ends_by_itself_but_not_against_an_officer(
    world: World, city: Person, sessions: Sessions
) -> None:
    runtime = world.runtime
    tell(sessions, 60)

    def renew() -> str:
        with sessions.read() as session:
            found = fit(session, runtime.index.current(session))
        with sessions.write() as session:
            return services.renew(session, SYSTEM, found, clock=runtime.clock)

    assert renew() == "calibrated by 240 labels"
    assert renew() == "240 labels as before"
    with sessions.write() as session:
        session.add(ParameterSet(values={"bigrams": 1.0}, figures={}, made_by="系统", made_at=make.NOW))
        session.flush()
        assert not scale(session).calibrated  # other numbers rank now
    assert renew() == "calibrated by 240 labels"
    with sessions.write() as session:
        gone = session.scalars(select(Label).limit(60)).all()
        for row in gone:
            session.delete(row)
    assert renew() == "not calibrated: too few labels"
    with sessions.read() as session:
        assert not scale(session).calibrated
    tell(sessions, 20)
    assert renew() == "calibrated by 260 labels"
    assert city.post("/calibration/end", {"reason": "先看相似度"}).status_code == 303
    assert renew() == "ended by hand"
    with sessions.read() as session:
        assert len(session.scalars(select(Calibration)).all()) == 5
