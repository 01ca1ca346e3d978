"""What can be typed in: one declaration per field, shared by forms, sheets and messages."""

from matchmaker.domain.drafts.base import Draft, as_far_as_sound, check, fields_of, missing
from matchmaker.domain.drafts.clinics import ClinicChangeDraft, ClinicDraft, DiagnosisDraft
from matchmaker.domain.drafts.columns import ROW_OF, UNDER, heading_key, match_headings
from matchmaker.domain.drafts.damage import looks_damaged
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.drafts.goals import (
    AbsorptionDraft,
    AssessmentDraft,
    FigureDraft,
    PromiseDraft,
    SplitsDraft,
    TargetDraft,
    TrainingDraft,
    TurnoverDraft,
)
from matchmaker.domain.drafts.history import FIRM, HistoryRow
from matchmaker.domain.drafts.parse import parse
from matchmaker.domain.drafts.parties import (
    ExpertDraft,
    ExpertRow,
    GroupDraft,
    GroupRow,
    IntroductionDraft,
    OrganisationDraft,
    OrganisationRow,
    SiteDraft,
    WishesDraft,
)
from matchmaker.domain.drafts.postings import CapabilityDraft, CapabilityRow, NeedDraft, NeedRow, need_body
from matchmaker.domain.drafts.readings import unit_of
from matchmaker.domain.drafts.registrations import RegistrationDraft
from matchmaker.domain.drafts.specialists import (
    CorrectionDraft,
    FilingDraft,
    SpecialistDraft,
    SpecialistRow,
    TripartiteDraft,
)
from matchmaker.domain.drafts.subsidies import ForceDraft, HoldsDraft, SumDraft
from matchmaker.domain.drafts.teams import (
    AgreementDraft,
    CertificateDraft,
    HostDraft,
    MemberDraft,
    ServiceLogDraft,
    TaskBookDraft,
    TeamDraft,
)
from matchmaker.domain.drafts.tidy import comparable, one_line, tidy

__all__ = [
    "FIRM",
    "ROW_OF",
    "UNDER",
    "About",
    "AbsorptionDraft",
    "AgreementDraft",
    "AssessmentDraft",
    "CapabilityDraft",
    "CapabilityRow",
    "CertificateDraft",
    "ClinicChangeDraft",
    "ClinicDraft",
    "CorrectionDraft",
    "DiagnosisDraft",
    "Draft",
    "ExpertDraft",
    "ExpertRow",
    "FigureDraft",
    "FilingDraft",
    "ForceDraft",
    "GroupDraft",
    "GroupRow",
    "HistoryRow",
    "HoldsDraft",
    "HostDraft",
    "IntroductionDraft",
    "MemberDraft",
    "NeedDraft",
    "NeedRow",
    "OrganisationDraft",
    "OrganisationRow",
    "PromiseDraft",
    "RegistrationDraft",
    "ServiceLogDraft",
    "Shape",
    "SiteDraft",
    "SpecialistDraft",
    "SpecialistRow",
    "SplitsDraft",
    "SumDraft",
    "TargetDraft",
    "TaskBookDraft",
    "TeamDraft",
    "TrainingDraft",
    "TripartiteDraft",
    "TurnoverDraft",
    "WishesDraft",
    "as_far_as_sound",
    "check",
    "comparable",
    "fields_of",
    "heading_key",
    "looks_damaged",
    "match_headings",
    "missing",
    "need_body",
    "one_line",
    "parse",
    "tidy",
    "unit_of",
]
