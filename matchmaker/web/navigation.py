"""The bar at the top of every page: which entries a role sees, and whose site this is."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user

from matchmaker.domain.permissions import can
from matchmaker.domain.vocabulary import Role
from matchmaker.i18n import LOCALES, LazyString, current_locale, lazy_gettext, lazy_pgettext
from matchmaker.queries import installation, notices, search
from matchmaker.queries.installation import Site
from matchmaker.web.context import clock, reading

R = Role
STAFF = frozenset({R.COUNTY, R.CITY, R.LEADER})
MATCHED = STAFF | {R.FIRM, R.EXPERT, R.INSTITUTE}

PARTS = {  # entry → further blueprints whose pages belong to it
    "board.show": ("ledger", "rules", "workdays"),
    "needs.index": (
        *("need_forms", "need_files", "need_versions", "suggestions", "unmatched", "escalation"),
        "neighbours",
    ),
    "capabilities.index": ("capability_forms", "boilerplate", "lexicon", "calibration"),
    "profiles.experts": ("availability", "expert_forms", "group_forms", "organisation_forms", "duplicates"),
    "invitations.index": ("invitation_forms", "colleagues"),
    "trips.index": ("journeys", "journey_forms"),
    "meetings.index": (
        "meeting_forms",
        "preparing",
        "stand_ins",
        "evidence",
        "old_ledger",
        "tasks",
        "follow_ups",
        "clinics",
        "clinic_forms",
        "clinic_sheets",
    ),
    "goals.show": ("goal_forms", "goal_splits", "goal_report", "absorptions", "turnover", "trainings"),
    "teams.index": (
        *(
            "team_life",
            "team_hosts",
            "task_books",
            "milestones",
            "service_logs",
            "certificates",
            "team_files",
            "evaluations",
            "evaluation_sheets",
            "specialists",
            "specialist_forms",
            "subsidies",
            "subsidy_forms",
        ),
    ),
    "imports.index": ("import_drafts", "import_undo"),
    "home.index": ("outbox",),
}


@dataclass(frozen=True)
class Entry:
    """One entry of the bar; `endpoint` names the page, its blueprint and those of `PARTS` what the entry covers."""

    label: LazyString
    endpoint: str
    roles: frozenset[Role]

    @property
    def url(self) -> str:
        return url_for(self.endpoint)

    @property
    def here(self) -> bool:
        return request.blueprint in {self.endpoint.partition(".")[0], *PARTS.get(self.endpoint, ())}


ENTRIES = (
    Entry(lazy_gettext("首页"), "home.index", frozenset(Role) - {R.LEADER, R.ADMIN}),  # theirs are entries below
    Entry(lazy_gettext("看板"), "board.show", STAFF),
    Entry(lazy_pgettext("several", "目标"), "goals.show", STAFF),
    Entry(lazy_pgettext("several", "报告"), "reports.index", STAFF),
    Entry(lazy_pgettext("several", "需求"), "needs.index", MATCHED),
    Entry(lazy_pgettext("several", "能力"), "capabilities.index", MATCHED),
    Entry(lazy_pgettext("menu", "专家与院所"), "profiles.experts", MATCHED),
    Entry(lazy_pgettext("several", "邀请"), "invitations.index", MATCHED),
    Entry(lazy_pgettext("several", "对接活动"), "meetings.index", MATCHED),
    Entry(lazy_gettext("微对接"), "trips.index", frozenset({R.CITY, R.COUNTY, R.LEADER})),
    Entry(lazy_pgettext("several", "特派团"), "teams.index", STAFF | {R.FIRM, R.EXPERT}),
    Entry(lazy_gettext("导入"), "imports.index", frozenset({R.CITY})),
    Entry(lazy_pgettext("several", "账号"), "accounts.index", frozenset({R.ADMIN})),
    Entry(lazy_gettext("发信情况"), "outbox.index", frozenset({R.ADMIN})),  # officers come from their first page
)


def init_app(app: Flask) -> None:
    app.context_processor(_context)
    app.jinja_env.globals["can"] = can


def entries(role: Role) -> list[Entry]:
    """What `role` sees, of the pages that this build has."""
    return [entry for entry in ENTRIES if role in entry.roles and entry.endpoint in current_app.view_functions]


def site() -> Site:
    """Read once per request."""
    if "site" not in g:
        with reading() as session:
            g.site = installation.site(session)
    found: Site = g.site
    return found


def _unread(account_id: int) -> int:
    with reading() as session:
        return notices.unread(session, account_id)


def _context() -> dict[str, object]:
    me = current_user.account if current_user.is_authenticated else None
    return {
        "site": site(),
        "site_name": site().name_en if current_locale() == "en" else site().name,
        "me": me,
        "actor": current_user.actor if me else None,
        "may_search": me is not None and search.may_search(current_user.actor),
        "nav": entries(me.role) if me else [],
        "unread": _unread(me.id) if me else 0,
        "other_locale": next(code for code in LOCALES if code != current_locale()),
        "here_with": here_with,
        "today": clock().today(),
    }


def here_with(**changes: str) -> str:
    """This page's address with some of its arguments changed; "" drops one."""
    path = request.path if request.method == "GET" else url_for("home.index")
    arguments = {**request.args.to_dict(flat=False), **{name: [value] for name, value in changes.items()}}
    pairs = [(name, value) for name, values in arguments.items() for value in values if value]
    return f"{path}?{urlencode(pairs)}" if pairs else path
