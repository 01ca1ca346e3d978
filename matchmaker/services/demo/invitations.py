"""Who asked whom, and what the two sides answered."""

from datetime import date, time

from matchmaker.clock import Clock
from matchmaker.domain.pairing import Proposal, Reply
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Decision, DeclineReason, MeetingKind, Side
from matchmaker.services import invitations, passing
from matchmaker.services.demo.script import Row, word
from matchmaker.services.demo.stage import Stage

SENT, FIRST_ANSWER, WITHDRAWN = time(15), time(15, 20), time(16, 40)


def exchange(stage: Stage) -> None:
    """Every invitation with its answers, each on its own day."""
    for key, row in stage.script.invitations.items():
        _send(stage, key, row)
        others = [answer for answer in row["answers"] if answer["side"] != row["sent_by"]]
        for place, answer in enumerate(others):
            _answer(stage, key, row, answer, place)
        if "withdrawn_reason" in row:
            _withdraw(stage, key, row)
        if "passed_to" in row:
            _pass_on(stage, key, row)


def _send(stage: Stage, key: str, row: Row) -> None:
    line = stage.timeline

    def act(clock: Clock) -> None:
        party = stage.groups[row["group"]] if "group" in row else stage.experts[row["expert"]]
        proposal = Proposal(
            kind=word(MeetingKind, row["kind"]),
            day=line.day(row["proposed_days_ago"]),
            at=time.fromisoformat(row["proposed_start"]),
            message=row["message"],
            answer_by=line.day(row["answer_by_days_ago"]),
        )
        stage.invitations[key] = invitations.invite(
            stage.session,
            _speaker(stage, row, row["sent_by"]),
            stage.needs[row["need"]],
            party,
            proposal,
            settings=stage.settings,
            clock=clock,
        )

    line.at(line.day(row["sent_days_ago"]), SENT, act)


def _answer(stage: Stage, key: str, row: Row, answer: Row, place: int) -> None:
    line = stage.timeline
    on_behalf = answer.get("on_behalf", False)

    def act(clock: Clock) -> None:
        invitations.answer(
            stage.session,
            _speaker(stage, row, "officer" if on_behalf else answer["side"]),
            stage.invitations[key],
            word(Side, answer["side"]),
            _reply(answer, line.day(answer["other_days_ago"]) if "other_days_ago" in answer else None),
            settings=stage.settings,
            clock=clock,
            on_behalf=on_behalf,
        )

    line.at(line.day(answer["days_ago"]), FIRST_ANSWER.replace(minute=20 + 20 * place), act)


def _reply(answer: Row, other_day: date | None) -> Reply:
    return Reply(
        decision=word(Decision, answer["decision"]),
        reason=word(DeclineReason, answer["reason"]) if "reason" in answer else None,
        day=other_day,
        at=time.fromisoformat(answer["other_start"]) if "other_start" in answer else None,
        note=answer.get("note", ""),
    )


def _withdraw(stage: Stage, key: str, row: Row) -> None:
    def act(clock: Clock) -> None:
        actor = _speaker(stage, row, row["sent_by"])
        reason = row["withdrawn_reason"]
        invitations.withdraw(stage.session, actor, stage.invitations[key], reason, settings=stage.settings, clock=clock)

    stage.timeline.at(stage.timeline.day(row["withdrawn_days_ago"]), WITHDRAWN, act)


def _pass_on(stage: Stage, key: str, row: Row) -> None:
    """To a colleague, who accepts some days later or has yet to answer."""
    line, colleague, onward = stage.timeline, row["passed_to"], f"{key}_onward"

    def act(clock: Clock) -> None:
        stage.invitations[onward] = passing.pass_on(
            stage.session,
            stage.expert(row["expert"]),
            stage.invitations[key],
            stage.experts[colleague],
            row["passed_note"],
            settings=stage.settings,
            clock=clock,
        )

    line.at(line.day(row["passed_days_ago"]), FIRST_ANSWER, act)
    if row["accepted_days_ago"] is not None:
        answer = {"side": "expert", "decision": "accept", "days_ago": row["accepted_days_ago"]}
        _answer(stage, onward, {"expert": colleague}, answer, 0)


def _speaker(stage: Stage, row: Row, who: str) -> Actor:
    """The firm, the expert side or the officer of an invitation."""
    if who == "firm":
        return stage.firm(stage.script.needs[row["need"]]["firm"])
    return stage.expert(row.get("expert") or row["group"]) if who == "expert" else stage.officer
