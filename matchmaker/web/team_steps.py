"""The steps of a team that this person may take now, as buttons; and what the tabs of its pages show."""

from sqlalchemy.orm import Session

from matchmaker.db.models import Team
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import TeamStatus
from matchmaker.queries import team_life
from matchmaker.web import buttons
from matchmaker.web.buttons import Button


def of(session: Session, actor: Actor, team: Team) -> list[Button]:
    """The buttons of a team: one that has ended goes back to where it was, by whether a task book was signed."""
    found = buttons.of(actor, team)
    if team.status is not TeamStatus.ENDED:
        return found
    never = "reform" if team_life.signed_book(session, team) is not None else "resume"
    return [button for button in found if button.action != never]
