"""All tables. Import models from here."""

from matchmaker.db.models.accounts import (
    Account,
    AccountLink,
    AccountSession,
    CalendarFeed,
    FormDraft,
    Notice,
    NoticePreference,
    PublicAttempt,
    Registration,
    SignInFailure,
)
from matchmaker.db.models.availability import Availability
from matchmaker.db.models.clinics import Clinic, ClinicExpert, ClinicProblem, ClinicVisit
from matchmaker.db.models.counting import Exclusion, SavedView
from matchmaker.db.models.entries import Absorption, Assessment, Training, Turnover
from matchmaker.db.models.evaluations import Appeal, Evaluation, EvaluationPerson, EvaluationRound
from matchmaker.db.models.geography import City, Cluster, Region, TechnicalField, Unit, Zone
from matchmaker.db.models.journeys import Letter, Reception, Route
from matchmaker.db.models.learning import Calibration, LexiconEntry, ParameterSet
from matchmaker.db.models.ledger import CountingRule, Metric, Revision, Snapshot, Subsidy, Target, Workday
from matchmaker.db.models.meetings import (
    Attachment,
    Blob,
    Evidence,
    Meeting,
    MeetingExpert,
    MeetingFirm,
    MeetingNeed,
    Trip,
)
from matchmaker.db.models.merging import Merge, NotDuplicate
from matchmaker.db.models.operations import (
    Audit,
    Boilerplate,
    Comment,
    Idempotency,
    ImportBatch,
    ImportChange,
    ImportDraft,
    ImportMapping,
    JobRun,
    OutboxMessage,
    SearchEntry,
    Setting,
)
from matchmaker.db.models.organisations import Organisation, Site
from matchmaker.db.models.pace import PaceWarning
from matchmaker.db.models.pairing import Answer, Invitation, Label, RefreshRequest, Suggestion
from matchmaker.db.models.people import Expert, Group, GroupMember
from matchmaker.db.models.postings import Capability, Corpus, Need, NeedRelease, NeedVersion
from matchmaker.db.models.recording import CheckIn, MeetingConfirmation, MinuteItem
from matchmaker.db.models.reports import Report
from matchmaker.db.models.service_logs import ServiceLog
from matchmaker.db.models.specialists import Specialist, SpecialistHost
from matchmaker.db.models.subsidies import SubsidyStatement
from matchmaker.db.models.tasks import FollowUp, Task
from matchmaker.db.models.team_life import Agreement, BookWord, Certificate, Milestone, TaskBook, TeamHost
from matchmaker.db.models.teams import Team, TeamMember, TeamNeed
from matchmaker.db.models.trail import AuditLink

__all__ = [
    "Absorption",
    "Account",
    "AccountLink",
    "AccountSession",
    "Agreement",
    "Answer",
    "Appeal",
    "Assessment",
    "Attachment",
    "Audit",
    "AuditLink",
    "Availability",
    "Blob",
    "Boilerplate",
    "BookWord",
    "CalendarFeed",
    "Calibration",
    "Capability",
    "Certificate",
    "CheckIn",
    "City",
    "Clinic",
    "ClinicExpert",
    "ClinicProblem",
    "ClinicVisit",
    "Cluster",
    "Comment",
    "Corpus",
    "CountingRule",
    "Evaluation",
    "EvaluationPerson",
    "EvaluationRound",
    "Evidence",
    "Exclusion",
    "Expert",
    "FollowUp",
    "FormDraft",
    "Group",
    "GroupMember",
    "Idempotency",
    "ImportBatch",
    "ImportChange",
    "ImportDraft",
    "ImportMapping",
    "Invitation",
    "JobRun",
    "Label",
    "Letter",
    "LexiconEntry",
    "Meeting",
    "MeetingConfirmation",
    "MeetingExpert",
    "MeetingFirm",
    "MeetingNeed",
    "Merge",
    "Metric",
    "Milestone",
    "MinuteItem",
    "Need",
    "NeedRelease",
    "NeedVersion",
    "NotDuplicate",
    "Notice",
    "NoticePreference",
    "Organisation",
    "OutboxMessage",
    "PaceWarning",
    "ParameterSet",
    "PublicAttempt",
    "Reception",
    "RefreshRequest",
    "Region",
    "Registration",
    "Report",
    "Revision",
    "Route",
    "SavedView",
    "SearchEntry",
    "ServiceLog",
    "Setting",
    "SignInFailure",
    "Site",
    "Snapshot",
    "Specialist",
    "SpecialistHost",
    "Subsidy",
    "SubsidyStatement",
    "Suggestion",
    "Target",
    "Task",
    "TaskBook",
    "Team",
    "TeamHost",
    "TeamMember",
    "TeamNeed",
    "TechnicalField",
    "Training",
    "Trip",
    "Turnover",
    "Unit",
    "Workday",
    "Zone",
]
