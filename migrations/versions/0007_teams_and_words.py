"""Teams at work and judged, the bureau's own words, times people are free.

Going back deletes the entries of the trail about kinds of record that the older version does not know; the chain keeps
their links and names the missing entries.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from matchmaker.db import first_chain

revision = "0007"
down_revision = "0006"
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
    "route",
    "task",
    "follow_up",
    "team",
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
)
NOUNS_NOW = (
    *NOUNS[:13],
    "agreement",
    "task_book",
    "milestone",
    "service_log",
    "certificate",
    "specialist",
    "clinic",
    "evaluation",
    "appeal",
    "subsidy",
    *NOUNS[13:],
    "lexicon",
    "parameters",
)
WITH_NOUN = ("attachment", "audit", "comment", "import_change", "merge", "not_duplicate", "search_entry")


def _recheck(table: str, column: str, name: str, words: tuple[str, ...]) -> None:
    """Let `column` hold exactly `words`."""
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), sa.text(f"{column} IN ({listed})"))


def _referring(table: str, *columns: tuple[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns
    ]


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


# What a team answers: one need or several


def _team_needs_up() -> None:
    op.create_table(
        "team_need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        *_referring("team_need", ("team_id", "team"), ("need_id", "need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_need")),
        sa.UniqueConstraint("team_id", "need_id", name=op.f("uq_team_need_team_id_need_id")),
    )
    _indexed("team_need", "team_id", "need_id")
    op.add_column("city", sa.Column("team_rules", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("city", schema=None) as batch_op:
        batch_op.alter_column("team_rules", server_default=None)
    op.execute("INSERT INTO team_need (team_id, need_id, terms) SELECT id, need_id, '[]' FROM team ORDER BY id")


def _team_needs_down() -> None:
    with op.batch_alter_table("city", schema=None) as batch_op:
        batch_op.drop_column("team_rules")
    op.drop_table("team_need")


# Teams at work: hosts, agreements, task books, milestones, service logs, certificates


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


def _team_life_up() -> None:
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.add_column(sa.Column("platform", sa.String(length=200), nullable=False, server_default=""))
        levels = sa.Enum("national", "province", "city", "none", name="platform_level", native_enum=False, length=32)
        batch_op.add_column(sa.Column("platform_level", levels, nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_team_platform_level"), sa.text("platform_level IN ('national', 'province', 'city', 'none')")
        )
        batch_op.add_column(_day("platform_on", nullable=True))
        batch_op.add_column(_number("renewed_from_id", nullable=True))
        batch_op.create_foreign_key(op.f("fk_team_renewed_from_id_team"), "team", ["renewed_from_id"], ["id"])
        batch_op.create_index(op.f("ix_team_renewed_from_id"), ["renewed_from_id"])
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.alter_column("platform", server_default=None)
    with op.batch_alter_table("team_member", schema=None) as batch_op:
        batch_op.add_column(_day("joined_on", nullable=True))
        batch_op.add_column(_day("left_on", nullable=True))
    _hosts_up()
    _task_books_up()
    _service_logs_up()


ONE_HOST = (
    "(organisation_id IS NOT NULL AND unit_id IS NULL AND cluster_id IS NULL)"
    " OR (organisation_id IS NULL AND unit_id IS NOT NULL AND cluster_id IS NULL)"
    " OR (organisation_id IS NULL AND unit_id IS NULL AND cluster_id IS NOT NULL)"
)


def _hosts_up() -> None:
    owners = (("team_id", "team"), ("organisation_id", "organisation"), ("unit_id", "unit"), ("cluster_id", "cluster"))
    op.create_table(
        "team_host",
        *(_number(name, nullable=name not in {"id", "team_id"}) for name in ("id", *(name for name, _to in owners))),
        _day("since"),
        _day("until", nullable=True),
        _text("added_by", 64),
        sa.CheckConstraint(ONE_HOST, name=op.f("ck_team_host_one_host")),
        *_referring("team_host", *owners),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_host")),
    )
    _indexed("team_host", *(name for name, _to in owners))
    op.create_table(
        "agreement",
        *(_number(name) for name in ("id", "team_id", "host_id")),
        _day("signed_on"),
        _day("valid_until", nullable=True),
        _text("note"),
        _text("entered_by", 64),
        _text("voided_by", 64),
        _moment("voided_at", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        *_referring("agreement", ("team_id", "team"), ("host_id", "team_host")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    _indexed("agreement", "team_id", "host_id")


def _task_books_up() -> None:
    op.create_table(
        "task_book",
        *(_number(name) for name in ("id", "team_id", "number")),
        _text("parties"),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("problems", "milestones", "outputs")),
        *(_number(name, nullable=True) for name in ("target_half_days", "target_times")),
        *(_text(name) for name in ("funds", "property_terms", "confidentiality")),
        _day("starts_on"),
        _day("ends_on"),
        _text("made_by", 64),
        _day("signed_on", nullable=True),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
        *_referring("task_book", ("team_id", "team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_book")),
        sa.UniqueConstraint("team_id", "number", name=op.f("uq_task_book_team_id_number")),
    )
    _indexed("task_book", "team_id")
    sides = (("task_book_id", "task_book"), ("organisation_id", "organisation"), ("expert_id", "expert"))
    op.create_table(
        "book_word",
        *(_number(name) for name in ("id", "task_book_id")),
        *(_number(name, nullable=True) for name in ("organisation_id", "expert_id")),
        sa.Column("answer", _enum("book_answer", "agrees", "changes"), nullable=False),
        _text("remark"),
        _text("given_by", 64),
        _moment("given_at"),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(organisation_id IS NULL) <> (expert_id IS NULL)", name=op.f("ck_book_word_one_side")),
        sa.CheckConstraint("answer <> 'changes' OR remark <> ''", name=op.f("ck_book_word_changes_say_what")),
        *_referring("book_word", *sides),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_word")),
        *(
            sa.UniqueConstraint("task_book_id", side, name=op.f(f"uq_book_word_task_book_id_{side}"))
            for side in ("organisation_id", "expert_id")
        ),
    )
    _indexed("book_word", *(name for name, _to in sides))
    op.create_table(
        "milestone",
        *(_number(name) for name in ("id", "team_id")),
        _text("title", 200),
        _day("due"),
        _day("done_on", nullable=True),
        _text("proof"),
        _text("entered_by", 64),
        _moment("dropped_at", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        *_referring("milestone", ("team_id", "team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    _indexed("milestone", "team_id")


LOG_STATES = ("draft", "unit_review", "city_review", "returned", "approved", "rated")


def _service_logs_up() -> None:
    op.create_table(
        "service_log",
        _number(),
        _number("team_id", nullable=True),
        *(_number(name) for name in ("expert_id", "firm_id")),
        _day("day"),
        _number("half_days"),
        _text("problem"),
        _text("result"),
        sa.Column("status", _enum("service_log_status", *LOG_STATES), nullable=False),
        _moment("status_since"),
        _text("entered_by", 64),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        _number("rating", nullable=True),
        _text("rating_words"),
        _text("rated_by", 64),
        sa.Column("rated_on_behalf", sa.Boolean(), nullable=False),
        _number("version"),
        _moment("created_at"),
        _moment("updated_at"),
        sa.CheckConstraint("half_days IN (1, 2)", name=op.f("ck_service_log_half_or_whole_day")),
        sa.CheckConstraint("rating IS NULL OR rating BETWEEN 1 AND 5", name=op.f("ck_service_log_one_to_five")),
        *_referring("service_log", ("team_id", "team"), ("expert_id", "expert"), ("firm_id", "organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_log")),
    )
    _indexed("service_log", "team_id", "expert_id", "firm_id", "day", "status")
    op.create_table(
        "certificate",
        _number(),
        _text("token", 43),
        _number("expert_id"),
        _number("team_id", nullable=True),
        _text("name", 64),
        _text("institute", 200),
        *(_day(name) for name in ("from_day", "to_day")),
        *(_number(name) for name in ("half_days", "times")),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("firms", "results")),
        _number("contracts_wan", nullable=True),
        *(_day(name) for name in ("issued_on", "valid_until")),
        _text("issued_by", 64),
        _moment("revoked_at", nullable=True),
        _text("revoked_by", 64),
        _text("revoked_reason"),
        *_referring("certificate", ("expert_id", "expert"), ("team_id", "team")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("token", name=op.f("uq_certificate_token")),
    )
    _indexed("certificate", "expert_id", "team_id")


def _team_life_down() -> None:
    for table in ("certificate", "service_log", "milestone", "book_word", "task_book", "agreement", "team_host"):
        op.drop_table(table)
    with op.batch_alter_table("team_member", schema=None) as batch_op:
        batch_op.drop_column("joined_on")
        batch_op.drop_column("left_on")
    with op.batch_alter_table("team", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_team_renewed_from_id"))
        batch_op.drop_constraint(op.f("fk_team_renewed_from_id_team"), type_="foreignkey")
        batch_op.drop_constraint(op.f("ck_team_platform_level"), type_="check")
        for name in ("renewed_from_id", "platform_on", "platform_level", "platform"):
            batch_op.drop_column(name)


# Planning: free half-days, stand-ins named before the day, check-ins in the chain


def _planning_up() -> None:
    one = ("expert_id IS NULL", "organisation_id IS NOT NULL", "expert_id IS NOT NULL", "organisation_id IS NULL")
    op.create_table(
        "availability",
        _number(),
        _number("expert_id", nullable=True),
        _number("organisation_id", nullable=True),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("weekly", "dates")),
        _text("said_by", 64),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        _moment("at"),
        sa.CheckConstraint("({} AND {}) OR ({} AND {})".format(*one), name=op.f("ck_availability_one_party")),
        *_referring("availability", ("expert_id", "expert"), ("organisation_id", "organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability")),
        sa.UniqueConstraint("expert_id", name=op.f("uq_availability_expert_id")),
        sa.UniqueConstraint("organisation_id", name=op.f("uq_availability_organisation_id")),
    )
    for table in ("meeting_firm", "meeting_expert"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("sends", sa.String(length=200), nullable=False, server_default=""))
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("sends", server_default=None)
    with op.batch_alter_table("meeting_expert", schema=None) as batch_op:
        batch_op.add_column(_number("instead_of_id", nullable=True))
        batch_op.create_foreign_key(op.f("fk_meeting_expert_instead_of_id_expert"), "expert", ["instead_of_id"], ["id"])
        batch_op.create_index(op.f("ix_meeting_expert_instead_of_id"), ["instead_of_id"])
    first_chain.add_check_ins(op.get_bind())


def _planning_down() -> None:
    with op.batch_alter_table("meeting_expert", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_meeting_expert_instead_of_id"))
        batch_op.drop_constraint(op.f("fk_meeting_expert_instead_of_id_expert"), type_="foreignkey")
        batch_op.drop_column("instead_of_id")
        batch_op.drop_column("sends")
    with op.batch_alter_table("meeting_firm", schema=None) as batch_op:
        batch_op.drop_column("sends")
    op.drop_table("availability")


# What officers' first pages and the board ask for

_ASKED_FOR = (
    ("ix_audit_noun_action", "audit", ("noun", "action", "record_id")),
    ("ix_meeting_status_day", "meeting", ("status", "day")),
    ("ix_need_status_since", "need", ("status", "status_since")),
    ("ix_need_status_deadline", "need", ("status", "deadline")),
    ("ix_need_published_at", "need", ("published_at",)),
)


def _work_indexes_up() -> None:
    for name, table, columns in _ASKED_FOR:
        op.create_index(op.f(name), table, list(columns), unique=False)


def _work_indexes_down() -> None:
    for name, table, _columns in _ASKED_FOR:
        op.drop_index(op.f(name), table_name=table)


# Lists of entries as sheets; what an import has made and nobody has touched is removed when the import is undone


SHEETS = ("organisations", "experts", "groups", "needs", "capabilities", "history")
ENTRIES = {"absorptions": "absorption", "turnover": "turnover", "trainings": "training"}  # kind of sheet → its table


def _numbered_on(**kwargs: Any) -> None:
    """SQLite gives the number of a deleted last row out again, to which an older audit trail then seems to belong."""
    if op.get_bind().dialect.name == "sqlite":
        for table in ENTRIES.values():
            with op.batch_alter_table(table, schema=None, recreate="always", **kwargs):
                pass


def _entries_up() -> None:
    for table in ("import_batch", "import_draft", "import_mapping"):
        _recheck(table, "kind", "import_kind", (*SHEETS, *ENTRIES))
    _numbered_on(table_kwargs={"sqlite_autoincrement": True})


def _entries_down() -> None:
    _numbered_on()
    new = ", ".join(f"'{kind}'" for kind in ENTRIES)
    op.execute(f"DELETE FROM import_draft WHERE kind IN ({new})")  # noqa: S608 -- our own words
    gone = f"(SELECT id FROM import_batch WHERE kind IN ({new}))"  # noqa: S608 -- our own words
    op.execute(f"UPDATE import_draft SET batch_id = NULL WHERE batch_id IN {gone}")  # noqa: S608 -- our own words
    op.execute(f"DELETE FROM import_change WHERE batch_id IN {gone}")  # noqa: S608 -- our own words
    for table in ("import_batch", "import_mapping"):
        op.execute(f"DELETE FROM {table} WHERE kind IN ({new})")  # noqa: S608 -- our own words
    for table in ("import_batch", "import_draft", "import_mapping"):
        _recheck(table, "kind", "import_kind", SHEETS)


# What the bureau teaches the matcher


def _learning_up() -> None:
    op.create_table(
        "lexicon_entry",
        _number(),
        *(_text(name, 200) for name in ("name", "other")),
        _text("reason"),
        _text("made_by", 64),
        _moment("made_at"),
        _text("undone_by", 64),
        _moment("undone_at", nullable=True),
        _text("undone_reason"),
        sa.CheckConstraint("name <> ''", name=op.f("ck_lexicon_entry_says_something")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lexicon_entry")),
    )
    op.create_table(
        "parameter_set",
        _number(),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("values", "figures")),
        _text("reason"),
        _text("made_by", 64),
        _moment("made_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parameter_set")),
    )
    with op.batch_alter_table("boilerplate", schema=None) as batch_op:
        for name, kind, default in _BOILERPLATE:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
        batch_op.add_column(sa.Column("by_hand", sa.Boolean(), nullable=True))
        batch_op.add_column(_moment("decided_at", nullable=True))
    with op.batch_alter_table("boilerplate", schema=None) as batch_op:
        for name, _kind, _default in _BOILERPLATE:
            batch_op.alter_column(name, server_default=None)


_BOILERPLATE: tuple[tuple[str, Any, str], ...] = (
    ("sentence", sa.String(), ""),
    ("organisations", sa.Integer(), "0"),
    ("reason", sa.String(), ""),
    ("decided_by", sa.String(length=64), ""),
)


def _learning_down() -> None:
    op.execute("DELETE FROM boilerplate WHERE by_hand = false")
    with op.batch_alter_table("boilerplate", schema=None) as batch_op:
        for name in (*(name for name, _kind, _default in _BOILERPLATE), "by_hand", "decided_at"):
            batch_op.drop_column(name)
    op.drop_table("parameter_set")
    op.drop_table("lexicon_entry")


def upgrade() -> None:
    for table in WITH_NOUN:
        _recheck(table, "noun", "noun", NOUNS_NOW)
    _team_needs_up()
    _team_life_up()
    _planning_up()
    _work_indexes_up()
    _entries_up()
    _learning_up()


def downgrade() -> None:
    _learning_down()
    _entries_down()
    _work_indexes_down()
    _planning_down()
    _team_life_down()
    _team_needs_down()
    for table in WITH_NOUN:
        listed = ", ".join(f"'{word}'" for word in NOUNS)
        op.execute(sa.text(f"DELETE FROM {table} WHERE noun NOT IN ({listed})"))  # noqa: S608 -- our own words
        _recheck(table, "noun", "noun", NOUNS)
