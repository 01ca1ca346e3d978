"""Invitations from before consents knew their proposal and labels were kept: the migration works both out."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from matchmaker.db.migrate import downgrade, upgrade
from matchmaker.db.models import Answer, Invitation, Label
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Decision, DeclineReason, InvitationStatus, LabelKind, Side
from tests import factories as make

LATER = timedelta(hours=1)


@pytest.mark.both_databases
def test_an_old_database_learns_what_was_said(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    sessions = Sessions(empty_database_url)
    with sessions.write() as session:
        need, expert = make.make_need(session), make.make_expert(session)
        group = make.make_group(session, make.make_expert(session))
        moved = make.make_invitation(session, need, make.make_expert(session))
        agreed = make.make_invitation(session, need, expert, status=InvitationStatus.ACCEPTED)
        refused = make.make_invitation(session, need, group, status=InvitationStatus.DECLINED)
        for invitation in (moved, agreed, refused):
            _say(invitation, Side.FIRM, Decision.ACCEPT)
        _say(moved, Side.EXPERT, Decision.ANOTHER_TIME)
        _say(agreed, Side.EXPERT, Decision.ACCEPT)
        _say(refused, Side.EXPERT, Decision.DECLINE, DeclineReason.NOT_MY_FIELD)
        keys = {moved.id: make.NOW + LATER, agreed.id: make.NOW, refused.id: make.NOW}
        owners = (f"expert:{expert.id}", f"group:{group.id}")
    sessions.close()
    downgrade(empty_database_url, "0004")
    upgrade(empty_database_url)
    sessions = Sessions(empty_database_url)
    with sessions.read() as session:
        since = session.execute(select(Invitation.id, Invitation.proposed_since)).all()
        labels = session.scalars(select(Label).order_by(Label.owner_key)).all()
        told = [(row.owner_key, row.kind, row.reason, row.side) for row in labels]
    sessions.close()
    assert {row.id: row.proposed_since for row in since} == keys
    assert told == [
        (owners[0], LabelKind.ACCEPTED, None, None),
        (owners[1], LabelKind.DECLINED, DeclineReason.NOT_MY_FIELD, Side.EXPERT),
    ]


def _say(invitation: Invitation, side: Side, decision: Decision, reason: DeclineReason | None = None) -> None:
    given_at = make.NOW if side is Side.FIRM else make.NOW + LATER
    said = Answer(side=side, decision=decision, reason=reason, given_by="x", given_at=given_at)
    invitation.answers.append(said)
