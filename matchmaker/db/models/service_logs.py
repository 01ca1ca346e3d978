"""Service logs 服务日志: half-days and days that an expert served a firm on the spot."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Stamped, Versioned, word
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.people import Expert
from matchmaker.db.models.specialists import Specialist
from matchmaker.db.models.teams import Team
from matchmaker.domain.vocabulary import ServiceLogStatus


class ServiceLog(Versioned, Stamped, Base):
    """One expert, one firm, one day; photographs are attachments. `half_days` is 1 or 2.

    Served as a member of a team or as a specialist: one of the two is given.

    It counts in totals once the city has approved it; then the firm rates it from 1 to 5.
    """

    __tablename__ = "service_log"
    __table_args__ = (
        CheckConstraint("half_days IN (1, 2)", name="half_or_whole_day"),
        CheckConstraint("rating IS NULL OR rating BETWEEN 1 AND 5", name="one_to_five"),
    )
    id: Mapped[Key]
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    specialist_id: Mapped[int | None] = mapped_column(ForeignKey("specialist.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    day: Mapped[date] = mapped_column(index=True)
    half_days: Mapped[int]
    problem: Mapped[str]
    result: Mapped[str]
    status: Mapped[ServiceLogStatus] = mapped_column(word(ServiceLogStatus), default=ServiceLogStatus.DRAFT, index=True)
    status_since: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(String(64))
    on_behalf: Mapped[bool] = mapped_column(default=False)  # typed in by an officer who was told
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # the officer who last typed in it
    passed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))  # for the unit
    rating: Mapped[int | None]
    rating_words: Mapped[str] = mapped_column(default="")
    rated_by: Mapped[str] = mapped_column(String(64), default="")
    rated_on_behalf: Mapped[bool] = mapped_column(default=False)
    team: Mapped[Team | None] = relationship(lazy="joined")
    specialist: Mapped[Specialist | None] = relationship(lazy="joined")
    expert: Mapped[Expert] = relationship(lazy="joined")
    firm: Mapped[Organisation] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form
