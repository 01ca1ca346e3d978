"""One need and one owner side by side: why they belong together, in both their words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import Capability, Need
from matchmaker.i18n import gettext as _
from matchmaker.matching import Index, explain, highlight
from matchmaker.queries import texts
from matchmaker.queries.calibration import scale
from matchmaker.queries.excerpts import Excerpt, marked
from matchmaker.queries.suggestions import SHOWN_TERMS, parts


@dataclass(frozen=True)
class Pair:
    """`hits` are as in `suggestions.Panel`; `item` is what the owner offers nearest to the need."""

    number: int
    band: str
    terms: list[dict[str, Any]]
    hits: Mapping[str, list[tuple[int, int]]]
    item: Capability
    item_title: Excerpt
    item_text: Excerpt


def pair(session: Session, index: Index, need: Need, owner_key: str) -> Pair | None:
    """Why the two belong together, or None when they share nothing that could be shown."""
    if owner_key not in index.items_of:
        return None
    text = texts.analysed(need.terms)
    [match] = index.score_owners(text, [owner_key])
    own = list(texts.of_items(session, index.items_of[owner_key]).values())
    [reasons] = explain(index, text, [match], {owner_key: own}, by_owner=True, wording=texts.wording(need))
    item = session.get(Capability, int(match.item))
    if not reasons or item is None:
        return None
    rating, words = scale(session).rate(match.score), [reason.term for reason in reasons]
    spans = highlight(texts.analysed(item.terms), words)
    return Pair(
        number=rating.points,
        band=_(rating.band.label),
        terms=[asdict(reason) for reason in reasons[:SHOWN_TERMS]],
        hits=parts(need, [span[:3] for span in highlight(text, words)]),
        item=item,
        item_title=marked(item.title, spans, "title"),
        item_text=marked(item.text, spans, "body"),
    )
