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
    Suggestion,
    Target,
    Team,
)
from matchmaker.domain.vocabulary import Noun

Record = Account | Capability | Expert | Group | Invitation | Meeting | Need | Organisation | Suggestion | Target | Team
_NOUNS: dict[type[Record], Noun] = {
    Account: Noun.ACCOUNT,
    Capability: Noun.CAPABILITY,
    Expert: Noun.EXPERT,
    Group: Noun.GROUP,
    Invitation: Noun.INVITATION,
    Meeting: Noun.MEETING,
    Need: Noun.NEED,
    Organisation: Noun.ORGANISATION,
    Suggestion: Noun.SUGGESTION,
    Target: Noun.TARGET,
    Team: Noun.TEAM,
}


def noun_of(record: Record) -> Noun:
    return _NOUNS[type(record)]
