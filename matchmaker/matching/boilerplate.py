"""Policy prose that everybody copies and that says nothing about the technology.

Left in, twelve such sentences halve the quality of any TF-IDF ranking; a blunter rule than this one
("any sentence in three texts") does harm of the same size, so each part of it is meant.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from matchmaker.matching.postings import BODY_FIELDS, Posting, tells_something
from matchmaker.matching.prose import POLICY_WORDS
from matchmaker.text import AnalysedText, Sentence

MIN_ORGANISATIONS = 5
MIN_PROSE = 0.5


@dataclass(frozen=True)
class Learned:
    """A sentence, as normalised, and how many organisations use it."""

    sentence: str
    organisations: int


def learn_boilerplate(postings: Iterable[Posting]) -> frozenset[str]:
    """The keys of `learned_sentences`."""
    return frozenset(learned_sentences(postings))


def learned_sentences(postings: Iterable[Posting]) -> dict[str, Learned]:
    """Body sentences found at ≥ 5 organisations and made mostly of policy prose, by their keys.

    Texts equal in full are one posting sent several times and count for one organisation only.
    """
    organisations: dict[str, set[str]] = defaultdict(set)
    examples: dict[str, Sentence] = {}
    for text, organisation in _distinct_texts(postings):
        for sentence in text.sentences(*BODY_FIELDS):
            organisations[sentence.key].add(organisation)
            examples[sentence.key] = sentence
    common = (key for key, found in organisations.items() if len(found) >= MIN_ORGANISATIONS)
    kept = (key for key in common if prose_share(examples[key]) > MIN_PROSE)
    return {key: Learned(examples[key].text.strip(), len(organisations[key])) for key in kept}


def strip(text: AnalysedText, boilerplate: frozenset[str]) -> dict[str, list[Sentence]]:
    """Field → sentences, the body's without boilerplate; a text with nothing else keeps it."""
    fields = {name: list(sentences) for name, sentences in text.fields.items()}
    if not boilerplate:
        return fields
    kept = fields | {name: [s for s in fields.get(name, ()) if s.key not in boilerplate] for name in BODY_FIELDS}
    return kept if any(kept.values()) else fields


def prose_share(sentence: Sentence) -> float:
    """The share of the sentence's characters of content that belong to words of policy prose."""
    content = _covered(sentence, tells_something)
    prose = _covered(sentence, POLICY_WORDS.__contains__)
    return len(prose) / len(content | prose) if prose else 0.0


def _covered(sentence: Sentence, wanted: Callable[[str], bool]) -> set[int]:
    words = zip(sentence.terms, sentence.words, strict=True)
    return {at for term, span in words if wanted(term) for at in range(*span)}


def _distinct_texts(postings: Iterable[Posting]) -> Iterable[tuple[AnalysedText, str]]:
    seen: set[tuple[str, ...]] = set()
    for posting in postings:
        content = tuple(sentence.key for sentence in posting.text.sentences())
        if content not in seen:
            seen.add(content)
            yield posting.text, posting.organisation_key
