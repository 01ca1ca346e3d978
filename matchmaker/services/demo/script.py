"""The invented material, as it lies in seeds/demo: rows by key, nothing looked up yet."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from matchmaker.domain.vocabulary import Word
from matchmaker.resources import resource_dir

Row = Mapping[str, Any]
Rows = Mapping[str, Row]
PREFIXES = {"institutes": "YS", "firms": "QY", "experts": "ZJ", "groups": "TD", "needs": "XQ"}  # of numbers on file
W = TypeVar("W", bound=Word)


@dataclass(frozen=True)
class Script:
    """Who and what the demonstration is about, and what happens, by the keys of the files."""

    institutes: Rows
    experts: Rows
    groups: Rows
    firms: Rows
    needs: Rows
    trips: Rows
    meetings: Rows
    invitations: Rows
    steers: Rows
    teams: Rows
    accounts: Rows
    targets: tuple[Row, ...]

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """Key → the number it has on file, as a bureau would give them out."""
        tables = {prefix: getattr(self, name) for name, prefix in PREFIXES.items()}
        tables["NL"] = [key for key, _owner, _row in self.capabilities()]
        return {key: f"{prefix}{at:03d}" for prefix, keys in tables.items() for at, key in enumerate(keys, 1)}

    def capabilities(self) -> Iterator[tuple[str, str, Row]]:
        """(key, key of the owner, what is offered) of every expert and group."""
        for owner, row in (*self.experts.items(), *self.groups.items()):
            for number, offered in enumerate(row["capabilities"]):
                yield f"{owner}/{number}", owner, offered


def read(folder: Path | None = None) -> Script:
    """The demonstration as the files tell it."""
    folder = folder or resource_dir("seeds") / "demo"
    tables: dict[str, list[Row]] = {}
    for path in sorted(folder.glob("*.toml")):
        tables |= tomllib.loads(path.read_text("utf-8"))
    targets = tuple(tables.pop("targets"))
    keyed = {name: {row["key"]: row for row in rows} for name, rows in tables.items()}
    return Script(**keyed, targets=targets)


def word(words: type[W], value: str) -> W:
    """The word that a file means by `value`. Raises `KeyError` for one that is not of these."""
    return {each.value: each for each in words}[value]
