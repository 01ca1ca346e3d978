"""A year's list of holidays as the State Council words it, or line by line, read into days.

Understood are "春节：2月15日（周日）至23日（周一）放假调休，共9天。2月14日（周六）上班。" and "2026-02-14 班 春节调休".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from matchmaker.i18n import gettext as _

MOST_DAYS = 16  # of one holiday; a longer span is a slip of the pen
LONGEST_NOTE = 64
_ASIDE = re.compile(r"[（(][^）)]*[）)]")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日")
_NUMBER = re.compile(r"^[一二三四五六七八九十\d]+[、.\uff0e]\s*")
_NAME = re.compile(r"^([^\d：:]{1,20})[：:]")
_TO = re.compile(r"\s*(?:至|到|—+|-+|~|～)\s*$")
_OFF, _ON = ("放假", "休息", "休", "off"), ("上班", "补班", "班", "works")


@dataclass(frozen=True)
class Listed:
    """One day of a list: whether people work on it, and why."""

    day: date
    works: bool
    note: str = ""


@dataclass(frozen=True)
class Reading:
    """The days read, and what could not be: one sentence for each problem, naming the line."""

    days: tuple[Listed, ...]
    problems: tuple[str, ...]


def read_list(text: str, year: int) -> Reading:
    """The days of `year` that the pasted list names; nothing is guessed: a line that is not understood is a problem."""
    days: dict[date, Listed] = {}
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            for one in _line(line, year):
                _put(days, one)
        except ValueError as problem:
            problems.append(_("第 %(line)s 行：%(problem)s", line=number, problem=str(problem)))
    return Reading(tuple(days[day] for day in sorted(days)), tuple(problems))


def _put(days: dict[date, Listed], one: Listed) -> None:
    other = days.get(one.day)
    if other is not None and other.works != one.works:
        raise ValueError(_("%(day)s 既写了放假又写了上班", day=one.day.isoformat()))
    days[one.day] = one


def _line(line: str, year: int) -> Iterator[Listed]:
    plain = _NUMBER.sub("", _ISO.sub(r"\1年\2月\3日", _ASIDE.sub("", line.strip())))
    named = _NAME.match(plain)
    rest, found = plain[named.end() :] if named else plain, False
    for sentence in re.split(r"[。；;]", rest):
        spans = list(_spans(sentence, year))
        if not spans:
            continue
        works, note = _verdict(sentence), (named[1].strip() if named else _rest(sentence))[:LONGEST_NOTE]
        for first, last in spans:
            found = True
            yield from (Listed(first + timedelta(days=at), works, note) for at in range((last - first).days + 1))
    if not found:
        raise ValueError(_("没有找到日期，请写成 2月14日 或 2026-02-14"))


def _verdict(sentence: str) -> bool:
    """Whether people work: the notice says 放假调休 of days off and 上班 of days worked."""
    said = _DAY.sub(" ", sentence)
    alone = [word in _ON for word in said.split() if word in {*_ON, *_OFF}]  # "班" beside "春节调休"
    if alone:
        return alone[0]
    on = any(word in said for word in _ON[:2])
    off = "放假" in said or ("休" in said and not on)
    if on == off:
        raise ValueError(_("没有写明放假还是上班"))
    return on


def _rest(sentence: str) -> str:
    """What stands beside dates and verdict on a line of one's own: "2026-02-14 班 春节调休"."""
    words = _DAY.sub(" ", sentence).split()
    return " ".join(word for word in words if word not in {*_OFF, *_ON, "至", "到", "-", "—"})


def _spans(sentence: str, year: int) -> Iterator[tuple[date, date]]:
    month, begun, end = 0, None, 0
    for match in _DAY.finditer(sentence):
        month = int(match[2] or month)
        day = _date(int(match[1] or year), month, int(match[3]), year)
        if begun is not None and _TO.search(sentence[end : match.start()]):
            yield begun, _later(begun, day)
            begun = None
        else:
            if begun is not None:
                yield begun, begun
            begun = day
        end = match.end()
    if begun is not None:
        yield begun, begun


def _later(first: date, last: date) -> date:
    if not timedelta() <= last - first < timedelta(days=MOST_DAYS):
        raise ValueError(_("%(first)s 至 %(last)s 不像一个假期", first=first.isoformat(), last=last.isoformat()))
    return last


def _date(year: int, month: int, day: int, wanted: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise ValueError(_("没有这一天：%(month)s 月 %(day)s 日", month=month, day=day)) from None
    if found.year != wanted:
        raise ValueError(_("%(day)s 不在 %(year)s 年", day=found.isoformat(), year=wanted))
    return found
