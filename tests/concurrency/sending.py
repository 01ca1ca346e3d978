"""`python -m tests.concurrency.sending`: rounds of the outbox without end, for a sender that is to be killed."""

from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from matchmaker.delivery.post import deliver

if __name__ == "__main__":
    settings = Settings()
    sessions = Sessions(settings.database_url)
    while True:
        deliver(sessions, settings)
