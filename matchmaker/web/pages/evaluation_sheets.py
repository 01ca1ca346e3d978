"""One team's evaluation: the lead's report on a phone, the unit's word, the city's points, appeals."""

from collections.abc import Mapping
from typing import Any

from apiflask import APIBlueprint
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Appeal, Evaluation, EvaluationPerson
from matchmaker.domain.ids import row_id
from matchmaker.domain.lifecycle import APPEAL_STEPS, EVALUATION_STEPS, find_step
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import AppealStatus, EvaluationStatus, Grade, Noun, Role, TeamLevel
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries import attachments, evaluation_proof, history
from matchmaker.queries import evaluations as queries
from matchmaker.queries.facts import facts_of
from matchmaker.services import evaluation_rounds, transitions
from matchmaker.services import evaluations as services
from matchmaker.services.evaluations import BY_FORM, OF_PROVINCE
from matchmaker.web import buttons
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.forms import form_values, once, refused_form, render
from matchmaker.web.team_forms import day_of

AT = "/evaluations/teams/<int:evaluation_id>"
bp = APIBlueprint("evaluation_sheets", __name__, url_prefix=AT, enable_openapi=False)
SHOW, REPORT = "pages/evaluations/team.html", "pages/evaluations/report.html"
SCORE, PROVINCE = "pages/evaluations/score.html", "pages/evaluations/province.html"
ACTIONS = ", ".join(sorted({step.action for step in EVALUATION_STEPS} - BY_FORM | OF_PROVINCE))
ANSWERS = ", ".join(sorted({step.action for step in APPEAL_STEPS}))
Values = Mapping[str, Any]


@bp.get("")
def show(evaluation_id: int) -> str:
    with reading() as session:
        return render(SHOW, **_page(session, evaluation_id, {}, {}))


def _page(session: Session, evaluation_id: int, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    actor = current_actor()
    row = queries.get_visible(session, actor, evaluation_id)
    city = row.level is TeamLevel.CITY
    found = [
        one for one in buttons.of(actor, row) if (one.action not in BY_FORM if city else one.action in OF_PROVINCE)
    ]
    return {
        "row": row,
        "sheets": queries.sheets(row.round),
        "tell": evaluation_proof.tell,
        "buttons": found,
        "people": _people(actor, row),
        "known": _knows_points(actor, row),
        "may_report": city and buttons.may(services.require_reportable, actor, row),
        "may_review": city and _may_step(actor, row, "unit_pass"),
        "may_score": city and buttons.may(services.require_scorable, actor, row),
        "why_not": _why_not(actor, row),
        "may_appeal": services.may_appeal(session, actor, row, clock=clock()),
        "may_attach": buttons.may(services.require_files, actor, row),
        "may_correct": not city and can(actor, Permission.EVALUATION_MANAGE),
        "full": not _only_judged(actor, row),
        "appeals": []
        if _only_judged(actor, row)
        else [(one, _steps(session, actor, row, one)) for one in queries.appeals(session, row)],
        "last_day": queries.last_day_to_appeal(row),
        "files": attachments.of_record(session, Noun.EVALUATION, row.id),
        "returned": history.reason_of(session, Noun.EVALUATION, row.id, "return"),
        "excused": history.reason_of(session, Noun.EVALUATION, row.id, "excuse"),
        "timeline": history.timeline(session, Noun.EVALUATION, row.id) if actor.is_bureau else [],
        "values": values,
        "errors": errors,
    }


def _steps(session: Session, actor: Actor, row: Evaluation, one: Appeal) -> list[buttons.Button]:
    """What may be done with an appeal now."""
    found = buttons.of(actor, one)
    if one.status is AppealStatus.OPEN:
        return found
    return [step for step in found if services.may_renew(session, row, step.action, clock=clock())]


def _knows_points(actor: Actor, row: Evaluation) -> bool:
    """Points are the city's until they are published; none stand while a scoring is taken back."""
    given = row.status is EvaluationStatus.SCORED and actor.role in {Role.CITY, Role.LEADER}
    return given or row.status is EvaluationStatus.PUBLISHED


def _people(actor: Actor, row: Evaluation) -> list[EvaluationPerson]:
    """The sheets of people that the reader may see: a member's own, all for the lead and the officers."""
    own = _only_judged(actor, row)
    return [one for one in row.people if not own or one.expert_id == actor.expert_id]


def _only_judged(actor: Actor, row: Evaluation) -> bool:
    """A member, who reads the result and the own sheet, not what the lead and the bureau write to each other."""
    return actor.role is Role.EXPERT and actor.expert_id != row.lead_id


def _may_step(actor: Actor, row: Evaluation, action: str) -> bool:
    step = find_step(Noun.EVALUATION, row.status, action)
    return step is not None and transitions.refusal(actor, row, step, facts_of(row)) is None


def _why_not(actor: Actor, row: Evaluation) -> str:
    """Why a city officer, who scores otherwise, may not score this one."""
    step = find_step(Noun.EVALUATION, row.status, "score")
    refused = step is not None and actor.role is Role.CITY and transitions.refusal(actor, row, step, facts_of(row))
    return refused or ""


# The lead's report


@bp.get("/report")
def report(evaluation_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        row = queries.get_visible(session, actor, evaluation_id)
        services.require_reportable(actor, row)
        return render(REPORT, **_report(session, row, _begun(session, row), {}))


@bp.post("/report")
def save_report(evaluation_id: int) -> Response:
    """Keep what is typed; with the button that says so it goes to the unit at once."""
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row = queries.get_visible(session, actor, evaluation_id)
        words = {one.code: values.get(f"w-{one.code}", "") for one in queries.sheets(row.round).team}
        people = {one.expert_id: values.get(f"p-{one.expert_id}", "") for one in row.people}
        version = row_id(values.get("version")) or 0
        services.report(session, actor, row, words, people=people, version=version, clock=clock())
        if values.get("then") == "submit":
            services.move(session, actor, row, "submit", clock=clock())
            flash(_("已提交自评，等待县级审核。"))
        else:
            flash(_("已保存为草稿，提交后才会审核。"))
        return url_for("evaluation_sheets.show", evaluation_id=evaluation_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = queries.get_visible(session, actor, evaluation_id)
            return refused_form(REPORT, **_report(session, row, values, refusal.errors))


def _begun(session: Session, row: Evaluation) -> dict[str, Any]:
    """What the form begins with: what was kept, else the facts on file in words."""
    facts = evaluation_proof.of_team(session, row.team, row.round.year)
    people = evaluation_proof.of_people(session, row.team, row.round.year)
    found: dict[str, Any] = {"version": row.version}
    for one in queries.sheets(row.round).team:
        found[f"w-{one.code}"] = row.words.get(one.code, "") if row.words else evaluation_proof.tell(one.proof, facts)
    for person in row.people:
        told = evaluation_proof.in_words(people.get(person.expert_id, {}))
        found[f"p-{person.expert_id}"] = person.words if row.words else told
    return found


def _report(session: Session, row: Evaluation, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "sheets": queries.sheets(row.round),
        "facts": evaluation_proof.of_team(session, row.team, row.round.year),
        "tell": evaluation_proof.tell,
        "returned": history.reason_of(session, Noun.EVALUATION, row.id, "return"),
        "values": values,
        "errors": errors,
    }


# The unit's word, the city's points


@bp.post("/review")
def review(evaluation_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row = queries.get_visible(session, actor, evaluation_id)
        version = row_id(values.get("version"))
        services.review(session, actor, row, values.get("opinion", ""), version=version, clock=clock())
        flash(_("已审核通过，等待市级评分。"))
        return url_for("evaluation_sheets.show", evaluation_id=evaluation_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(SHOW, **_page(session, evaluation_id, values, refusal.errors))


@bp.get("/score")
def score(evaluation_id: int) -> str:
    actor = current_actor()
    with reading() as session:
        row = queries.get_visible(session, actor, evaluation_id)
        services.require_scorable(actor, row)
        return render(SCORE, **_score(row, _given(row), {}))


@bp.post("/score")
def save_score(evaluation_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row = queries.get_visible(session, actor, evaluation_id)
        sheets, version = queries.sheets(row.round), row_id(values.get("version")) or 0
        typed = {one.code: values.get(f"t-{one.code}", "") for one in sheets.team}
        people = {
            person.expert_id: {one.code: values.get(f"p-{person.expert_id}-{one.code}", "") for one in sheets.person}
            for person in row.people
        }
        remark = values.get("remark", "")
        services.score(session, actor, row, typed, people=people, remark=remark, version=version, clock=clock())
        flash(_("已评分：%(score)s 分，%(grade)s。", score=row.score, grade=_(row.grade.label) if row.grade else ""))
        return url_for("evaluation_sheets.show", evaluation_id=evaluation_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = queries.get_visible(session, actor, evaluation_id)
            return refused_form(SCORE, **_score(row, values, refusal.errors))


def _given(row: Evaluation) -> dict[str, Any]:
    """The points that stand, after a scoring was taken back."""
    found: dict[str, Any] = {f"t-{code}": number for code, number in row.points.items()}
    for one in row.people:
        found |= {f"p-{one.expert_id}-{code}": number for code, number in one.points.items()}
    return found | {"remark": row.remark, "version": row.version}


def _score(row: Evaluation, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    sheets = queries.sheets(row.round)
    return {"row": row, "sheets": sheets, "tell": evaluation_proof.tell, "values": values, "errors": errors}


# What the province published, put right


@bp.get("/province")
def province(evaluation_id: int) -> str:
    actor = current_actor()
    evaluation_rounds.require(actor)
    with reading() as session:
        row = queries.get_visible(session, actor, evaluation_id)
        told = {"result": row.province_result, "document": row.province_document, "day": row.published_on}
        return render(PROVINCE, **_province(row, told | {"grade": row.grade, "version": row.version}, {}))


@bp.post("/province")
def correct_province(evaluation_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row, version = queries.get_visible(session, actor, evaluation_id), row_id(values.get("version")) or 0
        day, reason = day_of(values, "day"), values.get("reason", "")
        evaluation_rounds.correct_province(
            session, actor, row, values, day=day, reason=reason, version=version, clock=clock()
        )
        flash(_("已更正，改动前后都记在“经过”里。"))
        return url_for("evaluation_sheets.show", evaluation_id=evaluation_id)

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            row = queries.get_visible(session, actor, evaluation_id)
            return refused_form(PROVINCE, **_province(row, values, refusal.errors))


def _province(row: Evaluation, values: Values, errors: Mapping[str, str]) -> dict[str, Any]:
    grades = [(one.value, _(one.label)) for one in Grade]
    return {"row": row, "round": row.round, "grades": grades, "values": values, "errors": errors}


# Steps and appeals


@bp.post(f"/<any({ACTIONS}):action>")
def act(evaluation_id: int, action: str) -> Response:
    actor, form = current_actor(), request.form

    def move(session: Session) -> str:
        row, version = queries.get_visible(session, actor, evaluation_id), row_id(form.get("version"))
        services.move(session, actor, row, action, reason=form.get("reason", ""), version=version, clock=clock())
        return url_for("evaluation_sheets.show", evaluation_id=evaluation_id)

    return once(move)


@bp.post("/appeals")
def appeal(evaluation_id: int) -> Response:
    actor, values = current_actor(), form_values()

    def save(session: Session) -> str:
        row = queries.get_visible(session, actor, evaluation_id)
        services.appeal(session, actor, row, values.get("reason", ""), clock=clock())
        flash(_("已提出申诉，答复会写在这里并通知您。"))
        return url_for("evaluation_sheets.show", evaluation_id=evaluation_id, _anchor="appeals")

    try:
        return once(save)
    except Invalid as refusal:
        with reading() as session:
            return refused_form(SHOW, **_page(session, evaluation_id, values, refusal.errors))


@bp.post(f"/appeals/<int:appeal_id>/<any({ANSWERS}):action>")
def answer(evaluation_id: int, appeal_id: int, action: str) -> Response:
    actor, form = current_actor(), request.form

    def save(session: Session) -> str:
        row: Appeal = queries.appeal(session, actor, appeal_id)
        version = row_id(form.get("version"))
        services.answer(session, actor, row, action, reason=form.get("reason", ""), version=version, clock=clock())
        return url_for("evaluation_sheets.show", evaluation_id=evaluation_id, _anchor="appeals")

    return once(save)
