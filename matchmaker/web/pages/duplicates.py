"""Records that look alike: compared side by side, merged or set apart; merges so far, which can be taken back."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import Response as Answer
from flask import flash, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from matchmaker.db.models import Merge, Organisation, Site, Unit
from matchmaker.domain.drafts import ExpertDraft, OrganisationDraft, fields_of
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Permission
from matchmaker.domain.vocabulary import Noun, ServiceMode, Word
from matchmaker.errors import Conflict, Invalid, NotFound
from matchmaker.i18n import LazyString, joined, lazy_gettext
from matchmaker.i18n import gettext as _
from matchmaker.queries import duplicates as queries
from matchmaker.queries.choices import named
from matchmaker.queries.listing import PAGE_SIZE, Page, Wanted
from matchmaker.queries.references import CALLED, references
from matchmaker.services import merging as services
from matchmaker.services.merge_moves import Party
from matchmaker.web.auth import guard
from matchmaker.web.context import clock, current_actor, reading
from matchmaker.web.filters import label
from matchmaker.web.forms import once, refused_form, render
from matchmaker.web.pages.search import ADDRESSES
from matchmaker.web.paging import Listing, all_rows, wanted
from matchmaker.web.sheets import sheet

bp = APIBlueprint("duplicates", __name__, url_prefix="/duplicates", enable_openapi=False)
mergers = guard(Permission.MERGE)
NOUNS = {noun.value: noun for noun in services.FIELDS}
COMPARE = "pages/duplicates/compare.html"
LABELS: dict[str, LazyString] = {  # fields that no form has under this name
    "external_id": lazy_gettext("编号"),
    "unit_id": lazy_gettext("责任单位"),
    "institute_id": lazy_gettext("所在院所"),
    "site_id": lazy_gettext("工作地点"),
    "about": lazy_gettext("机构简介"),
    "confirmed_on": lazy_gettext("最近确认"),
}


@dataclass(frozen=True)
class Side:
    """One field of both records; `alike` when there is nothing to choose."""

    name: str
    label: str
    first: str
    second: str

    @property
    def alike(self) -> bool:
        return self.first == self.second


def _noun(value: str) -> Noun:
    if value not in NOUNS:
        raise NotFound(_("没有这类记录"))
    return NOUNS[value]


def _page_of(found: list[queries.Candidate], asked: Wanted) -> Page[queries.Candidate]:
    size = asked.size or max(1, len(found))
    pages = max(1, -(-len(found) // size))
    number = min(max(1, asked.number), pages)
    return Page(found[(number - 1) * size : number * size], len(found), number, size)


@bp.get("")
@mergers
def index() -> str:
    asked = wanted(("noun",))
    noun = NOUNS.get(asked.filters.get("noun", ""), Noun.ORGANISATION)
    with reading() as session:
        actor = current_actor()
        found = queries.candidates(session, actor, noun, asked.text)
        apart, made = queries.set_apart(session, actor, noun), queries.merges(session, actor, noun)
        ids = {number for one in apart for number in (one.first_id, one.second_id)}
        ids |= {number for one in made for number in (one.kept_id, one.gone_id)}
        return render(
            "pages/duplicates/index.html",
            listing=Listing(_page_of(found, asked), asked),
            noun=noun,
            nouns=[(one.value, label(one)) for one in NOUNS.values()],
            apart=apart[:PAGE_SIZE],
            made=made[:PAGE_SIZE],
            names=queries.names(session, noun, ids),
        )


@bp.get("/export.xlsx")
@mergers
def export() -> Answer:
    asked = all_rows(wanted(("noun",)))
    noun = NOUNS.get(asked.filters.get("noun", ""), Noun.ORGANISATION)
    with reading() as session:
        rows = [
            {
                _("第一条编号"): one.first_id,
                _("第一条"): one.first,
                _("第二条编号"): one.second_id,
                _("第二条"): one.second,
                _("所属"): one.place,
                _("相同之处"): joined(label(sign) for sign in one.signs),
            }
            for one in queries.candidates(session, current_actor(), noun, asked.text)
        ]
    return sheet(_("疑似重复"), rows)


@bp.get("/<noun>/<int:first_id>/<int:second_id>")
@mergers
def compare(noun: str, first_id: int, second_id: int) -> str:
    with reading() as session:
        return render(COMPARE, **_compared(session, _noun(noun), first_id, second_id, {}))


def _compared(session: Session, noun: Noun, one: int, other: int, errors: Mapping[str, str]) -> dict[str, Any]:
    first, second = services.party(session, noun, one), services.party(session, noun, other)
    sent = request.form
    sides = [_side(session, noun, name, first, second) for name in services.FIELDS[noun]]
    return {
        "noun": noun,
        "first": first,
        "second": second,
        "sides": [side for side in sides if side.first or side.second],
        "uses": {party.id: _uses(session, party) for party in (first, second)},
        "address": lambda number: _address(noun, number),
        "errors": errors,
        "kept": row_id(sent.get("kept")) or first.id,
        "chosen": sent.to_dict(),
    }


def _address(noun: Noun, number: int) -> str:
    endpoint, argument = ADDRESSES[noun]
    return url_for(endpoint, **dict[str, Any]({argument: number}))


def _uses(session: Session, party: Party) -> str:
    """What refers to a record, for people: 技术需求 3、对接邀请 2."""
    found = Counter(str(CALLED[one.table]) for one in references(session, party.__tablename__, [party.id]))
    return joined(f"{name} {number}" for name, number in found.items())


def _side(session: Session, noun: Noun, name: str, first: Party, second: Party) -> Side:
    fields = fields_of(OrganisationDraft if noun is Noun.ORGANISATION else ExpertDraft)
    title = str(LABELS[name]) if name in LABELS else _(fields[name].label)
    return Side(name, title, *(_text(session, name, getattr(one, name)) for one in (first, second)))


def _text(session: Session, name: str, value: Any) -> str:
    models: dict[str, type[Any]] = {"unit_id": Unit, "institute_id": Organisation, "site_id": Site}
    if value is None:
        return ""
    if name in models:
        row = session.get_one(models[name], value)
        return named(row) if isinstance(row, Unit) else str(row.name)
    if isinstance(value, Word):
        return label(value)
    if isinstance(value, list):
        modes = {mode.value: label(mode) for mode in ServiceMode} if name == "modes" else {}
        return joined(modes.get(one, one) for one in value)
    return str(value)


@bp.post("/<noun>/<int:first_id>/<int:second_id>")
@mergers
def merge(noun: str, first_id: int, second_id: int) -> Response:
    """Make one record of the two; `kept` stays, and of each field what was chosen."""
    actor, kind, sent = current_actor(), _noun(noun), request.form

    def put_together(session: Session) -> str:
        first, second = services.party(session, kind, first_id), services.party(session, kind, second_id)
        kept, gone = (second, first) if row_id(sent.get("kept")) == second.id else (first, second)
        take = [name for name in services.FIELDS[kind] if row_id(sent.get(f"f_{name}")) == gone.id]
        versions = {first.id: _sent("first_version"), second.id: _sent("second_version")}
        seen = (versions[kept.id], versions[gone.id])
        reason = sent.get("reason", "")
        row = services.merge(session, actor, kept, gone, take=take, reason=reason, clock=clock(), seen=seen)
        flash(_("已合并。另一条记录的地址会转到这一条；需要时可以撤销。"))
        return url_for("duplicates.show", merge_id=row.id)

    try:
        return once(put_together)
    except (Invalid, Conflict) as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {"": str(refusal)}
        with reading() as session:
            return refused_form(COMPARE, **_compared(session, kind, first_id, second_id, errors))


def _sent(name: str) -> int:
    return row_id(request.form.get(name)) or 0


@bp.post("/<noun>/<int:first_id>/<int:second_id>/apart")
@mergers
def set_apart(noun: str, first_id: int, second_id: int) -> Response:
    actor, kind = current_actor(), _noun(noun)

    def part(session: Session) -> str:
        services.set_apart(session, actor, kind, first_id, second_id, clock=clock())
        flash(_("已标记为不是重复，不再列出。"))
        return url_for("duplicates.index", noun=kind.value)

    return once(part)


@bp.post("/<noun>/<int:first_id>/<int:second_id>/beside")
@mergers
def put_beside(noun: str, first_id: int, second_id: int) -> Response:
    actor, kind = current_actor(), _noun(noun)

    def join(session: Session) -> str:
        services.put_beside(session, actor, kind, first_id, second_id, clock=clock())
        flash(_("已取消标记，仍相似的会重新列出。"))
        return url_for("duplicates.index", noun=kind.value)

    return once(join)


@bp.get("/merges/<int:merge_id>")
@mergers
def show(merge_id: int) -> str:
    with reading() as session:
        return render("pages/duplicates/show.html", **_merge_page(session, merge_id, {}))


def _merge_page(session: Session, merge_id: int, errors: Mapping[str, str]) -> dict[str, Any]:
    row = queries.merge(session, current_actor(), merge_id)
    return {
        "row": row,
        "names": queries.names(session, row.noun, [row.kept_id, row.gone_id]),
        "address": lambda number: _address(row.noun, number),
        "moved": _counted(row),
        "stays": [_stays(one) for one in services.survey(session, row) if one.stays],
        "errors": errors,
        "reason": request.form.get("reason", ""),
    }


def _counted(row: Merge) -> list[tuple[str, int]]:
    found = Counter(move["table"] for move in row.moves if move["table"] in CALLED)
    return [(str(CALLED[table]), number) for table, number in found.items()]


def _stays(one: services.Back) -> str:
    what = _("%(kind)s 第 %(number)s 号", kind=CALLED.get(one.table, one.table), number=one.row_id)
    return what if one.whole else _("%(what)s（已不存在或已恢复）", what=what)


@bp.post("/merges/<int:merge_id>/undo")
@mergers
def undo(merge_id: int) -> Response:
    actor = current_actor()

    def put_back(session: Session) -> str:
        row = queries.merge(session, actor, merge_id)
        done = services.unmerge(session, actor, row, reason=request.form.get("reason", ""), clock=clock())
        left = sum(one.stays for one in done)
        flash(_("已撤销合并，恢复 %(count)s 处。", count=len(done) - left))
        if left:
            flash(_("另有 %(count)s 处后来改动过，保持现状。", count=left), "bad")
        return url_for("duplicates.show", merge_id=merge_id)

    try:
        return once(put_back)
    except (Invalid, Conflict) as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {"": str(refusal)}
        with reading() as session:
            return refused_form("pages/duplicates/show.html", **_merge_page(session, merge_id, errors))
