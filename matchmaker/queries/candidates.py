"""Who could solve a need: ranked owners with reasons, and those left out with why not."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import Need
from matchmaker.domain.vocabulary import Audience
from matchmaker.matching import (
    Barred,
    Facts,
    Gate,
    Index,
    Match,
    Reason,
    explain,
    missing_keywords,
    rate,
    shut_gates,
)
from matchmaker.queries import texts
from matchmaker.queries.circumstances import Circumstances
from matchmaker.queries.owners import Owner, owners
from matchmaker.text import AnalysedText

MAIN_TERMS = 6
MOST_LEFT_OUT = 20
_FIRST_LOOK = 2  # times as many owners as are wanted; more only if gates leave too few


@dataclass(frozen=True)
class Candidate:
    """An owner for a need. With a `gate` it is left out; `detail` is what `tell` makes readable.

    `reasons` are `{"term", "share"}`, the strongest first, then `{"term", "share": 0, "missing": True}` for what the
    need asks and the owner does not speak of.
    """

    owner: Owner
    item: int
    score: float
    gate: Gate | None = None
    detail: str = ""
    reasons: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Judged:
    """A match whose owner exists, and the first gate that keeps it out, if any."""

    match: Match
    owner: Owner
    barred: Barred | None


def keep(barred: Barred) -> str:
    """The particulars of a gate for storing: message and parameters apart, so that each reader gets their language."""
    params = getattr(barred.detail, "params", None)
    message = str.__str__(barred.detail)
    return json.dumps([message, params], ensure_ascii=False) if params else message


def candidates(
    session: Session, index: Index, need: Need, around: Circumstances, *, top: int, also: Collection[str] = ()
) -> list[Candidate]:
    """The best `top` owners that no gate keeps out, and among them those that are kept out.

    In order of score. Owners in `also` (pinned, excluded) are there whatever their rank. An owner without a reason
    is left out silently: nobody could say why it is there.
    """
    text = texts.analysed(need.terms)
    found = _best(session, index, need, around, top)
    known = {judged.owner.key for judged in found}
    wanted = sorted(key for key in also if key not in known and key in index.items_of)
    if wanted:
        found += _judge(session, index, need, around, index.score_owners(text, wanted))
    return sorted(_explained(session, index, need, found), key=lambda each: (-each.score, each.owner.key))


def _best(session: Session, index: Index, need: Need, around: Circumstances, top: int) -> list[_Judged]:
    """Stretch by stretch of the ranking, until enough are found that no gate keeps out."""
    text = texts.analysed(need.terms)
    judged: list[_Judged] = []
    seen, k = 0, top * _FIRST_LOOK
    while True:
        [matches] = index.rank_owners([text], k)
        judged += _judge(session, index, need, around, matches[seen:])
        if sum(each.barred is None for each in judged) >= top or len(matches) < k:
            return _until(judged, top)
        seen, k = len(matches), k * 4


def _until(judged: Sequence[_Judged], top: int) -> list[_Judged]:
    """Up to the `top`-th that is not kept out, and of those that are the best few worth a word."""
    free = [each for each in judged if each.barred is None][:top]
    lowest = free[-1].match.score if len(free) == top else 0.0
    barred = (each for each in judged if each.barred is not None and each.match.score >= lowest)
    return [*free, *[each for each in barred if not rate(each.match.score).weak][:MOST_LEFT_OUT]]


def _judge(
    session: Session, index: Index, need: Need, around: Circumstances, matches: Sequence[Match]
) -> list[_Judged]:
    """Texts are only read for a need that asks for a word: most owners are judged and never shown."""
    keys = [match.key for match in matches if match.score > 0]
    known = owners(session, keys)
    said = _texts(session, index, keys) if need.must_have else {}
    found = []
    for match in matches:
        if match.key in known:
            whole = together(said[match.key]) if need.must_have else None
            not_mine = around.not_my_field(index, need, match.key)
            barred = shut_gates(facts(need, known[match.key], around, whole, not_my_field=not_mine))
            found.append(_Judged(match, known[match.key], barred[0] if barred else None))
    return found


def _texts(session: Session, index: Index, keys: Sequence[str]) -> dict[str, list[AnalysedText]]:
    items = {key: sorted(index.items_of[key]) for key in keys}
    found = texts.of_items(session, [item for owned in items.values() for item in owned])
    return {key: [found[item] for item in owned if item in found] for key, owned in items.items()}


def _explained(session: Session, index: Index, need: Need, found: Sequence[_Judged]) -> Iterator[Candidate]:
    ordered = sorted(found, key=lambda each: (-each.match.score, each.owner.key))
    matches = [each.match for each in ordered]
    said = _texts(session, index, [match.key for match in matches])
    need_text, wording = texts.analysed(need.terms), texts.wording(need)
    shared = explain(index, need_text, matches, said, by_owner=True, wording=wording)
    main = need.keywords or _main_terms(shared)
    for each, reasons in zip(ordered, shared, strict=True):
        if reasons:
            lacking = missing_keywords(main, together(said[each.owner.key]))
            told = [asdict(reason) for reason in reasons]
            told += [{"term": term, "share": 0.0, "missing": True} for term in lacking]
            gate, detail = (each.barred.gate, keep(each.barred)) if each.barred else (None, "")
            yield Candidate(each.owner, int(each.match.item), each.match.score, gate, detail, told)


def _main_terms(shared: Sequence[Sequence[Reason]]) -> list[str]:
    """What the need is mostly about, judged by what it shares with those who suit it best."""
    weight: dict[str, float] = {}
    for reasons in shared[:MAIN_TERMS]:
        for reason in reasons:
            if "≈" not in reason.term:
                weight[reason.term] = weight.get(reason.term, 0.0) + reason.share
    return sorted(weight, key=lambda term: (-weight[term], term))[:MAIN_TERMS]


def together(parts: Sequence[AnalysedText]) -> AnalysedText:
    """All texts of an owner as one."""
    return AnalysedText(stamp="", fields={"body": tuple(s for text in parts for s in text.sentences())})


def released_to(need: Need, institute_id: int) -> bool:
    """Whether a need may be shown to an institute's people: it is not for chosen ones, or this is one of them."""
    return need.audience is not Audience.CHOSEN or institute_id in {row.institute_id for row in need.releases}


def facts(
    need: Need, owner: Owner, around: Circumstances, whole: AnalysedText | None = None, *, not_my_field: str = ""
) -> Facts:
    """What the gates ask about an owner and a need; without its text, must-have keywords are not asked."""
    person, declined = owner.person, around.declined(need, owner.key)
    return Facts(
        own_organisation=owner.organisation.id == need.firm_id,
        not_released=not released_to(need, owner.organisation.id),
        conflict=around.conflict(need, owner.key),
        not_my_field=not_my_field,
        unconfirmed_for=around.unconfirmed_for(owner),
        stale_after=around.stale_after,
        away_until=around.away_until(owner),
        used=around.used.get(person.id, 0) if person else 0,
        capacity=person.capacity if person else None,
        declined_ago=(around.today - declined.day).days if declined else None,
        declined_within=declined.rests_for if declined else 0,
        declined_why=declined.reason.label if declined else "",
        rests_until=declined.rests_until if declined else None,
        missing_keywords=missing_keywords(need.must_have, whole) if whole is not None else (),
    )
