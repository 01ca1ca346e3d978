"""Specialist teams 科技特派团: proposals, one kept as forming, its members changed, given up and taken up again."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Expert, Need, Team, TeamMember, TeamNeed
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import Audience, MemberRole, NeedStatus, TeamLevel, TeamStatus
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.matching import Index, TeamRule
from matchmaker.queries import circumstances, team_drafts, team_life, team_people, teams
from matchmaker.queries.choices import named
from matchmaker.queries.facts import facts_of
from matchmaker.queries.team_drafts import Draft, Place
from matchmaker.queries.team_people import Pool, Question
from matchmaker.services import audit, transitions
from matchmaker.services.index import CorpusIndex

LONGEST_NAME = 200


def pool_now(
    session: Session,
    corpus: CorpusIndex,
    needs: Sequence[Need],
    *,
    settings: Settings,
    clock: Clock,
    also: Collection[int] = (),
    team_id: int | None = None,
    reserved: Collection[int] = (),
) -> tuple[Index, Pool]:
    """Who could be in a team for these needs as things stand, in a reading session; nothing is written."""
    around = circumstances.circumstances(session, settings=settings, today=clock.today())
    index = corpus.current(session)
    return index, team_people.gather(session, index, Question(needs, around, also, team_id, reserved))


def draft_now(
    session: Session,
    corpus: CorpusIndex,
    needs: Sequence[Need],
    *,
    settings: Settings,
    clock: Clock,
    reserved: Collection[int] = (),
) -> Draft:
    """The first team that is proposed for these needs. Raises `Conflict` that says why where there is none."""
    check_needs(session, needs)
    index, pool = pool_now(session, corpus, needs, settings=settings, clock=clock, reserved=reserved)
    drafts, blocked = team_drafts.proposals(session, index, pool, number=1)
    if not drafts:
        raise Conflict(why_none(blocked))
    return drafts[0]


def why_none(blocked: Sequence[TeamRule]) -> str:
    """Why no team can be proposed, for people."""
    if not blocked:
        return _("能力库里没有人能覆盖这些需求，暂时组不成团")
    return _("按现有规则组不成团，卡在：%(rules)s", rules=joined(_(rule.label) for rule in blocked))


def propose(session: Session, actor: Actor, made: Draft, *, clock: Clock, name: str = "") -> Team:
    """Keep a drafted team as forming. The rows of its needs and people are locked, so that nobody is in two teams.

    Raises `Forbidden`, or `Conflict` when a need is not published or has a team, or the people break a rule by now.
    """
    needs = _locked_needs(session, made.need_ids)
    if not all(can(actor, Permission.TEAM_PROPOSE, facts_of(need)) for need in needs):
        raise Forbidden(_("您没有权限组建特派团"))
    check_needs(session, needs)
    people = checked_people(session, _ids(made), today=clock.today())
    team = Team(
        name=(name.strip() or _name(needs))[:LONGEST_NAME],
        level=TeamLevel.CITY,
        status=TeamStatus.FORMING,
        need=needs[0],
        needs=[TeamNeed(need=need, terms=terms) for need, terms in zip(needs, made.terms, strict=True)],
        members=[_member(people, place, number) for number, place in enumerate(made.places)],
        coverage=made.coverage,
        uncovered=made.uncovered,
        made_by=actor.name,
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    session.add(team)
    session.flush()
    audit.log(session, actor, "create", team, clock=clock, after=_state(team))
    return team


def change_members(
    session: Session, actor: Actor, team: Team, made: Draft, *, reason: str, clock: Clock, version: int | None = None
) -> None:
    """Give a forming team the people of a draft for its needs; who was in it before stays in the trail.

    Of a team that has had a task book, who goes has left and stays on file. `version` is the one the actor looked at.

    Raises `Forbidden`, `Conflict` when the team is past forming or the people break a rule, `Invalid` without reason.
    """
    if not can(actor, Permission.TEAM_PROPOSE, facts_of(team)):
        raise Forbidden(_("您没有权限组建特派团"))
    exclusive(session, f"team:{team.id}")
    session.refresh(team)
    if team.status is not TeamStatus.FORMING:
        raise Conflict(_("特派团已进入任务书阶段，请在团页面办理成员变更"))
    if version is not None and version != team.version:
        raise Conflict(_("您打开页面之后，这个特派团又被改过，请对照后重新保存"))
    if not reason.strip():
        raise Invalid({"reason": _("请写明调整成员的原因")})
    people = checked_people(session, _ids(made), today=clock.today(), team=team)
    before, names = _state(team), {one.expert_id: one.expert.name for one in team.members if one.left_on is None}
    _seat(session, team, made, people, clock)
    for row, terms in zip(team.needs, made.terms, strict=True):
        row.terms = terms
    team.coverage, team.uncovered, team.updated_at = made.coverage, made.uncovered, clock.now()
    session.flush()
    session.refresh(team, ["members"])
    after = _state(team) | {"person": _changed(names, {number: person.name for number, person in people.items()})}
    audit.log(session, actor, "members", team, clock=clock, before=before, after=after, reason=reason.strip())


def _seat(session: Session, team: Team, made: Draft, people: dict[int, Expert], clock: Clock) -> None:
    known = {member.expert_id: member for member in team.members}
    began = team_life.newest(session, team) is not None
    for gone in known.keys() - people.keys():
        if not began:
            session.delete(known[gone])
        elif known[gone].left_on is None:
            known[gone].left_on, known[gone].role = clock.today(), MemberRole.MEMBER
    for number, place in enumerate(made.places):
        member = known.get(place.expert_id)
        if member is None:
            team.members.append(_member(people, place, number))
        else:
            member.role, member.covers, member.left_on = _role(number), place.covers, None
            member.capability_id = place.capability_id


def end(session: Session, actor: Actor, team: Team, *, reason: str, clock: Clock) -> None:
    """Give a forming team up; it stays on file."""
    transitions.apply(session, actor, team, "end", clock=clock, reason=reason)


def reform(session: Session, actor: Actor, team: Team, *, reason: str, clock: Clock) -> None:
    """Take an ended team up again. Raises as `require_free`."""
    require_free(session, team)
    transitions.apply(session, actor, team, "reform", clock=clock, reason=reason)


def cover_again(team: Team) -> None:
    """State anew what the people who are in the team cover of its needs, as they were weighed when it was formed."""
    covers = [(one.expert.name, one.covers) for one in team.members if one.left_on is None]
    shares = [team_drafts.covered_share(row.terms, [said for _name, said in covers]) for row in team.needs]
    rows = team_drafts.term_rows([row.terms for row in team.needs], covers)
    team.coverage = sum(shares) / len(shares) if shares else 0.0
    team.uncovered = [row.term for row in rows if not row.by]


def require_free(session: Session, team: Team) -> None:
    """Before an ended team goes on, or its next term begins, the people's rows locked.

    Raises `Conflict` when one of its needs has another team, or somebody who has not left it is in another one.
    """
    needs = _locked_needs(session, [row.need_id for row in team.needs])
    _refuse_second(session, [need.id for need in needs], but=team.id)
    if team_people.rules(session).one_team:
        there = [member.expert_id for member in team.members if member.left_on is None]
        _refuse_taken(session, _locked_people(session, there), but=team.id)


def _ids(made: Draft) -> list[int]:
    return [place.expert_id for place in made.places]


def _name(needs: Sequence[Need]) -> str:
    """After the first need that everybody may read: all whom the team concerns read its name."""
    titles = [need.title for need in needs if need.audience is not Audience.CHOSEN]
    field = next((named(need.field) for need in needs if need.field is not None), "")
    title = titles[0][: LONGEST_NAME - 40] if titles else _("%(field)s定向需求", field=field)
    if len(needs) == 1:
        return _("%(title)s特派团", title=title)
    return _("%(title)s等%(number)s项需求特派团", title=title, number=len(needs))


def _changed(before: dict[int, str], after: dict[int, str]) -> str:
    """Who left and who came, or who leads now."""
    gone = joined(name for number, name in before.items() if number not in after)
    came = joined(name for number, name in after.items() if number not in before)
    if gone and came:
        return f"{gone} → {came}"
    if gone or came:
        return _("去掉%(names)s", names=gone) if gone else _("增加%(names)s", names=came)
    return _("团长：%(name)s", name=next(iter(after.values())))


def _state(team: Team) -> dict[str, object]:
    there = [one for one in team.members if one.left_on is None]
    people = {"lead": [one.expert_id for one in there if one.role is MemberRole.LEAD]}
    return audit.state_of(team) | people | {"members": sorted(one.expert_id for one in there)}


def _member(people: dict[int, Expert], place: Place, number: int) -> TeamMember:
    said = {"capability_id": place.capability_id, "covers": place.covers}
    return TeamMember(expert=people[place.expert_id], role=_role(number), **said)


def _role(number: int) -> MemberRole:
    return MemberRole.MEMBER if number else MemberRole.LEAD


def _locked_needs(session: Session, ids: Sequence[int]) -> list[Need]:
    """The needs in the order asked for; one team per need."""
    session.execute(select(Need.id).where(Need.id.in_(ids)).order_by(Need.id).with_for_update())
    return [session.get_one(Need, number) for number in ids]


def _locked_people(session: Session, ids: Collection[int]) -> list[Expert]:
    """One team per person: who comes second waits here, and then sees the first one's team."""
    statement = select(Expert).where(Expert.id.in_(ids)).order_by(Expert.id)
    locked = statement.with_for_update(of=Expert).execution_options(populate_existing=True)
    return list(session.scalars(locked).unique())


def check_needs(session: Session, needs: Sequence[Need]) -> None:
    """Raises `Conflict` unless all needs are published and none has a team that stands."""
    if any(need.status is not NeedStatus.PUBLISHED for need in needs):
        raise Conflict(_("需求发布后才能组建特派团"))
    _refuse_second(session, [need.id for need in needs])


def _refuse_second(session: Session, need_ids: Collection[int], *, but: int | None = None) -> None:
    standing = teams.standing(session, need_ids, but=but)
    if standing is not None:
        raise Conflict(_("这条需求已有特派团（第 %(id)s 号），请先终止它", id=standing.id))


def checked_people(
    session: Session, expert_ids: Sequence[int], *, today: date, team: Team | None = None
) -> dict[int, Expert]:
    """The people by id, leader first, after the city's rules were asked once more under the lock of their rows.

    Who is in the team already keeps their place, however full their year is. Raises `Conflict` naming the rule.
    """
    city, but = team_people.rules(session), team.id if team else None
    people = _locked_people(session, expert_ids)
    if not city.smallest <= len(people) <= city.largest:
        limits = {"least": city.smallest, "most": city.largest}
        raise Conflict(_("特派团要有 %(least)s 到 %(most)s 人", **limits))
    known = {person.id: person for person in people}
    ordered = {number: known[number] for number in expert_ids}
    lead = next(iter(ordered.values()))
    if not team_people.may_lead(lead, city):
        raise Conflict(_("%(name)s的职称或单位不符合团长资格", name=lead.name))
    if city.one_team:
        _refuse_taken(session, people, but=but)
    there = {member.expert_id for member in team.members if member.left_on is None} if team else set()
    _refuse_full(session, people, there, today=today)
    if broken := team_people.broken(session, people, city):
        raise Conflict(_("不合规则：%(rules)s", rules=joined(_(rule.label) for rule in broken)))
    return ordered


def _refuse_taken(session: Session, people: Sequence[Expert], *, but: int | None) -> None:
    taken = team_people.in_teams(session, [person.id for person in people], but=but)
    person = next((each for each in people if each.id in taken), None)
    if person is not None:
        other = taken[person.id]
        raise Conflict(_("%(name)s已在另一个特派团（%(team)s），一人只能参加一个", name=person.name, team=other.name))


def _refuse_full(session: Session, people: Sequence[Expert], there: Collection[int], *, today: date) -> None:
    used = circumstances.used(session, today.year, [person.id for person in people])
    full = [person for person in people if circumstances.left(person, used) == 0 and person.id not in there]
    if full:
        raise Conflict(_("%(names)s今年的名额已满", names=joined(person.name for person in full)))
