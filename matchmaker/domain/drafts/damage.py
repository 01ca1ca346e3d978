"""Text that was read in a wrong encoding before it came to us, and cells that hold a formula's failure."""

import re

_MARKS = re.compile("[\ufffd\ue000-\uf8ff]|锟斤拷|烫烫烫|\\?{4,}")
_FORMULA_ERROR = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|FIELD!|BUSY!|GETTING_DATA|NOT_CALCULATED)"
)
_NOT_CHINESE = re.compile("[\u0080-\u00ff\u0152-\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]{4,}")
_HAN = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
_COMMON = frozenset({0xA1, 0xA3, *range(0xB0, 0xD8)})  # lead bytes of punctuation and everyday characters in GB 2312
_SIGNS = frozenset("×·°±÷ ")  # four of these are a placeholder or a row of dots
_LEAST = 3  # characters that make sense the other way round; fewer may be chance


def formula_error(text: str) -> str:
    """The failure a formula has left in a cell (`#N/A`), "" for any other text."""
    plain = text.strip().upper()
    return plain if _FORMULA_ERROR.fullmatch(plain) else ""


def looks_damaged(text: str) -> bool:
    """Whether `text` was read in a wrong encoding somewhere; such a text cannot be trusted, only typed again.

    Signs are replacement characters and their well-known Chinese forms (锟斤拷), and texts that turn into Chinese when
    the reading is undone: UTF-8 read as Latin or as GBK (`涓枃`), GBK read as Latin (`ÖÐÎÄ`).
    """
    if _MARKS.search(text):
        return True
    return any(_misread_latin(run[0]) for run in _NOT_CHINESE.finditer(text)) or _misread_gbk(text)


def _misread_latin(run: str) -> bool:
    if _SIGNS.issuperset(run):
        return False
    bytes_ = b"".join(_latin_byte(char) for char in run)
    if len(_HAN.findall(bytes_.decode("utf-8", "ignore"))) >= 2:
        return True
    leads = bytes_[0 : len(bytes_) - 1 : 2]
    common = sum(lead in _COMMON for lead in leads)
    return len(leads) >= 2 and 4 * common >= 3 * len(leads) and min(bytes_) > 0xA0


def _latin_byte(char: str) -> bytes:
    """The byte that was shown as `char`: Windows' Western code page, and Latin-1 where that has a hole."""
    try:
        return char.encode("cp1252")
    except UnicodeEncodeError:
        return char.encode("latin-1", "ignore")


def _misread_gbk(text: str) -> bool:
    """Chinese whose bytes are UTF-8 of other Chinese, but for those that got lost."""
    if len(text) < _LEAST or text.isascii():
        return False
    undone = text.encode("gb18030", "ignore").decode("utf-8", "replace")
    lost = undone.count("\ufffd")
    made = len(_HAN.findall(undone))
    return made >= _LEAST and 2 * lost <= made
