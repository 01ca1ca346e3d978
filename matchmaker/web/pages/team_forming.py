"""Forming a team: which needs, what is proposed side by side, one team changed member by member, kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from apiflask import APIBlueprint
from flask import flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Expert, Need, Team
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import TeamStatus
from matchmaker.errors import InputError, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.matching import Index, team_of
from matchmaker.queries import capabilities, needs, team_drafts, team_people, teams
from matchmaker.queries.suggestions import GATES
from matchmaker.queries.team_drafts import Draft
from matchmaker.queries.team_life import members_on
from matchmaker.queries.team_people import Pool
from matchmaker.services import teams as services
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading, runtime
from matchmaker.web.forms import once, render

bp = APIBlueprint("team_forming", __name__, enable_openapi=False)
MOST_NEEDS = 12
FOUND = 6  # people of a name that are asked about


@dataclass(frozen=True)
class Asked:
    """The address of a team that is being put together: needs and members by id, and what is to be seen of it."""

    needs: tuple[int, ...]
    members: tuple[int, ...] = ()
    out: int | None = None
    name: str = ""

    def link(self, *, members: Sequence[int] | None = None, out: int | None = None, base: str = "") -> str:
        """The same needs with other members, or with one who is to be exchanged."""
        chosen = self.members if members is None else tuple(members)
        said = [("need", each) for each in self.needs] + [("member", each) for each in chosen]
        return f"{base or request.path}?{urlencode([*said, *([('out', out)] if out else [])])}"

    def instead(self, out: int, new: int) -> str:
        """With one member exchanged."""
        return self.link(members=[new if each == out else each for each in self.members])

    def without(self, gone: int) -> str:
        """With one member less."""
        return self.link(members=[each for each in self.members if each != gone])

    def led_by(self, lead: int) -> str:
        """With another leader."""
        return self.link(members=[lead, *(each for each in self.members if each != lead)])


def _numbers(values: Sequence[str]) -> tuple[int, ...]:
    found = (row_id(value) for value in values)
    return tuple(dict.fromkeys(number for number in found if number is not None))


def _asked(values: Any) -> Asked:
    chosen = _numbers(values.getlist("need"))
    if len(chosen) > MOST_NEEDS:
        raise InputError(_("一次最多选 %(number)s 条需求", number=MOST_NEEDS))
    name = values.get("q", "").strip()[:64]
    return Asked(chosen, _numbers(values.getlist("member")), row_id(values.get("out", "")), name)


def _needs(session: Session, ids: Sequence[int]) -> list[Need]:
    return [needs.get_visible(session, current_actor(), number) for number in ids]


def _pool(
    session: Session, wanted: Sequence[Need], also: Sequence[int] = (), team: Team | None = None
) -> tuple[Index, Pool]:
    run = runtime()
    team_id = team.id if team else None
    return services.pool_now(
        session, run.index, wanted, settings=run.settings, clock=run.clock, also=also, team_id=team_id
    )


@bp.get("/teams/choose")
@guard(Permission.TEAM_PROPOSE)
def choose() -> str:
    """Published needs without a team, of a cluster's place if one is chosen, to be ticked."""
    cluster, text = row_id(request.args.get("cluster", "")), request.args.get("q", "").strip()[:100]
    with reading() as session:
        return render(
            "pages/teams/choose.html",
            clusters=teams.clusters(session),
            cluster_id=cluster,
            text=text,
            needs=teams.open_needs(session, cluster_id=cluster, text=text),
        )


@bp.get("/teams/new")
@guard(Permission.TEAM_PROPOSE)
def new() -> Response | str:
    """Two or three teams side by side, or the rules that leave none."""
    asked = _asked(request.args)
    if not asked.needs:
        flash(_("请至少选一条需求。"))
        return redirect(url_for("team_forming.choose"))
    exact = request.args.get("exact") == "1"
    with reading() as session:
        chosen = _needs(session, asked.needs)
        standing = teams.standing(session, asked.needs)
        if standing is not None:
            flash(_("这条需求已有特派团，见下。"))
            return redirect(url_for("teams.show", team_id=standing.id))
        services.check_needs(session, chosen)
        index, pool = _pool(session, chosen)
        drafts, blocked = team_drafts.proposals(session, index, pool, exact=exact)
        return render(
            "pages/teams/proposals.html",
            asked=asked,
            needs=pool.needs,
            drafts=drafts,
            items=_items(session, drafts),
            why_none="" if drafts else services.why_none(blocked),
            exact=exact,
            rules=team_people.rules(session),
            barred=Counter(_(GATES[gate].label) for gate, _detail in pool.barred.values()).most_common(),
            people=len(pool.people),
        )


@bp.get("/teams/draft")
@guard(Permission.TEAM_PROPOSE)
def draft() -> str:
    """One team for these needs, each member with who could come instead; nothing is kept yet."""
    asked = _asked(request.args)
    if not asked.needs or not asked.members:
        raise NotFound(_("请先选择需求和成员"))
    with reading() as session:
        return _workbench(session, asked, _needs(session, asked.needs), None)


@bp.get("/teams/<int:team_id>/members")
@guard(Permission.TEAM_PROPOSE)
def members(team_id: int) -> str:
    """The same for a team that is kept and still forming."""
    with reading() as session:
        team = _forming(session, team_id)
        asked = _asked(request.args)
        now = asked.members or tuple(one.expert_id for one in members_on(team, clock().today()))
        of_team = Asked(tuple(row.need_id for row in team.needs), now, asked.out, asked.name)
        return _workbench(session, of_team, [row.need for row in team.needs], team)


def _forming(session: Session, team_id: int) -> Team:
    team = teams.get_visible(session, current_actor(), team_id)
    if team.status is not TeamStatus.FORMING:
        raise NotFound(_("特派团已进入任务书阶段，请在团页面办理成员变更"))
    return team


def _workbench(session: Session, asked: Asked, wanted: list[Need], team: Team | None) -> str:
    named = team_people.named(session, asked.name, FOUND) if asked.name else []
    there = [member.expert_id for member in team.members if member.left_on is None] if team else []
    index, pool = _pool(session, wanted, [*asked.members, *there, *(person.id for person in named)], team)
    asked, lost = _still_possible(session, pool, asked)
    made = team_drafts.draft(session, index, pool, asked.members)
    out, city = asked.out if asked.out in asked.members else None, team_people.rules(session)
    return render(
        "pages/teams/workbench.html",
        asked=asked,
        team=team,
        needs=wanted,
        draft=made,
        items=_items(session, [made]),
        rows=team_drafts.term_rows(made.terms, [(place.expert.name, place.covers) for place in made.places]),
        shares=[(need, made.of_need(at)) for at, need in enumerate(wanted)],
        before=_before(pool, asked, team),
        out=next((place.expert for place in made.places if place.expert_id == out), None),
        choices=team_drafts.choices(pool, asked.members, out) if out else [],
        lost=lost,
        answers=_answers(pool, asked, named),
        may_lead=lambda person: team_people.may_lead(person, city),
        rules=city,
    )


def _still_possible(session: Session, pool: Pool, asked: Asked) -> tuple[Asked, list[tuple[str, list[str]]]]:
    """The members who may still take part; and the others' names with the reason, such as a profile gone stale."""
    lost = [number for number in asked.members if str(number) not in pool.people]
    people = [(session.get(Expert, number), number) for number in lost]
    told = [(person.name, team_drafts.why_not_words(pool, (), number)) for person, number in people if person]
    return replace(asked, members=tuple(number for number in asked.members if number not in lost)), told


def _items(session: Session, drafts: Sequence[Draft]) -> dict[int, Any]:
    places = (place for made in drafts for place in made.places)
    return capabilities.by_id(session, {each["capability_id"] for place in places for each in place.covers})


def _before(pool: Pool, asked: Asked, team: Team | None) -> float | None:
    """What a kept team covers as it stands, where that differs from what is put together here."""
    now = [str(one.expert_id) for one in members_on(team, clock().today())] if team else []
    known = [key for key in now if key in pool.roster.at]
    same = set(now) == set(map(str, asked.members))
    return team_of(pool.roster, known).coverage if known and not same else None


def _answers(pool: Pool, asked: Asked, named: Sequence[Expert]) -> list[tuple[Expert, list[str]]]:
    return [(person, team_drafts.why_not_words(pool, asked.members, person.id)) for person in named]


@bp.post("/teams")
@guard(Permission.TEAM_PROPOSE)
def keep() -> Response:
    """Keep the team as forming; the thinking happens before the transaction."""
    actor, asked = current_actor(), _asked(request.form)
    with reading() as session:
        index, pool = _pool(session, _needs(session, asked.needs), asked.members)
        made = team_drafts.draft(session, index, pool, asked.members)

    def carry_out(session: Session) -> str:
        team = services.propose(session, actor, made, clock=clock(), name=request.form.get("name", ""))
        flash(_("已组建特派团，可以继续调整成员，或起草任务书。"))
        return url_for("teams.show", team_id=team.id)

    return once(carry_out)


@bp.post("/teams/<int:team_id>/members")
@guard(Permission.TEAM_PROPOSE)
def change(team_id: int) -> Response:
    actor, asked, reason = current_actor(), _asked(request.form), request.form.get("reason", "")
    version = row_id(request.form.get("version", ""))
    with reading() as session:
        team = _forming(session, team_id)
        index, pool = _pool(session, [row.need for row in team.needs], asked.members, team)
        made = team_drafts.draft(session, index, pool, asked.members)

    def carry_out(session: Session) -> str:
        row = teams.get_visible(session, actor, team_id)
        services.change_members(session, actor, row, made, reason=reason, version=version, clock=clock())
        flash(_("成员已调整。"))
        return url_for("teams.show", team_id=team_id)

    return once(carry_out)
