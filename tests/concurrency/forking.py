"""`python -m tests.concurrency.forking DATABASE_URL`: use a pool, fork, use it in the children (traps M7).

Exit status 0: every answer was the asker's own and no child spoke over the parent's connection.
"""

import os
import sys

from sqlalchemy import text

from matchmaker.db.session import Sessions

CHILDREN, QUESTIONS = 3, 200


def backend(sessions: Sessions) -> int:
    with sessions.read() as session:
        return int(session.scalar(text("SELECT pg_backend_pid()")) or 0)


def ask(sessions: Sessions, name: int) -> bool:
    """Whether every answer is the one to our question."""
    for number in range(QUESTIONS):
        own = name * QUESTIONS + number
        with sessions.read() as session:
            if session.scalar(text("SELECT CAST(:own AS integer)"), {"own": own}) != own:
                return False
    return True


def main() -> int:
    sessions = Sessions(sys.argv[1])
    parent = backend(sessions)
    children = []
    for name in range(1, CHILDREN + 1):
        child = os.fork()
        if child == 0:
            sessions.after_fork()
            os._exit(0 if backend(sessions) != parent and ask(sessions, name) else 1)
        children.append(child)
    fine = ask(sessions, 0) and backend(sessions) == parent
    statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return 0 if fine and not any(statuses) else 1


if __name__ == "__main__":
    sys.exit(main())
