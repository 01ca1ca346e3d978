"""One raw value (form text or sheet cell) → the value a draft holds. Refusals are `ValueError`s people can read."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from matchmaker.domain import credit_code
from matchmaker.domain.drafts import readings
from matchmaker.domain.drafts.damage import formula_error, looks_damaged
from matchmaker.domain.drafts.fields import LARGEST_NUMBER, LARGEST_WHOLE, MOST_KEYWORDS, About, Shape
from matchmaker.domain.drafts.tidy import comparable, one_line, tidy
from matchmaker.domain.ip_number import tidy_ip_number
from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.domain.vocabulary import Word
from matchmaker.i18n import gettext as _
from matchmaker.i18n import in_every_language, joined

_SEPARATORS = re.compile("[;\uff1b,\uff0c\u3001\n]")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
_YES = re.compile("是|yes|y|true|1|on|√|✓|已声明|不含|不涉密|无")
_NO = re.compile("|否|no|n|false|0|未声明|×")


def parse(about: About, value: object) -> object:
    """The value of one field.

    An empty cell is "", None or () by shape. Raises `ValueError` with a message that names the field, the reason and
    what to do.
    """
    _sound(about, value)
    parsed = _PARSERS[about.shape](about, value)
    if about.mandatory and not parsed and parsed != 0:
        raise ValueError(required(about))
    return parsed


def _sound(about: About, value: object) -> None:
    """Refuse what may not come in, and what no person has written: a formula's failure, text in a wrong encoding."""
    for text in value if isinstance(value, list | tuple) else (value,):
        if not isinstance(text, str):
            continue
        if failure := formula_error(text):
            raise ValueError(
                _("%(label)s：单元格里是公式的错误值 %(value)s，请改为实际内容", label=_(about.label), value=failure)
            )
        if looks_damaged(text):
            raise ValueError(_("%(label)s：含有乱码字符，请从原件重新录入", label=_(about.label)))
        if mark := secrecy_mark(text):
            raise ValueError(refusal(_(about.label), mark))


def required(about: About) -> str:
    """Says that the field must be filled in, and with what."""
    if about.words is not None:
        return _("%(label)s：不能为空，请填写以下之一：%(words)s", label=_(about.label), words=_list(about.words))
    return _("%(label)s：不能为空，请填写", label=_(about.label))


def _list(words: type[Word]) -> str:
    return joined(_(word.label) for word in words)


def _plain(value: object) -> str:
    """The text of a form field or a sheet cell; whole numbers lose the `.0` that sheets give them."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "；".join(_plain(item) for item in value)
    if isinstance(value, dict):
        raise ValueError(_("应为一段文字，请改正"))  # noqa: TRY004 -- what a person typed, not a programmer's mistake
    return str(value)


def _fitting(about: About, text: str) -> str:
    if len(text) > about.limit:
        raise ValueError(
            _(
                "%(label)s：共 %(length)s 字，超过 %(limit)s 字的上限，请删减",
                label=_(about.label),
                length=len(text),
                limit=about.limit,
            )
        )
    return text


def _line(about: About, value: object) -> str:
    return _fitting(about, one_line(_plain(value)))


def _text(about: About, value: object) -> str:
    return _fitting(about, tidy(_plain(value)))


def _key(about: About, value: object) -> str:
    return _fitting(about, unicodedata.normalize("NFKC", one_line(_plain(value))))


def _entries(value: object) -> Iterable[str]:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _SEPARATORS.split(tidy(_plain(value)))


def _several(about: About, value: object) -> tuple[str, ...]:
    entries: dict[str, str] = {}
    for entry in _entries(value):
        text = _line(about, entry)
        if text:
            entries.setdefault(comparable(text), text)
    if len(entries) > MOST_KEYWORDS:
        raise ValueError(
            _("%(label)s：最多 %(limit)s 项，请删减", label=_(about.label), limit=MOST_KEYWORDS),
        )
    return tuple(entries.values())


def _choices(about: About, value: object) -> tuple[Word, ...]:
    found = [_choice(about, entry) for entry in _entries(value)]
    return tuple(dict.fromkeys(word for word in found if word is not None))


def _choice(about: About, value: object) -> Word | None:
    words = about.words
    if words is None:
        raise TypeError(f"no words for {about.label}")
    wanted = comparable(_plain(value))
    if not wanted:
        return None
    wanted = about.synonyms.get(wanted, wanted)
    for word in words:
        if wanted in {comparable(name) for name in (word.value, *in_every_language(word.label))}:
            return word
    raise ValueError(
        _(
            "%(label)s：没有“%(value)s”这一项，请改为以下之一：%(words)s",
            label=_(about.label),
            value=one_line(_plain(value))[:40],
            words=_list(words),
        )
    )


N = TypeVar("N", int, Decimal)


def _amount(text: str, read: Callable[[str], N | None], largest: int | Decimal, refusal: str) -> N | None:
    """A number as people write it; None for an empty cell. Raises `ValueError` for what cannot be read or kept."""
    number = read(text) if text else None
    if text and (number is None or number > largest):
        raise ValueError(refusal)
    return number


def _whole(about: About, value: object) -> int | None:
    said = _("%(label)s：应为不小于 0 的整数，请改正，例如 50", label=_(about.label))
    return _amount(one_line(_plain(value)), readings.whole, LARGEST_WHOLE, said)


def _wan(about: About, value: object) -> int | None:
    said = _("%(label)s：应为整数的万元金额，请改正，例如 50、50万元、500000元、0.5亿元", label=_(about.label))
    return _amount(one_line(_plain(value)), readings.wan, LARGEST_WHOLE, said)


def _yi(about: About, value: object) -> Decimal | None:
    said = _("%(label)s：应为亿元金额，最多四位小数，请改正，例如 40.35、403500万元", label=_(about.label))
    return _amount(one_line(_plain(value)), readings.yi, LARGEST_NUMBER, said)


def _number(about: About, value: object) -> Decimal | None:
    said = _("%(label)s：应为不小于 0 的数，最多四位小数，请改正，例如 100 或 226.7", label=_(about.label))
    return _amount(one_line(_plain(value)), readings.number, LARGEST_NUMBER, said)


def _day(about: About, value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = one_line(_plain(value))
    found = readings.day(text) if text else None
    if text and found is None:
        raise ValueError(_("%(label)s：不是有效日期，请按 2026-12-31 的格式填写", label=_(about.label)))
    return found


def _email(about: About, value: object) -> str:
    text = _key(about, value)
    if text and not _EMAIL.fullmatch(text):
        raise ValueError(_("%(label)s：不是有效的电子邮箱，请改正，例如 name@example.cn", label=_(about.label)))
    return text


def _phone(about: About, value: object) -> str:
    text = _key(about, value)
    number = readings.phone(text) if text else ""
    if number is None:
        raise ValueError(_("%(label)s：不是有效的电话号码，请改正，例如 010-12345678", label=_(about.label)))
    return number


def _credit_code(about: About, value: object) -> str:
    text = _key(about, value).upper().replace(" ", "").replace("-", "")
    if text and not credit_code.is_valid(text):
        raise ValueError(
            _("%(label)s：不是有效的 18 位统一社会信用代码（校验位不符），请核对营业执照", label=_(about.label))
        )
    return text


def _ip_number(about: About, value: object) -> str:
    number = tidy_ip_number(one_line(_plain(value)))
    if number is None:
        raise ValueError(
            _("%(label)s：不像专利号或登记号，请核对，例如 ZL 2020 1 0123456.7、CN 112345678 B", label=_(about.label))
        )
    return _fitting(about, number)


def _yes(about: About, value: object) -> bool:
    text = comparable(_plain(value))
    if not (_YES.fullmatch(text) or _NO.fullmatch(text)):
        raise ValueError(_("%(label)s：只能填“是”或“否”，请改正", label=_(about.label)))
    return _YES.fullmatch(text) is not None


_PARSERS: dict[Shape, Callable[[About, object], object]] = {
    Shape.LINE: _line,
    Shape.TEXT: _text,
    Shape.LIST: _several,
    Shape.CHOICE: _choice,
    Shape.WHOLE: _whole,
    Shape.WAN: _wan,
    Shape.YI: _yi,
    Shape.NUMBER: _number,
    Shape.DAY: _day,
    Shape.KEY: _key,
    Shape.EMAIL: _email,
    Shape.PHONE: _phone,
    Shape.CREDIT_CODE: _credit_code,
    Shape.YES: _yes,
    Shape.CHOICES: _choices,
    Shape.IP_NUMBER: _ip_number,
}
