"""Which noun of the vocabulary a row is."""

from matchmaker.db.models import (
    Absorption,
    Account,
    Assessment,
    Capability,
    CountingRule,
    Expert,
    FollowUp,
    Group,
    Invitation,
    Meeting,
    Need,
    Organisation,
    Registration,
    Report,
    Route,
    Suggestion,
    Target,
    Task,
    Team,
    Training,
    Trip,
    Turnover,
)
from matchmaker.domain.vocabulary import Noun

Party = Expert | Group | Organisation
Entry = Absorption | Turnover | Training
Record = (
    Party
    | Account
    | Assessment
    | Capability
    | CountingRule
    | Entry
    | FollowUp
    | Invitation
    | Meeting
    | Need
    | Registration
    | Report
    | Route
    | Suggestion
    | Target
    | Task
    | Team
    | Trip
)
_NOUNS: dict[type[Record], Noun] = {
    Absorption: Noun.ABSORPTION,
    Account: Noun.ACCOUNT,
    Assessment: Noun.ASSESSMENT,
    Capability: Noun.CAPABILITY,
    CountingRule: Noun.RULE,
    Expert: Noun.EXPERT,
    FollowUp: Noun.FOLLOW_UP,
    Group: Noun.GROUP,
    Invitation: Noun.INVITATION,
    Meeting: Noun.MEETING,
    Need: Noun.NEED,
    Organisation: Noun.ORGANISATION,
    Registration: Noun.REGISTRATION,
    Report: Noun.REPORT,
    Route: Noun.ROUTE,
    Suggestion: Noun.SUGGESTION,
    Target: Noun.TARGET,
    Task: Noun.TASK,
    Team: Noun.TEAM,
    Training: Noun.TRAINING,
    Trip: Noun.TRIP,
    Turnover: Noun.TURNOVER,
}


def noun_of(record: Record) -> Noun:
    return _NOUNS[type(record)]
