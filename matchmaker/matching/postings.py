"""What the matcher reads: a posting is an id and analysed fields, never raw text or a database row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matchmaker.text import AnalysedText, Sentence

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
    """The terms of one block, marked with its name so that all blocks can share one vocabulary."""
    view = BLOCKS[block]
    return [block + term for sentence in sentences for term in view(sentence)]
