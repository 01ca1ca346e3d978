"""The yearly evaluation of one team: reported by its lead, reviewed by its unit, scored by the city; appeals."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.locks import exclusive
from matchmaker.db.models import Appeal, Evaluation, EvaluationPerson, Team
from matchmaker.domain.lifecycle import Step, find_step
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.scoring import Sheets, checked_points, grade, total
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.vocabulary import AppealStatus, EvaluationStatus, Noun, TeamLevel
from matchmaker.errors import Conflict, Forbidden, Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined
from matchmaker.queries import evaluation_proof as proof
from matchmaker.queries import evaluations as queries
from matchmaker.queries import team_life
from matchmaker.queries.facts import facts_of
from matchmaker.services import audit, outbox, reasons, transitions
from matchmaker.services.notices import Reader

REPORTABLE = frozenset({EvaluationStatus.DRAFT, EvaluationStatus.RETURNED})
BY_FORM = frozenset({"unit_pass", "score", "publish"})  # steps with a function of their own
OF_PROVINCE = frozenset({"publish", "unpublish"})  # what the province published is taken off the list and put back
LONGEST_WORDS = 2000
LONGEST_PERSON = 500
Typed = Mapping[str, str]


def require_reportable(actor: Actor, evaluation: Evaluation) -> None:
    """Raise `Forbidden` for somebody else's report, `Conflict` for one that is under review or past it."""
    if not can(actor, Permission.EVALUATION_REPORT, facts_of(evaluation)):
        raise Forbidden(_("自评由团长填写，或由工作人员代录"))
    if evaluation.status not in REPORTABLE:
        raise Conflict(_("自评已提交，要修改请先撤回或请审核人退回"))
    if transitions.rewrites(actor, evaluation):
        raise Forbidden(_("自评是团长本人填写的，由团长修改和提交；要改请退回"))


def require_files(actor: Actor, evaluation: Evaluation) -> None:
    """Raise unless files may be put to it: while the lead reports, and by officers to what the province published."""
    if evaluation.level is TeamLevel.CITY:
        require_reportable(actor, evaluation)
    elif not can(actor, Permission.EVALUATION_MANAGE, facts_of(evaluation)):
        raise Forbidden(_("省里公布的结果由市科技局工作人员登记"))


def require_scorable(actor: Actor, evaluation: Evaluation) -> None:
    """Raise unless the actor may give this evaluation its points now."""
    step = find_step(Noun.EVALUATION, evaluation.status, "score")
    if step is None:
        raise Conflict(_("县级审核通过后才能评分"))
    why_not = transitions.refusal(actor, evaluation, step, facts_of(evaluation))
    if why_not:
        raise Forbidden(why_not)


def report(
    session: Session,
    actor: Actor,
    evaluation: Evaluation,
    words: Typed,
    *,
    people: Mapping[int, str],
    version: int,
    clock: Clock,
) -> None:
    """Keep what the lead says of each criterion and of each member; the facts on file are read again with it.

    Raises as `require_reportable`, `Invalid` with field → message, `Conflict` when somebody was faster.
    """
    require_reportable(actor, evaluation)
    _same(evaluation, version)
    sheets = queries.sheets(evaluation.round)
    said = {one.code: words.get(one.code, "").strip() for one in sheets.team}
    about = {one.expert_id: people.get(one.expert_id, "").strip() for one in evaluation.people}
    _check_words({f"w-{code}": text for code, text in said.items()}, LONGEST_WORDS)
    _check_words({f"p-{number}": text for number, text in about.items()}, LONGEST_PERSON)
    before = audit.state_of(evaluation)
    evaluation.words = said
    for one in evaluation.people:
        one.words = about[one.expert_id]
    evaluation.reported_by, evaluation.on_behalf = actor.name, actor.is_bureau
    read_again(session, evaluation)
    evaluation.updated_at = clock.now()
    session.flush()
    audit.log(session, actor, "edit", evaluation, clock=clock, before=before, on_behalf=evaluation.on_behalf)


def _check_words(texts: Typed, longest: int, what: str = "") -> None:
    errors = {name: _("最多 %(limit)s 个字", limit=longest) for name, text in texts.items() if len(text) > longest}
    for name, text in texts.items():
        if mark := secrecy_mark(text):
            errors[name] = refusal(what or _("自评"), mark)
    if errors:
        raise Invalid(errors)


def read_again(session: Session, evaluation: Evaluation) -> None:
    """Put the facts on file of today beside the report."""
    team, year = evaluation.team, evaluation.round.year
    evaluation.proof = proof.of_team(session, team, year)
    of_people = proof.of_people(session, team, year)
    for one in evaluation.people:
        one.proof = of_people.get(one.expert_id, {})


def _same(evaluation: Evaluation, version: int) -> None:
    if evaluation.version != version:
        raise Conflict(_("您打开页面之后，这条记录又被改过，请对照后重新保存"))


def move(
    session: Session,
    actor: Actor,
    evaluation: Evaluation,
    action: str,
    *,
    clock: Clock,
    reason: str = "",
    version: int | None = None,
) -> Step:
    """One step of the lifecycle; reviewing, scoring and publishing have functions of their own.

    What the province published is only taken off the list and put back on it.

    Raises as `transitions.apply`, `Conflict` for what the province published.
    """
    if evaluation.level is not TeamLevel.CITY:
        if action not in OF_PROVINCE:
            raise Conflict(_("省级团队只登记省里公布的结果"))
    elif action in BY_FORM:
        raise Conflict(_("请在表单中办理"))
    if action == "submit":
        _require_said(evaluation)
        read_again(session, evaluation)
    behalf = actor.is_bureau and action == "submit"
    step = transitions.apply(
        session, actor, evaluation, action, clock=clock, reason=reason, version=version, on_behalf=behalf
    )
    if action in {"return", "include"}:
        evaluation.reviewed_by_id = None
    if step.notice is not None and evaluation.level is TeamLevel.CITY:
        tell(session, evaluation, step.notice, clock=clock, reason=reason)
    return step


def _require_said(evaluation: Evaluation) -> None:
    if not any(evaluation.words.values()):
        raise Conflict(_("请先填写自评，再提交"))


def review(
    session: Session, actor: Actor, evaluation: Evaluation, opinion: str, *, version: int | None = None, clock: Clock
) -> None:
    """The unit's word on a report, which lets it pass on to the city. Raises `Invalid` without one."""
    text = opinion.strip()
    if not text or len(text) > LONGEST_WORDS:
        raise Invalid({"opinion": _("请写明县级意见，不超过 %(most)s 字", most=LONGEST_WORDS)})
    if mark := secrecy_mark(text):
        raise Invalid({"opinion": refusal(_("县级意见"), mark)})
    transitions.apply(session, actor, evaluation, "unit_pass", clock=clock, reason=text, version=version)
    evaluation.unit_opinion, evaluation.reviewed_by_id = text, actor.account_id
    session.flush()


def score(
    session: Session,
    actor: Actor,
    evaluation: Evaluation,
    typed: Typed,
    *,
    people: Mapping[int, Typed],
    remark: str,
    version: int,
    clock: Clock,
) -> None:
    """Give the points of both sheets, all of them at once. The unit's reviewer and the team's members may not.

    `typed`: criterion → points as typed; `people`: the same for each member. Raises `Invalid` with field → message.
    """
    require_scorable(actor, evaluation)
    _same(evaluation, version)
    sheets = queries.sheets(evaluation.round)
    points, errors = checked_points(sheets.team, typed)
    errors = {f"t-{code}": text for code, text in errors.items()}
    given = {one.id: checked_points(sheets.person, people.get(one.expert_id, {})) for one in evaluation.people}
    for one in evaluation.people:
        errors |= {f"p-{one.expert_id}-{code}": f"{one.expert.name} {said}" for code, said in given[one.id][1].items()}
    if errors:
        raise Invalid(errors)
    _check_words({"remark": remark.strip()}, LONGEST_WORDS, _("评分说明"))
    found = {key: told for key, (told, _wrong) in given.items()}
    _give(session, actor, evaluation, sheets=sheets, points=points, given=found, clock=clock)
    evaluation.remark = remark.strip()
    transitions.apply(session, actor, evaluation, "score", clock=clock)


def _give(
    session: Session,
    actor: Actor,
    evaluation: Evaluation,
    *,
    sheets: Sheets,
    points: dict[str, int],
    given: Mapping[int, dict[str, int]],
    clock: Clock,
) -> None:
    """Points, scores and grades of the team and of each person's sheet."""
    before = audit.state_of(evaluation) | {"people": {one.expert.name: one.points for one in evaluation.people}}
    evaluation.points, evaluation.score = points, total(sheets.team, points)
    evaluation.grade = grade(sheets, evaluation.score)
    for one in evaluation.people:
        one.points = given[one.id]
        one.score = total(sheets.person, one.points)
        one.grade = grade(sheets, one.score)
    evaluation.scored_by_id = actor.account_id
    session.flush()
    after = audit.state_of(evaluation) | {"people": {one.expert.name: one.points for one in evaluation.people}}
    audit.log(session, actor, "give_points", evaluation, clock=clock, before=before, after=after)


def follow_members(session: Session, actor: Actor, team: Team, *, clock: Clock) -> None:
    """After a change of members: the lead of today goes on with what is not published, who joined gets a sheet.

    A new lead is told of a report that waits.
    """
    lead = team_life.lead_of(team)
    going_on = (Evaluation.level == TeamLevel.CITY, Evaluation.status != EvaluationStatus.PUBLISHED)
    for row in session.scalars(select(Evaluation).where(Evaluation.team_id == team.id, *going_on)).unique().all():
        before = audit.state_of(row) | _people(row)
        known = {one.expert_id for one in row.people} if row.status is not EvaluationStatus.SCORED else None
        new = [
            one for one in queries.members_in(team, row.round.year) if known is not None and one.expert_id not in known
        ]
        session.add_all(EvaluationPerson(evaluation_id=row.id, expert_id=one.expert_id) for one in new)
        changed, row.lead_id = row.lead_id != (lead.id if lead else None), lead.id if lead else None
        if not (new or changed):
            continue
        row.updated_at = clock.now()
        session.flush()
        session.refresh(row)
        after = audit.state_of(row) | _people(row)
        audit.log(session, actor, "edit", row, clock=clock, before=before, after=after)
        if changed and row.status in REPORTABLE:
            tell(session, row, "evaluation_opened", clock=clock, due=row.round.due_on.isoformat())


def _people(row: Evaluation) -> dict[str, str]:
    return {"people": joined(one.expert.name for one in row.people)}


def tell(
    session: Session, evaluation: Evaluation, notice: str, *, clock: Clock, about: Appeal | None = None, **more: str
) -> None:
    """Write to the lead of the team, once for each version of the evaluation, or of the appeal it is about."""
    lead = evaluation.lead
    if lead is None:
        return
    payload = {
        "path": f"/evaluations/teams/{evaluation.id}",
        "title": evaluation.team.name[:80],
        "year": evaluation.round.year,
        "name": lead.name,
        **more,
    }
    key = f"{notice}:{evaluation.id}:{evaluation.version}"
    if about is not None:
        key += f":{about.id}:{about.version}"
    outbox.queue(session, notice, lead.email, payload, dedup_key=key, clock=clock, reader=Reader(expert_id=lead.id))


# Appeals


def may_appeal(session: Session, actor: Actor, evaluation: Evaluation, *, clock: Clock) -> bool:
    """Whether the actor leads the team, the result is published, its days have not run out and none is open."""
    last = queries.last_day_to_appeal(evaluation)
    if evaluation.status is not EvaluationStatus.PUBLISHED or last is None or clock.today() > last:
        return False
    mine = can(actor, Permission.APPEAL_MAKE, facts_of(evaluation))
    return mine and queries.open_appeal(session, evaluation) is None


def appeal(session: Session, actor: Actor, evaluation: Evaluation, reason: str, *, clock: Clock) -> Appeal:
    """Object to a published result. Raises `Conflict` outside of the days for it, `Invalid` without a reason."""
    exclusive(session, f"appeal:{evaluation.id}")
    if not can(actor, Permission.APPEAL_MAKE, facts_of(evaluation)):
        raise Forbidden(_("申诉由团长提出"))
    if not may_appeal(session, actor, evaluation, clock=clock):
        raise Conflict(_("现在不能申诉：结果没有公布、已过申诉期，或已有一份申诉待答复"))
    text = reasons.given(reason)
    _check_words({"reason": text}, LONGEST_WORDS, _("申诉"))
    said = {"reason": text, "made_by": actor.name, "made_on": clock.today(), "status": AppealStatus.OPEN}
    row = Appeal(evaluation_id=evaluation.id, **said, created_at=clock.now(), updated_at=clock.now())
    session.add(row)
    session.flush()
    audit.log(session, actor, "create", row, clock=clock, reason=text)
    return row


def answer(
    session: Session,
    actor: Actor,
    row: Appeal,
    action: str,
    *,
    reason: str,
    version: int | None = None,
    clock: Clock,
) -> None:
    """Answer an appeal in writing, take it back or up again. One that is upheld opens the scoring again."""
    evaluation = row.evaluation
    exclusive(session, f"appeal:{evaluation.id}")
    if action in {"renew", "reconsider"} and row.status is not AppealStatus.OPEN:
        require_renewable(session, evaluation, action, clock)
    _check_words({"reason": reason.strip()}, LONGEST_WORDS, _("申诉"))
    step = transitions.apply(session, actor, row, action, clock=clock, reason=reason, version=version)
    if action in {"uphold", "reject"}:
        row.answer, row.answered_by, row.answered_on = reason.strip(), actor.name, clock.today()
        session.flush()
    if action == "uphold" and evaluation.status is EvaluationStatus.PUBLISHED:
        transitions.apply(session, actor, evaluation, "unpublish", clock=clock, reason=reason)
    if step.notice is not None:
        tell(session, evaluation, step.notice, clock=clock, about=row, outcome=row.status.value, answer=row.answer)


def may_renew(session: Session, evaluation: Evaluation, action: str, *, clock: Clock) -> bool:
    """Whether an appeal about the evaluation may be taken up again now."""
    try:
        require_renewable(session, evaluation, action, clock)
    except Conflict:
        return False
    return True


def require_renewable(session: Session, evaluation: Evaluation, action: str, clock: Clock) -> None:
    """Raise `Conflict` while another appeal is open; by its lead one is renewed only within the days for it."""
    if queries.open_appeal(session, evaluation) is not None:
        raise Conflict(_("已有一份申诉待答复，请先办结"))
    last = queries.last_day_to_appeal(evaluation)
    standing = evaluation.status is EvaluationStatus.PUBLISHED and last is not None and clock.today() <= last
    if action == "renew" and not standing:
        raise Conflict(_("现在不能恢复申诉：结果没有公布，或已过申诉期"))
