"""A firm with a need and an expert who suits it, for the pages between the two."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from matchmaker.bootstrap import Runtime
from matchmaker.db.models import Expert, Invitation, Need, Organisation, Suggestion
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Side
from matchmaker.services import links, suggestions
from tests import factories as make
from tests.support.person import Person
from tests.support.texts import analysed

LATER = (make.TODAY + timedelta(days=9)).isoformat()
CANARIES = ("0316-7777001", "canary-firm@example.org", "000-7777002", "canary-expert@example.org")


@dataclass
class World:
    app: Flask
    sessions: Sessions
    firm: Organisation
    need: Need
    expert: Expert

    @property
    def runtime(self) -> Runtime:
        return self.app.extensions["matchmaker"]

    @property
    def owner(self) -> str:
        return f"expert:{self.expert.id}"

    def refresh(self) -> int:
        run = self.runtime
        suggestions.on_published(run.sessions, run.index, [self.need.id], settings=run.settings, clock=run.clock)
        with self.sessions.read() as session:
            return session.scalars(select(Suggestion.id).where(Suggestion.owner_key == self.owner)).one()

    def invitation(self) -> Invitation:
        with self.sessions.read() as session:
            found = session.scalars(select(Invitation)).one()
            session.expunge_all()
            return found

    def link(self, side: Side, days_ago: int = 0) -> str:
        run = self.runtime
        day = make.TODAY - timedelta(days=days_ago)
        return "/a/" + links.answer_token(run.settings.key(), self.invitation().id, side, today=day)


def make_world(app: Flask, sessions: Sessions) -> World:
    """The two, with telephone numbers and addresses that must not be seen before both have agreed."""
    with sessions.write() as session:
        firm = make.make_firm(
            session,
            make.make_unit(session),
            contact_name="王厂长",
            contact_phone=CANARIES[0],
            contact_email=CANARIES[1],
        )
        need = analysed(session, make.make_need(session, firm))
        expert = make.make_expert(session, phone=CANARIES[2], email=CANARIES[3])
        analysed(session, make.make_capability(session, expert))
        for text in ("玉米育种", "水稻病害", "桥梁监测"):
            analysed(session, make.make_capability(session, title=text, text=text, keywords=[]))
    return World(app, sessions, firm, need, expert)


def invite(world: World, sender: Person, **values: str) -> str:
    fields = {"need": str(world.need.id), "owner": world.owner, "kind": "inbound", "day": LATER, "at": "09:30"}
    answer = sender.post("/invitations", {**fields, **values})
    assert answer.status_code == 303, answer.text
    return str(answer.location)
