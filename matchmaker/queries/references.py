"""What refers to a record: by foreign key, as the tables declare it, and by number or key inside other cells."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, String, cast, literal, select
from sqlalchemy.orm import Session

from matchmaker.db.base import Base
from matchmaker.db.cells import referring, table_of
from matchmaker.db.models import Answer, Attachment, Comment, Label, Suggestion
from matchmaker.domain.vocabulary import Noun, OwnerKind
from matchmaker.i18n import LazyString, lazy_gettext

CHUNK = 500
NOUNS = {
    "organisation": Noun.ORGANISATION,
    "expert": Noun.EXPERT,
    "research_group": Noun.GROUP,
    "need": Noun.NEED,
    "capability": Noun.CAPABILITY,
    "meeting": Noun.MEETING,
    "trip": Noun.TRIP,
    "absorption": Noun.ABSORPTION,
    "turnover": Noun.TURNOVER,
    "training": Noun.TRAINING,
    "specialist": Noun.SPECIALIST,
}
OWNERS = {"organisation": OwnerKind.ORGANISATION, "expert": OwnerKind.EXPERT, "research_group": OwnerKind.GROUP}
# What people call a row of a table that refers to others.
CALLED: dict[str, LazyString] = {
    "absorption": lazy_gettext("成果吸纳"),
    "account": lazy_gettext("账号"),
    "agreement": lazy_gettext("协议"),
    "appeal": lazy_gettext("申诉"),
    "answer": lazy_gettext("答复中的同行人员"),
    "attachment": lazy_gettext("附件"),
    "availability": lazy_gettext("可约时间"),
    "book_word": lazy_gettext("对任务书的意见"),
    "capability": lazy_gettext("能力"),
    "certificate": lazy_gettext("服务证明"),
    "check_in": lazy_gettext("现场签到"),
    "clinic": lazy_gettext("技术巡诊"),
    "clinic_expert": lazy_gettext("技术巡诊的专家"),
    "clinic_problem": lazy_gettext("巡诊诊断的问题"),
    "clinic_visit": lazy_gettext("技术巡诊的企业"),
    "comment": lazy_gettext("审核意见"),
    "evaluation": lazy_gettext("绩效考评"),
    "evaluation_person": lazy_gettext("绩效考评中的个人"),
    "evidence": lazy_gettext("活动材料"),
    "exclusion": lazy_gettext("计数剔除"),
    "expert": lazy_gettext("专家"),
    "follow_up": lazy_gettext("跟踪回访"),
    "group_member": lazy_gettext("团队成员"),
    "import_change": lazy_gettext("导入记录"),
    "invitation": lazy_gettext("对接邀请"),
    "label": lazy_gettext("反馈标记"),
    "letter": lazy_gettext("函件"),
    "meeting": lazy_gettext("对接活动"),
    "meeting_confirmation": lazy_gettext("对活动记录的确认"),
    "meeting_expert": lazy_gettext("对接活动的专家"),
    "meeting_firm": lazy_gettext("对接活动的企业"),
    "meeting_need": lazy_gettext("对接活动的需求"),
    "milestone": lazy_gettext("里程碑"),
    "minute_item": lazy_gettext("纪要条目"),
    "need": lazy_gettext("技术需求"),
    "need_release": lazy_gettext("需求的定向院所"),
    "need_version": lazy_gettext("需求的历史版本"),
    "organisation": lazy_gettext("机构"),
    "reception": lazy_gettext("院所的接待答复"),
    "refresh_request": lazy_gettext("待刷新的推荐"),
    "registration": lazy_gettext("企业注册"),
    "research_group": lazy_gettext("科研项目团队"),
    "service_log": lazy_gettext("服务日志"),
    "site": lazy_gettext("机构地点"),
    "subsidy_statement": lazy_gettext("政策条件的填报"),
    "specialist": lazy_gettext("科技特派员"),
    "specialist_host": lazy_gettext("特派员的服务对象"),
    "suggestion": lazy_gettext("推荐"),
    "task": lazy_gettext("待办"),
    "task_book": lazy_gettext("工作任务书"),
    "team": lazy_gettext("科技特派团"),
    "team_host": lazy_gettext("特派团的服务对象"),
    "team_member": lazy_gettext("科技特派团成员"),
    "team_need": lazy_gettext("科技特派团的需求"),
}


@dataclass(frozen=True)
class Reference:
    """A cell that refers to a row: `target` is the number of that row."""

    table: str
    row_id: int
    column: str
    target: int


def parts(ids: Collection[int]) -> Iterator[list[int]]:
    """The numbers in order, as many at a time as a statement takes."""
    numbers = sorted(ids)
    for first in range(0, len(numbers), CHUNK):
        yield numbers[first : first + CHUNK]


def references(session: Session, table: str, ids: Collection[int]) -> Iterator[Reference]:
    """Every cell of any table that refers to one of these rows of `table`; the audit trail and the imports apart."""
    for part in parts(ids):
        for column in referring().get(table, []):
            source = column.table
            for row_id, target in session.execute(select(source.c.id, column).where(column.in_(part))):
                yield Reference(source.name, row_id, column.name, target)
        for statement, name, column_name in _by_key(table, part):
            for row_id, target in session.execute(statement):
                yield Reference(name, row_id, column_name, int(str(target).rpartition(":")[2]))
        if table == "expert":
            yield from _companions(session, set(part))


def _by_key(table: str, ids: Collection[int]) -> Iterator[tuple[Select[*tuple[Any, ...]], str, str]]:
    """Statements for (row id, the target's number or key), with the table and the column."""
    if table in NOUNS:
        for model in (Comment, Attachment):
            mine = (model.noun == NOUNS[table], model.record_id.in_(ids))
            noted: Select[*tuple[Any, ...]] = select(model.id, model.record_id).where(*mine)
            yield noted, model.__tablename__, "record_id"
    if table in OWNERS:
        keys = [OWNERS[table].key(number) for number in ids]
        for owned in (Suggestion, Label):
            paired: Select[*tuple[Any, ...]] = select(owned.id, owned.owner_key).where(owned.owner_key.in_(keys))
            yield paired, owned.__tablename__, "owner_key"


def _companions(session: Session, ids: set[int]) -> Iterator[Reference]:
    told: ColumnElement[bool] = cast(Answer.companion_ids, String) != literal("[]")
    for row_id, companions in session.execute(select(Answer.id, Answer.companion_ids).where(told)):
        for number in ids & set(companions):
            yield Reference(Answer.__tablename__, row_id, "companion_ids", number)


def name_column(model: type[Base]) -> Column[Any]:
    """The column with what a record is called."""
    columns = table_of(model).c
    return next(columns[name] for name in ("name", "title", "source", "number") if name in columns)
