"""Numbers of patents and other registered rights, checked loosely: a Chinese patent must be well formed.

Sources: ZC 0006-2003 (numbers of patent applications: year, kind, serial number, check digit after a point), ZC
0007-2012 (publication numbers: CN, kind and serial number, a letter for the stage).
"""

import re
import unicodedata

_APPLICATION = re.compile(r"(?:ZL|CN)?(?:(?:19|20)\d{2}[12389]\d{7}|[890]\d[12389]\d{5})\.[\dX]")
_PUBLICATION = re.compile(r"CN[12389]\d{6,8}[ABCUSY]\d?")
_CLAIMS_CHINESE = re.compile(r"(?:ZL|CN)[\d.]+")
_OTHER = re.compile(r"(?=.*\d)[A-Z0-9\u4e00-\u9fff][A-Z0-9\u4e00-\u9fff./()\-]*")


def tidy_ip_number(text: str) -> str | None:
    """`text` in capitals, half-width and without spaces; "" when empty, None for what cannot be such a number.

    ZL and CN promise a Chinese number, so its digits are counted; any other sort (PCT, US, a software copyright)
    only has to hold a digit and no odd signs.

    >>> tidy_ip_number("zl 2020 1 0123456.7")
    'ZL202010123456.7'
    """
    number = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    if not number or _APPLICATION.fullmatch(number) or _PUBLICATION.fullmatch(number):
        return number
    return None if _CLAIMS_CHINESE.match(number) or not _OTHER.fullmatch(number) else number
