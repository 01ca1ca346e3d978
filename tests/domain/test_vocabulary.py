"""Every stored word has a label of its own."""

import pytest

from matchmaker.domain.vocabulary import Word


def _vocabularies() -> list[type[Word]]:
    return Word.__subclasses__()


@pytest.mark.parametrize("words", _vocabularies())
def test_every_word_has_its_own_label(words: type[Word]) -> None:
    labels = [word.label for word in words]
    assert all(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("words", _vocabularies())
def test_a_word_is_its_value_and_found_by_it(words: type[Word]) -> None:
    assert [words(str(word)) for word in words] == list(words)
