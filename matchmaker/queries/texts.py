"""Analysed texts as they are stored, and the wording they were made of."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Need
from matchmaker.domain.drafts import need_body
from matchmaker.domain.vocabulary import CapabilityStatus, NeedStatus, OwnerKind
from matchmaker.matching import Posting
from matchmaker.text import AnalysedText, join_keywords

NOTHING = AnalysedText(stamp="", fields={})


def analysed(terms: Mapping[str, Any]) -> AnalysedText:
    """The stored terms of a posting; one stored without any has none."""
    return AnalysedText.from_json(json.dumps(terms)) if terms else NOTHING


def _read(document: str) -> AnalysedText:
    return AnalysedText.from_json(document) if document not in {"{}", ""} else NOTHING


def wording(posting: Need | Capability) -> dict[str, str]:
    """Field → the text that its offsets count in."""
    return {"title": posting.title, "keywords": join_keywords(posting.keywords), "body": body_of(posting)}


def body_of(posting: Need | Capability) -> str:
    """The text below the title, as it was segmented."""
    if isinstance(posting, Capability):
        return posting.text
    return need_body(posting.problem, posting.indicators, posting.goal)


def published() -> ColumnElement[bool]:
    """Needs that take part in matching."""
    return Need.status == NeedStatus.PUBLISHED


def listed() -> ColumnElement[bool]:
    """Capabilities that take part in matching: not those frozen for want of confirmation."""
    return and_(Capability.status == CapabilityStatus.LISTED, Capability.frozen_on.is_(None))


# Only what the matcher reads, and the terms as text: at 100,000 rows, decoding the JSON twice would be felt.
_NEED = select(Need.id, Need.firm_id, cast(Need.terms, Text))
_CAPABILITY = select(
    Capability.id,
    Capability.source_id,
    Capability.expert_id,
    Capability.group_id,
    Capability.organisation_id,
    cast(Capability.terms, Text),
)


def needs(session: Session, *conditions: ColumnElement[bool]) -> Iterator[Posting]:
    """Needs as the matcher reads them: keyed by their id, spoken for by their firm."""
    for key, firm, terms in session.execute(_NEED.where(*conditions).order_by(Need.id)):
        yield Posting(key=str(key), text=_read(terms), organisation=OwnerKind.ORGANISATION.key(firm))


def capabilities(session: Session, *conditions: ColumnElement[bool]) -> Iterator[Posting]:
    """Capabilities as the matcher reads them, owned as `expert:12`."""
    rows = session.execute(_CAPABILITY.where(*conditions).order_by(Capability.id))
    for key, source, expert, group, organisation, terms in rows:
        owner = OwnerKind.key_of(expert, group, organisation)
        yield Posting(key=str(key), text=_read(terms), owner=owner, organisation=OwnerKind.ORGANISATION.key(source))


def of_items(session: Session, keys: Iterable[str]) -> dict[str, AnalysedText]:
    """Capability key → its text, for those that still exist; many at a time."""
    ids = sorted({int(key) for key in keys})
    found: dict[str, AnalysedText] = {}
    for first in range(0, len(ids), 500):
        chunk = Capability.id.in_(ids[first : first + 500])
        rows = session.execute(select(Capability.id, cast(Capability.terms, Text)).where(chunk))
        found |= {str(key): _read(terms) for key, terms in rows}
    return found
