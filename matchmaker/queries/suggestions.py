"""What a reader sees of suggestions: the panel of a need, and the needs that suit an expert."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Invitation, Need, RefreshRequest, Site, Suggestion
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import InvitationStatus, Role
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _
from matchmaker.matching import Gate, highlight
from matchmaker.queries import scopes, texts
from matchmaker.queries.boilerplate import unused
from matchmaker.queries.calibration import Scale, scale
from matchmaker.queries.candidates import MOST_LEFT_OUT
from matchmaker.queries.capabilities import by_id
from matchmaker.queries.circumstances import left, used
from matchmaker.queries.excerpts import Excerpt, marked
from matchmaker.queries.facts import facts_of
from matchmaker.queries.owners import Owner, owners, places

GATES = {gate.value: gate for gate in Gate}
STANDING = frozenset({InvitationStatus.OPEN, InvitationStatus.ACCEPTED})
SHOWN_TERMS = 6


@dataclass(frozen=True)
class Shown:
    """A suggestion as a person reads it. `number` is 0–100; `left` the meetings the person still takes this year."""

    row: Suggestion
    owner: Owner
    item: Capability
    place: str
    number: int
    band: str
    weak: bool
    title: Excerpt
    text: Excerpt
    terms: list[dict[str, Any]]
    missing: list[str]
    left: int | None
    months_unconfirmed: int
    invitation: Invitation | None
    officer: bool = False

    @property
    def why_not(self) -> str:
        """Why it is left out, or ""."""
        if self.row.excluded:
            return _("%(by)s排除：%(reason)s", by=self.row.steered_by, reason=self.row.steer_reason)
        told = self.officer or self.row.gate != Gate.NOT_MY_FIELD  # the detail is another need's title
        return tell(self.row.gate, self.row.gate_detail if told else "")

    @property
    def may_be_invited(self) -> bool:
        """Whether an invitation makes sense now."""
        standing = self.invitation is not None and self.invitation.status in STANDING
        return self.owner.may_be_invited and self.row.gate != Gate.OWN_ORGANISATION and not standing


@dataclass(frozen=True)
class Panel:
    """Who can solve a need: the shown, the left out, and where the need's own text agrees with the shown.

    `hits` and `unused` give for `title`, `problem`, `indicators` and `goal` the (start, end) that were matched, and
    the policy prose that was not used. `waits`: the suggestions are about to be made anew.
    """

    need: Need
    shown: list[Shown]
    left_out: list[Shown]
    hits: Mapping[str, list[tuple[int, int]]]
    unused: Mapping[str, list[tuple[int, int]]]
    may_steer: bool
    may_invite: bool
    may_form_team: bool
    may_calibrate: bool
    waits: bool

    @property
    def tally(self) -> list[tuple[str, int]]:
        """How many are left out for which reason, the commonest first."""
        names = (_("工作人员或本人排除") if each.row.excluded else tell(each.row.gate, "") for each in self.left_out)
        return Counter(names).most_common()

    @property
    def cut(self) -> bool:
        """Whether further ones were left out whose match is less near."""
        return len(self.left_out) >= MOST_LEFT_OUT


def tell(gate: str | None, detail: str) -> str:
    """A gate and its stored particulars in the reader's language; "" for no gate."""
    if gate is None:
        return ""
    label = _(GATES[gate].label) if gate in GATES else gate
    said = _detail(detail)
    return _("%(gate)s：%(detail)s", gate=label, detail=said) if said else label


def _detail(detail: str) -> str:
    if not detail.startswith("["):
        return detail
    message, params = json.loads(detail)
    if reason := params.get("reason"):  # a label, which is told in the reader's language as well
        params["reason"] = _(reason)
    return _(message, **params)


def get_visible(session: Session, actor: Actor, suggestion_id: int) -> Suggestion:
    """The suggestion, if the actor may see those of its need; `NotFound` otherwise."""
    row = session.get(Suggestion, suggestion_id)
    need = session.scalar(select(Need).where(Need.id == row.need_id, scopes.needs(actor))) if row else None
    if row is None or need is None or not can(actor, Permission.SUGGESTION_VIEW, facts_of(need)):
        raise NotFound(_("没有找到这条推荐"))
    return row


def panel(session: Session, actor: Actor, need: Need, *, today: date) -> Panel | None:
    """The suggestions of a need, or None when the actor may not see them (another firm, an expert)."""
    facts = facts_of(need)
    if not can(actor, Permission.SUGGESTION_VIEW, facts):
        return None
    rows = session.scalars(select(Suggestion).where(Suggestion.need_id == need.id)).all()
    ordered = sorted(rows, key=lambda row: (not row.pinned, -row.score, row.owner_key))
    officer = actor.is_system or actor.role in {Role.CITY, Role.COUNTY, Role.LEADER}
    found = [replace(each, officer=officer) for each in _show(session, need, ordered, today)]
    shown = [each for each in found if not each.row.excluded and (each.row.pinned or each.row.gate is None)]
    text, terms = texts.analysed(need.terms), _all_terms(each for each in shown if not each.weak)
    return Panel(
        need=need,
        shown=shown,
        left_out=[each for each in found if each not in shown],
        hits=parts(need, [span[:3] for span in highlight(text, terms)]),
        unused=parts(need, unused(session, text)),
        may_steer=can(actor, Permission.SUGGESTION_STEER, facts),
        may_invite=can(actor, Permission.INVITATION_CREATE, facts),
        may_form_team=can(actor, Permission.TEAM_PROPOSE, facts),
        may_calibrate=can(actor, Permission.LEXICON_EDIT),
        waits=session.scalar(select(RefreshRequest.id).where(RefreshRequest.need_id == need.id).limit(1)) is not None,
    )


def parts(need: Need, spans: Sequence[tuple[str, int, int]]) -> dict[str, list[tuple[int, int]]]:
    """Spans of the analysed fields as spans of what the form asked for: the body is problem, indicators and goal."""
    found: dict[str, list[tuple[int, int]]] = {"title": [], "problem": [], "indicators": [], "goal": []}
    edges: list[tuple[str, int, int]] = []
    at = 0
    for name in ("problem", "indicators", "goal"):
        length = len(getattr(need, name))
        if length:
            edges.append((name, at, at + length))
            at += length + 1  # the line break between two parts
    for field, start, end in spans:
        if field == "title":
            found["title"].append((start, end))
        for name, first, last in edges if field == "body" else ():
            if first <= start < last:
                found[name].append((start - first, min(end, last) - first))
    return found


def _all_terms(shown: Iterable[Shown]) -> list[str]:
    return list(dict.fromkeys(term["term"] for each in shown for term in each.terms))


@dataclass(frozen=True)
class _Around:
    """What a row is shown with, read once for all."""

    owners: Mapping[str, Owner]
    items: Mapping[int, Capability]
    taken: Mapping[int, int]
    invited: Mapping[str, Invitation]
    place: Callable[[Site | None], str]
    scale: Scale
    today: date


def _show(session: Session, need: Need, rows: Sequence[Suggestion], today: date) -> list[Shown]:
    known = owners(session, {row.owner_key for row in rows})
    around = _Around(
        owners=known,
        items=by_id(session, {row.capability_id for row in rows}),
        taken=used(session, today.year, {owner.person.id for owner in known.values() if owner.person}),
        invited=invitations_by_owner(session, need.id),
        place=places(session),
        scale=scale(session),
        today=today,
    )
    return [_shown(row, around) for row in rows if row.owner_key in around.owners]


def invitations_by_owner(session: Session, need_id: int) -> dict[str, Invitation]:
    """Owner key → the newest invitation of this need."""
    rows = session.scalars(select(Invitation).where(Invitation.need_id == need_id).order_by(Invitation.id)).unique()
    return {row.owner_key: row for row in rows}


def _shown(row: Suggestion, around: _Around) -> Shown:
    owner, item = around.owners[row.owner_key], around.items[row.capability_id]
    rating = around.scale.rate(row.score)
    spans = highlight(texts.analysed(item.terms), [reason["term"] for reason in row.shared])
    return Shown(
        row=row,
        owner=owner,
        item=item,
        place=around.place(owner.site),
        number=rating.points,
        band=_(rating.band.label),
        weak=rating.weak and not row.pinned,
        title=marked(item.title, spans, "title"),
        text=marked(item.text, spans, "body"),
        terms=row.shared[:SHOWN_TERMS],
        missing=row.missing,
        left=left(owner.person, around.taken) if owner.person else None,
        months_unconfirmed=_months(owner, around.today),
        invitation=around.invited.get(owner.key),
    )


def _months(owner: Owner, today: date) -> int:
    confirmed = owner.person.confirmed_on if owner.person else None
    return (today.year - confirmed.year) * 12 + today.month - confirmed.month if confirmed else 0
