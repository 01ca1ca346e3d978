"""Which noun of the vocabulary a row is."""

from matchmaker.db.models import (
    Absorption,
    Account,
    Agreement,
    Appeal,
    Assessment,
    Capability,
    Certificate,
    Clinic,
    CountingRule,
    Evaluation,
    EvaluationRound,
    Expert,
    FollowUp,
    Group,
    Invitation,
    Meeting,
    Milestone,
    Need,
    Organisation,
    Registration,
    Report,
    Route,
    ServiceLog,
    Specialist,
    Subsidy,
    Suggestion,
    Target,
    Task,
    TaskBook,
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
    | Agreement
    | Appeal
    | Assessment
    | Capability
    | Certificate
    | Clinic
    | CountingRule
    | Entry
    | Evaluation
    | EvaluationRound
    | FollowUp
    | Invitation
    | Meeting
    | Milestone
    | Need
    | Registration
    | Report
    | Route
    | ServiceLog
    | Specialist
    | Subsidy
    | Suggestion
    | Target
    | Task
    | TaskBook
    | Team
    | Trip
)
_NOUNS: dict[type[Record], Noun] = {
    Absorption: Noun.ABSORPTION,
    Account: Noun.ACCOUNT,
    Agreement: Noun.AGREEMENT,
    Appeal: Noun.APPEAL,
    Assessment: Noun.ASSESSMENT,
    Capability: Noun.CAPABILITY,
    Certificate: Noun.CERTIFICATE,
    Clinic: Noun.CLINIC,
    CountingRule: Noun.RULE,
    Evaluation: Noun.EVALUATION,
    EvaluationRound: Noun.EVALUATION_ROUND,
    Expert: Noun.EXPERT,
    FollowUp: Noun.FOLLOW_UP,
    Group: Noun.GROUP,
    Invitation: Noun.INVITATION,
    Meeting: Noun.MEETING,
    Milestone: Noun.MILESTONE,
    Need: Noun.NEED,
    Organisation: Noun.ORGANISATION,
    Registration: Noun.REGISTRATION,
    Report: Noun.REPORT,
    Route: Noun.ROUTE,
    ServiceLog: Noun.SERVICE_LOG,
    Specialist: Noun.SPECIALIST,
    Subsidy: Noun.SUBSIDY,
    Suggestion: Noun.SUGGESTION,
    Target: Noun.TARGET,
    Task: Noun.TASK,
    TaskBook: Noun.TASK_BOOK,
    Team: Noun.TEAM,
    Training: Noun.TRAINING,
    Trip: Noun.TRIP,
    Turnover: Noun.TURNOVER,
}


def noun_of(record: Record) -> Noun:
    return _NOUNS[type(record)]
