"""Row files of needs and capabilities → postings."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from matchmaker.errors import InputError
from matchmaker.exchange.tables import Row, at, quoted, read_rows
from matchmaker.matching import Posting
from matchmaker.text import Segmenter, join_keywords


class Entry(NamedTuple):
    """A posting and its words as written, field → text."""

    posting: Posting
    wording: dict[str, str]


def read_postings(path: Path, segmenter: Segmenter) -> dict[str, Entry]:
    """Id → entry in the order of the file. Raises `InputError` at the first bad row."""
    found: dict[str, Entry] = {}
    for row in good_rows(path):
        key = required(path, row, "id")
        if key in found:
            raise field_error(path, row.line, "id", f"duplicate {quoted(key)}")
        found[key] = _entry(path, row, key, segmenter)
    return found


def good_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, none of which may have a problem."""
    for row in read_rows(path):
        if row.problem:
            raise at(path, row.line, row.problem)
        yield row


def required(path: Path, row: Row, name: str) -> str:
    """A field that must not be empty."""
    text = _text(path, row, name)
    if not text.strip():
        raise field_error(path, row.line, name, "missing")
    return text


def field_error(path: Path, line: int, name: str, message: str) -> InputError:
    """`needs.jsonl:2: field "id": duplicate "n1"`."""
    return at(path, line, f'field "{name}": {message}')


def _entry(path: Path, row: Row, key: str, segmenter: Segmenter) -> Entry:
    title, body = _text(path, row, "title"), _text(path, row, "text")
    keywords = _keywords(path, row)
    owner, organisation = _text(path, row, "owner"), _text(path, row, "organisation")
    text = segmenter.analyse(title=title, keywords=keywords, body=body)
    wording = {"title": title, "keywords": join_keywords(keywords), "body": body}
    return Entry(Posting(key=key, text=text, owner=owner, organisation=organisation), wording)


def _text(path: Path, row: Row, name: str) -> str:
    return _plain(path, row.line, name, row.values.get(name))


def _keywords(path: Path, row: Row) -> list[str]:
    value = row.values.get("keywords")
    if isinstance(value, list):
        return [_plain(path, row.line, "keywords", each) for each in value]
    return [_text(path, row, "keywords")]


def _plain(path: Path, line: int, name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | list | Mapping):
        raise field_error(path, line, name, f"expected text, found {quoted(value)}")
    return str(value)
