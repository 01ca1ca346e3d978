"""What the global search shows of the records it found: title, whose it is, and a stretch of text, the hits marked."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, lazyload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from matchmaker.db.models import Capability, Expert, Group, Meeting, Need, Organisation, Team, TeamNeed
from matchmaker.db.subjects import BY_NOUN
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Audience, Noun
from matchmaker.i18n import joined
from matchmaker.queries.choices import named
from matchmaker.queries.excerpts import Excerpt, excerpt
from matchmaker.queries.masking import Names, names_for
from matchmaker.text import spans_of


@dataclass(frozen=True)
class Hit:
    """A record found. `of` says whose it is or where, `text` is the stretch with most of the hits."""

    record: Any
    title: Excerpt
    of: Excerpt
    text: Excerpt


def hits(session: Session, actor: Actor, noun: Noun, ids: Sequence[int], terms: Collection[str]) -> list[Hit]:
    """The records with these ids, in their order, as the actor may read them."""
    model = BY_NOUN[noun].model
    statement = select(model).where(BY_NOUN[noun].key.in_(ids)).options(*LOADED[noun])
    rows = {row.id: row for row in session.scalars(statement).unique()}  # type: ignore[attr-defined]
    names = names_for(session, actor)
    return [_hit(rows[number], noun, names, terms) for number in ids if number in rows]


def _hit(record: Any, noun: Noun, names: Names, terms: Collection[str]) -> Hit:
    title, whose, text = SHOWN[noun](record, names)
    return Hit(record, _marked(title, terms), _marked(whose, terms), excerpt(text, spans_of(text, terms)))


def _marked(text: str, terms: Collection[str]) -> Excerpt:
    return Excerpt(text, tuple(spans_of(text, terms)))


def _of(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def _need(need: Need, names: Names) -> tuple[str, str, str]:
    unit = named(need.firm.unit) if need.firm.unit and names.knows(need) else ""
    words = joined(dict.fromkeys([*need.keywords, *need.must_have]))
    kind = named(need.field) if need.field and names.knows(need) else ""
    return need.title, _of(names.firm(need), unit, kind), _lines(need.problem, need.indicators, need.goal, words)


def _capability(row: Capability, _names: Names) -> tuple[str, str, str]:
    owner = row.expert or row.group
    text = _lines(row.text, joined(row.keywords), row.ip_number)
    return row.title, _of(owner.name if owner else None, row.source.name), text


def _expert(row: Expert, _names: Names) -> tuple[str, str, str]:
    return row.name, _of(row.title, row.honour, row.institute.name), ""


def _group(row: Group, _names: Names) -> tuple[str, str, str]:
    return row.name, row.institute.name, joined(member.expert.name for member in row.members)


def _organisation(row: Organisation, _names: Names) -> tuple[str, str, str]:
    places = (place for site in row.sites for place in (site.name, site.address))
    whose = _of(named(row.unit) if row.unit else None, row.credit_code)
    return row.name, whose, _lines(row.about, joined(row.tags), joined(filter(None, places)))


def _meeting(row: Meeting, _names: Names) -> tuple[str, str, str]:
    firms, people = joined(one.firm.name for one in row.firms), joined(one.expert.name for one in row.experts)
    host = row.host.name if row.host else None
    return row.title, _of(row.day.isoformat(), firms, host, people), row.minutes


def _team(row: Team, names: Names) -> tuple[str, str, str]:
    people = joined(member.expert.name for member in row.members)
    needs = [one.need for one in row.needs if one.need.audience is not Audience.CHOSEN]  # the team's readers differ
    firms = joined(dict.fromkeys(names.firm(need) for need in needs))
    return row.name, _of(firms, people), joined(need.title for need in needs)


SHOWN: dict[Noun, Callable[[Any, Names], tuple[str, str, str]]] = {
    Noun.NEED: _need,
    Noun.CAPABILITY: _capability,
    Noun.EXPERT: _expert,
    Noun.GROUP: _group,
    Noun.ORGANISATION: _organisation,
    Noun.MEETING: _meeting,
    Noun.TEAM: _team,
}
LOADED: dict[Noun, Sequence[ORMOption]] = {
    Noun.NEED: (defer(Need.terms), lazyload(Need.releases)),
    Noun.CAPABILITY: (defer(Capability.terms),),
    Noun.EXPERT: (),
    Noun.GROUP: (selectinload(Group.members),),
    Noun.ORGANISATION: (selectinload(Organisation.sites),),
    Noun.MEETING: (lazyload(Meeting.needs), lazyload(Meeting.evidence)),
    Noun.TEAM: (
        lazyload(Team.need),
        selectinload(Team.needs).defer(TeamNeed.terms).joinedload(TeamNeed.need).defer(Need.terms),
        selectinload(Team.needs).joinedload(TeamNeed.need).lazyload(Need.releases),
    ),
}
