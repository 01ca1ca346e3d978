"""Ledger: preparing, recording, tasks and follow-ups, rules, goals, warnings, reports, the chained audit trail."""

import sqlalchemy as sa
from alembic import op

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
    "report",
    "workday",
    *NOUNS[11:],
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


def upgrade() -> None:
    for table, column, name, _, words in CHECKS:
        _recheck(table, column, name, words)


def downgrade() -> None:
    for table, column, name, words, _ in CHECKS:
        listed = ", ".join(f"'{word}'" for word in words)
        op.execute(sa.text(f"DELETE FROM {table} WHERE {column} NOT IN ({listed})"))  # noqa: S608 -- our own words
        _recheck(table, column, name, words)
