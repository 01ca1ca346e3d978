"""Ledger: preparing, recording, tasks and follow-ups, rules, goals, warnings, reports, the chained audit trail."""

import sqlalchemy as sa
from alembic import op

from matchmaker.db import first_chain

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOUNS = (
    "organisation",
    "expert",
    "group",
    "need",
    "capability",
    "suggestion",
    "invitation",
    "meeting",
    "trip",
    "team",
    "target",
    "import_batch",
    "registration",
    "account",
    "job",
)
NOUNS_NOW = (
    *NOUNS[:9],
    "route",
    "task",
    "follow_up",
    *NOUNS[9:11],
    "rule",
    "absorption",
    "turnover",
    "training",
    "assessment",
    "report",
    "workday",
    *NOUNS[11:],
    "message",
)
# table, column, name of the CHECK, its words before and after
WITH_NOUN = ("attachment", "audit", "comment", "import_change", "merge", "not_duplicate", "search_entry")
CHECKS = tuple((table, "noun", "noun", NOUNS, NOUNS_NOW) for table in WITH_NOUN)


def _recheck(table: str, column: str, name: str, words: tuple[str, ...]) -> None:
    """Let `column` hold exactly `words`."""
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), sa.text(f"{column} IN ({listed})"))


# Recording: check-ins, rows of minutes, what the parties say of the record


def _enum(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def _referring(table: str, *columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns
    ]


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _recording_up() -> None:
    op.create_table(
        "check_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=True),
        sa.Column("expert_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("how", _enum("check_in_how", "code", "officer"), nullable=False),
        sa.Column("claim", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("voided_by", sa.String(length=64), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("firm_id IS NULL OR expert_id IS NULL", name=op.f("ck_check_in_one_party")),
        *_referring("check_in", ("meeting_id", "meeting"), ("firm_id", "organisation"), ("expert_id", "expert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
        sa.UniqueConstraint("meeting_id", "claim", name=op.f("uq_check_in_meeting_id_claim")),
    )
    _indexed("check_in", "meeting_id", "firm_id", "expert_id")
    op.create_table(
        "minute_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("advice", sa.String(), nullable=False),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        *_referring("minute_item", ("meeting_id", "meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_minute_item")),
    )
    _indexed("minute_item", "meeting_id")
    op.create_table(
        "meeting_confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("side", _enum("side", "firm", "expert"), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=True),
        sa.Column("answer", _enum("record_answer", "agrees", "differs"), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("given_by", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("settled_by", sa.String(length=64), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_note", sa.String(), nullable=False),
        sa.CheckConstraint(
            "answer <> 'differs' OR remark <> ''", name=op.f("ck_meeting_confirmation_difference_says_what")
        ),
        *_referring(
            "meeting_confirmation",
            ("meeting_id", "meeting"),
            ("organisation_id", "organisation"),
            ("expert_id", "expert"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_confirmation")),
        sa.UniqueConstraint(
            "meeting_id", "organisation_id", name=op.f("uq_meeting_confirmation_meeting_id_organisation_id")
        ),
    )
    _indexed("meeting_confirmation", "meeting_id", "organisation_id", "expert_id")


def _recording_down() -> None:
    for table in ("meeting_confirmation", "minute_item", "check_in"):
        op.drop_table(table)


CITY_STANDS = sa.text("unit_id IS NULL AND withdrawn_at IS NULL")
SPLIT_STANDS = sa.text("unit_id IS NOT NULL AND withdrawn_at IS NULL")
NOT_VOID = sa.text("voided_at IS NULL")
AMOUNT = sa.Numeric(precision=14, scale=4)


def _entered() -> list[sa.Column]:
    """What every entry has: who entered and who voided it, its version, when it was made and changed."""
    return [
        sa.Column("entered_by", sa.String(length=64), nullable=False),
        sa.Column("voided_by", sa.String(length=64), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        *_edited(),
    ]


def _edited() -> list[sa.Column]:
    return [
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _goals_up() -> None:
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_by", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_target_metric_code_year_unit_id_basis_source"), type_="unique")
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.alter_column("withdrawn_by", server_default=None)
        for name, key, where in (
            ("ix_target_stated_once", ["metric_code", "year", "basis", "source"], CITY_STANDS),
            ("ix_target_split_once", ["metric_code", "year", "basis", "unit_id"], SPLIT_STANDS),
        ):
            batch_op.create_index(name, key, unique=True, sqlite_where=where, postgresql_where=where)
    _absorption_up()
    _turnover_up()
    op.create_table(
        "training",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("course", sa.String(length=200), nullable=False),
        sa.Column("certificate", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        *_entered(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
    )
    op.create_index(op.f("ix_training_day"), "training", ["day"], unique=False)
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric_code", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("explanation", sa.String(), nullable=False),
        sa.Column("value", AMOUNT, nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        *_edited(),
        sa.ForeignKeyConstraint(["metric_code"], ["metric.code"], name=op.f("fk_assessment_metric_code_metric")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint("metric_code", "year", name=op.f("uq_assessment_metric_code_year")),
    )


def _absorption_up() -> None:
    refers = {"firm_id": "organisation", "origin_id": "organisation", "need_id": "need", "meeting_id": "meeting"}
    op.create_table(
        "absorption",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("amount_wan", sa.Integer(), nullable=True),
        sa.Column("need_id", sa.Integer(), nullable=True),
        sa.Column("meeting_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        *_entered(),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_absorption_{column}_{table}"))
            for column, table in refers.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absorption")),
    )
    for column in ("day", *refers):
        op.create_index(op.f(f"ix_absorption_{column}"), "absorption", [column], unique=False)


def _turnover_up() -> None:
    op.create_table(
        "turnover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column(
            "span",
            sa.Enum(
                *("month", "quarter", "to_date"),
                name="turnover_span",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("month", sa.Integer(), nullable=False),
        sa.Column("total", AMOUNT, nullable=False),
        sa.Column("hosts", AMOUNT, nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        *_entered(),
        sa.CheckConstraint("month BETWEEN 1 AND 12", name=op.f("ck_turnover_month_of_year")),
        sa.CheckConstraint("span <> 'quarter' OR month IN (3, 6, 9, 12)", name=op.f("ck_turnover_quarter_ends")),
        sa.CheckConstraint("total >= 0 AND hosts >= 0 AND hosts <= total", name=op.f("ck_turnover_part_of_total")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turnover")),
    )
    op.create_index(
        "ix_turnover_stated_once",
        "turnover",
        ["year", "span", "month"],
        unique=True,
        sqlite_where=NOT_VOID,
        postgresql_where=NOT_VOID,
    )


def _goals_down() -> None:
    for table in ("assessment", "training", "turnover", "absorption"):
        op.drop_table(table)
    # without the column a withdrawn target would ask for something again
    op.execute("DELETE FROM target WHERE withdrawn_at IS NOT NULL")
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.drop_index("ix_target_stated_once", sqlite_where=CITY_STANDS, postgresql_where=CITY_STANDS)
        batch_op.drop_index("ix_target_split_once", sqlite_where=SPLIT_STANDS, postgresql_where=SPLIT_STANDS)
    with op.batch_alter_table("target", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("withdrawn_by")
        columns = ["metric_code", "year", "unit_id", "basis", "source"]
        batch_op.create_unique_constraint(batch_op.f("uq_target_metric_code_year_unit_id_basis_source"), columns)


# Preparing: journeys, particulars, replies of the receiving party, letters


def _journey() -> list[sa.Column]:
    return [
        sa.Column("departs", sa.Time(), nullable=True),
        *(_text(name, 200) for name in ("gathering", "transport", "contact")),
        sa.Column("seats", sa.Integer(), nullable=True),
        _text("note"),
    ]


def _text(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=False, server_default=sa.text("''"))


LETTER_COLUMNS = ("letter_sender", "letter_seal", "letter_mark", "letter_contact")


def _preparing_up() -> None:
    op.create_table(
        "route",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        *_journey(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_route")),
    )
    with op.batch_alter_table("trip", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        for column in (*_journey(), sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1"))):
            batch_op.add_column(column)
    with op.batch_alter_table("meeting", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.add_column(sa.Column("route_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("agenda", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
        for name in ("bring", "secrecy", "travel"):
            batch_op.add_column(_text(name))
        batch_op.create_foreign_key(op.f("fk_meeting_route_id_route"), "route", ["route_id"], ["id"])
        batch_op.create_index(op.f("ix_meeting_route_id"), ["route_id"], unique=False)
    with op.batch_alter_table("meeting_firm", schema=None) as batch_op:
        batch_op.add_column(_text("expected", 200))
    with op.batch_alter_table("city", schema=None) as batch_op:
        for name in LETTER_COLUMNS:
            batch_op.add_column(_text(name, 200))
    op.create_table(
        "reception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("answer", _enum("reception_answer", "confirmed", "change", "declined"), nullable=False),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("said_by", sa.String(length=64), nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        *_referring("reception", ("meeting_id", "meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reception")),
        sa.UniqueConstraint("meeting_id", name=op.f("uq_reception_meeting_id")),
    )
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("letter_kind", "to_host", "to_firm"), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        *_referring("letter", ("meeting_id", "meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_letter_year_number")),
    )
    _indexed("letter", "meeting_id")


def _preparing_down() -> None:
    op.drop_table("letter")
    op.drop_table("reception")
    with op.batch_alter_table("city", schema=None) as batch_op:
        for name in LETTER_COLUMNS:
            batch_op.drop_column(name)
    with op.batch_alter_table("meeting_firm", schema=None) as batch_op:
        batch_op.drop_column("expected")
    with op.batch_alter_table("meeting", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_index(op.f("ix_meeting_route_id"))
        batch_op.drop_constraint(op.f("fk_meeting_route_id_route"), type_="foreignkey")
        for name in ("route_id", "agenda", "bring", "secrecy", "travel"):
            batch_op.drop_column(name)
    with op.batch_alter_table("trip", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        for column in (*_journey(), sa.Column("version", sa.Integer())):
            batch_op.drop_column(column.name)
    op.drop_table("route")


# Counting: the chained audit trail, rules as data, exclusions, views of the ledger


def _counting_up() -> None:
    op.create_table(
        "audit_link",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=True),
        sa.Column("noun", sa.String(length=32), nullable=False),
        sa.Column("record_id", sa.Integer(), nullable=True),
        sa.Column("facts", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_link")),
    )
    _indexed("audit_link", "audit_id")
    for column in (sa.Column("audit_number", sa.Integer(), nullable=True), _text("audit_hash", 64)):
        op.add_column("snapshot", column)
    for column in (
        sa.Column("shape", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("terms", sa.JSON(), nullable=False, server_default="{}"),
        *(_text("reason"), _text("made_by", 64), _text("withdrawn_by", 64), _text("withdrawn_reason")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("made_at", "withdrawn_at")),
    ):
        op.add_column("rule", column)
    _filled("snapshot", "audit_hash")
    _filled("rule", "shape", "terms", "reason", "made_by", "withdrawn_by", "withdrawn_reason")
    _excluding_up()


def _excluding_up() -> None:
    op.create_table(
        "exclusion",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric_code", sa.String(length=32), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_back_by", sa.String(length=64), nullable=False),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["metric_code"], ["metric.code"], name=op.f("fk_exclusion_metric_code_metric")),
        *_referring("exclusion", ("meeting_id", "meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exclusion")),
    )
    _indexed("exclusion", "meeting_id")
    standing = sa.text("taken_back_at IS NULL")
    op.create_index(
        "ix_exclusion_stands_once",
        "exclusion",
        ["metric_code", "meeting_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("query", sa.String(length=500), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *_referring("saved_view", ("account_id", "account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_view_account_id_name")),
    )


def _filled(table: str, *columns: str) -> None:
    """Take away the default that was there to fill the rows on file."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        for column in columns:
            batch_op.alter_column(column, server_default=None)


def _counting_down() -> None:
    for table in ("saved_view", "exclusion", "audit_link"):
        op.drop_table(table)
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        for column in ("audit_number", "audit_hash"):
            batch_op.drop_column(column)
    names = ("shape", "terms", "reason", "made_by", "made_at", "withdrawn_by", "withdrawn_at", "withdrawn_reason")
    op.execute("DELETE FROM rule WHERE made_at IS NOT NULL")  # what the code before could not carry out
    with op.batch_alter_table("rule", schema=None) as batch_op:
        for column in names:
            batch_op.drop_column(column)


# Pace: what was said of a year that goes wrong

OF_CITY, OF_UNIT = sa.text("unit_id IS NULL"), sa.text("unit_id IS NOT NULL")


def _pace_up() -> None:
    op.create_table(
        "pace_warning",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("metric_code", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("level", _enum("warning_level", "behind", "far_behind", "out_of_reach"), nullable=False),
        sa.Column("warned_on", sa.Date(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["metric_code"], ["metric.code"], name=op.f("fk_pace_warning_metric_code_metric")),
        *_referring("pace_warning", ("unit_id", "unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pace_warning")),
    )
    for name, more, where in (("of_city", [], OF_CITY), ("of_unit", ["unit_id"], OF_UNIT)):
        key = ["metric_code", "year", "level", *more]
        op.create_index(
            f"ix_pace_warning_{name}", "pace_warning", key, unique=True, sqlite_where=where, postgresql_where=where
        )


def _pace_down() -> None:
    op.drop_table("pace_warning")


# Letters that did not arrive: why, who was told, who told the reader in another way

OUTBOX = ("queued", "sent", "dead")
FAULTS = ("address", "letter", "later", "server", "unwritable", "ended")


def _letters_up() -> None:
    _recheck("outbox", "state", "outbox_state", (*OUTBOX, "handled"))
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fault", _enum("mail_fault", *FAULTS), nullable=True))
        batch_op.add_column(sa.Column("told_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("settled_by", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("settled_note", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        for name in ("settled_by", "settled_note"):
            batch_op.alter_column(name, server_default=None)


def _letters_down() -> None:
    op.execute(sa.text("UPDATE outbox SET state = 'dead' WHERE state = 'handled'"))
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_outbox_mail_fault"), type_="check")
        for name in ("settled_note", "settled_at", "settled_by", "told_on", "fault"):
            batch_op.drop_column(name)
    _recheck("outbox", "state", "outbox_state", OUTBOX)


# Tasks and follow-ups


def _edited_often() -> list[sa.Column]:
    return [
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _follow_ups_up() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.Integer(), nullable=False),
        sa.Column("side", _enum("side", "firm", "expert"), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column(
            "status", _enum("follow_up_status", "due", "contacted", "progressing", "signed", "stopped"), nullable=False
        ),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("amount_wan", sa.Integer(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        *_edited_often(),
        sa.CheckConstraint("status <> 'stopped' OR remark <> ''", name=op.f("ck_follow_up_stopped_says_why")),
        sa.CheckConstraint("amount_wan >= 0", name=op.f("ck_follow_up_amount")),
        *_referring("follow_up", ("meeting_id", "meeting"), ("firm_id", "organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
        sa.UniqueConstraint(
            "meeting_id", "firm_id", "side", "days", name=op.f("uq_follow_up_meeting_id_firm_id_side_days")
        ),
    )
    _indexed("follow_up", "meeting_id", "firm_id", "due")


def _tasks_up() -> None:
    owners = ("organisation_id", "expert_id", "account_id")
    origins = ("meeting_id", "item_id", "need_id", "follow_up_id")
    one_owner = " + ".join(f"CASE WHEN {owner} IS NULL THEN 0 ELSE 1 END" for owner in owners) + " <= 1"
    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in owners),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("status", _enum("task_status", "open", "done", "dropped"), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in origins),
        *_edited_often(),
        sa.CheckConstraint(one_owner, name=op.f("ck_task_one_owner")),
        sa.CheckConstraint("meeting_id IS NOT NULL OR need_id IS NOT NULL", name=op.f("ck_task_comes_from")),
        *_referring("task", ("organisation_id", "organisation"), ("expert_id", "expert"), ("account_id", "account")),
        *_referring("task", ("meeting_id", "meeting"), ("item_id", "minute_item"), ("need_id", "need")),
        *_referring("task", ("follow_up_id", "follow_up")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("item_id", name=op.f("uq_task_item_id")),
    )
    _indexed("task", *owners, "due", "meeting_id", "need_id", "follow_up_id")


def _tasks_down() -> None:
    op.drop_table("task")
    op.drop_table("follow_up")


# Reports as they were issued


def _reports_up() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("report_kind", "monthly", "quarterly", "bulletin"), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("year", "number", "edition")),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("fingerprint", "xlsx_sha256", "docx_sha256")),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], ["blob.sha256"], name=op.f(f"fk_report_{name}_blob"))
            for name in ("xlsx_sha256", "docx_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("kind", "year", "number", "edition", name=op.f("uq_report_kind_year_number_edition")),
    )


def _reports_down() -> None:
    op.drop_table("report")


# The address at which a person's calendar is read


def _calendar_up() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_calendar_feed_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_calendar_feed")),
    )


def _calendar_down() -> None:
    op.drop_table("calendar_feed")


def upgrade() -> None:
    for table, column, name, _, words in CHECKS:
        _recheck(table, column, name, words)
    # Confirming again: a letter before anything is frozen
    op.add_column("capability", sa.Column("warned_on", sa.Date(), nullable=True))
    _recording_up()
    _goals_up()
    _preparing_up()
    _counting_up()
    _pace_up()
    _letters_up()
    _follow_ups_up()
    _tasks_up()
    _reports_up()
    _calendar_up()
    first_chain.write(op.get_bind())  # the last of all: it reads what the others made


def downgrade() -> None:
    _calendar_down()
    _reports_down()
    _tasks_down()
    _letters_down()
    _pace_down()
    _counting_down()
    _preparing_down()
    _goals_down()
    with op.batch_alter_table("capability", schema=None, table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_column("warned_on")
    _recording_down()
    for table, column, name, words, _ in CHECKS:
        listed = ", ".join(f"'{word}'" for word in words)
        op.execute(sa.text(f"DELETE FROM {table} WHERE {column} NOT IN ({listed})"))  # noqa: S608 -- our own words
        _recheck(table, column, name, words)
