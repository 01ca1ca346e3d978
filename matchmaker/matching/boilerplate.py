"""Policy prose that everybody copies and that says nothing about the technology.

Left in, twelve such sentences halve the quality of any TF-IDF ranking; a blunter rule than this one
("any sentence in three texts") does harm of the same size, so each part of it is meant.
"""

from collections import defaultdict
from collections.abc import Iterable

from matchmaker.matching.postings import BODY_FIELDS, Posting
from matchmaker.text import AnalysedText, Sentence

MIN_ORGANISATIONS = 5
MIN_PROSE = 0.5


def learn_boilerplate(postings: Iterable[Posting]) -> frozenset[str]:
    """Keys of body sentences found at ≥ 5 organisations and made mostly of policy prose.

    Texts equal in full are one posting sent several times and count for one organisation only.
    """
    organisations: dict[str, set[str]] = defaultdict(set)
    examples: dict[str, Sentence] = {}
    for text, organisation in _distinct_texts(postings):
        for sentence in text.sentences(*BODY_FIELDS):
            organisations[sentence.key].add(organisation)
            examples[sentence.key] = sentence
    common = (key for key, found in organisations.items() if len(found) >= MIN_ORGANISATIONS)
    return frozenset(key for key in common if prose_share(examples[key]) > MIN_PROSE)


def strip(text: AnalysedText, boilerplate: frozenset[str]) -> dict[str, list[Sentence]]:
    """Field → sentences, the body's without boilerplate; a text with nothing else keeps it."""
    fields = {name: list(sentences) for name, sentences in text.fields.items()}
    if not boilerplate:
        return fields
    kept = fields | {
        name: [s for s in fields.get(name, ()) if s.key not in boilerplate] for name in BODY_FIELDS
    }
    return kept if any(kept.values()) else fields


def prose_share(sentence: Sentence) -> float:
    """The share of the sentence's characters of content that belong to words of policy prose."""
    prose = _covered(sentence, POLICY_WORDS)
    content = _covered(sentence, None) - (_covered(sentence, EMPTY_WORDS) - prose)
    return len(prose) / len(content) if content else 0.0


def _covered(sentence: Sentence, words: frozenset[str] | None) -> set[int]:
    spans = zip(sentence.terms, sentence.words, strict=True)
    return {at for term, span in spans if words is None or term in words for at in range(*span)}


def _distinct_texts(postings: Iterable[Posting]) -> Iterable[tuple[AnalysedText, str]]:
    seen: set[tuple[str, ...]] = set()
    for posting in postings:
        content = tuple(sentence.key for sentence in posting.text.sentences())
        if content not in seen:
            seen.add(content)
            yield posting.text, posting.organisation_key


EMPTY_WORDS = frozenset("的 了 和 与 及 或 并 而 在 于 对 从 向 为 以 由 等 其 该 本 是 有 将 把 被 也 又 更 中 上 下 一 不 可 能 年 月 日".split())
POLICY_WORDS = frozenset(
    """
    政策 方针 战略 规划 纲要 意见 精神 文件 办法 通知 指示 部署 会议 讲话 重要讲话 指导 指导思想 思想 理念 总书记 党中央 中央 国务院 政府 国家 省委 市委
    """.split()  # noqa: SIM905 -- a list of words reads best as words
)
