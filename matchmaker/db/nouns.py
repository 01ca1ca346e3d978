"""Which noun of the vocabulary a row is."""

from matchmaker.db.models import (
    Account,
    Capability,
    Expert,
    Group,
    Invitation,
    Meeting,
    Need,
    Organisation,
    Registration,
    Suggestion,
    Target,
    Team,
)
from matchmaker.domain.vocabulary import Noun

Party = Expert | Group | Organisation
Record = Party | Account | Capability | Invitation | Meeting | Need | Registration | Suggestion | Target | Team
_NOUNS: dict[type[Record], Noun] = {
    Account: Noun.ACCOUNT,
    Capability: Noun.CAPABILITY,
    Expert: Noun.EXPERT,
    Group: Noun.GROUP,
    Invitation: Noun.INVITATION,
    Meeting: Noun.MEETING,
    Need: Noun.NEED,
    Organisation: Noun.ORGANISATION,
    Registration: Noun.REGISTRATION,
    Suggestion: Noun.SUGGESTION,
    Target: Noun.TARGET,
    Team: Noun.TEAM,
}


def noun_of(record: Record) -> Noun:
    return _NOUNS[type(record)]
