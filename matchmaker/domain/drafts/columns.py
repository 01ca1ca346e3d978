"""Sheet headings → fields."""

import re
from collections.abc import Iterable

from matchmaker.domain.drafts.base import Draft, fields_of
from matchmaker.domain.drafts.goals import AbsorptionDraft, TrainingDraft, TurnoverDraft
from matchmaker.domain.drafts.history import HistoryRow
from matchmaker.domain.drafts.parties import ExpertRow, GroupRow, OrganisationRow
from matchmaker.domain.drafts.postings import CapabilityRow, NeedRow
from matchmaker.domain.drafts.specialists import SpecialistRow
from matchmaker.domain.drafts.tidy import comparable
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.i18n import in_every_language

ROW_OF: dict[ImportKind, type[Draft]] = {
    ImportKind.ORGANISATIONS: OrganisationRow,
    ImportKind.EXPERTS: ExpertRow,
    ImportKind.GROUPS: GroupRow,
    ImportKind.NEEDS: NeedRow,
    ImportKind.CAPABILITIES: CapabilityRow,
    ImportKind.HISTORY: HistoryRow,
    ImportKind.ABSORPTIONS: AbsorptionDraft,
    ImportKind.TURNOVER: TurnoverDraft,
    ImportKind.TRAININGS: TrainingDraft,
    ImportKind.SPECIALISTS: SpecialistRow,
}
UNDER = " > "  # between a heading and the one above it, where a header has two rows
_REMARK = re.compile(r"\([^)]*\)|[*:]")


def heading_key(text: str) -> str:
    """Headings are compared without spaces, stars and remarks in brackets: `技术需求名称*（100字以内）`."""
    whole = comparable(text)
    return _REMARK.sub("", whole) or whole


def _keys(headings: list[str]) -> dict[str, str]:
    """What headings may be known by: the whole, as 企业名称 for 企业 > 名称, or the last part alone."""
    whole = {heading_key(one.replace(UNDER, "")): one for one in reversed(headings) if one}
    last = {heading_key(one.rpartition(UNDER)[2]): one for one in reversed(headings) if UNDER in one}
    return last | whole


def match_headings(model: type[Draft], headings: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """(field → heading, headings that no field knows).

    A field's label, in any language, goes before its name in code, that before its aliases; the first heading wins.
    """
    every = list(dict.fromkeys(headings))
    known = _keys(every)
    found: dict[str, str] = {}
    taken: set[str] = set()
    fields = fields_of(model)
    names = [(field, label) for field, about in fields.items() for label in in_every_language(about.label)]
    names += [(field, field) for field in fields]
    names += [(field, alias) for field, about in fields.items() for alias in about.aliases]
    for field, name in names:
        heading = known.get(heading_key(name), "")
        if field not in found and heading and heading not in taken:
            found[field] = heading
            taken.add(heading)
    return found, [heading for heading in every if heading and heading not in taken]
