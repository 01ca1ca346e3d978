"""A database whose contents are in no Chinese, so that Chinese on a page can only be the program's own."""

import json
import re
from typing import Any

from sqlalchemy import JSON, Connection, String, Table, select

from matchmaker.db.base import Base

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")  # characters and their punctuation
FIRST_HANGUL, HANGUL = 0xAC00, 11172


class Foreigner:
    """Writes each Chinese character as one Hangul syllable of its own: lengths, offsets and equality stay."""

    def __init__(self) -> None:
        self._syllables: dict[str, str] = {}

    def text(self, value: str) -> str:
        if value.startswith("["):
            return self._stored_message(value)
        return CHINESE.sub(lambda found: self._syllable(found[0]), value)

    def value(self, value: Any) -> Any:
        """The same for whatever a JSON column holds."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.value(item) for key, item in value.items()}
        return value

    def table(self, connection: Connection, table: Table) -> None:
        columns = [column for column in table.columns if isinstance(column.type, String | JSON)]
        keys = list(table.primary_key.columns)
        for row in connection.execute(select(*keys, *columns)).all():
            given = dict(zip(columns, row[len(keys) :], strict=True))
            changed = {column.name: new for column, old in given.items() if (new := self.value(old)) != old}
            if changed:
                mine = [key == row[place] for place, key in enumerate(keys)]
                connection.execute(table.update().where(*mine).values(changed))

    def _syllable(self, character: str) -> str:
        number = len(self._syllables)
        if number >= HANGUL:
            raise AssertionError("more characters than syllables")
        return self._syllables.setdefault(character, chr(FIRST_HANGUL + number))

    def _stored_message(self, value: str) -> str:
        """A message kept with its parameters is the program's own; its parameters are not."""
        try:
            message, params = json.loads(value)
        except ValueError:
            return CHINESE.sub(lambda found: self._syllable(found[0]), value)
        return json.dumps([message, self.value(params)], ensure_ascii=False)


def make_foreign(connection: Connection) -> None:
    """Rewrite every text of every table."""
    foreigner = Foreigner()
    for table in Base.metadata.sorted_tables:
        foreigner.table(connection, table)
