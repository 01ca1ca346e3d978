"""Teams at work and judged, the bureau's own words, times people are free.

Going back deletes the entries of the trail about kinds of record that the older version does not know; the chain keeps
their links and names the missing entries.
"""

import sqlalchemy as sa
from alembic import op

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


def upgrade() -> None:
    for table in WITH_NOUN:
        _recheck(table, "noun", "noun", NOUNS_NOW)


def downgrade() -> None:
    for table in WITH_NOUN:
        listed = ", ".join(f"'{word}'" for word in NOUNS)
        op.execute(sa.text(f"DELETE FROM {table} WHERE noun NOT IN ({listed})"))  # noqa: S608 -- our own words
        _recheck(table, "noun", "noun", NOUNS)
