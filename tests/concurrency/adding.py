"""`python -m tests.concurrency.adding DATABASE_URL TIMES`: read a number, add one, write it, again and again."""

import sys

from sqlalchemy import select

from matchmaker.db.models import Setting
from matchmaker.db.session import Sessions

KEY = "test.number"


def add(sessions: Sessions) -> None:
    with sessions.write() as session:
        row = session.scalars(select(Setting).where(Setting.key == KEY).with_for_update()).one()
        row.value = str(int(row.value) + 1)


def main() -> None:
    sessions = Sessions(sys.argv[1])
    for _ in range(int(sys.argv[2])):
        add(sessions)


if __name__ == "__main__":
    main()
