"""How values look on a page: days, moments, text with hits, tones of a status."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup, escape

from matchmaker.clock import SHANGHAI, shanghai_date
from matchmaker.db.models import Expert, Invitation, Meeting, Metric, Target
from matchmaker.domain.vocabulary import ServiceMode, Word
from matchmaker.i18n import current_locale, gettext, joined, ngettext, pgettext, short_day, with_detail
from matchmaker.queries.choices import named
from matchmaker.web.context import clock

STATIC = Path(__file__).parent / "static"
MISSING = "—"
TONES = {
    "good": {
        "published",
        "solved",
        "listed",
        "accepted",
        "verified",
        "signed",
        "done",
        "serving",
        "attended",
        "accept",
        "agrees",
        "sent",
        "approved",
        "rated",
    },
    "warn": {
        "pending",
        "county_review",
        "city_review",
        "review",
        "open",
        "held",
        "another_time",
        "stand_in",
        "forming",
        "due",
        "unit_review",
    },
    "bad": {"returned", "declined", "refused", "absent", "decline", "differs", "stopped", "dead", "changes"},
    "brand": {"planned", "task_book_draft", "contacted", "progressing"},
}


def init_app(app: Flask) -> None:
    for filter_ in FILTERS:
        app.jinja_env.filters[filter_.__name__] = filter_
    app.jinja_env.globals.update(_=gettext, gettext=gettext, ngettext=ngettext, pgettext=pgettext, asset=asset)


def day(value: date | datetime | None, *, year: bool = False) -> str:
    """`6 月 15 日`, `15 Jun`; a moment is shown as its day in China."""
    if value is None:
        return MISSING
    value = shanghai_date(value) if isinstance(value, datetime) else value
    if not year:
        return short_day(value)
    return f"{short_day(value)} {value.year}" if current_locale() == "en" else f"{value.year} 年 {short_day(value)}"


def day_year(value: date | datetime | None) -> str:
    """`2026 年 6 月 15 日`."""
    return day(value, year=True)


def day_then(value: date | datetime | None) -> str:
    """The day, with its year unless that is this one: `6 月 15 日`, `2025 年 6 月 15 日`."""
    then = shanghai_date(value) if isinstance(value, datetime) else value
    return day(then, year=then is not None and then.year != clock().today().year)


def month(number: int) -> str:
    """`6月`, `Jun`."""
    return f"{date(2000, number, 1):%b}" if current_locale() == "en" else f"{number}月"


def moment(value: datetime | None) -> str:
    """`2026-06-15 10:00`, China's time."""
    return value.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if value else MISSING


def clock_time(value: object) -> str:
    """`09:30`."""
    return f"{value:%H:%M}" if value is not None else MISSING


def hours(meeting: Meeting) -> str:
    """`09:00–11:00`; an older ledger does not say."""
    return gettext("时间未记") if meeting.from_history else f"{meeting.starts:%H:%M}–{meeting.ends:%H:%M}"


def yuan(wan: int) -> str:
    """Money, given in units of ten thousand yuan: `30 万元`, `¥300,000`."""
    return f"¥{wan * 10_000:,}" if current_locale() == "en" else f"{wan} 万元"


def counted_in(metric: Metric, target: Target | None = None) -> str:
    """What a metric is counted in, or one of its targets, where that may be another thing such as %: `次`, `visits`."""
    own = target.unit_label if target else metric.unit_label
    return metric.unit_label_en if current_locale() == "en" and own == metric.unit_label else own


def amount(value: Decimal | float | None, *, digits: int = 2) -> str:
    """A number as people write it, with at most two decimals: `300`, `302.5`, `40.35`."""
    return MISSING if value is None else f"{value:.{digits}f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def signed(value: Decimal | float | None, *, digits: int = 2) -> str:
    """The same with its sign: `+2.5`, `-9`, `0`."""
    if value is None:
        return MISSING
    text = amount(-value if value < 0 else value, digits=digits)
    return text if text == "0" else f"{'+' if value > 0 else '-'}{text}"


def percent(share: float | None) -> str:
    """0.314 → `31%`."""
    return MISSING if share is None else f"{share:.0%}"


def missing(value: object) -> object:
    """The value, or a dash when there is none."""
    return MISSING if value in (None, "", [], ()) else value


def label(word: Word | None) -> str:
    """A stored word in the reader's language."""
    return gettext(word.label) if word is not None else MISSING


def modes_named(expert: Expert) -> str:
    """In what ways an expert works with firms, in the reader's language."""
    return joined(gettext(ServiceMode(mode).label) for mode in expert.modes)


def days_waiting(invitation: Invitation) -> int:
    """Days since an invitation was sent."""
    return (clock().today() - shanghai_date(invitation.created_at)).days


def tone(word: object) -> str:
    """The colour class of a status: good, warn, bad, brand or none."""
    return next((name for name, words in TONES.items() if str(getattr(word, "value", word)) in words), "")


HIT, UNUSED = Markup("<mark>%s</mark>"), Markup('<span class="unused">%s</span>')


def marked(text: str, spans: Iterable[Sequence[int]], unused: Iterable[Sequence[int]] = ()) -> Markup:
    """`text` with each (start, end) of `spans` marked and of `unused` greyed, everything escaped.

    Where spans overlap, the earlier one wins and the later one gets what is left.
    """
    pieces = sorted((*_spans(spans, HIT), *_spans(unused, UNUSED)), key=lambda piece: piece[:2])
    parts: list[Markup] = []
    at = 0
    for first, last, frame in pieces:
        start, end = max(first, at), min(last, len(text))
        if start < end:
            parts += [escape(text[at:start]), frame % text[start:end]]
            at = end
    return Markup("").join([*parts, escape(text[at:])])


def _spans(spans: Iterable[Sequence[int]], frame: Markup) -> list[tuple[int, int, Markup]]:
    return [(int(span[0]), int(span[1]), frame) for span in spans]


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Address of a static file; it changes with the content, so browsers may keep it for ever."""
    return url_for("static", filename=name, v=_digest(name))


FILTERS = (
    day,
    day_year,
    day_then,
    month,
    moment,
    clock_time,
    hours,
    yuan,
    counted_in,
    amount,
    signed,
    percent,
    marked,
    tone,
    label,
    modes_named,
    days_waiting,
    missing,
    named,
    joined,
    with_detail,
)
