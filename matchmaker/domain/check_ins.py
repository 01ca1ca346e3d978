"""What check-ins on the spot say about who was there: proposals for whoever records the meeting, never more."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from matchmaker.domain.meetings import LONGEST_PEOPLE, Presence
from matchmaker.domain.vocabulary import Attendance
from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.i18n import joined

LONGEST_NAME, LONGEST_ORGANISATION = 64, 200
HERE = frozenset({Attendance.ATTENDED, Attendance.STAND_IN})


@dataclass(frozen=True)
class Arrival:
    """Somebody who checks in: for an invited firm, as or for an invited expert, or as a companion of `organisation`."""

    name: str = ""
    organisation: str = ""
    firm_id: int | None = None
    expert_id: int | None = None

    @property
    def claim(self) -> str:
        """The same for the same person's second tap (64 characters)."""
        said = f"{self.firm_id or ''}|{self.expert_id or ''}|{self.name}|{self.organisation}"
        return hashlib.sha256(said.encode()).hexdigest()

    def check(self, *, by_officer: bool) -> None:
        """Raise `Invalid` for what is missing: who somebody is, for a companion where they come from too.

        An officer who ticks off an invited firm need not know the person's name.
        """
        found: dict[str, str] = {}
        invited = self.firm_id is not None or self.expert_id is not None
        if not self.name and self.expert_id is None and not (invited and by_officer):
            found["name"] = _("请填写姓名")
        elif len(self.name) > LONGEST_NAME:
            found["name"] = _("最多 %(limit)s 个字", limit=LONGEST_NAME)
        if not invited and not self.organisation:
            found["organisation"] = _("不在名单上的，请填写单位")
        elif len(self.organisation) > LONGEST_ORGANISATION:
            found["organisation"] = _("最多 %(limit)s 个字", limit=LONGEST_ORGANISATION)
        if found:
            raise Invalid(found)


def firm_presence(names: Collection[str]) -> Presence | None:
    """What check-ins for a firm propose: it came, represented by these people; None without any."""
    return Presence(Attendance.ATTENDED, _listed(names)) if names else None


def expert_presence(own: str, names: Collection[str]) -> Presence | None:
    """What check-ins of an expert propose: they came, or else somebody of another name stood in; None without any."""
    if not names:
        return None
    if any(name in {"", own} for name in names):
        return Presence(Attendance.ATTENDED)
    return Presence(Attendance.STAND_IN, _listed(names))


def _listed(names: Iterable[str]) -> str:
    return joined(dict.fromkeys(name for name in names if name))[:LONGEST_PEOPLE]


def signed_in(
    firms: Iterable[tuple[int, Attendance | None]],
    experts: Iterable[tuple[int, Attendance | None]],
    checked_firms: Collection[int],
    checked_experts: Collection[int],
) -> bool:
    """Whether the check-ins stand for a sign-in sheet: every firm recorded as there checked in, and one expert did.

    Firms one by one because each is a 企业·次; `queries.meeting_gaps` says the same in SQL, and counting asks
    here where a rule wants a sheet.
    """
    came = [firm_id for firm_id, attendance in firms if attendance in HERE]
    people = [expert_id for expert_id, attendance in experts if attendance in HERE]
    return bool(came) and set(came) <= set(checked_firms) and any(one in checked_experts for one in people)
