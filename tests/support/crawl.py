"""Walking through the pages by their links, as one signed-in person, without a browser."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape

from tests.support.person import Person

LINK = re.compile(r'<a [^>]*href="(/[^"#]*)')
SKIPPED = re.compile(r"[?&]lang=|[?&]size=|[?&]sort=|\.xlsx|^/static/")


def pages(person: Person, start: list[str], *, of_a_kind: int) -> Iterator[tuple[str, str]]:
    """(address, page) of what is reached by links from `start`, `of_a_kind` of each address pattern."""
    waiting, known, opened = list(start), set(start), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        pattern = re.sub(r"\d+", "N", path.partition("?")[0])
        if opened[pattern] >= of_a_kind:
            continue
        opened[pattern] += 1
        answer = person.get(path, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        assert answer.status_code == 200, path
        yield path, answer.text
        new = [unescape(link) for link in LINK.findall(answer.text)]
        fresh = [link for link in dict.fromkeys(new) if link not in known and not SKIPPED.search(link)]
        known.update(fresh)
        waiting += fresh
