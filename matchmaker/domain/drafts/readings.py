"""How people write days, numbers, amounts and telephone numbers. None means: it cannot be read as one."""

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal
from math import prod

from matchmaker.text import simplify

_TIME = re.compile(r"[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$")
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.]|年)(\d{1,2})(?:[-/.]|月)(\d{1,2})[日号]?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_RUN_TOGETHER = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"([2-7]\d{4})(?:\.\d+)?")  # 1954 to 2119 as Excel counts days
_SERIAL_ZERO = date(1899, 12, 30)
_WHOLE = re.compile(r"(\d{1,12})(?:\.0+)?(?:次|次/年|人次)?")
_AMOUNT = re.compile(r"[¥]?(\d{1,15}(?:\.\d{1,6})?)(亿|千万|百万|万|千|w)?(元)?整?")
_NUMBER = re.compile(r"(\d{1,12}(?:\.\d{1,4})?)")
_WAN, _YI = 10**4, 10**8
_FINEST = Decimal("0.0001")
_UNIT = re.compile(r"[(（](?:单位[:：])?((?:亿|千万|百万|万|千)?元)[)）]")
_PHONE = re.compile(r"[+(\d][\d\-()转#*,/]{4,}")
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_DASHES = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc", "-")
_BETWEEN_TWO = dict.fromkeys("、;", ",")
_PHONE_SIGNS = str.maketrans(_DASHES | _BETWEEN_TWO)


def _folded(text: str) -> str:
    return simplify(unicodedata.normalize("NFKC", text)).strip()


def _closed_up(text: str) -> str:
    return "".join(text.split())


def day(text: str) -> date | None:
    """A day in one of the ways sheets have it.

    `2026-03-05`, `2026/3/5`, `2026年3月5日`, `20260305`, day first only with points (`5.3.2026`: with strokes nobody
    can tell which comes first), and Excel's count of days (`46086`). A time of day is dropped.
    """
    plain = _closed_up(_TIME.sub("", _folded(text)))
    if serial := _SERIAL.fullmatch(plain):
        return _SERIAL_ZERO + timedelta(days=int(serial[1]))
    if turned := _DAY_FIRST.fullmatch(plain):
        return _date(turned[3], turned[2], turned[1])
    found = _YEAR_FIRST.fullmatch(plain) or _RUN_TOGETHER.fullmatch(plain)
    return _date(*found.groups()) if found else None


def _date(year: str, month: str, number: str) -> date | None:
    try:
        return date(int(year), int(month), int(number))
    except ValueError:  # 2026-02-30
        return None


def whole(text: str) -> int | None:
    """A whole number of times, with or without its unit: `6`, `1,000`, `6 次/年`."""
    found = _WHOLE.fullmatch(_closed_up(_folded(text)).replace(",", ""))
    return int(found[1]) if found else None


def wan(text: str) -> int | None:
    """An amount of money in whole ten thousand yuan 万元; a bare number is in 万元 already.

    `50`, `50万`, `500,000元`, `0.5亿元`, `50W`. Amounts that are no whole 万元 cannot be read.
    """
    found = _AMOUNT.fullmatch(_closed_up(_folded(text)).replace(",", "").lower())
    if found is None:
        return None
    number, times, yuan = found.groups()
    value = Decimal(number) * (_times(times) if times else 1 if yuan else _WAN)
    return int(value // _WAN) if value % _WAN == 0 else None


def yi(text: str) -> Decimal | None:
    """An amount of money in 亿元; a bare number is in 亿元 already: `40.35`, `40.35亿`, `403,500万元`.

    Amounts finer than a ten-thousandth 亿元 (one 万元) cannot be read.
    """
    found = _AMOUNT.fullmatch(_closed_up(_folded(text)).replace(",", "").lower())
    if found is None:
        return None
    number, times, yuan = found.groups()
    value = Decimal(number) * (_times(times) if times else 1 if yuan else _YI) / _YI
    return value.quantize(_FINEST) if value % _FINEST == 0 else None


def number(text: str) -> Decimal | None:
    """A number that is not negative: `100`, `1,000`, `226.7`."""
    found = _NUMBER.fullmatch(_closed_up(_folded(text)).replace(",", ""))
    return Decimal(found[1]) if found else None


def _times(word: str) -> int:
    """What 千, 百万 or 亿 multiply by; W is how many write 万."""
    return _WAN if word == "w" else prod(int(unicodedata.numeric(char)) for char in word)


def unit_of(heading: str) -> str:
    """The unit of money that a column's heading gives its bare numbers: 元 for `预算（元）`, "" for none."""
    found = _UNIT.search(simplify(unicodedata.normalize("NFKC", heading)))
    return found[1] if found else ""


def phone(text: str) -> str | None:
    """A telephone number, or several, without spaces; a mobile number without dashes and country code too."""
    plain = _closed_up(_folded(text).translate(_PHONE_SIGNS))
    if not _PHONE.fullmatch(plain):
        return None
    mobile = _MOBILE.fullmatch(plain.replace("-", ""))
    return mobile[1] if mobile else plain
