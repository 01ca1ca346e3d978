"""How well a need is written: what it lacks to be understood and matched."""

from collections.abc import Iterable

from matchmaker.domain.drafts import NeedDraft
from matchmaker.domain.indicators import has_quantity
from matchmaker.domain.offers import Completeness
from matchmaker.i18n import lazy_gettext as _

SHORT, LONG, GOAL, FEW = 30, 80, 10, 3  # characters of a first and a full problem, and of a goal; keywords


def completeness(draft: NeedDraft) -> Completeness:
    """0–100 and what would help most, best first.

    The problem counts 20 and its detail 10, an indicator 10 and a number with its unit in it 15, the goal 10, three
    keywords 10, technical field, budget, deadline, way of cooperation and industry 5 each. What bureaus ask of a need:
    urgent, true, indicators in numbers (绵阳's collection notice of 2020).
    """
    parts = list(_parts(draft))
    lacking = sorted(((weight, hint) for weight, done, hint in parts if not done), key=lambda part: -part[0])
    return Completeness(sum(weight for weight, done, _hint in parts if done), tuple(hint for _weight, hint in lacking))


def _parts(draft: NeedDraft) -> Iterable[tuple[int, bool, str]]:
    """(weight, whether it is there, what to do); the weights add up to 100."""
    length = len(draft.problem)
    measured = has_quantity(draft.indicators) or has_quantity(draft.problem)
    yield 20, length >= SHORT, _("主要问题至少写 30 字：现在怎么做、卡在哪里")
    yield 10, length >= LONG, _("主要问题写到 80 字以上，补充材料、设备和试过的办法")
    yield 10, bool(draft.indicators), _("写出要达到的技术指标")
    yield 15, measured, _("指标写出数值和单位，例如“合格率 ≥ 95%”")
    yield 10, len(draft.goal) >= GOAL, _("写明预期目标：解决之后生产上会怎样")
    yield 10, len(draft.keywords) >= FEW, _("填写 3 个以上关键词")
    yield 5, bool(draft.field), _("选择技术领域")
    yield 5, bool(draft.industry), _("选择所属行业")
    yield 5, draft.budget_wan is not None, _("填写拟投入资金，可以写 0")
    yield 5, draft.deadline is not None, _("填写需求时限")
    yield 5, draft.cooperation is not None, _("选择合作方式")
