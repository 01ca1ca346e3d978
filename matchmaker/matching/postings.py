"""What the matcher reads: a posting is an id and analysed fields, never raw text or a database row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matchmaker.text import AnalysedText, Sentence, is_general

FUNCTION_WORDS = frozenset("的了和与及或并而在于对从向为以由等其该本是有将把被也又更中上下一不可能年月日")
"""Single characters that are words of grammar when they stand alone."""

FUNCTION_CHARACTERS = frozenset("的了与及或该而于其")
"""Those that no short technical word has: 和 (饱和) and 等 (等离子) are not here."""

HEAD_FIELDS = ("title", "keywords")
BODY_FIELDS = ("body",)
QUERY_FIELDS = (HEAD_FIELDS, BODY_FIELDS)
"""A query's head and body are compared apart; an item's fields are one text."""

BLOCKS: dict[str, Callable[[Sentence], list[str]]] = {
    "w": lambda sentence: sentence.terms,
    "b": lambda sentence: sentence.bigrams,
}
"""Two views of the same text, each with a vector space of its own: words and character bigrams."""


@dataclass(frozen=True)
class Posting:
    """A need or a capability.

    `owner` is who offers it (expert, group, institute), by default itself; `organisation` whose
    words these are, by default the owner. The latter only serves to recognise boilerplate.
    """

    key: str
    text: AnalysedText
    owner: str = ""
    organisation: str = ""

    @property
    def owner_key(self) -> str:
        """The owner, or the posting itself."""
        return self.owner or self.key

    @property
    def organisation_key(self) -> str:
        """The organisation, or the owner."""
        return self.organisation or self.owner_key


def features(sentences: Iterable[Sentence], block: str) -> list[str]:
    """The terms of one block, marked with its name so that all blocks can share one vocabulary.

    Numbers below 100 are left out: they count list items, not properties.
    """
    view = BLOCKS[block]
    terms = (term for sentence in sentences for term in view(sentence))
    return [block + term for term in terms if len(term) > 2 or not term.isdigit()]


def tells_something(term: str) -> bool:
    """Whether a person would take the term for what a text is about."""
    if len(term) == 1:
        return not (term in FUNCTION_WORDS or term.isdigit())
    return not (is_general(term) or (len(term) == 2 and FUNCTION_CHARACTERS & set(term)))
