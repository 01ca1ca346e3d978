"""Names to sign in with."""

import re

from matchmaker.i18n import gettext as _

LONGEST = 64
UNSET = "~"  # begins the stand-in of an account whose holder has not chosen a name yet; nobody can type it in
_FORM = re.compile(r"[^\W_][\w.@-]{2,63}")


def tidy(login: str) -> str:
    """As it is stored and compared: no spaces around, no capitals."""
    return login.strip().lower()[:LONGEST]


def problem(login: str) -> str:
    """What is wrong with a name somebody chose, "" when nothing is."""
    if not _FORM.fullmatch(login.strip().lower()):
        return _("登录名应为 3 至 64 个字符，以字母、数字或汉字开头，只用字母、数字、汉字和 . - _ @")
    return ""


def is_chosen(login: str) -> bool:
    """Whether the holder (or an administrator) has given the account a name."""
    return not login.startswith(UNSET)
