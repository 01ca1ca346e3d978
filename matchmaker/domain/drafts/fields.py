"""What is known about one field: forms, sheet columns and messages are derived from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from matchmaker.domain.vocabulary import Word

MOST_KEYWORDS = 50
LARGEST_WHOLE = 100_000_000
LARGEST_NUMBER = 1_000_000_000


class Shape(StrEnum):
    """How a value is typed in and parsed."""

    LINE = "line"
    TEXT = "text"
    LIST = "list"  # words or names, separated by ; ； , ， 、 or line breaks
    CHOICE = "choice"
    WHOLE = "whole"
    WAN = "wan"  # money in whole ten thousand yuan 万元; other units are converted
    YI = "yi"  # money in 亿元 with up to four decimals; other units are converted
    NUMBER = "number"  # not negative, with up to four decimals
    DAY = "day"
    KEY = "key"  # somebody else's number for the record
    EMAIL = "email"
    PHONE = "phone"
    CREDIT_CODE = "credit_code"
    YES = "yes"  # a box to tick, 是 in a sheet
    CHOICES = "choices"  # several of the words
    IP_NUMBER = "ip_number"  # of a patent or another registered right


@dataclass(frozen=True)
class About:
    """A field: what it is called, how it is typed in, how long it may be, when it must be there.

    `mandatory` fields are asked for even of a draft, `complete` ones before it may be submitted. `limit` counts
    characters, of each entry for a list. `words` are the choices, `synonyms` what else people write for one of them
    (text → stored value). `aliases` are other headings under which sheets carry the column.
    """

    label: str
    shape: Shape = Shape.LINE
    limit: int = 200
    help: str = ""
    mandatory: bool = False
    complete: bool = False
    words: type[Word] | None = None
    aliases: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
