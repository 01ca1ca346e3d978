"""Where needs sit, as this installation counts it."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from matchmaker.db.models import Need
from matchmaker.queries.standings import Standing, standings, with_officers
from matchmaker.web.context import clock, runtime
from matchmaker.web.navigation import site


def where_they_sit(session: Session, needs: Iterable[Need], *, ask: bool = False) -> dict[int, Standing]:
    """Need id → where it sits; with `ask` also whom to ask about a late review."""
    needs = list(needs)
    review_days = runtime().settings.review_days
    found = standings(session, needs, clock().now(), review_days=review_days, bureau=site().bureau_named)
    return with_officers(session, needs, found) if ask else found
