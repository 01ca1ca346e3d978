"""Technical clinics 技术巡诊: experts go round firms and leave a diagnosis sheet at each (policy 004 (6))."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.people import Expert, Group
from matchmaker.db.models.postings import Need
from matchmaker.domain.availability import Half
from matchmaker.domain.vocabulary import ClinicStatus, MemberRole, Urgency


class Clinic(Versioned, Stamped, Base):
    """A round of firms by a group on file, or by some experts; exactly one of them leads. No meeting of its own."""

    __tablename__ = "clinic"
    id: Mapped[Key]
    title: Mapped[Short]
    status: Mapped[ClinicStatus] = mapped_column(word(ClinicStatus), default=ClinicStatus.PLANNED, index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("research_group.id"), index=True)
    note: Mapped[str] = mapped_column(default="")
    made_by: Mapped[str] = mapped_column(String(64))
    group: Mapped[Group | None] = relationship()
    experts: Mapped[list["ClinicExpert"]] = relationship(order_by="ClinicExpert.id", lazy="selectin")
    visits: Mapped[list["ClinicVisit"]] = relationship(
        order_by="ClinicVisit.day, ClinicVisit.half.desc(), ClinicVisit.id", lazy="selectin", back_populates="clinic"
    )
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class ClinicExpert(Base):
    """An expert who goes along."""

    __tablename__ = "clinic_expert"
    __table_args__ = (UniqueConstraint("clinic_id", "expert_id"),)
    id: Mapped[Key]
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    role: Mapped[MemberRole] = mapped_column(word(MemberRole))
    expert: Mapped[Expert] = relationship(lazy="joined")


class ClinicVisit(Base):
    """A firm of the round: half a day at it, and the diagnosis sheet. `visited` None: nobody has said yet.

    `findings` say what was found of a firm that was visited, or why it was not.
    """

    __tablename__ = "clinic_visit"
    __table_args__ = (UniqueConstraint("clinic_id", "firm_id"),)
    id: Mapped[Key]
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), index=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    day: Mapped[date] = mapped_column(index=True)
    half: Mapped[Half] = mapped_column(word(Half))
    visited: Mapped[bool | None]
    people: Mapped[Short] = mapped_column(default="")  # who of the firm was met
    findings: Mapped[str] = mapped_column(default="")
    filled_by: Mapped[str] = mapped_column(String(64), default="")
    filled_at: Mapped[datetime | None]
    on_behalf: Mapped[bool] = mapped_column(default=False)  # 代录
    clinic: Mapped[Clinic] = relationship(back_populates="visits")
    firm: Mapped[Organisation] = relationship(lazy="joined")
    problems: Mapped[list["ClinicProblem"]] = relationship(
        order_by="ClinicProblem.id", lazy="selectin", back_populates="visit"
    )


class ClinicProblem(Base):
    """A problem found at a firm, what is advised, and the need that was drafted from it."""

    __tablename__ = "clinic_problem"
    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("clinic_visit.id"), index=True)
    problem: Mapped[str]
    advice: Mapped[str] = mapped_column(default="")
    urgency: Mapped[Urgency] = mapped_column(word(Urgency))
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"), index=True)
    need: Mapped[Need | None] = relationship(lazy="joined")
    visit: Mapped[ClinicVisit] = relationship(back_populates="problems")
