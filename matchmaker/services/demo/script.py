"""The invented material, as it lies in seeds/demo: rows by key, nothing looked up yet."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from matchmaker.domain.vocabulary import Word
from matchmaker.errors import InputError
from matchmaker.resources import resource_dir

Row = Mapping[str, Any]
Rows = Mapping[str, Row]
PREFIXES = {"institutes": "YS", "firms": "QY", "experts": "ZJ", "groups": "TD", "needs": "XQ"}  # of numbers on file
UNKEYED = frozenset({"targets", "organisation_capabilities"})
W = TypeVar("W", bound=Word)


@dataclass(frozen=True)
class Script:
    """Who and what the demonstration is about, and what happens, by the keys of the files.

    A row from a folder of one technical field bears that `field` too. `phrases` are what generated texts are joined
    with, `goals` what was entered besides visits, by kind.
    """

    institutes: Rows
    experts: Rows
    groups: Rows
    firms: Rows
    needs: Rows
    trips: Rows
    routes: Rows
    preparations: Rows
    meetings: Rows
    invitations: Rows
    steers: Rows
    teams: Rows
    accounts: Rows
    registrations: Rows
    targets: tuple[Row, ...]
    organisation_capabilities: tuple[Row, ...]
    phrases: Mapping[str, tuple[str, ...]]
    goals: Mapping[str, tuple[Row, ...]]

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """Key → the number it has on file, as a bureau would give them out."""
        tables = {prefix: getattr(self, name) for name, prefix in PREFIXES.items()}
        tables["NL"] = [key for key, _owner, _row in self.capabilities()]
        return {key: f"{prefix}{at:03d}" for prefix, keys in tables.items() for at, key in enumerate(keys, 1)}

    def capabilities(self) -> Iterator[tuple[str, str, Row]]:
        """(key, key of the owner, what is offered) of every expert and group, then of the institutes themselves."""
        for owner, row in (*self.experts.items(), *self.groups.items()):
            for number, offered in enumerate(row["capabilities"]):
                yield f"{owner}/{number}", owner, offered
        for number, offered in enumerate(self.organisation_capabilities):
            yield f"{offered['institute']}/{number}", offered["institute"], offered


def read(folder: Path | None = None) -> Script:
    """The demonstration as the files tell it: those of the folder, then those of its sub-folders, list added to list.

    Raises `InputError` naming a key that stands twice.
    """
    folder = folder or resource_dir("seeds") / "demo"
    tables: dict[str, list[Row]] = {}
    phrases: dict[str, tuple[str, ...]] = {}
    goals: dict[str, tuple[Row, ...]] = {}
    for path in sorted(folder.rglob("*.toml"), key=lambda path: (path.parent != folder, path)):
        found = tomllib.loads(path.read_text("utf-8"))
        phrases |= {name: tuple(texts) for name, texts in found.pop("phrases", {}).items()}
        goals |= {name: tuple(rows) for name, rows in found.pop("goals", {}).items()}
        more = {} if path.parent == folder else {"field": path.stem}
        for name, rows in found.items():
            tables.setdefault(name, []).extend(more | row for row in rows)
    plain = {name: tables.pop(name) for name in UNKEYED}
    _check(tables)
    told: dict[str, Any] = {name: {row["key"]: row for row in rows} for name, rows in tables.items()}
    return Script(**told | {name: tuple(plain[name]) for name in UNKEYED}, phrases=phrases, goals=goals)


def _check(tables: Mapping[str, list[Row]]) -> None:
    """Keys of the cast are numbered together, those of each other table by themselves."""
    seen: set[tuple[str, str]] = set()
    for name, rows in tables.items():
        for row in rows:
            key = ("" if name in PREFIXES else name, row["key"])
            if key in seen:
                raise InputError(f"seeds/demo: {name}: key {row['key']!r} stands twice")
            seen.add(key)


def word(words: type[W], value: str) -> W:
    """The word that a file means by `value`. Raises `KeyError` for one that is not of these."""
    return {each.value: each for each in words}[value]
