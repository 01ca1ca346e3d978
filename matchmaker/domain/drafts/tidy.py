"""What people type, made storable: nothing invisible, one form for look-alikes, the text otherwise untouched."""

import re
import unicodedata
from functools import lru_cache

from matchmaker.text import simplify

# Characters that only look different: full-width letters and digits, radicals, compatibility ideographs. Full-width
# punctuation and signs such as ² or ① are left alone: in a Chinese text they are what the person means.
_LOOK_ALIKE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2e80-\u2fdf\uf900-\ufaff]")
_BREAKS = re.compile("\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_SPACE = re.compile(r"\s+")
_TRAILING = re.compile(r"[^\S\n]+(?=\n|$)")
_UNUSABLE = frozenset({"Cc", "Cf", "Cs"})


def tidy(text: str) -> str:
    """`text` without control, zero-width and direction characters and lone surrogates; look-alikes are folded."""
    unified = _BREAKS.sub("\n", text).replace("\t", " ")
    kept = "".join(char for char in unified if char == "\n" or unicodedata.category(char) not in _UNUSABLE)
    folded = _LOOK_ALIKE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), kept)
    return _TRAILING.sub("", unicodedata.normalize("NFC", folded)).strip()


def one_line(text: str) -> str:
    """`tidy` for names and titles: every run of white space is one space."""
    return _SPACE.sub(" ", tidy(text))


@lru_cache(maxsize=32_768)
def comparable(text: str) -> str:
    """The form in which two names are compared: no case, no spaces, half-width, Simplified."""
    return simplify(_SPACE.sub("", unicodedata.normalize("NFKC", tidy(text)))).casefold()
