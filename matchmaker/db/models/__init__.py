"""All tables. Import models from here."""

from matchmaker.db.models.accounts import Account, AccountSession, SignInFailure
from matchmaker.db.models.geography import City, Cluster, Region, TechnicalField, Unit, Zone
from matchmaker.db.models.ledger import CountingRule, Metric, Snapshot, Subsidy, Target, Workday
from matchmaker.db.models.meetings import Blob, Evidence, Meeting, MeetingExpert, MeetingFirm, MeetingNeed, Trip
from matchmaker.db.models.operations import (
    Audit,
    Boilerplate,
    Comment,
    Idempotency,
    ImportBatch,
    JobRun,
    OutboxMessage,
    Setting,
)
from matchmaker.db.models.organisations import Organisation, Site
from matchmaker.db.models.pairing import Answer, Invitation, RefreshRequest, Suggestion
from matchmaker.db.models.people import Expert, Group, GroupMember
from matchmaker.db.models.postings import Capability, Corpus, Need, NeedVersion
from matchmaker.db.models.teams import Team, TeamMember

__all__ = [
    "Account",
    "AccountSession",
    "Answer",
    "Audit",
    "Blob",
    "Boilerplate",
    "Capability",
    "City",
    "Cluster",
    "Comment",
    "Corpus",
    "CountingRule",
    "Evidence",
    "Expert",
    "Group",
    "GroupMember",
    "Idempotency",
    "ImportBatch",
    "Invitation",
    "JobRun",
    "Meeting",
    "MeetingExpert",
    "MeetingFirm",
    "MeetingNeed",
    "Metric",
    "Need",
    "NeedVersion",
    "Organisation",
    "OutboxMessage",
    "RefreshRequest",
    "Region",
    "Setting",
    "SignInFailure",
    "Site",
    "Snapshot",
    "Subsidy",
    "Suggestion",
    "Target",
    "Team",
    "TeamMember",
    "TechnicalField",
    "Trip",
    "Unit",
    "Workday",
    "Zone",
]
