"""What a planned meeting and a recorded one must say, before anything is looked up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time

from matchmaker.domain.minutes import MinuteRow, row_problems
from matchmaker.domain.secrecy import refused
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, MeetingKind, Word
from matchmaker.i18n import gettext as _

LONGEST_TITLE = 200
LONGEST_PEOPLE = 200
LONGEST_MINUTES = 20_000
FURTHEST_DAYS = 366


@dataclass(frozen=True)
class Plan:
    """Who meets whom, where and when. Days and times are Asia/Shanghai; ids are of records.

    Outbound: `host_id`, `site_id` and any number of firms; `trip_id` is a bus on file, `trip_title` a new one.
    Inbound: exactly one firm and its site; `route_id` is the round of a day it belongs to. Online: neither host nor
    site is needed. A `group_id` without a person of it stands for its lead.
    """

    kind: MeetingKind
    day: date | None = None
    starts: time | None = None
    ends: time | None = None
    title: str = ""
    host_id: int | None = None
    site_id: int | None = None
    group_id: int | None = None
    trip_id: int | None = None
    trip_title: str = ""
    route_id: int | None = None
    firm_ids: tuple[int, ...] = ()
    expert_ids: tuple[int, ...] = ()
    need_ids: tuple[int, ...] = ()

    def problems(self, today: date) -> dict[str, str]:
        """Field → what is wrong with it. A day of this year or the last is fine: what was held is entered later."""
        return self._time_problems(today) | self._place_problems() | self._people_problems()

    def _time_problems(self, today: date) -> dict[str, str]:
        found: dict[str, str] = {}
        if len(self.title) > LONGEST_TITLE:
            found["title"] = _("最多 %(limit)s 个字", limit=LONGEST_TITLE)
        if self.day is None:
            found["day"] = _("请选择日期")
        elif (self.day - today).days > FURTHEST_DAYS:
            found["day"] = _("日期不能晚于一年以后")
        elif self.day < (earliest := date(today.year - 1, 1, 1)):
            found["day"] = _("日期不能早于 %(day)s，请检查年份", day=earliest.isoformat())
        if self.starts is None:
            found["starts"] = _("请填写开始时间")
        if self.ends is None:
            found["ends"] = _("请填写结束时间")
        elif self.starts is not None and self.ends <= self.starts:
            found["ends"] = _("结束时间应晚于开始时间")
        return found

    def _place_problems(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if self.kind is MeetingKind.OUTBOUND and self.host_id is None:
            found["host"] = _("请选择接待院所")
        if self.kind is not MeetingKind.ONLINE and self.site_id is None:
            found["site"] = _("请选择实际到访的地点")
        return found

    def _people_problems(self) -> dict[str, str]:
        found: dict[str, str] = {}
        if not self.firm_ids:
            found["firms"] = _("请至少选择一家企业")
        elif self.kind is MeetingKind.INBOUND and len(self.firm_ids) > 1:
            found["firms"] = _("入企活动只能有一家企业，几家企业请分别安排")
        if not self.expert_ids and self.group_id is None:
            found["experts"] = _("请至少选择一位专家或一个科研项目团队")
        return found


@dataclass(frozen=True)
class Presence:
    """What came of one invitation to a meeting; `people` are the names on the sign-in sheet, or who stood in."""

    attendance: Attendance | None = None
    people: str = ""

    def problems(self, name: str) -> dict[str, str]:
        """Field → what is wrong, for the party whose fields begin with `name`."""
        if self.attendance is None:
            return {name: _("请登记到会情况")}
        if self.attendance is Attendance.STAND_IN and not self.people:
            return {f"{name}_people": _("请写明由谁代替")}
        if len(self.people) > LONGEST_PEOPLE:
            return {f"{name}_people": _("最多 %(limit)s 个字", limit=LONGEST_PEOPLE)}
        return refused({f"{name}_people": (_("签到姓名或代替人"), self.people)})


ABSENT_ANSWER = Presence()


@dataclass(frozen=True)
class Record:
    """What happened: presence by firm id and by expert id, the minutes as rows and as text."""

    firms: Mapping[int, Presence] = field(default_factory=dict)
    experts: Mapping[int, Presence] = field(default_factory=dict)
    minutes: str = ""
    items: tuple[MinuteRow, ...] = ()

    def problems(
        self, firm_ids: Iterable[int], expert_ids: Iterable[int], *, minutes_filed: bool, day: date
    ) -> dict[str, str]:
        """Field → what is missing. Everybody invited needs an outcome; minutes are rows, text, or a file already there.

        `day` is when the meeting was held.
        """
        found: dict[str, str] = {}
        for firm_id in firm_ids:
            found |= self.firms.get(firm_id, ABSENT_ANSWER).problems(f"firm_{firm_id}")
        for expert_id in expert_ids:
            found |= self.experts.get(expert_id, ABSENT_ANSWER).problems(f"expert_{expert_id}")
        found |= row_problems(self.items, day)
        if not (self.minutes or minutes_filed or any(not row.empty for row in self.items)):
            found["minutes"] = _("请填写纪要，或先上传纪要文件")
        elif len(self.minutes) > LONGEST_MINUTES:
            found["minutes"] = _("最多 %(limit)s 个字", limit=LONGEST_MINUTES)
        return found | refused({"minutes": (_("纪要"), self.minutes)})


class EvidenceGap(Word):
    """What is missing to a complete file of a meeting; derived, never stored."""

    ATTENDANCE = "attendance", "缺到会登记"
    MINUTES = "minutes", "缺纪要"
    SIGN_IN = "sign_in", "缺签到表"
    PHOTO = "photo", "缺现场照片"
    HISTORY = "history", "历史补录，无附件"


REQUIRED_TO_VERIFY = frozenset({EvidenceGap.ATTENDANCE, EvidenceGap.MINUTES})


def evidence_gaps(
    attendance: Iterable[Attendance | None],
    kinds: Iterable[EvidenceKind],
    *,
    minuted: bool,
    signed_in: bool = False,
    from_history: bool = False,
) -> list[EvidenceGap]:
    """What is still missing, in the order of the enum; empty when the file is complete 齐全.

    `minuted`: there are minutes as text or rows. `signed_in`: the check-ins stand for a sign-in sheet. Of a meeting
    brought in from an older ledger nobody expects papers: that there are none is said once.
    """
    filed = set(kinds)
    there = {
        EvidenceGap.ATTENDANCE: all(outcome is not None for outcome in attendance),
        EvidenceGap.MINUTES: minuted or EvidenceKind.MINUTES in filed,
        EvidenceGap.SIGN_IN: signed_in or EvidenceKind.SIGN_IN in filed,
        EvidenceGap.PHOTO: EvidenceKind.PHOTO in filed,
    }
    missing = [gap for gap, filled in there.items() if not filled]
    papers = [gap for gap in missing if gap not in REQUIRED_TO_VERIFY]
    if from_history and not filed:
        return [*(gap for gap in missing if gap not in papers), EvidenceGap.HISTORY]
    return missing
