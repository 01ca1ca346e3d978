"""What was stated for a condition of a policy measure that no record of ours shows."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from matchmaker.db.base import Base, Key, Short, Stamped
from matchmaker.db.models.entries import Entered
from matchmaker.db.models.ledger import Subsidy
from matchmaker.db.models.organisations import Organisation
from matchmaker.db.models.teams import Team


class SubsidyStatement(Entered, Stamped, Base):
    """A yes, a no or an amount (万元) with the document that shows it; a further one voids the one before.

    Of a firm or agency, for one of its teams or one of its projects where the measure is theirs.
    """

    __tablename__ = "subsidy_statement"
    __table_args__ = (CheckConstraint("(holds IS NULL) <> (amount_wan IS NULL)", name="one_answer"),)
    id: Mapped[Key]
    subsidy_id: Mapped[int] = mapped_column(ForeignKey("subsidy.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    project: Mapped[Short] = mapped_column(default="")
    condition: Mapped[str] = mapped_column(String(32))
    holds: Mapped[bool | None]
    amount_wan: Mapped[Decimal | None] = mapped_column(Numeric(14, 4))
    document: Mapped[Short]
    by_firm: Mapped[bool] = mapped_column(default=False)  # its own word; otherwise an officer took it down
    subsidy: Mapped[Subsidy] = relationship(lazy="joined")
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    team: Mapped[Team | None] = relationship(lazy="joined")
