"""Technology brokers trained 技术经理人培训."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from matchmaker.db.models import Training
from matchmaker.domain.drafts import TrainingDraft
from matchmaker.domain.vocabulary import Noun
from matchmaker.i18n import lazy_gettext
from matchmaker.queries import entries as queries
from matchmaker.services import entries as services
from matchmaker.web.entry_pages import Column, Kind, blueprint
from matchmaker.web.filters import label


def _values(row: Training) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TrainingDraft.model_fields}


def _judged(session: Session) -> Callable[[Training], str]:
    verdicts = queries.load(session).trainings
    return lambda row: label(verdicts[row.id]) if row.id in verdicts else ""


KIND = Kind(
    name="trainings",
    noun=Noun.TRAINING,
    model=Training,
    draft=TrainingDraft,
    title=lazy_gettext("技术经理人培训"),
    add=lazy_gettext("登记培训"),
    empty=lazy_gettext("每人每期培训登记一条；同一人一年只计一次。"),
    search=queries.trainings,
    write=services.write_training,
    columns=(
        Column(lazy_gettext("姓名"), lambda row: row.name, "name"),
        Column(lazy_gettext("工作单位"), lambda row: row.organisation, "organisation"),
        Column(lazy_gettext("培训班"), lambda row: row.course, "course"),
        Column(lazy_gettext("证书编号"), lambda row: row.certificate),
        Column(lazy_gettext("结业日期"), lambda row: row.day.isoformat(), "day"),
    ),
    values=_values,
    judged=_judged,
)
bp = blueprint(KIND)
