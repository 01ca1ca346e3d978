"""Which passwords are too easily guessed (ASVS 5.0, 6.2: length and known ones, no rules of composition)."""

import re
import unicodedata
from collections.abc import Iterable

from matchmaker.i18n import gettext as _

SHORTEST, LONGEST = 8, 200
# What the best-known passwords are made of once digits and signs around them are gone; pinyin that offices like, too.
_WORDS = (
    "password passwd passw0rd p@ssword p@ssw0rd pass admin administrator root user guest test tester demo welcome "
    "hello login master super superman iloveyou woaini monkey dragon sunshine princess football baseball letmein "
    "trustno1 abc abcd aaaa qwerty qwertyui qwertyuiop asdf asdfgh asdfghjkl zxcv zxcvbn zxcvbnm qaz qazwsx qwe asd "
    "zxc woaizhongguo zhongguo china beijing tianjin hebei mima xitong guanliyuan kejiju keji kjj kjt zaq12wsx "
    "1q2w3e4r 1q2w3e4r5t q1w2e3r4 changeme default secret system matchmaker computer internet office windows "
)
KNOWN = frozenset(_WORDS.split())
ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def weakness(password: str, names: Iterable[str] = ()) -> str:
    """Why `password` may not be used, "" when it may. `names` are words it must not lean on: login, city, firm."""
    if not SHORTEST <= len(password) <= LONGEST:
        return _("密码需为 %(low)s 至 %(high)s 个字符", low=SHORTEST, high=LONGEST)
    plain = unicodedata.normalize("NFKC", password).casefold()
    if any(len(name) > 2 and name.casefold() in plain for name in names):
        return _("密码里不能包含登录名或单位的名字，请换一个")
    if _is_known(plain) or _is_pattern(plain):
        return _("这个密码太常见，很容易被猜中，请换一个，例如几个不相干的词连在一起")
    return ""


def _is_known(plain: str) -> bool:
    core = _AROUND.sub("", plain)
    return core in KNOWN or plain in KNOWN or (not core and len(set(plain)) < 5)


def _is_pattern(plain: str) -> bool:
    """One piece repeated, or a run along the alphabet, the digits or a row of the keyboard."""
    repeated = any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, len(plain) // 2 + 1))
    return repeated or any(plain in row or plain in row[::-1] for row in ROWS)
