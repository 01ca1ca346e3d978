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
    _clinics_up()
    _subsidies_up()


def downgrade() -> None:
    """In the opposite order."""
    _clinics_down()
    _subsidies_down()


# Clinics: rounds of firms and their diagnosis sheets


def _clinics_up() -> None:
    op.create_table(
        "clinic",
        _number(),
        _text("title", 200),
        sa.Column("status", _enum("clinic_status", "planned", "held", "cancelled"), nullable=False),
        _number("group_id", nullable=True),
        _text("note"),
        _text("made_by", 64),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
        *_referring("clinic", ("group_id", "research_group")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic")),
    )
    _indexed("clinic", "status", "group_id")
    op.create_table(
        "clinic_expert",
        *(_number(name) for name in ("id", "clinic_id", "expert_id")),
        sa.Column("role", _enum("member_role", "lead", "member"), nullable=False),
        *_referring("clinic_expert", ("clinic_id", "clinic"), ("expert_id", "expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_expert")),
        sa.UniqueConstraint("clinic_id", "expert_id", name=op.f("uq_clinic_expert_clinic_id_expert_id")),
    )
    _indexed("clinic_expert", "clinic_id", "expert_id")
    op.create_table(
        "clinic_visit",
        *(_number(name) for name in ("id", "clinic_id", "firm_id")),
        _day("day"),
        sa.Column("half", _enum("half", "morning", "afternoon"), nullable=False),
        sa.Column("visited", sa.Boolean(), nullable=True),
        _text("people", 200),
        _text("findings"),
        _text("filled_by", 64),
        _moment("filled_at", nullable=True),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        *_referring("clinic_visit", ("clinic_id", "clinic"), ("firm_id", "organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_visit")),
        sa.UniqueConstraint("clinic_id", "firm_id", name=op.f("uq_clinic_visit_clinic_id_firm_id")),
    )
    _indexed("clinic_visit", "clinic_id", "firm_id", "day")
    op.create_table(
        "clinic_problem",
        *(_number(name) for name in ("id", "visit_id")),
        _text("problem"),
        _text("advice"),
        sa.Column("urgency", _enum("urgency", "urgent", "soon", "later"), nullable=False),
        _number("need_id", nullable=True),
        *_referring("clinic_problem", ("visit_id", "clinic_visit"), ("need_id", "need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_problem")),
    )
    _indexed("clinic_problem", "visit_id", "need_id")


def _clinics_down() -> None:
    for table in ("clinic_problem", "clinic_visit", "clinic_expert", "clinic"):
        op.drop_table(table)
