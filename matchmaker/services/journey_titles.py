"""What a trip or a route is called unless somebody names it: who goes where on which day."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.db.models import Meeting, Organisation
from matchmaker.domain.meetings import LONGEST_TITLE
from matchmaker.domain.vocabulary import MeetingKind, MeetingStatus
from matchmaker.i18n import LOCALES, joined, short_day, use_locale
from matchmaker.i18n import gettext as _
from matchmaker.queries import journeys
from matchmaker.queries.journeys import Journey


def made(kind: MeetingKind, day: date, places: Iterable[Organisation]) -> str:
    """`11 月 27 日 走进甲大学、乙所`; for a route its firms."""
    names = joined(dict.fromkeys(place.name for place in places))
    if kind is MeetingKind.OUTBOUND:
        return _("%(day)s 走进%(host)s", day=short_day(day), host=names)[:LONGEST_TITLE]
    return _("%(day)s 入企路线：%(firms)s", day=short_day(day), firms=names)[:LONGEST_TITLE]


@contextmanager
def kept_true(session: Session, journey: Journey) -> Iterator[None]:
    """Name the journey anew after a change, if it was called by nobody, so that its title does not name who left."""
    ours = _of(session, journey)
    yield
    if journey.title in ours and (places := _places(session, journey)):
        journey.title = made(journeys.kind_of(journey), journey.day, places)


def _of(session: Session, journey: Journey) -> set[str]:
    found, places = set(), _places(session, journey)
    for locale in LOCALES:  # whoever planned it may read another language
        with use_locale(locale):
            found.add(made(journeys.kind_of(journey), journey.day, places))
    return found


def _places(session: Session, journey: Journey) -> list[Organisation]:
    stops = [each for each in journeys.stops_of(session, journey) if each.status is not MeetingStatus.CANCELLED]
    return [place for stop in stops if (place := _place(stop)) is not None]


def _place(stop: Meeting) -> Organisation | None:
    if stop.kind is MeetingKind.OUTBOUND:
        return stop.host
    return stop.firms[0].firm if stop.firms else None
