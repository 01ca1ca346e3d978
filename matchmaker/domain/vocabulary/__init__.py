"""Every closed list of words the product stores, with its Chinese label (DESIGN §2, one word per concept).

A member's value is what the database holds and what URLs carry; `.label` is the Chinese source string that
gettext translates. Columns and their CHECK constraints are derived from these enums.
"""

from matchmaker.domain.vocabulary.clinics import ClinicStatus, Urgency, Visited
from matchmaker.domain.vocabulary.evaluations import AppealStatus, EvaluationStatus, Grade, LineTies, Proof, Rounding
from matchmaker.domain.vocabulary.goals import TargetBasis, TargetStatus, TurnoverSpan, WarningLevel
from matchmaker.domain.vocabulary.meetings import (
    Attendance,
    CheckInHow,
    EvidenceKind,
    FollowUpStatus,
    LetterKind,
    MeetingKind,
    MeetingStatus,
    ReceptionAnswer,
    RecordAnswer,
    TalkOutcome,
    TaskStatus,
)
from matchmaker.domain.vocabulary.pairing import (
    Decision,
    DeclineReason,
    InvitationStatus,
    LabelKind,
    Side,
    TeamLevel,
    TeamStatus,
)
from matchmaker.domain.vocabulary.people import InstituteType, LinkPurpose, OrganisationKind, RegistrationStatus, Role
from matchmaker.domain.vocabulary.postings import (
    Audience,
    CapabilityKind,
    CapabilityStatus,
    Cooperation,
    Maturity,
    MemberRole,
    NeedStatus,
    OwnerKind,
    ServiceMode,
)
from matchmaker.domain.vocabulary.running import Frequency, ImportKind, ImportState, MailFault, Noun, OutboxState
from matchmaker.domain.vocabulary.specialists import SpecialistKind, SpecialistStatus
from matchmaker.domain.vocabulary.subsidies import ConditionKind, ConditionState, Holds, SubsidySubject
from matchmaker.domain.vocabulary.teams import BookAnswer, DayShare, HostKind, PlatformLevel, ServiceLogStatus
from matchmaker.domain.vocabulary.word import Word

__all__ = [
    "AppealStatus",
    "Attendance",
    "Audience",
    "BookAnswer",
    "CapabilityKind",
    "CapabilityStatus",
    "CheckInHow",
    "ClinicStatus",
    "ConditionKind",
    "ConditionState",
    "Cooperation",
    "DayShare",
    "Decision",
    "DeclineReason",
    "EvaluationStatus",
    "EvidenceKind",
    "FollowUpStatus",
    "Frequency",
    "Grade",
    "Holds",
    "HostKind",
    "ImportKind",
    "ImportState",
    "InstituteType",
    "InvitationStatus",
    "LabelKind",
    "LetterKind",
    "LineTies",
    "LinkPurpose",
    "MailFault",
    "Maturity",
    "MeetingKind",
    "MeetingStatus",
    "MemberRole",
    "NeedStatus",
    "Noun",
    "OrganisationKind",
    "OutboxState",
    "OwnerKind",
    "PlatformLevel",
    "Proof",
    "ReceptionAnswer",
    "RecordAnswer",
    "RegistrationStatus",
    "Role",
    "Rounding",
    "ServiceLogStatus",
    "ServiceMode",
    "Side",
    "SpecialistKind",
    "SpecialistStatus",
    "SubsidySubject",
    "TalkOutcome",
    "TargetBasis",
    "TargetStatus",
    "TaskStatus",
    "TeamLevel",
    "TeamStatus",
    "TurnoverSpan",
    "Urgency",
    "Visited",
    "WarningLevel",
    "Word",
]
