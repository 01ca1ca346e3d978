"""What every closed list of words is made of."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A stored word with a label; declare members as `value, label`."""

    _label: str

    def __new__(cls, value: str, label: str = "") -> Self:  # looking a member up passes the value alone
        """Build the member from its stored value and its Chinese label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member._label = label  # noqa: SLF001 -- its own, under construction
        return member

    @property
    def label(self) -> str:
        """The Chinese source string; pass it through gettext before showing it."""
        return self._label
