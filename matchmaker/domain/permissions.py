"""Who may do what to one record. Lists are filtered by `queries.scopes`; a test holds the two together."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from matchmaker.domain.vocabulary import Role


class Permission(StrEnum):
    """One name per thing a person may do."""

    NEED_VIEW = "need:view"
    NEED_CREATE = "need:create"
    NEED_EDIT = "need:edit"
    NEED_SUBMIT = "need:submit"
    NEED_COUNTY_REVIEW = "need:county_review"
    NEED_CITY_REVIEW = "need:city_review"
    NEED_CLOSE = "need:close"
    CAPABILITY_VIEW = "capability:view"
    CAPABILITY_EDIT = "capability:edit"
    CAPABILITY_REVIEW = "capability:review"
    ORGANISATION_EDIT = "organisation:edit"
    EXPERT_EDIT = "expert:edit"
    GROUP_EDIT = "group:edit"
    SUGGESTION_VIEW = "suggestion:view"
    SUGGESTION_STEER = "suggestion:steer"
    INVITATION_VIEW = "invitation:view"
    INVITATION_CREATE = "invitation:create"
    INVITATION_ANSWER_FIRM = "invitation:answer_firm"
    INVITATION_ANSWER_EXPERT = "invitation:answer_expert"
    INVITATION_ON_BEHALF = "invitation:on_behalf"
    INVITATION_WITHDRAW = "invitation:withdraw"
    MEETING_VIEW = "meeting:view"
    MEETING_PLAN = "meeting:plan"
    MEETING_RECORD = "meeting:record"
    MEETING_RECEIVE = "meeting:receive"
    MEETING_VERIFY = "meeting:verify"
    MEETING_REVERSE = "meeting:reverse"
    TASK_VIEW = "task:view"
    TASK_CLOSE = "task:close"
    TASK_GIVE = "task:give"
    FOLLOW_UP_VIEW = "follow_up:view"
    FOLLOW_UP_ANSWER = "follow_up:answer"
    TEAM_VIEW = "team:view"
    TEAM_PROPOSE = "team:propose"
    TEAM_MANAGE = "team:manage"
    TASK_BOOK_ANSWER = "task_book:answer"
    MILESTONE_REPORT = "milestone:report"
    SERVICE_LOG_VIEW = "service_log:view"
    SERVICE_LOG_WRITE = "service_log:write"
    SERVICE_LOG_UNIT_REVIEW = "service_log:unit_review"
    SERVICE_LOG_CITY_REVIEW = "service_log:city_review"
    SERVICE_LOG_RATE = "service_log:rate"
    SPECIALIST_VIEW = "specialist:view"
    SPECIALIST_EDIT = "specialist:edit"
    SPECIALIST_END = "specialist:end"
    SPECIALIST_CORRECT = "specialist:correct"
    CLINIC_VIEW = "clinic:view"
    CLINIC_PLAN = "clinic:plan"
    CLINIC_DIAGNOSE = "clinic:diagnose"
    CERTIFICATE_VIEW = "certificate:view"
    CERTIFICATE_ISSUE = "certificate:issue"
    EVALUATION_VIEW = "evaluation:view"
    EVALUATION_REPORT = "evaluation:report"
    EVALUATION_UNIT_REVIEW = "evaluation:unit_review"
    EVALUATION_SCORE = "evaluation:score"
    EVALUATION_MANAGE = "evaluation:manage"
    APPEAL_MAKE = "appeal:make"
    APPEAL_ANSWER = "appeal:answer"
    BOARD_VIEW = "board:view"
    TARGET_EDIT = "target:edit"
    ENTRY_EDIT = "entry:edit"
    SUBSIDY_VIEW = "subsidy:view"
    SUBSIDY_DRAFTS_VIEW = "subsidy_drafts:view"
    SUBSIDY_EDIT = "subsidy:edit"
    SUBSIDY_STATE = "subsidy:state"
    RULE_EDIT = "rule:edit"
    WORKDAY_EDIT = "workday:edit"
    LEXICON_EDIT = "lexicon:edit"
    COUNT_EXCLUDE = "count:exclude"
    REPORT_ISSUE = "report:issue"
    REPORT_EVENTS_VIEW = "report_events:view"
    AUDIT_VIEW = "audit:view"
    IMPORT_RUN = "import:run"
    MERGE = "record:merge"
    ACCOUNT_MANAGE = "account:manage"
    ACCOUNT_INVITE = "account:invite"
    REGISTRATION_REVIEW = "registration:review"
    HANDOVER = "handover:run"
    LETTER_READ = "letter:read"
    LETTER_RESEND = "letter:resend"
    SYSTEM_ONLY = "system:only"


@dataclass(frozen=True)
class Actor:
    """Who acts: an account, or the system itself (jobs, command line, a signed link).

    `organisation_id` is set for firms and institute managers, `unit_id` for county officers, `expert_id` for experts.
    """

    role: Role | None
    name: str
    account_id: int | None = None
    organisation_id: int | None = None
    unit_id: int | None = None
    expert_id: int | None = None

    @property
    def is_system(self) -> bool:
        """True for jobs and the command line, which the operating system has already let in."""
        return self.role is None

    @property
    def is_bureau(self) -> bool:
        """True for county and city officers."""
        return self.role in {Role.COUNTY, Role.CITY}


SYSTEM = Actor(role=None, name="system")


@dataclass(frozen=True)
class Facts:
    """What a rule may look at in a record: whose it is, where it sits, whether strangers may see it.

    `expert_ids` are the people who stand on the expert side of it. `public`: anybody signed in may read it;
    `bureau`: any officer may. `reader_institute_ids` and `reader_ids` are those it was released to 定向发布.
    """

    unit_ids: frozenset[int] = frozenset()
    expert_ids: frozenset[int] = frozenset()
    firm_ids: frozenset[int] = frozenset()
    institute_ids: frozenset[int] = frozenset()
    public: bool = False
    bureau: bool = False
    reader_institute_ids: frozenset[int] = frozenset()
    reader_ids: frozenset[int] = frozenset()


NO_FACTS = Facts()
Rule = Callable[[Actor, Facts], bool]


def _is(*roles: Role) -> Rule:
    return lambda actor, _: actor.role in roles


def _any(*rules: Rule) -> Rule:
    return lambda actor, facts: any(rule(actor, facts) for rule in rules)


def _own_firm(actor: Actor, facts: Facts) -> bool:
    return actor.role is Role.FIRM and actor.organisation_id in facts.firm_ids


def _own_institute(actor: Actor, facts: Facts) -> bool:
    return actor.role is Role.INSTITUTE and actor.organisation_id in facts.institute_ids


def _own_expert(actor: Actor, facts: Facts) -> bool:
    return actor.role is Role.EXPERT and actor.expert_id in facts.expert_ids


def _own_unit(actor: Actor, facts: Facts) -> bool:
    return actor.role is Role.COUNTY and actor.unit_id in facts.unit_ids


def _public(actor: Actor, facts: Facts) -> bool:
    return facts.public and actor.role not in {None, Role.ADMIN}


def _released(actor: Actor, facts: Facts) -> bool:
    institute = actor.role is Role.INSTITUTE and actor.organisation_id in facts.reader_institute_ids
    return institute or (actor.role is Role.EXPERT and actor.expert_id in facts.reader_ids)


def _for_officers(actor: Actor, facts: Facts) -> bool:
    return facts.bureau and actor.is_bureau


_CITY = _is(Role.CITY)
_WATCHERS = _is(Role.CITY, Role.LEADER)
_PARTIES = _any(_WATCHERS, _own_unit, _own_firm, _own_institute, _own_expert)

RULES: dict[Permission, Rule] = {
    Permission.NEED_VIEW: _any(_WATCHERS, _own_unit, _own_firm, _public, _released, _for_officers),
    Permission.NEED_CREATE: _any(_CITY, _is(Role.FIRM), _is(Role.COUNTY)),
    Permission.NEED_EDIT: _any(_CITY, _own_firm),
    Permission.NEED_SUBMIT: _any(_CITY, _own_firm),
    Permission.NEED_COUNTY_REVIEW: _any(_CITY, _own_unit),
    Permission.NEED_CITY_REVIEW: _CITY,
    Permission.NEED_CLOSE: _any(_CITY, _own_firm),
    Permission.CAPABILITY_VIEW: _any(_WATCHERS, _own_institute, _own_expert, _public),
    Permission.CAPABILITY_EDIT: _any(_CITY, _own_institute, _own_expert),
    Permission.CAPABILITY_REVIEW: _CITY,
    Permission.ORGANISATION_EDIT: _any(_CITY, _own_firm, _own_institute),
    Permission.EXPERT_EDIT: _any(_CITY, _own_institute, _own_expert),
    Permission.GROUP_EDIT: _any(_CITY, _own_institute),
    Permission.SUGGESTION_VIEW: _any(_WATCHERS, _own_unit, _own_firm, _own_expert, _own_institute),
    Permission.SUGGESTION_STEER: _any(_CITY, _own_unit),
    Permission.INVITATION_VIEW: _PARTIES,
    Permission.INVITATION_CREATE: _any(_CITY, _own_unit, _own_firm, _own_expert),
    Permission.INVITATION_ANSWER_FIRM: _own_firm,
    Permission.INVITATION_ANSWER_EXPERT: _own_expert,
    Permission.INVITATION_ON_BEHALF: _any(_CITY, _own_unit),
    Permission.INVITATION_WITHDRAW: _any(_CITY, _own_unit, _own_firm, _own_expert),
    Permission.MEETING_VIEW: _PARTIES,
    Permission.MEETING_PLAN: _any(_CITY, _own_unit),
    Permission.MEETING_RECORD: _any(_CITY, _own_unit),
    Permission.MEETING_RECEIVE: _any(_own_firm, _own_institute),
    Permission.MEETING_VERIFY: _CITY,
    Permission.MEETING_REVERSE: _CITY,
    Permission.TASK_VIEW: _PARTIES,
    Permission.TASK_CLOSE: _any(_CITY, _own_unit, _own_firm, _own_institute, _own_expert),
    Permission.TASK_GIVE: _any(_CITY, _own_unit),
    Permission.FOLLOW_UP_VIEW: _PARTIES,
    Permission.FOLLOW_UP_ANSWER: _any(_CITY, _own_unit, _own_firm, _own_institute, _own_expert),
    Permission.TEAM_VIEW: _any(_WATCHERS, _own_unit, _own_firm, _own_expert),
    Permission.TEAM_PROPOSE: _CITY,
    Permission.TEAM_MANAGE: _CITY,
    Permission.TASK_BOOK_ANSWER: _any(_CITY, _own_unit, _own_firm, _own_expert),
    Permission.MILESTONE_REPORT: _any(_CITY, _own_unit, _own_expert),
    Permission.SERVICE_LOG_VIEW: _PARTIES,
    Permission.SERVICE_LOG_WRITE: _any(_CITY, _own_unit, _own_expert),
    Permission.SERVICE_LOG_UNIT_REVIEW: _any(_CITY, _own_unit),
    Permission.SERVICE_LOG_CITY_REVIEW: _CITY,
    Permission.SERVICE_LOG_RATE: _any(_CITY, _own_unit, _own_firm),
    Permission.SPECIALIST_VIEW: _PARTIES,
    Permission.SPECIALIST_EDIT: _any(_CITY, _own_unit),
    Permission.CLINIC_VIEW: _any(_WATCHERS, _own_unit, _own_firm, _own_expert),
    Permission.CLINIC_PLAN: _any(_CITY, _own_unit),
    Permission.CLINIC_DIAGNOSE: _any(_CITY, _own_unit, _own_expert),
    Permission.SPECIALIST_END: _CITY,
    Permission.SPECIALIST_CORRECT: _CITY,
    Permission.CERTIFICATE_VIEW: _any(_WATCHERS, _own_expert, _own_institute),
    Permission.CERTIFICATE_ISSUE: _CITY,
    Permission.EVALUATION_VIEW: _any(_WATCHERS, _own_unit, _own_expert, _released),
    Permission.EVALUATION_REPORT: _any(_CITY, _own_expert),
    Permission.EVALUATION_UNIT_REVIEW: _any(_CITY, _own_unit),
    Permission.EVALUATION_SCORE: _CITY,
    Permission.EVALUATION_MANAGE: _CITY,
    Permission.APPEAL_MAKE: _own_expert,
    Permission.APPEAL_ANSWER: _CITY,
    Permission.BOARD_VIEW: _is(Role.CITY, Role.LEADER, Role.COUNTY),
    Permission.TARGET_EDIT: _CITY,
    Permission.ENTRY_EDIT: _CITY,
    Permission.SUBSIDY_VIEW: _is(Role.CITY, Role.LEADER, Role.COUNTY, Role.FIRM),
    Permission.SUBSIDY_DRAFTS_VIEW: _is(Role.CITY, Role.LEADER, Role.COUNTY),
    Permission.SUBSIDY_EDIT: _CITY,
    Permission.SUBSIDY_STATE: _any(_CITY, _own_unit, _own_firm),
    Permission.RULE_EDIT: _CITY,
    Permission.WORKDAY_EDIT: _CITY,
    Permission.LEXICON_EDIT: _CITY,
    Permission.COUNT_EXCLUDE: _CITY,
    Permission.REPORT_ISSUE: _CITY,
    Permission.REPORT_EVENTS_VIEW: _WATCHERS,
    Permission.AUDIT_VIEW: _is(Role.CITY, Role.LEADER),
    Permission.IMPORT_RUN: _CITY,
    Permission.MERGE: _CITY,
    Permission.ACCOUNT_MANAGE: _is(Role.ADMIN),
    Permission.ACCOUNT_INVITE: _is(Role.CITY, Role.ADMIN),
    Permission.REGISTRATION_REVIEW: _any(_CITY, _own_unit),
    Permission.HANDOVER: _is(Role.CITY, Role.ADMIN),
    Permission.LETTER_READ: _CITY,
    Permission.LETTER_RESEND: _is(Role.CITY, Role.ADMIN),
    Permission.SYSTEM_ONLY: _is(),
}


def can(actor: Actor, permission: Permission, facts: Facts = NO_FACTS) -> bool:
    """Whether `actor` may do `permission` to the record that `facts` describe. Default deny; the system may."""
    return actor.is_system or RULES[permission](actor, facts)


def plans_meetings(actor: Actor) -> bool:
    """Whether the role plans meetings at all; which ones is said by `can` and their facts."""
    units = frozenset({actor.unit_id}) if actor.unit_id is not None else frozenset()
    return can(actor, Permission.MEETING_PLAN, Facts(unit_ids=units))
