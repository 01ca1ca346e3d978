"""Sheet headings → fields."""

import re
from collections.abc import Iterable

from matchmaker.domain.drafts.base import Draft, fields_of
from matchmaker.domain.drafts.parties import ExpertRow, GroupRow, OrganisationRow
from matchmaker.domain.drafts.postings import CapabilityRow, NeedRow
from matchmaker.domain.drafts.tidy import comparable
from matchmaker.domain.vocabulary import ImportKind
from matchmaker.i18n import in_every_language

ROW_OF: dict[ImportKind, type[Draft]] = {
    ImportKind.ORGANISATIONS: OrganisationRow,
    ImportKind.EXPERTS: ExpertRow,
    ImportKind.GROUPS: GroupRow,
    ImportKind.NEEDS: NeedRow,
    ImportKind.CAPABILITIES: CapabilityRow,
}
_REMARK = re.compile(r"\([^)]*\)|[*:]")


def _heading(text: str) -> str:
    """Headings are compared without spaces, stars and remarks in brackets: `技术需求名称*（100字以内）`."""
    whole = comparable(text)
    return _REMARK.sub("", whole) or whole


def match_headings(model: type[Draft], headings: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """(field → heading, headings that no field knows).

    A field's label, in any language, goes before its name in code, that before its aliases; the first heading wins.
    """
    known = {_heading(heading): heading for heading in reversed(list(headings)) if heading}
    found: dict[str, str] = {}
    taken: set[str] = set()
    fields = fields_of(model)
    names = [(field, label) for field, about in fields.items() for label in in_every_language(about.label)]
    names += [(field, field) for field in fields]
    names += [(field, alias) for field, about in fields.items() for alias in about.aliases]
    for field, name in names:
        key = _heading(name)
        if field not in found and key in known and key not in taken:
            found[field] = known[key]
            taken.add(key)
    return found, [known[key] for key in known if key not in taken][::-1]
