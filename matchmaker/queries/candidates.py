"""Who could solve a need: ranked owners with reasons, and those left out with why not."""

import json
from collections.abc import Collection, Mapping, Sequence
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
_FIRST_LOOK = 3  # times as many owners as are wanted; more only if gates leave too few


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
class _Look:
    """One stretch of the ranking with what is needed to judge it."""

    matches: Sequence[Match]
    owners: Mapping[str, Owner]
    texts: Mapping[str, list[AnalysedText]]


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
    known = {candidate.owner.key for candidate in found}
    wanted = sorted(key for key in also if key not in known and key in index.items_of)
    if wanted:
        found += _judge(index, need, around, _look(session, index, index.score_owners(text, wanted)))
    return sorted(found, key=lambda each: (-each.score, each.owner.key))


def _best(session: Session, index: Index, need: Need, around: Circumstances, top: int) -> list[Candidate]:
    text = texts.analysed(need.terms)
    k = top * _FIRST_LOOK
    while True:
        [matches] = index.rank_owners([text], k)
        judged = _judge(index, need, around, _look(session, index, matches))
        if sum(each.gate is None for each in judged) >= top or len(matches) < k:
            return _until(judged, top)
        k *= 4


def _until(judged: Sequence[Candidate], top: int) -> list[Candidate]:
    """Up to the `top`-th that is not kept out, and of those that are the best few worth a word."""
    free = [candidate for candidate in judged if candidate.gate is None][:top]
    lowest = free[-1].score if len(free) == top else 0.0
    out = [each for each in judged if each.gate is not None and each.score >= lowest and not rate(each.score).weak]
    return sorted([*free, *out[:MOST_LEFT_OUT]], key=lambda each: (-each.score, each.owner.key))


def _look(session: Session, index: Index, matches: Sequence[Match]) -> _Look:
    keys = [match.key for match in matches]
    items = {key: sorted(index.items_of[key]) for key in keys}
    found = texts.of_items(session, [item for owned in items.values() for item in owned])
    by_owner = {key: [found[item] for item in owned if item in found] for key, owned in items.items()}
    return _Look(matches, owners(session, keys), by_owner)


def _judge(index: Index, need: Need, around: Circumstances, look: _Look) -> list[Candidate]:
    matches = [match for match in look.matches if match.key in look.owners]
    text = texts.analysed(need.terms)
    shared = explain(index, text, matches, look.texts, by_owner=True, wording=texts.wording(need))
    main = need.keywords or _main_terms(shared)
    found = []
    for match, reasons in zip(matches, shared, strict=True):
        if not reasons:
            continue
        owner, whole = look.owners[match.key], together(look.texts[match.key])
        said = [asdict(reason) for reason in reasons]
        lacking = [{"term": term, "share": 0.0, "missing": True} for term in missing_keywords(main, whole)]
        barred = shut_gates(facts(need, owner, around, whole))
        gate, detail = (barred[0].gate, keep(barred[0])) if barred else (None, "")
        found.append(Candidate(owner, int(match.item), match.score, gate, detail, said + lacking))
    return found


def _main_terms(shared: Sequence[Sequence[Any]]) -> list[str]:
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


def facts(need: Need, owner: Owner, around: Circumstances, whole: AnalysedText | None = None) -> Facts:
    """What the gates ask about an owner and a need; without its text, must-have keywords are not asked."""
    person, declined = owner.person, around.declined(need, owner.key)
    return Facts(
        own_organisation=owner.organisation.id == need.firm_id,
        not_released=not released_to(need, owner.organisation.id),
        conflict=around.conflict(need, owner.key),
        unconfirmed_for=around.unconfirmed_for(owner),
        stale_after=around.stale_after,
        used=around.used.get(person.id, 0) if person else 0,
        capacity=person.capacity if person else None,
        declined_ago=(around.today - declined.day).days if declined else None,
        declined_within=declined.rests_for if declined else 0,
        missing_keywords=missing_keywords(need.must_have, whole) if whole is not None else (),
    )
