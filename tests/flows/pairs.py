"""Two of the demonstration who fit and have nothing to do with each other yet."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import String, cast, or_, select

from matchmaker.config import Settings
from matchmaker.db.models import (
    Account,
    Expert,
    Invitation,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    Need,
    Organisation,
    Site,
    Suggestion,
)
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Audience, NeedStatus
from tests.flows.conftest import TODAY

FORTNIGHT = timedelta(days=14)


@dataclass(frozen=True)
class Pair:
    """A need, whose it is, and who could solve it; `shared` is the word that speaks most for it."""

    need: str
    firm: str
    expert: str
    email: str
    shared: str


def free_pair(settings: Settings) -> Pair:
    """An open need and its first expert, of Beijing or Tianjin: no account, no invitation, no date soon, no absence."""
    soon = select(Meeting.id).where(Meeting.day.between(TODAY - FORTNIGHT, TODAY + FORTNIGHT))
    invited = or_(Invitation.expert_id == Expert.id, Invitation.need_id == Need.id)
    wanted = (
        select(Need, Expert, Suggestion)
        .join(Suggestion, Suggestion.need_id == Need.id)
        .join(Expert, Suggestion.owner_key == "expert:" + cast(Expert.id, String))
        .join(Site, Site.id == Expert.site_id)
        .where(Need.status == NeedStatus.PUBLISHED, Need.audience == Audience.OPEN, Suggestion.rank == 1)
        .where(~Suggestion.excluded, Suggestion.gate.is_(None), or_(*map(Site.region_code.startswith, ("11", "12"))))
        .where(Expert.email != "", Expert.away_from.is_(None), ~select(Invitation.id).where(invited).exists())
        .where(Expert.id.not_in(select(Account.expert_id).where(Account.expert_id.is_not(None))))
        .where(Expert.id.not_in(select(MeetingExpert.expert_id).where(MeetingExpert.meeting_id.in_(soon))))
        .where(Need.firm_id.not_in(select(MeetingFirm.firm_id).where(MeetingFirm.meeting_id.in_(soon))))
        .where(Need.firm_id.not_in(select(Account.organisation_id).where(Account.organisation_id.is_not(None))))
        .order_by(Suggestion.score.desc())
    )
    sessions = Sessions(settings.database_url)
    try:
        with sessions.read() as session:
            found = session.execute(wanted).first()
            assert found, "the demonstration has no such pair"
            need, expert, suggestion = found
            firm = session.get_one(Organisation, need.firm_id)
            return Pair(need.title, firm.name, expert.name, expert.email, suggestion.shared[0]["term"])
    finally:
        sessions.close()
