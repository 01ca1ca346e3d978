"""Teams judged, subsidies checked, specialists on file, clinics held."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _referring(table: str, *columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns
    ]


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _enum(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _number(name: str = "id", *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _day(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Date(), nullable=nullable)


def _text(name: str, length: int | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), nullable=False)


def _subsidies_up() -> None:
    parents = (("subsidy_id", "subsidy"), ("organisation_id", "organisation"), ("team_id", "team"))
    op.create_table(
        "subsidy_statement",
        *(_number(name) for name in ("id", "subsidy_id", "organisation_id")),
        _number("team_id", nullable=True),
        _text("project", 200),
        _text("condition", 32),
        sa.Column("holds", sa.Boolean(), nullable=True),
        sa.Column("amount_wan", sa.Numeric(precision=14, scale=4), nullable=True),
        _text("document", 200),
        *(_text(name, 64) for name in ("entered_by", "voided_by")),
        _moment("voided_at", nullable=True),
        *(_moment(name) for name in ("created_at", "updated_at")),
        sa.CheckConstraint("(holds IS NULL) <> (amount_wan IS NULL)", name=op.f("ck_subsidy_statement_one_answer")),
        *_referring("subsidy_statement", *parents),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_statement")),
    )
    _indexed("subsidy_statement", *(column for column, _to in parents))


def _subsidies_down() -> None:
    op.drop_table("subsidy_statement")


def upgrade() -> None:
    """Each slice has a function of its own."""
    _subsidies_up()


def downgrade() -> None:
    """In the opposite order."""
    _subsidies_down()
