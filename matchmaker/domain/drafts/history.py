"""A line of an older ledger of meetings and needs 往年对接台账: one firm at one event."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated

from matchmaker.domain.drafts.base import Draft
from matchmaker.domain.drafts.fields import About, Shape
from matchmaker.domain.drafts.tidy import comparable
from matchmaker.domain.meetings import Presence
from matchmaker.domain.vocabulary import Attendance, MeetingKind, NeedStatus
from matchmaker.i18n import gettext as _

FIRM = "企业"  # how a line calls its own firm among those who came, or in English:
_FIRM_TOO = "firm"
_SAID = {
    Attendance.ATTENDED: ("到会", "到场", "参加", "出席", "已到", "attended"),
    Attendance.STAND_IN: ("代替", "委派", "stand-in", "stand_in"),
    Attendance.EXCUSED: ("请假", "excused"),
    Attendance.ABSENT: ("缺席", "未到会", "未到场", "未参加", "未到", "absent"),
}
_WORDS = {word: outcome for outcome, words in _SAID.items() for word in words}
_ENTRY = re.compile(
    rf"(?P<who>.*?)[:：]?(?:均|都|全部)?(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
    r"\s*(?:[(（:：]\s*(?P<by>[^)）]+)[)）]?)?",
    re.IGNORECASE,
)
_BETWEEN = re.compile("[;；,，、\n]")
_SOLVED = re.compile("^(?:(?:已|完全|基本)?(?:解决|签约|签订)|solved|signed)", re.IGNORECASE)


def read_attendance(text: str, names: Iterable[str]) -> dict[str, Presence]:
    """Name → what the cell says of it, for exactly these `names`.

    `到会` stands for everybody; `企业到会；张某、李某请假；王某代替（赵某）` names them. Raises a readable `ValueError`
    for a name that is not of this line, a party nobody speaks of, or a stand-in without a name.
    """
    known = {comparable(name): name for name in names}
    if FIRM in known:
        known[_FIRM_TOO] = FIRM
    found: dict[str, Presence] = {}
    everybody, unsaid = None, list[str]()
    for entry in filter(None, (part.strip() for part in _BETWEEN.split(text))):
        said = _ENTRY.fullmatch(entry)
        if said is None:
            unsaid.append(entry)
            continue
        presence = _presence(said)
        who, unsaid = [*unsaid, *filter(None, [said["who"].strip()])], []
        if not who:
            everybody = presence
        found |= {_one_of(known, name): presence for name in who}
    if unsaid:
        raise ValueError(_("看不懂“%(text)s”，请填到会、代替、请假或缺席", text=unsaid[0][:40]))
    return _for_all(known, found, everybody)


def _presence(said: re.Match[str]) -> Presence:
    outcome, people = _WORDS[said["word"].casefold()], (said["by"] or "").strip()
    if outcome is Attendance.STAND_IN and not people:
        raise ValueError(_("代替要写明由谁代替，例如：张某代替（李某）"))
    return Presence(outcome, people)


def _one_of(known: Mapping[str, str], name: str) -> str:
    try:
        return known[comparable(name)]
    except KeyError:
        raise ValueError(_("“%(name)s”不是本行的企业或专家，请改正", name=name[:40])) from None


def _for_all(known: Mapping[str, str], found: dict[str, Presence], everybody: Presence | None) -> dict[str, Presence]:
    if everybody is not None:
        return dict.fromkeys(known.values(), everybody) | found
    missing = [name for name in known.values() if name not in found]
    if missing:
        raise ValueError(_("没有写明“%(name)s”的到会情况，请补上", name=missing[0]))
    return found


class HistoryRow(Draft):
    """A firm at an event. Rows of one trip, host institute and day become one meeting."""

    day: Annotated[
        date | None,
        About("日期", Shape.DAY, mandatory=True, aliases=("day", "date", "活动日期", "对接日期", "对接时间", "时间")),
    ] = None
    kind: Annotated[
        MeetingKind | None,
        About(
            "方式",
            Shape.CHOICE,
            words=MeetingKind,
            mandatory=True,
            aliases=("kind", "对接方式", "活动方式", "活动类型", "类型"),
            synonyms={
                "走进": "outbound",
                "走进院所": "outbound",
                "走进京津": "outbound",
                "走出去": "outbound",
                "微对接": "outbound",
                "请进": "inbound",
                "请进来": "inbound",
                "入企": "inbound",
                "入企对接": "inbound",
                "线上对接": "online",
                "视频": "online",
                "视频会议": "online",
            },
        ),
    ] = None
    firm: Annotated[
        str,
        About(
            "企业",
            mandatory=True,
            help="企业编号、统一社会信用代码或全称",
            aliases=("firm", "企业名称", "单位名称", "对接企业", "参加企业", "企业编号"),
        ),
    ] = ""
    institute: Annotated[
        str,
        About(
            "院所",
            mandatory=True,
            help="走进时为接待院所，请进和线上时为专家所在院所",
            aliases=("institute", "院所名称", "高校院所", "对接院所", "专家单位", "接待院所", "合作单位"),
        ),
    ] = ""
    site: Annotated[
        str,
        About(
            "地点",
            help="实际到访的地点名称或地域；不填为第一个地点，线上不填",
            aliases=("site", "活动地点", "对接地点", "地域", "校区"),
        ),
    ] = ""
    experts: Annotated[
        tuple[str, ...],
        About(
            "专家",
            Shape.LIST,
            64,
            help="专家编号或姓名，用分号隔开",
            aliases=("experts", "expert", "专家姓名", "对接专家", "参加专家"),
        ),
    ] = ()
    group: Annotated[
        str, About("科研项目团队", help="团队编号或名称", aliases=("group", "团队", "项目团队", "团队名称", "课题组"))
    ] = ""
    trip: Annotated[
        str, About("行程", help="同一辆车走几家院所时填同一个名称", aliases=("trip", "行程名称", "批次", "活动名称"))
    ] = ""
    need: Annotated[
        str,
        About(
            "技术需求名称",
            help="企业已有的需求；没有时新建一条已结束的",
            aliases=("need", "技术需求", "需求名称", "需求", "对接需求"),
        ),
    ] = ""
    attendance: Annotated[
        str,
        About(
            "到会情况",
            mandatory=True,
            help="到会，或逐个写明：企业到会；张某请假；李某代替（王某）",
            aliases=("attendance", "到会", "出席情况", "参加情况"),
        ),
    ] = ""
    minutes: Annotated[
        str,
        About(
            "纪要摘要",
            Shape.TEXT,
            5000,
            help="没有纪要的活动不能核验",
            aliases=("minutes", "纪要", "活动纪要", "对接内容", "内容摘要"),
        ),
    ] = ""
    result: Annotated[
        str,
        About(
            "结果",
            limit=500,
            help="以“已解决”“已签约”开头的，新建的需求记为已解决，其余记为已关闭",
            aliases=("result", "对接结果", "成效", "进展"),
        ),
    ] = ""
    create_experts: Annotated[
        bool,
        About(
            "新专家建档",
            Shape.YES,
            help="填“是”时，名录中没有的专家按姓名建档；不填则报错",
            aliases=("create_experts", "新建专家"),
        ),
    ] = False

    def contradictions(self) -> dict[str, str]:
        """Somebody of the institute was there, and it is said of everybody whether they came."""
        if not self.experts and not self.group:
            return {"experts": _("专家：请填写专家，或填写科研项目团队")}
        try:
            self.outcomes()
        except ValueError as refusal:
            return {"attendance": _("到会情况：%(why)s", why=refusal)}
        return {}

    def outcomes(self) -> dict[str, Presence]:
        """Whether the firm (`FIRM`) and each expert came, by the names of this line."""
        names = [FIRM, *self.experts, *([] if self.experts else [self.group])]
        said = re.sub(re.escape(self.firm), FIRM, self.attendance) if self.firm else self.attendance
        return read_attendance(said, names)

    @property
    def event(self) -> tuple[MeetingKind, date]:
        """What took place and when; only a row that was found sound has both."""
        if self.kind is None or self.day is None:
            raise ValueError("a checked row has a kind and a day")
        return self.kind, self.day

    @property
    def need_status(self) -> NeedStatus:
        """How a need made from this line ended."""
        return NeedStatus.SOLVED if _SOLVED.match(self.result) else NeedStatus.CLOSED
