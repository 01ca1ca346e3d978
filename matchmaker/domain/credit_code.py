"""The unified social credit code 统一社会信用代码 (GB 32100-2015)."""

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_FORM = re.compile(f"[{ALPHABET}]{{18}}")


def check_character(body: str) -> str:
    """The 18th character for the first 17: weights 3^i mod 31 (GB 32100-2015).

    `ValueError` for characters outside `ALPHABET`.
    """
    total = sum(ALPHABET.index(char) * pow(3, position, 31) for position, char in enumerate(body[:17]))
    return ALPHABET[-total % 31]


def is_valid(code: str) -> bool:
    """Whether `code` (18 upper-case characters) is well-formed and its check character is right."""
    return _FORM.fullmatch(code) is not None and check_character(code) == code[17]
