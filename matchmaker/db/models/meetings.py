"""Trips, meetings, who came, and the evidence."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped, Versioned, word
from matchmaker.db.models.journeys import Journey, Route
from matchmaker.db.models.organisations import Organisation, Site
from matchmaker.db.models.people import Expert, Group
from matchmaker.db.models.postings import Need
from matchmaker.db.models.recording import CheckIn, MeetingConfirmation, MinuteItem
from matchmaker.domain.vocabulary import Attendance, EvidenceKind, MeetingKind, MeetingStatus, Noun


class Trip(Journey, Base):
    """The outbound meetings of one bus."""

    __tablename__ = "trip"
    id: Mapped[Key]
    meetings: Mapped[list["Meeting"]] = relationship(back_populates="trip", order_by="Meeting.id", lazy="raise")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form


class Meeting(Versioned, Stamped, Base):
    """One planned or held encounter.

    Outbound: `host_id` is the institute, several firms. Inbound: exactly one firm. `site_id` is the site visited
    (none for online); `day`, `starts` and `ends` are in Asia/Shanghai.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("ends > starts", name="ends_after_start"),
        CheckConstraint("kind <> 'outbound' OR host_id IS NOT NULL", name="outbound_has_host"),
        CheckConstraint("kind = 'online' OR site_id IS NOT NULL", name="visit_has_site"),
        CheckConstraint(
            "verified_by_id IS NULL OR verified_by_id <> recorded_by_id",
            name="verified_by_another",
        ),
        Index("ix_meeting_kind_day", "kind", "day"),
        Index("ix_meeting_status_day", "status", "day"),
    )
    id: Mapped[Key]
    kind: Mapped[MeetingKind] = mapped_column(word(MeetingKind))
    status: Mapped[MeetingStatus] = mapped_column(word(MeetingStatus), default=MeetingStatus.PLANNED)
    title: Mapped[Short]
    day: Mapped[date] = mapped_column(index=True)
    starts: Mapped[time]
    ends: Mapped[time]
    trip_id: Mapped[int | None] = mapped_column(ForeignKey("trip.id"), index=True)
    route_id: Mapped[int | None] = mapped_column(ForeignKey("route.id"), index=True)
    host_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("research_group.id"), index=True)
    agenda: Mapped[list[Any]] = mapped_column(default=list)  # [["09:30", "看生产线"], …]
    bring: Mapped[str] = mapped_column(default="")  # 需带资料
    secrecy: Mapped[str] = mapped_column(default="")  # 保密提示
    travel: Mapped[str] = mapped_column(default="")  # 交通
    minutes: Mapped[str] = mapped_column(default="")
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)  # 承办人
    from_history: Mapped[bool] = mapped_column(default=False)  # brought in from an older ledger
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    recorded_by: Mapped[str] = mapped_column(String(64), default="")
    recorded_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    verified_by: Mapped[str] = mapped_column(String(64), default="")
    verified_at: Mapped[datetime | None]
    reminded_on: Mapped[date | None]
    trip: Mapped[Trip | None] = relationship(back_populates="meetings", lazy="joined")
    route: Mapped[Route | None] = relationship(lazy="joined")
    host: Mapped[Organisation | None] = relationship(lazy="joined")
    site: Mapped[Site | None] = relationship(lazy="joined")
    group: Mapped[Group | None] = relationship(lazy="joined")
    firms: Mapped[list["MeetingFirm"]] = relationship(order_by="MeetingFirm.id", lazy="selectin")
    experts: Mapped[list["MeetingExpert"]] = relationship(order_by="MeetingExpert.id", lazy="selectin")
    needs: Mapped[list["MeetingNeed"]] = relationship(order_by="MeetingNeed.id", lazy="selectin")
    evidence: Mapped[list["Evidence"]] = relationship(order_by="Evidence.id", lazy="selectin")
    check_ins: Mapped[list[CheckIn]] = relationship(
        order_by="CheckIn.id",
        primaryjoin="and_(CheckIn.meeting_id == Meeting.id, CheckIn.voided_at.is_(None))",
        viewonly=True,
        lazy="selectin",
    )
    items: Mapped[list[MinuteItem]] = relationship(
        order_by="MinuteItem.position",
        primaryjoin="and_(MinuteItem.meeting_id == Meeting.id, MinuteItem.dropped_at.is_(None))",
        viewonly=True,
        lazy="selectin",
    )
    confirmations: Mapped[list[MeetingConfirmation]] = relationship(order_by="MeetingConfirmation.id")
    __mapper_args__ = {"version_id_col": Versioned.version}  # noqa: RUF012 -- SQLAlchemy's own form

    @property
    def filed(self) -> list["Evidence"]:
        """The evidence that counts: what has not been voided."""
        return [one for one in self.evidence if one.voided_at is None]


class MeetingFirm(Base):
    """A firm invited to a meeting and, once recorded, whether it came."""

    __tablename__ = "meeting_firm"
    __table_args__ = (UniqueConstraint("meeting_id", "firm_id"),)
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    firm_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    attendance: Mapped[Attendance | None] = mapped_column(word(Attendance))
    expected: Mapped[str] = mapped_column(String(200), default="")  # who is to come: names with 、 between
    sends: Mapped[str] = mapped_column(String(200), default="")  # who comes instead, as the firm named them beforehand
    people: Mapped[str] = mapped_column(String(200), default="")  # who came, as written on the sign-in sheet
    firm: Mapped[Organisation] = relationship(lazy="joined")


class MeetingExpert(Base):
    """A person invited to a meeting and, once recorded, whether they came or who stood in.

    Named before the day: `sends` is a stand-in who is not on file. A colleague on file is invited in a row of their own
    that says for whom they come, so whoever attends is counted as who they are.
    """

    __tablename__ = "meeting_expert"
    __table_args__ = (UniqueConstraint("meeting_id", "expert_id"),)
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("expert.id"), index=True)
    attendance: Mapped[Attendance | None] = mapped_column(word(Attendance))
    stand_in: Mapped[str] = mapped_column(String(200), default="")
    sends: Mapped[str] = mapped_column(String(200), default="")
    instead_of_id: Mapped[int | None] = mapped_column(ForeignKey("expert.id"), index=True)
    expert: Mapped[Expert] = relationship(lazy="joined", foreign_keys=[expert_id])


class MeetingNeed(Base):
    """A need that the meeting is about."""

    __tablename__ = "meeting_need"
    __table_args__ = (UniqueConstraint("meeting_id", "need_id"),)
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"), index=True)
    need: Mapped[Need] = relationship(lazy="joined")


class Blob(Base):
    """Bytes of a file, addressed by their sha256, in the database so that every host sees them (at most 20 MB)."""

    __tablename__ = "blob"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Evidence(Base):
    """A file that proves something about a meeting. A voided one stays on file and proves nothing."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index(
            "ix_evidence_filed_once",
            "meeting_id",
            "kind",
            "blob_sha256",
            unique=True,
            sqlite_where=text("voided_at IS NULL"),
            postgresql_where=text("voided_at IS NULL"),
        ),
    )
    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"), index=True)
    kind: Mapped[EvidenceKind] = mapped_column(word(EvidenceKind))
    file_name: Mapped[Short]
    added_by: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    voided_by: Mapped[str] = mapped_column(String(64), default="")
    voided_at: Mapped[datetime | None]
    blob: Mapped[Blob] = relationship(lazy="joined")


class Attachment(Base):
    """A file that belongs to a record 附件, such as a need's drawing; a voided one stays on file."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_noun_record", "noun", "record_id"),)
    id: Mapped[Key]
    noun: Mapped[Noun] = mapped_column(word(Noun))
    record_id: Mapped[int]
    blob_sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    file_name: Mapped[Short]
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    added_by: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    voided_by: Mapped[str] = mapped_column(String(64), default="")
    voided_at: Mapped[datetime | None]
