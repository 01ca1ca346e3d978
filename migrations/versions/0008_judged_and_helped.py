"""Teams judged, subsidies checked, specialists on file, clinics held."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

NOUNS_NOW = (
    "organisation",
    "expert",
    "group",
    "need",
    "capability",
    "suggestion",
    "invitation",
    "meeting",
    "trip",
    "route",
    "task",
    "follow_up",
    "team",
    "agreement",
    "task_book",
    "milestone",
    "service_log",
    "certificate",
    "specialist",
    "clinic",
    "evaluation",
    "evaluation_round",
    "appeal",
    "subsidy",
    "target",
    "rule",
    "absorption",
    "turnover",
    "training",
    "assessment",
    "report",
    "workday",
    "import_batch",
    "registration",
    "account",
    "job",
    "message",
    "lexicon",
    "parameters",
)


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


# Specialists on file, whom they serve, what they did there, their lists as sheets


SPECIALIST_LIST = "specialists"
SHEETS = (
    *("organisations", "experts", "groups", "needs", "capabilities", "history"),
    *("absorptions", "turnover", "trainings"),
)
SHEET_TABLES = ("import_batch", "import_draft", "import_mapping")
ONE_HOST = (
    "(organisation_id IS NOT NULL AND unit_id IS NULL AND cluster_id IS NULL)"
    " OR (organisation_id IS NULL AND unit_id IS NOT NULL AND cluster_id IS NULL)"
    " OR (organisation_id IS NULL AND unit_id IS NULL AND cluster_id IS NOT NULL)"
)


def _sheets_may_be(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    for table in SHEET_TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"ck_{table}_import_kind"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_import_kind"), sa.text(f"kind IN ({listed})"))


def _specialists_up() -> None:
    op.create_table(
        "specialist",
        *(_number(name) for name in ("id", "expert_id", "institute_id")),
        sa.Column("kind", _enum("specialist_kind", "enterprise", "agricultural"), nullable=False),
        _text("number", 64),
        _day("filed_on"),
        sa.Column("status", _enum("specialist_status", "active", "ended"), nullable=False),
        _moment("status_since"),
        _day("ended_on", nullable=True),
        _text("entered_by", 64),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
        *_referring("specialist", ("expert_id", "expert"), ("institute_id", "organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specialist")),
        sa.UniqueConstraint("number", name=op.f("uq_specialist_number")),
        sqlite_autoincrement=True,
    )
    _indexed("specialist", "expert_id", "institute_id", "status")
    owners = (
        *(("specialist_id", "specialist"), ("organisation_id", "organisation")),
        *(("unit_id", "unit"), ("cluster_id", "cluster")),
    )
    op.create_table(
        "specialist_host",
        *(_number(name) for name in ("id", "specialist_id")),
        *(_number(name, nullable=True) for name in ("organisation_id", "unit_id", "cluster_id")),
        _day("since"),
        _day("until", nullable=True),
        _text("added_by", 64),
        *(_day(name, nullable=True) for name in ("agreed_on", "agreed_until")),
        sa.CheckConstraint(ONE_HOST, name=op.f("ck_specialist_host_one_host")),
        *_referring("specialist_host", *owners),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specialist_host")),
        sqlite_autoincrement=True,
    )
    _indexed("specialist_host", *(name for name, _to in owners))
    with op.batch_alter_table("service_log", schema=None) as batch_op:
        batch_op.add_column(_number("specialist_id", nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_service_log_specialist_id_specialist"), "specialist", ["specialist_id"], ["id"]
        )
        batch_op.create_index(op.f("ix_service_log_specialist_id"), ["specialist_id"])
    _sheets_may_be(*SHEETS, SPECIALIST_LIST)


def _specialists_down() -> None:
    listed = f"kind = '{SPECIALIST_LIST}'"
    gone = f"(SELECT id FROM import_batch WHERE {listed})"  # noqa: S608 -- our own words
    op.execute(f"DELETE FROM import_draft WHERE {listed}")  # noqa: S608 -- our own words
    op.execute(f"UPDATE import_draft SET batch_id = NULL WHERE batch_id IN {gone}")  # noqa: S608 -- our own words
    op.execute(f"DELETE FROM import_change WHERE batch_id IN {gone}")  # noqa: S608 -- our own words
    for table in ("import_batch", "import_mapping"):
        op.execute(f"DELETE FROM {table} WHERE {listed}")  # noqa: S608 -- our own words
    _sheets_may_be(*SHEETS)
    with op.batch_alter_table("service_log", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_service_log_specialist_id"))
        batch_op.drop_constraint(op.f("fk_service_log_specialist_id_specialist"), type_="foreignkey")
        batch_op.drop_column("specialist_id")
    op.drop_table("specialist_host")
    op.drop_table("specialist")


def _calibration_up() -> None:
    op.create_table(
        "calibration",
        _number(),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("scores", "shares")),
        *(_number(name) for name in ("parameters_version", "labels")),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        _text("reason"),
        _text("made_by", 64),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
    )


def _calibration_down() -> None:
    op.drop_table("calibration")


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
        sa.Column("by_firm", sa.Boolean(), nullable=False),
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
    _evaluations_up()
    _calibration_up()
    _clinics_up()
    _specialists_up()
    _subsidies_up()
    _log_states_up()


def downgrade() -> None:
    """In the opposite order."""
    _log_states_down()
    _subsidies_down()
    _calibration_down()
    _clinics_down()
    _specialists_down()
    _evaluations_down()


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


# Evaluations: a year's sheets, a row per team and per person, appeals

WITH_NOUN = ("attachment", "audit", "comment", "import_change", "merge", "not_duplicate", "search_entry")
GRADES = ("excellent", "good", "fair", "poor")


def _recheck_nouns(words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    for table in WITH_NOUN:
        op.execute(sa.text(f"DELETE FROM {table} WHERE noun NOT IN ({listed})"))  # noqa: S608 -- our own words
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"ck_{table}_noun"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_noun"), sa.text(f"noun IN ({listed})"))


def _evaluations_up() -> None:
    _recheck_nouns(NOUNS_NOW)
    op.create_table(
        "evaluation_round",
        _number(),
        _number("year"),
        sa.Column("rules", sa.JSON(), nullable=False),
        _day("due_on"),
        _text("made_by", 64),
        _day("opened_on", nullable=True),
        _day("published_on", nullable=True),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_round")),
        sa.UniqueConstraint("year", name=op.f("uq_evaluation_round_year")),
    )
    _evaluation_up()
    _sheets_and_appeals_up()


def _sheets_and_appeals_up() -> None:
    op.create_table(
        "evaluation_person",
        *(_number(name) for name in ("id", "evaluation_id", "expert_id")),
        _text("words"),
        sa.Column("proof", sa.JSON(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        _number("score", nullable=True),
        sa.Column("grade", _enum("grade", *GRADES), nullable=True),
        *_referring("evaluation_person", ("evaluation_id", "evaluation"), ("expert_id", "expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_person")),
        sa.UniqueConstraint("evaluation_id", "expert_id", name=op.f("uq_evaluation_person_evaluation_id_expert_id")),
    )
    _indexed("evaluation_person", "evaluation_id", "expert_id")
    op.create_table(
        "appeal",
        _number(),
        _number("evaluation_id"),
        _text("reason"),
        _text("made_by", 64),
        _day("made_on"),
        sa.Column("status", _enum("appeal_status", "open", "upheld", "rejected", "withdrawn"), nullable=False),
        _text("answer"),
        _text("answered_by", 64),
        _day("answered_on", nullable=True),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_appeal_says_why")),
        *_referring("appeal", ("evaluation_id", "evaluation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    _indexed("appeal", "evaluation_id", "status")


def _evaluation_columns() -> list[sa.Column[Any]]:
    states = ("draft", "submitted", "returned", "unit_reviewed", "scored", "published", "excused")
    return [
        *(_number(name) for name in ("id", "round_id", "team_id")),
        sa.Column("level", _enum("team_level", "province", "city"), nullable=False),
        _number("lead_id", nullable=True),
        sa.Column("status", _enum("evaluation_status", *states), nullable=False),
        _moment("status_since"),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("proof", sa.JSON(), nullable=False),
        _text("reported_by", 64),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        _text("unit_opinion"),
        _number("reviewed_by_id", nullable=True),
        sa.Column("points", sa.JSON(), nullable=False),
        _text("remark"),
        _number("scored_by_id", nullable=True),
        _number("score", nullable=True),
        sa.Column("grade", _enum("grade", *GRADES), nullable=True),
        _number("place", nullable=True),
        sa.Column("in_line", sa.Boolean(), nullable=False),
        _day("published_on", nullable=True),
        _text("province_result", 200),
        _text("province_document", 200),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
    ]


def _evaluation_up() -> None:
    op.create_table(
        "evaluation",
        *_evaluation_columns(),
        sa.CheckConstraint(
            "level = 'city' OR (score IS NULL AND place IS NULL AND NOT in_line)",
            name=op.f("ck_evaluation_province_unranked"),
        ),
        sa.CheckConstraint(
            "level = 'city' OR province_document <> ''", name=op.f("ck_evaluation_province_has_document")
        ),
        *_referring(
            "evaluation",
            ("round_id", "evaluation_round"),
            ("team_id", "team"),
            ("lead_id", "expert"),
            ("reviewed_by_id", "account"),
            ("scored_by_id", "account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
        sa.UniqueConstraint("round_id", "team_id", name=op.f("uq_evaluation_round_id_team_id")),
    )
    _indexed("evaluation", "round_id", "team_id", "lead_id", "status", "reviewed_by_id", "scored_by_id")


def _evaluations_down() -> None:
    for table in ("appeal", "evaluation_person", "evaluation", "evaluation_round"):
        op.drop_table(table)
    _recheck_nouns(tuple(word for word in NOUNS_NOW if word != "evaluation_round"))


# Service logs: one entered by mistake is dropped, and whoever handled it does not pass it

HANDLERS = ("entered_by_id", "passed_by_id")
LOG_STATES = ("draft", "unit_review", "city_review", "returned", "approved", "rated")


def _log_states_up() -> None:
    with op.batch_alter_table("service_log", schema=None) as batch_op:
        for name in HANDLERS:
            batch_op.add_column(_number(name, nullable=True))
            batch_op.create_foreign_key(op.f(f"fk_service_log_{name}_account"), "account", [name], ["id"])
    _recheck_log_states(*LOG_STATES, "dropped")


def _log_states_down() -> None:
    op.execute("UPDATE service_log SET status = 'draft' WHERE status = 'dropped'")
    _recheck_log_states(*LOG_STATES)
    with op.batch_alter_table("service_log", schema=None) as batch_op:
        for name in HANDLERS:
            batch_op.drop_constraint(op.f(f"fk_service_log_{name}_account"), type_="foreignkey")
            batch_op.drop_column(name)


def _recheck_log_states(*states: str) -> None:
    listed = ", ".join(f"'{state}'" for state in states)
    with op.batch_alter_table("service_log", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_service_log_service_log_status"), type_="check")
        batch_op.create_check_constraint(op.f("ck_service_log_service_log_status"), sa.text(f"status IN ({listed})"))
