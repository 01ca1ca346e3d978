"""One raw value (form text or sheet cell) → the value a draft holds. Refusals are `ValueError`s people can read."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import date, datetime

from matchmaker.domain import credit_code
from matchmaker.domain.drafts.fields import LARGEST_WHOLE, MOST_KEYWORDS, About, Shape
from matchmaker.domain.drafts.tidy import comparable, looks_damaged, one_line, tidy
from matchmaker.domain.vocabulary import Word
from matchmaker.i18n import gettext as _
from matchmaker.i18n import in_every_language, joined

_SEPARATORS = re.compile("[;\uff1b,\uff0c\u3001\n]")
_WHOLE = re.compile(r"(\d{1,12})(?:\.0+)?(?:万元|万|元|次|次/年)?")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})")
_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+")
_PHONE = re.compile(r"[+\d][\d\s\-()转#*,/]{4,}")


def parse(about: About, value: object) -> object:
    """The value of one field.

    An empty cell is "", None or () by shape. Raises `ValueError` with a message that names the field, the reason and
    what to do.
    """
    parsed = _PARSERS[about.shape](about, value)
    if about.mandatory and not parsed and parsed != 0:
        raise ValueError(required(about))
    return parsed


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
    if looks_damaged(text):
        raise ValueError(_("%(label)s：含有乱码字符，请从原件重新录入", label=_(about.label)))
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


def _whole(about: About, value: object) -> int | None:
    text = unicodedata.normalize("NFKC", one_line(_plain(value))).replace(",", "").replace(" ", "")
    if not text:
        return None
    found = _WHOLE.fullmatch(text)
    if found is None or int(found[1]) > LARGEST_WHOLE:
        raise ValueError(_("%(label)s：应为不小于 0 的整数，请改正，例如 50", label=_(about.label)))
    return int(found[1])


def _day(about: About, value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = unicodedata.normalize("NFKC", one_line(_plain(value)))
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        if found is not None:
            year, month, day = (int(part) for part in found.groups() if part is not None)
            return date(year, month, day)
    except ValueError:
        pass  # 2026-02-30: told below like any other text that is no day
    raise ValueError(_("%(label)s：不是有效日期，请按 2026-12-31 的格式填写", label=_(about.label)))


def _email(about: About, value: object) -> str:
    text = _key(about, value)
    if text and not _EMAIL.fullmatch(text):
        raise ValueError(_("%(label)s：不是有效的电子邮箱，请改正，例如 name@example.cn", label=_(about.label)))
    return text


def _phone(about: About, value: object) -> str:
    text = _key(about, value)
    if text and not _PHONE.fullmatch(text):
        raise ValueError(_("%(label)s：不是有效的电话号码，请改正，例如 010-12345678", label=_(about.label)))
    return text


def _credit_code(about: About, value: object) -> str:
    text = _key(about, value).upper().replace(" ", "").replace("-", "")
    if text and not credit_code.is_valid(text):
        raise ValueError(
            _("%(label)s：不是有效的 18 位统一社会信用代码（校验位不符），请核对营业执照", label=_(about.label))
        )
    return text


_PARSERS: dict[Shape, Callable[[About, object], object]] = {
    Shape.LINE: _line,
    Shape.TEXT: _text,
    Shape.LIST: _several,
    Shape.CHOICE: _choice,
    Shape.WHOLE: _whole,
    Shape.DAY: _day,
    Shape.KEY: _key,
    Shape.EMAIL: _email,
    Shape.PHONE: _phone,
    Shape.CREDIT_CODE: _credit_code,
}
