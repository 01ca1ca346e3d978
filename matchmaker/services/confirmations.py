"""Saying once a year that a profile or a capability still holds, and what happens when nobody does."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.config import Settings
from matchmaker.db.models import Capability, Expert, Organisation
from matchmaker.domain.freshness import Freshness, freshness
from matchmaker.domain.ids import row_id
from matchmaker.domain.permissions import Actor, Permission, can
from matchmaker.domain.vocabulary import CapabilityStatus, Noun, OwnerKind, Role
from matchmaker.errors import Forbidden, NotFound
from matchmaker.i18n import gettext as _
from matchmaker.queries import confirmations as queries
from matchmaker.queries.facts import facts_of
from matchmaker.queries.owners import Record, owners, record_of
from matchmaker.services import audit, experts, links, outbox, speakers
from matchmaker.services.corpus import touch
from matchmaker.services.notices import Reader

NOTICE = "confirmation_due"
REMIND_DAYS = (-14, 1, 90)  # after the day on which the oldest confirmation lapses; one letter each
WEEK = 7  # in which a missed day of reminding is made good
WARNING = timedelta(days=14)  # between the letter that says so and the freezing, at least
NAMED = 5  # capabilities in such a letter; the page that it leads to shows them all
_MODELS: dict[str, type[Expert | Capability]] = {Noun.EXPERT.value: Expert, Noun.CAPABILITY.value: Capability}
_EDIT = {Expert: Permission.EXPERT_EDIT, Capability: Permission.CAPABILITY_EDIT}


@dataclass
class Confirmed:
    """How many records were confirmed, and the owners whose suggestions may have changed."""

    number: int = 0
    owner_keys: set[str] = field(default_factory=set)


def limits(settings: Settings) -> Freshness:
    """After how long something is to be confirmed again, and after how long it is frozen."""
    return freshness(settings.stale_months, settings.frozen_months)


def confirm(session: Session, actor: Actor, keys: Iterable[str], *, clock: Clock) -> Confirmed:
    """Let these records (`expert:12`, `capability:5`) count as confirmed today; a frozen one is matched again.

    What is confirmed today already, withdrawn or not listed yet is passed over. An officer's is marked 代录. Raises
    `Forbidden` for somebody else's, `NotFound` for what there is not.
    """
    done = Confirmed()
    for key in sorted(set(keys)):
        record = _locked(session, key)
        if not can(actor, _EDIT[type(record)], facts_of(record)):
            raise Forbidden(_("您没有权限确认这份资料"))
        if _is_open(record) and queries.confirmed_on(record) < clock.today():
            _confirm(session, actor, record, clock)
            done.number += 1
            done.owner_keys |= _owner_keys(session, record)
    return done


def _locked(session: Session, key: str) -> Expert | Capability:
    """The row of a key, locked: two people who confirm the same at once both succeed, one does it."""
    word, _separator, number = key.partition(":")
    model, wanted = _MODELS.get(word), row_id(number)
    found = None
    if model is not None and wanted is not None:
        found = session.get(model, wanted, with_for_update={"of": model}, populate_existing=True)
    if not isinstance(found, Expert | Capability):
        raise NotFound(_("没有找到要确认的资料，请刷新页面"))
    return found


def _is_open(record: Expert | Capability) -> bool:
    return isinstance(record, Expert) or record.status is CapabilityStatus.LISTED


def _confirm(session: Session, actor: Actor, record: Expert | Capability, clock: Clock) -> None:
    before = audit.state_of(record)
    record.confirmed_on = clock.today()
    if isinstance(record, Capability):
        thawed, record.warned_on, record.frozen_on = record.frozen_on is not None, None, None
        if thawed:
            touch(session, record)
    session.flush()
    audit.log(session, actor, "confirm", record, clock=clock, before=before, on_behalf=actor.is_bureau)


def _owner_keys(session: Session, record: Expert | Capability) -> set[str]:
    if isinstance(record, Capability):
        return {record.owner_key}
    return experts.keys_of(session, record)


def freeze(session: Session, actor: Actor, day: date, *, fresh: Freshness, clock: Clock) -> str:
    """Take out of matching what nobody has confirmed for two years; it stays listed and is matched once confirmed.

    Nothing is frozen that its owner was not written to about, `WARNING` before.
    """
    found = queries.to_freeze(session, fresh.frozen_up_to(day), warned=day - WARNING)
    for capability in found:
        before = audit.state_of(capability)
        capability.frozen_on = day
        touch(session, capability)
        session.flush()
        audit.log(session, actor, "freeze", capability, clock=clock, before=before)
    return f"{len(found)} capabilities frozen"


def remind(session: Session, day: date, *, settings: Settings, clock: Clock) -> str:
    """Write to whoever has something to confirm: two weeks before it lapses, the day after, and once more later."""
    fresh, sent = limits(settings), 0
    for key, confirmed in sorted(queries.oldest(session, fresh.asked_up_to(day)).items()):
        until = fresh.lapses(confirmed)
        stage = _stage((day - until).days)
        party = record_of(session, key) if stage is not None else None
        if party is not None:
            more = {"until": until.isoformat(), "lapsed": (stage or 0) > 0}
            sent += _write_to(session, key, party, more, event=f"{until}:{stage}", settings=settings, clock=clock)
    warned = _warn(session, day, settings=settings, clock=clock)
    return f"{sent} asked to confirm, {warned} warned"


def _warn(session: Session, day: date, *, settings: Settings, clock: Clock) -> int:
    """Tell each party once what will be frozen in two weeks; how many letters. Who has no address is told by inbox."""
    found = queries.to_warn_of(session, limits(settings).frozen_up_to(day + WARNING))
    known = owners(session, {row.owner_key for row in found})
    parties, offers = dict[str, Record](), defaultdict[str, list[str]](list)
    for row in found:
        owner = known[row.owner_key]
        key = OwnerKind.EXPERT.key(owner.person.id) if owner.person else owner.key
        parties[key] = owner.person or owner.record
        offers[key].append(row.title)
    told = update(Capability).where(Capability.id.in_([row.id for row in found])).values(warned_on=day)
    session.execute(told, execution_options={"synchronize_session": False})  # no edit of what somebody has open
    until, sent = (day + WARNING).isoformat(), 0
    for key, titles in offers.items():
        more = {"until": until, "freezing": titles[:NAMED], "number": len(titles)}
        sent += _write_to(session, key, parties[key], more, event=f"freeze:{day}", settings=settings, clock=clock)
    return sent


def _stage(passed: int) -> int | None:
    return next((day for day in REMIND_DAYS if day <= passed < day + WEEK), None)


def _write_to(
    session: Session,
    key: str,
    party: Record,
    more: Mapping[str, Any],
    *,
    event: str,
    settings: Settings,
    clock: Clock,
) -> bool:
    if isinstance(party, Expert):
        name, address, about = party.name, party.email, party.institute.name
        reader = Reader(expert_id=party.id)
    elif isinstance(party, Organisation):
        name, address, about = party.contact_name or party.name, party.contact_email, party.name
        reader = Reader(organisation_id=party.id)
    else:
        return False
    payload = {
        "path": links.confirmation_path(settings.key(), key, today=clock.today()),
        "page": "/confirmations",
        "title": about,
        "name": name,
        **more,
    }
    dedup_key = f"{NOTICE}:{key}:{event}"
    return outbox.queue(session, NOTICE, address, payload, dedup_key=dedup_key, clock=clock, reader=reader)


def speaker(session: Session, key: str) -> Actor:
    """Who acts with a signed link: the expert or the institute it was sent to. Raises `NotFound` if gone."""
    gone = _("没有找到要确认的资料，请联系发给您链接的工作人员")
    kind, _separator, number = key.partition(":")
    if kind == OwnerKind.EXPERT:
        return speakers.speaker(session, None, row_id(number), gone=gone)
    if kind != OwnerKind.ORGANISATION:
        raise NotFound(gone)
    acting = speakers.speaker(session, row_id(number), None, gone=gone)
    return replace(acting, role=Role.INSTITUTE)  # who offers something: of another city's firm as well
