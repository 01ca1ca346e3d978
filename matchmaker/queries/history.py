"""What was done to a record: the audit trail and the remarks, as its page shows them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Audit, Comment
from matchmaker.domain.lifecycle import STEPS
from matchmaker.domain.permissions import SYSTEM, Actor
from matchmaker.domain.vocabulary import DeclineReason, Noun, Role, Side
from matchmaker.i18n import gettext as _
from matchmaker.i18n import lazy_pgettext, with_detail

PLAIN = {
    "create": lazy_pgettext("done", "建立"),
    "edit": lazy_pgettext("done", "修改内容"),
    "check": lazy_pgettext("done", "复核无误"),
    "confirm": lazy_pgettext("done", "确认仍然有效"),
    "freeze": lazy_pgettext("done", "两年未确认，冻结"),
    "leave_group": lazy_pgettext("done", "退出团队"),
    "import": lazy_pgettext("done", "导入"),
    "undo": lazy_pgettext("done", "撤销导入"),
    "merge": lazy_pgettext("done", "合并重复记录"),
    "unmerge": lazy_pgettext("done", "撤销合并"),
    "apart": lazy_pgettext("done", "标记为不是重复"),
    "beside": lazy_pgettext("done", "取消“不是重复”的标记"),
    "comment": lazy_pgettext("done", "审核意见"),
    "schedule": lazy_pgettext("done", "安排活动"),
    "change": lazy_pgettext("done", "更改安排"),
    "prepare": lazy_pgettext("done", "填写活动准备事项"),
    "tell": lazy_pgettext("done", "告知各方准备事项"),
    "name_stand_in": lazy_pgettext("done", "告知由他人参加"),
    "drop_stand_in": lazy_pgettext("done", "告知仍由本人参加"),
    "state_times": lazy_pgettext("done", "填写可约时间"),
    "receive_confirmed": lazy_pgettext("done", "接待方确认"),
    "receive_change": lazy_pgettext("done", "接待方要求调整"),
    "receive_declined": lazy_pgettext("done", "接待方不能接待"),
    "issue_letter": lazy_pgettext("done", "出函"),
    "add_firm": lazy_pgettext("done", "增加同行企业"),
    "drop_firm": lazy_pgettext("done", "去掉同行企业"),
    "add_stop": lazy_pgettext("done", "增加一站"),
    "drop_stop": lazy_pgettext("done", "取消一站"),
    "diagnose": lazy_pgettext("done", "填写诊断单"),
    "draft_need": lazy_pgettext("done", "据诊断单起草需求"),
    "attendance": lazy_pgettext("done", "登记到会与纪要"),
    "check_in": lazy_pgettext("done", "签到"),
    "void_check_in": lazy_pgettext("done", "作废签到"),
    "confirm_record": lazy_pgettext("done", "确认活动记录"),
    "settle_word": lazy_pgettext("done", "处理对记录的意见"),
    "members": lazy_pgettext("done", "调整成员"),
    "talk": lazy_pgettext("done", "问题会商"),
    "evidence": lazy_pgettext("done", "上传材料"),
    "void_evidence": lazy_pgettext("done", "作废材料"),
    "invite": lazy_pgettext("done", "发出邀请"),
    "attach": lazy_pgettext("done", "上传附件"),
    "void_attachment": lazy_pgettext("done", "作废附件"),
    "reclaim": lazy_pgettext("done", "专家收回“不是我的方向”"),
    "pass_on": lazy_pgettext("done", "由同事转来"),
    "bring": lazy_pgettext("done", "约同事同去"),
    "leave": lazy_pgettext("done", "同事不能同去"),
    "adopt": lazy_pgettext("done", "制定"),
    "calibrate": lazy_pgettext("done", "校准"),
    "uncalibrate": lazy_pgettext("done", "改回未校准"),
    "same_need": lazy_pgettext("done", "另一条重复的需求并入"),
    "not_same_need": lazy_pgettext("done", "并入的需求分开"),
    "exclude": lazy_pgettext("done", "从计数中剔除"),
    "include": lazy_pgettext("done", "恢复计数"),
    "hand_over": lazy_pgettext("done", "移交承办"),
    "renew_calendar": lazy_pgettext("done", "更换日历链接"),
    "identify": lazy_pgettext("done", "指明为名录中的企业"),
    "sign_in": lazy_pgettext("done", "登录"),
    "lock": lazy_pgettext("done", "停用"),
    "unlock": lazy_pgettext("done", "启用"),
    "set_password": lazy_pgettext("done", "修改密码"),
    "end_sessions": lazy_pgettext("done", "退出其他设备"),
    "send_welcome": lazy_pgettext("done", "发送开通链接"),
    "send_reset": lazy_pgettext("done", "发送重设密码链接"),
    "use_welcome": lazy_pgettext("done", "用链接开通账号"),
    "use_reset": lazy_pgettext("done", "用链接重设密码"),
    "resend": lazy_pgettext("done", "重新发送"),
    "settle": lazy_pgettext("done", "已用其他方式通知"),
    "add_host": lazy_pgettext("done", "增加服务对象"),
    "end_host": lazy_pgettext("done", "结束服务对象"),
    "agree": lazy_pgettext("done", "登记协议"),
    "change_member": lazy_pgettext("done", "成员变更"),
    "renew": lazy_pgettext("done", "续期"),
    "write_book": lazy_pgettext("done", "起草任务书"),
    "answer_book": lazy_pgettext("done", "对任务书的意见"),
    "reach": lazy_pgettext("done", "登记完成"),
    "reach_milestone": lazy_pgettext("done", "完成里程碑"),
    "reopen_milestone": lazy_pgettext("done", "撤销完成里程碑"),
    "issue_certificate": lazy_pgettext("done", "开具服务证明"),
    "open_round": lazy_pgettext("done", "开始考评"),
    "publish_round": lazy_pgettext("done", "公布考评结果"),
    "give_points": lazy_pgettext("done", "评分"),
    "place": lazy_pgettext("done", "重新排名"),
    "revoke_link": lazy_pgettext("done", "撤回链接"),
}
ANSWERS = {
    "accept": lazy_pgettext("done", "同意"),
    "decline": lazy_pgettext("done", "婉拒"),
    "another_time": lazy_pgettext("done", "提出改时间"),
}
ABOUT = ("file", "person", "party")  # what a step was about, where the trail says so
TOLD_BY_ANOTHER = ("record", "take_back")  # "attendance" and "take_back_…", written with it, say more
CHANGED = lazy_pgettext("done", "更新答复")


@dataclass(frozen=True)
class Entry:
    """One thing that happened: `text` is what was done, `reason` what was said about it."""

    at: datetime
    actor: str
    role_label: str
    text: str
    reason: str = ""
    on_behalf: bool = False


def _done(row: Audit) -> str:
    if row.noun is Noun.MEETING and row.action == "change" and (moved := _moved(row)):
        return with_detail(_("更改安排"), moved)
    if row.action in PLAIN:
        about = next(
            (row.after.get(name) or row.before.get(name) for name in ABOUT if name in row.after | row.before), ""
        )
        return with_detail(str(PLAIN[row.action]), about) if about else str(PLAIN[row.action])
    if row.action.startswith("answer_"):
        return _answered(row)
    if row.action.startswith("take_back_"):
        return _("%(side)s收回答复", side=_side(row.action.removeprefix("take_back_")))
    target = row.after.get("status")
    steps = [step for step in STEPS.get(row.noun, ()) if step.action == row.action]
    found = next((step for step in steps if step.target == target), steps[0] if steps else None)
    return _(found.label) if found else row.action


def _moved(row: Audit) -> str:
    """What a meeting's new day, hours or place replaced; "" where all of them stayed."""
    told = []
    for label, names in ((_("日期"), ("day",)), (_("时间"), ("starts", "ends"))):
        if any(name in row.after for name in names):
            old, new = (
                "–".join(_short(part[name]) for name in names if name in part) for part in (row.before, row.after)
            )
            told.append(f"{label} {old} → {new}")
    if "site_id" in row.after:
        told.append(_("地点有变"))
    return _("；").join(told)


def _short(moment: object) -> str:
    """A kept time without its seconds."""
    return str(moment).removesuffix(":00") if str(moment).count(":") == 2 else str(moment)


def _answered(row: Audit) -> str:
    """Which side answered what; a decline with its reason, another time with the day."""
    side = _side(row.action.removeprefix("answer_"))
    said = ANSWERS.get(row.after.get("decision", ""), CHANGED)
    why = next((_(reason.label) for reason in DeclineReason if reason.value == row.after.get("reason")), "")
    detail = why or row.after.get("other_day") or ""
    text = _("%(side)s%(said)s", side=side, said=said)
    return with_detail(text, detail) if detail else text


def _side(value: str) -> str:
    return next(_(side.label) for side in Side if side.value == value)


def _who(row: Audit) -> str:
    return _("系统") if row.actor == SYSTEM.name and not row.role else row.actor


def _role(value: str) -> str:
    return next((_(role.label) for role in Role if role.value == value), "")


def last_entry(session: Session) -> int:
    """Number of the newest row of the audit trail, 0 for none."""
    return session.scalar(select(func.max(Audit.id))) or 0


def reason_of(session: Session, noun: Noun, record_id: int, action: str) -> str:
    """Why a step was last taken, "" when it never was or nobody said."""
    mine = (Audit.noun == noun, Audit.record_id == record_id, Audit.action == action)
    return session.scalars(select(Audit.reason).where(*mine).order_by(Audit.id.desc()).limit(1)).first() or ""


def number_done(session: Session, actor: Actor, noun: Noun, action: str, *, after: int, until: int) -> int:
    """How many records the actor took this step for, between two entries of the trail (the first left out)."""
    mine = (Audit.noun == noun, Audit.action == action, Audit.account_id == actor.account_id)
    return session.scalar(select(func.count()).where(*mine, Audit.id > after, Audit.id <= until)) or 0


def timeline(session: Session, noun: Noun, record_id: int) -> list[Entry]:
    """Everything that happened to a record, newest first; a remark that gave a step its reason is not repeated."""
    told = Audit.action.not_in(TOLD_BY_ANOTHER)
    audits = session.scalars(select(Audit).where(Audit.noun == noun, Audit.record_id == record_id, told)).all()
    comments = session.scalars(select(Comment).where(Comment.noun == noun, Comment.record_id == record_id)).all()
    reasons = {(row.actor, row.reason) for row in audits if row.reason}
    entries = [Entry(row.at, _who(row), _role(row.role), _done(row), row.reason, row.on_behalf) for row in audits]
    entries += [
        Entry(row.at, row.author, "", str(PLAIN["comment"]), row.body)
        for row in comments
        if (row.author, row.body) not in reasons
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)
