"""Messages in the reader's language.

The Chinese source strings are the message ids, so zh_CN needs no catalogue; every other language is read
from its `.po` file at first use. Parameters are written `%(name)s`. Templates use `{{ _("…", name=value) }}`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from pathlib import Path
from typing import Self

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

SOURCE_LOCALE = "zh_CN"
LOCALES = (SOURCE_LOCALE, "en")
FOLDER = Path(__file__).parent / "locale"

_current: ContextVar[str] = ContextVar("locale", default=SOURCE_LOCALE)


def catalogue_path(locale: str) -> Path:
    return FOLDER / locale / "LC_MESSAGES" / "messages.po"


@cache
def _catalogue(locale: str) -> Catalog:
    with catalogue_path(locale).open("rb") as file:
        return read_po(file, locale=locale)


def current_locale() -> str:
    return _current.get()


def set_locale(code: str) -> None:
    """Set the language of this context (request, command, job); ValueError for one that we do not have."""
    _current.set(_known(code))


@contextmanager
def use_locale(code: str) -> Iterator[None]:
    """Speak `code` inside the block, what was spoken before it afterwards."""
    token = _current.set(_known(code))
    try:
        yield
    finally:
        _current.reset(token)


def gettext(message: str, **params: object) -> str:
    """Return `message` in the current language, with its `%(name)s` filled in."""
    translated = _forms(message)[0] or str.__str__(message)
    return translated % params if params else translated


def pgettext(context: str, message: str, **params: object) -> str:
    """`gettext` for a message that another language says differently in this context: a menu's 邀请, not a button's."""
    translated = _forms(message, context)[0] or str.__str__(message)
    return translated % params if params else translated


def ngettext(singular: str, plural: str, num: int, **params: object) -> str:
    """Return the form for `num` things; `%(num)s` is the number."""
    form = int(num != 1)
    source = plural if form else singular
    forms = _forms(singular)
    translated = forms[form] if form < len(forms) else ""
    return (translated or source) % {"num": num, **params}


def joined(words: Iterable[object]) -> str:
    """A list as people write it: 甲、乙 or A, B."""
    return gettext("、").join(map(str, words))


def with_detail(text: object, detail: object) -> str:
    """`text` and what belongs to it: 需求（3） or Needs (3)."""
    return gettext("%(text)s（%(detail)s）", text=text, detail=detail)


def short_day(value: date) -> str:
    """A day without its year: 6 月 15 日 or 15 Jun."""
    return f"{value:%-d %b}" if _current.get() == "en" else f"{value.month} 月 {value.day} 日"


@cache
def in_every_language(message: str) -> tuple[str, ...]:
    """`message` as each of our languages says it, Chinese first: what people may write in a sheet."""
    said = []
    for locale in LOCALES:
        with use_locale(locale):
            said.append(gettext(message))
    return tuple(said)


def _known(code: str) -> str:
    if code not in LOCALES:
        raise ValueError(f"unknown locale {code!r}, known: {', '.join(LOCALES)}")
    return code


def _forms(message: str, context: str | None = None) -> tuple[str, ...]:
    locale = _current.get()
    if locale == SOURCE_LOCALE:
        return ("",)
    entry = _catalogue(locale).get(str.__str__(message), context)
    if entry is None or entry.fuzzy:
        return ("",)
    forms = entry.string if isinstance(entry.string, (tuple, list)) else (entry.string,)
    return tuple(str(form or "") for form in forms)


class LazyString(str):
    """A message written once at class level and translated each time it is shown.

    It *is* the Chinese source for comparison, as a key and in JSON; `str()`, f-strings, Jinja and `+` give the
    reader's language. Where a plain translated value is needed (JSON answers, `"".join`), say `str(label)`.
    """

    __slots__ = ("context", "params")
    params: dict[str, object]
    context: str | None

    def __new__(cls, message: str, params: dict[str, object] | None = None, context: str | None = None) -> Self:
        self = super().__new__(cls, message)
        self.params, self.context = params or {}, context
        return self

    def __str__(self) -> str:
        return pgettext(self.context, self, **self.params) if self.context else gettext(self, **self.params)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __add__(self, other: str) -> str:
        return str(self) + other

    def __radd__(self, other: str) -> str:
        return other + str(self)

    def __mod__(self, values: object) -> str:
        return str.__mod__(str(self), values)


def lazy_gettext(message: str, **params: object) -> LazyString:
    """Mark a class-level label for translation at the time it is shown."""
    return LazyString(message, params)


def lazy_pgettext(context: str, message: str, **params: object) -> LazyString:
    """`lazy_gettext` in a context, as `pgettext`."""
    return LazyString(message, params, context)
