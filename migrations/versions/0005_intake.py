"""Intake: registration, links, inbox, drafts, attachments, import with mapping and undo, labels, search."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


FILLED = {
    "answer": ("companion_ids",),
    "capability": ("ip_number",),
    "expert": ("honour", "modes", "travel"),
    "import_batch": ("undone_by", "undone_reason", "kept"),
    "meeting": ("from_history",),
    "need": ("audience", "declared"),
    "organisation": ("about",),
}
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
    "account",
    "job",
)
NOUNS_NOW = (*NOUNS[:12], "registration", *NOUNS[12:])
# What an import has made and nobody has touched is removed when the import is undone.
DELETED_FROM = ("organisation", "site", "expert", "research_group", "need", "capability", "meeting", "trip")
KINDS = ("organisations", "experts", "groups", "needs", "capabilities")
REASONS = ("not_my_field", "no_time", "already_solved", "conflict", "conditions", "other")
# table, column, name of the CHECK, its words before and after
CHECKS = (
    ("audit", "noun", "noun", NOUNS, NOUNS_NOW),
    ("comment", "noun", "noun", NOUNS, NOUNS_NOW),
    ("import_batch", "kind", "import_kind", KINDS, (*KINDS, "history")),
    ("answer", "reason", "decline_reason", REASONS, (*REASONS[:5], "passed_on", "other")),
)


# A proposal stands since somebody named another time, else since the invitation was sent.
PROPOSED_SINCE = """
    UPDATE invitation SET proposed_since = COALESCE(
        (SELECT MAX(answer.given_at) FROM answer
          WHERE answer.invitation_id = invitation.id AND answer.decision = 'another_time'),
        created_at)
"""


def _rename(old: str, new: str) -> None:
    """An organisation's states are those of a registration now."""
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_organisation_{old}"), type_="check")
        listed = sa.text("status IN ('pending', 'active', 'refused')")
        batch_op.create_check_constraint(op.f(f"ck_organisation_{new}"), listed)


def _recheck(table: str, column: str, name: str, words: tuple[str, ...]) -> None:
    """Let `column` hold exactly `words`."""
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{name}"), sa.text(f"{column} IN ({listed})"))


# What became of pairs before labels were kept: the newest answer of a declined invitation, and every agreement.
_KEY = "CASE WHEN i.expert_id IS NULL THEN 'group:' || i.group_id ELSE 'expert:' || i.expert_id END"
LABELS = f"""
    INSERT INTO label (need_id, owner_key, kind, reason, side, made_at, made_by)
    SELECT i.need_id, {_KEY}, CASE WHEN i.status = 'accepted' THEN 'accepted' ELSE 'declined' END,
           CASE WHEN i.status = 'accepted' THEN NULL ELSE a.reason END,
           CASE WHEN i.status = 'accepted' THEN NULL ELSE a.side END, a.given_at, a.given_by
      FROM invitation i JOIN answer a ON a.invitation_id = i.id
     WHERE i.id = (SELECT MAX(other.id) FROM invitation other
                    WHERE other.need_id = i.need_id AND other.status = i.status
                      AND COALESCE(other.expert_id, 0) = COALESCE(i.expert_id, 0)
                      AND COALESCE(other.group_id, 0) = COALESCE(i.group_id, 0))
       AND a.id = (SELECT MAX(last.id) FROM answer last
                    WHERE last.invitation_id = i.id
                      AND last.decision = CASE WHEN i.status = 'accepted' THEN last.decision ELSE 'decline' END)
       AND i.status IN ('accepted', 'declined')
"""  # noqa: S608 -- built from the line above alone


def _noun() -> sa.Enum:
    return sa.Enum(*NOUNS_NOW, name="noun", native_enum=False, create_constraint=True, length=32)


def _number_on(tables: tuple[str, ...], **kwargs: Any) -> None:
    """SQLite gives the number of a deleted last row out again, to which an older audit trail then seems to belong."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            with op.batch_alter_table(table, schema=None, recreate="always", **kwargs):
                pass


def upgrade() -> None:
    for table, column, name, _, words in CHECKS:
        _recheck(table, column, name, words)
    _rename("organisation_status", "registration_status")
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "organisations",
                "experts",
                "groups",
                "needs",
                "capabilities",
                "history",
                name="import_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("headings_sha256", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_mapping")),
        sa.UniqueConstraint("kind", "headings_sha256", name=op.f("uq_import_mapping_kind_headings_sha256")),
    )
    op.create_table(
        "revision",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revision")),
    )
    op.create_table(
        "search_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "noun",
            sa.Enum(
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
                name="noun",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("names", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("noun", "record_id", name=op.f("uq_search_entry_noun_record_id")),
    )
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "noun",
            sa.Enum(
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
                name="noun",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("blob_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_by", sa.String(length=64), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["blob_sha256"], ["blob.sha256"], name=op.f("fk_attachment_blob_sha256_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.create_index("ix_attachment_noun_record", ["noun", "record_id"], unique=False)

    op.create_table(
        "import_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column(
            "noun",
            sa.Enum(
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
                name="noun",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=64), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_change_batch_id_import_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_change")),
    )
    with op.batch_alter_table("import_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_change_batch_id"), ["batch_id"], unique=False)

    op.create_table(
        "account_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("welcome", "reset", name="link_purpose", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_link_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_account_link")),
    )
    with op.batch_alter_table("account_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_account_link_account_id"), ["account_id"], unique=False)

    op.create_table(
        "public_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_public_attempt")),
    )
    with op.batch_alter_table("public_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_public_attempt_network_action", ["network", "action"], unique=False)
        batch_op.create_index(batch_op.f("ix_public_attempt_at"), ["at"], unique=False)

    op.create_table(
        "form_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_form_draft_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_draft")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_form_draft_account_id_key")),
    )
    with op.batch_alter_table("form_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_draft_saved_at"), ["saved_at"], unique=False)

    op.create_table(
        "import_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "organisations",
                "experts",
                "groups",
                "needs",
                "capabilities",
                "history",
                name="import_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("blob_sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("fixes", sa.JSON(), nullable=False),
        sa.Column("sheet", sa.String(length=200), nullable=False),
        sa.Column("header_line", sa.Integer(), nullable=False),
        sa.Column("good_rows", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "checked",
                "queued",
                "running",
                "done",
                "failed",
                "dropped",
                name="import_state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("done_rows", sa.Integer(), nullable=False),
        sa.Column("all_rows", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_import_draft_account_id_account")),
        sa.ForeignKeyConstraint(["batch_id"], ["import_batch.id"], name=op.f("fk_import_draft_batch_id_import_batch")),
        sa.ForeignKeyConstraint(["blob_sha256"], ["blob.sha256"], name=op.f("fk_import_draft_blob_sha256_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_draft")),
    )
    with op.batch_alter_table("import_draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_draft_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_import_draft_state"), ["state"], unique=False)

    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("dedup_key", sa.String(length=200), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column(
            "frequency",
            sa.Enum(
                "at_once", "daily", "never", name="frequency", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digested_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notice_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("account_id", "dedup_key", name=op.f("uq_notice_account_id_dedup_key")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index("ix_notice_account_read", ["account_id", "read_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_made_at"), ["made_at"], unique=False)

    op.create_table(
        "notice_preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column(
            "frequency",
            sa.Enum(
                "at_once", "daily", "never", name="frequency", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notice_preference_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_preference")),
        sa.UniqueConstraint("account_id", "notice", name=op.f("uq_notice_preference_account_id_notice")),
    )
    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "active",
                "refused",
                name="registration_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("claim", sa.JSON(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_registration_account_id_account")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_registration_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
    )
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registration_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registration_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_registration_status"), ["status"], unique=False)

    op.create_table(
        "label",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("owner_key", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "accepted",
                "declined",
                "held",
                "signed",
                name="label_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "not_my_field",
                "no_time",
                "already_solved",
                "conflict",
                "conditions",
                "passed_on",
                "other",
                name="decline_reason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column(
            "side",
            sa.Enum("firm", "expert", name="side", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_label_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label")),
        sa.UniqueConstraint("need_id", "owner_key", "kind", name=op.f("uq_label_need_id_owner_key_kind")),
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_label_need_id"), ["need_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_owner_key"), ["owner_key"], unique=False)

    op.create_table(
        "need_release",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("institute_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institute_id"], ["organisation.id"], name=op.f("fk_need_release_institute_id_organisation")
        ),
        sa.ForeignKeyConstraint(["need_id"], ["need.id"], name=op.f("fk_need_release_need_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need_release")),
        sa.UniqueConstraint("need_id", "institute_id", name=op.f("uq_need_release_need_id_institute_id")),
    )
    with op.batch_alter_table("need_release", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_release_institute_id"), ["institute_id"], unique=False)

    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("companion_ids", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))

    with op.batch_alter_table("capability", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "maturity",
                sa.Enum(
                    "laboratory",
                    "pilot",
                    "production",
                    name="maturity",
                    native_enum=False,
                    create_constraint=True,
                    length=32,
                ),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("ip_number", sa.String(length=64), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("confirmed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("frozen_on", sa.Date(), nullable=True))

    with op.batch_alter_table("expert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("honour", sa.String(length=64), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("modes", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column("travel", sa.String(length=200), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("away_from", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("away_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_expert_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_expert_merged_into_id_expert"), "expert", ["merged_into_id"], ["id"])

    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("undone_by", sa.String(length=64), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("undone_reason", sa.String(), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("kept", sa.Integer(), nullable=False, server_default=sa.text("0")))

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proposed_since", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("passed_from_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_invitation_passed_from_id"), ["passed_from_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_invitation_passed_from_id_invitation"), "invitation", ["passed_from_id"], ["id"]
        )
        batch_op.add_column(sa.Column("officer_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_invitation_officer_id"), ["officer_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_invitation_officer_id_account"), "account", ["officer_id"], ["id"])
    op.execute(PROPOSED_SINCE)
    op.execute(LABELS)
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.alter_column("proposed_since", existing_type=sa.DateTime(timezone=True), nullable=False)

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("officer_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("from_history", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(batch_op.f("ix_meeting_officer_id"), ["officer_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_meeting_officer_id_account"), "account", ["officer_id"], ["id"])

    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.add_column(sa.Column("industry_code", sa.String(length=8), nullable=True))
        batch_op.add_column(
            sa.Column(
                "audience",
                sa.Enum(
                    "open", "masked", "chosen", name="audience", native_enum=False, create_constraint=True, length=32
                ),
                nullable=False,
                server_default=sa.text("'open'"),
            )
        )
        batch_op.add_column(sa.Column("declared", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("officer_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_need_officer_id"), ["officer_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_need_officer_id_account"), "account", ["officer_id"], ["id"])

    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("about", sa.String(), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_organisation_merged_into_id"), ["merged_into_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_organisation_merged_into_id_organisation"), "organisation", ["merged_into_id"], ["id"]
        )
    op.create_table(
        "merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("noun", _noun(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("moves", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.String(length=64), nullable=False),
        sa.Column("undone_reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
    )
    with op.batch_alter_table("merge", schema=None) as batch_op:
        batch_op.create_index("ix_merge_noun_kept", ["noun", "kept_id"], unique=False)
        batch_op.create_index("ix_merge_noun_gone", ["noun", "gone_id"], unique=False)

    op.create_table(
        "not_duplicate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("noun", _noun(), nullable=False),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("second_id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_not_duplicate")),
        sa.UniqueConstraint("noun", "first_id", "second_id", name=op.f("uq_not_duplicate_noun_first_id_second_id")),
    )
    for table, columns in FILLED.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in columns:
                batch_op.alter_column(column, server_default=None)
    _number_on(DELETED_FROM, table_kwargs={"sqlite_autoincrement": True})


def downgrade() -> None:
    _number_on(DELETED_FROM)
    for table, column, name, words, now in CHECKS:
        new = ", ".join(f"'{word}'" for word in now if word not in words)
        op.execute(f"DELETE FROM {table} WHERE {column} IN ({new})")  # noqa: S608 -- our own words
        _recheck(table, column, name, words)
    _rename("registration_status", "organisation_status")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_organisation_merged_into_id_organisation"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_organisation_merged_into_id"))
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("about")

    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_need_officer_id_account"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_need_officer_id"))
        batch_op.drop_column("officer_id")
        batch_op.drop_column("declared")
        batch_op.drop_constraint(batch_op.f("ck_need_audience"), type_="check")
        batch_op.drop_column("audience")
        batch_op.drop_column("industry_code")

    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_meeting_officer_id_account"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_meeting_officer_id"))
        batch_op.drop_column("from_history")
        batch_op.drop_column("officer_id")

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_invitation_officer_id_account"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_invitation_officer_id"))
        batch_op.drop_column("officer_id")
        batch_op.drop_constraint(batch_op.f("fk_invitation_passed_from_id_invitation"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_invitation_passed_from_id"))
        batch_op.drop_column("passed_from_id")
        batch_op.drop_column("proposed_since")

    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_column("kept")
        batch_op.drop_column("undone_reason")
        batch_op.drop_column("undone_by")
        batch_op.drop_column("undone_at")

    with op.batch_alter_table("expert", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_expert_merged_into_id_expert"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_expert_merged_into_id"))
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("away_until")
        batch_op.drop_column("away_from")
        batch_op.drop_column("travel")
        batch_op.drop_column("modes")
        batch_op.drop_column("honour")

    with op.batch_alter_table("capability", schema=None) as batch_op:
        batch_op.drop_column("frozen_on")
        batch_op.drop_column("confirmed_on")
        batch_op.drop_column("ip_number")
        batch_op.drop_constraint(batch_op.f("ck_capability_maturity"), type_="check")
        batch_op.drop_column("maturity")

    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_column("companion_ids")

    with op.batch_alter_table("need_release", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_release_institute_id"))

    op.drop_table("need_release")
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_label_owner_key"))
        batch_op.drop_index(batch_op.f("ix_label_need_id"))

    op.drop_table("label")
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_registration_status"))
        batch_op.drop_index(batch_op.f("ix_registration_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_registration_account_id"))

    op.drop_table("registration")
    op.drop_table("notice_preference")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_made_at"))
        batch_op.drop_index("ix_notice_account_read")

    op.drop_table("notice")
    with op.batch_alter_table("import_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_draft_state"))
        batch_op.drop_index(batch_op.f("ix_import_draft_account_id"))

    op.drop_table("import_draft")
    with op.batch_alter_table("form_draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_form_draft_saved_at"))

    op.drop_table("form_draft")
    with op.batch_alter_table("public_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_public_attempt_at"))
        batch_op.drop_index("ix_public_attempt_network_action")

    op.drop_table("public_attempt")
    with op.batch_alter_table("account_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_account_link_account_id"))

    op.drop_table("account_link")
    op.drop_table("not_duplicate")
    with op.batch_alter_table("merge", schema=None) as batch_op:
        batch_op.drop_index("ix_merge_noun_gone")
        batch_op.drop_index("ix_merge_noun_kept")

    op.drop_table("merge")
    with op.batch_alter_table("import_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_change_batch_id"))

    op.drop_table("import_change")
    with op.batch_alter_table("attachment", schema=None) as batch_op:
        batch_op.drop_index("ix_attachment_noun_record")

    op.drop_table("attachment")
    op.drop_table("search_entry")
    op.drop_table("revision")
    op.drop_table("import_mapping")
