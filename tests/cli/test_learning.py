"""`history-report` and `tune` on a small database."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from matchmaker.cli import group
from matchmaker.clock import FixedDayClock
from matchmaker.config import Settings
from matchmaker.db.models import Audit, Label, Need, ParameterSet, RefreshRequest
from matchmaker.db.session import Sessions
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import DeclineReason, LabelKind, Noun, Side
from matchmaker.errors import Conflict, MatchmakerError
from matchmaker.matching.parameters import DEFAULTS
from matchmaker.matching.tuning import Interval, Verdict
from matchmaker.queries import parameters as queries
from matchmaker.queries.judgements import Judgements, judgements
from matchmaker.services import parameters as services
from matchmaker.services.index import CorpusIndex
from tests import factories as make
from tests.support.texts import analysed

TOPICS = ("激光焊接", "锂电池隔膜", "印染废水", "机器视觉检测", "齿轮热处理", "模具冷却", "秸秆发酵", "传感器标定")
KINDS = (LabelKind.ACCEPTED, LabelKind.HELD, LabelKind.SIGNED, LabelKind.DECLINED)


@pytest.fixture
def settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MATCHMAKER_DATABASE_URL", settings.database_url)
    return settings


def label(needs: int, each: int, sessions: Sessions) -> None:
    """Needs of one topic each, every one with `each` labels drawn at random."""
    chance = Random(1)  # noqa: S311 -- a simulation
    with sessions.write() as session:
        firm = make.make_firm(session, make.make_unit(session))
        experts = [make.make_expert(session) for _ in TOPICS]
        for expert, topic in zip(experts, TOPICS, strict=True):
            analysed(session, make.make_capability(session, expert, title=topic, text=f"研究{topic}。", keywords=[]))
        for number in range(needs):
            topic = TOPICS[number % len(TOPICS)]
            need = analysed(session, make.make_need(session, firm, title=f"{topic}难题", problem=topic, keywords=[]))
            for expert in chance.sample(experts, each):
                kind = chance.choice(KINDS)
                declined = {"reason": DeclineReason.NOT_MY_FIELD, "side": Side.EXPERT}
                said = declined if kind is LabelKind.DECLINED else {}
                key = f"expert:{expert.id}"
                row = Label(need_id=need.id, owner_key=key, kind=kind, made_at=make.NOW, made_by="系统", **said)
                session.add(row)


def run(*arguments: str) -> None:
    group.main(list(arguments), prog_name="matchmaker", standalone_mode=False)


def test_the_report_measures_labelled_needs_against_plain_tf_idf(
    settings: Settings, sessions: Sessions, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    label(12, 3, sessions)
    with sessions.read() as session:
        said = judgements(session)
    out = tmp_path / "report.jsonl"
    run("history-report", "--output", str(out))
    told = capsys.readouterr().out
    assert f"36 labels; {said.needs} needs measured, {said.left_out} left out" in told
    assert said.needs + said.left_out == 12
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["metric"] for row in rows] == ["nDCG@10", "Recall@10", "MRR"]
    assert all(row["low"] <= row["running"] <= row["high"] for row in rows)
    assert all(row["difference"] == pytest.approx(row["running"] - row["plain"]) for row in rows)
    run("history-report", "--since", (make.TODAY + timedelta(days=2)).isoformat())
    assert "nothing to measure" in capsys.readouterr().out


def test_what_only_the_circumstances_forbade_is_no_judgement(sessions: Sessions) -> None:
    with sessions.write() as session:
        need = make.make_need(session)
        for number, (kind, reason) in enumerate(
            [
                (LabelKind.DECLINED, DeclineReason.NO_TIME),
                (LabelKind.DECLINED, DeclineReason.NOT_MY_FIELD),
                (LabelKind.HELD, None),
                (LabelKind.SIGNED, None),
            ]
        ):
            key = f"expert:{min(number, 2)}"
            stamps = {"made_at": make.NOW, "made_by": "系统"}
            session.add(Label(need_id=need.id, owner_key=key, kind=kind, reason=reason, **stamps))
    with sessions.read() as session:
        said = judgements(session)
    assert said.grades == {str(need.id): {"expert:1": 0, "expert:2": 3}}
    assert (said.labels, said.left_out) == (2, 0)


def test_tuning_refuses_few_labels_and_noise_with_the_figures(
    settings: Settings, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    label(24, 3, sessions)
    with pytest.raises(MatchmakerError, match="72 labels, at least 200"):
        run("tune", "--apply")
    label(40, 4, sessions)
    with pytest.raises(MatchmakerError, match="no change: "):
        run("tune", "--apply")
    assert "paired difference: " in capsys.readouterr().out
    with sessions.read() as session:
        assert session.scalar(select(func.count(ParameterSet.id))) == 0


def test_other_parameters_hold_at_once_everywhere_and_can_be_taken_back(
    settings: Settings, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    label(4, 2, sessions)
    first, second = CorpusIndex(), CorpusIndex()
    with sessions.write() as session:
        row = ParameterSet(values={"bigrams": 1.0}, figures={}, made_by="系统", made_at=make.NOW)
        session.add(row)
    with sessions.read() as session:
        assert first.current(session).weights.parameters.bigrams == 1.0
        assert second.current(session).weights.parameters.bigrams == 1.0
    run("tune", "--revert", "0", "--reason", "先用原来的")
    assert "version 2 holds: the built-in parameters" in capsys.readouterr().out
    with sessions.read() as session:
        assert {one.current(session).weights.parameters for one in (first, second)} == {DEFAULTS}
        assert queries.running(session) == queries.Running(DEFAULTS, 2)
        asked = set(session.scalars(select(RefreshRequest.need_id)))
        assert asked == set(session.scalars(select(Need.id)))
        told = session.scalars(select(Audit).where(Audit.noun == Noun.PARAMETERS)).one()
        assert (told.before, told.reason) == ({"values": {"bigrams": 1.0}, "figures": None}, "先用原来的")
    with pytest.raises(MatchmakerError, match="version 9"):
        run("tune", "--revert", "9")


def test_what_tuning_chose_is_adopted_once(sessions: Sessions) -> None:
    chosen, gain = replace(DEFAULTS, bigrams=3.0), Interval(0.02, 0.01, 0.03)
    verdict = Verdict(chosen, before=0.5, after=0.52, gain=gain, refusal="")
    found = queries.Tuned(Judgements({}, 240, 3), queries.Running(DEFAULTS, 0), "", verdict)
    clock = FixedDayClock(make.TODAY)
    with sessions.write() as session:
        row = services.adopt(session, SYSTEM, found, clock=clock)
        assert (row.values, row.figures["labels"], row.figures["gain"]) == ({"bigrams": 3.0}, 240, vars(gain))
        assert queries.running(session) == queries.Running(chosen, row.id)
    with sessions.write() as session, pytest.raises(Conflict, match="meanwhile"):
        services.adopt(session, SYSTEM, found, clock=clock)
    refused = queries.Tuned(found.said, found.running, "the interval of the paired difference includes zero", verdict)
    with sessions.write() as session, pytest.raises(Conflict, match="includes zero"):
        services.adopt(session, SYSTEM, refused, clock=clock)


def test_calibrating_prints_what_was_observed_and_refuses_chance(
    settings: Settings, sessions: Sessions, capsys: pytest.CaptureFixture[str]
) -> None:
    label(24, 3, sessions)
    with pytest.raises(MatchmakerError, match="too few labels"):
        run("calibrate", "--apply")
    label(40, 4, sessions)
    with pytest.raises(MatchmakerError, match="no better than the share of all pairs"):
        run("calibrate", "--apply")
    told = capsys.readouterr().out
    assert "232 labels" in told
    assert told.count("observed") == 5
    assert "Brier: points" in told
    with pytest.raises(MatchmakerError):
        run("calibrate", "--end", "--reason", "没有校准过")
