"""Two years of events and invitations, made up from the needs' files so that the demonstration shows a full ledger."""

from matchmaker.services.demo.year.book import told

__all__ = ["told"]
