"""The natural key of everything but organisations: whose it is and its number there, or without one its name."""

from collections.abc import Hashable, Iterable
from typing import Protocol, TypeVar

from matchmaker.domain.drafts import comparable
from matchmaker.i18n import gettext as _
from matchmaker.services.imports.plan import RefusedError
from matchmaker.services.imports.sheet import Line


class Numbered(Protocol):
    """A record with a number of its own in somebody's list."""

    external_id: str | None


Record = TypeVar("Record", bound=Numbered)


class Seen:
    """The keys that the rows of a sheet have used so far."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def once(self, key: Hashable, line: Line, field: str) -> None:
        """Remember a row's key: its number, else what stands in `field`.

        Raises `RefusedError` naming the row that has it already.
        """
        if key in self._lines:
            message = _("与第 %(line)s 行重复，请删去其中一行，或填写不同的编号", line=self._lines[key])
            raise RefusedError("external_id" if line.row.external_id else field, message)
        self._lines[key] = line.number


def natural_key(owner_id: int, external_id: str, name: str) -> tuple[int, str, str]:
    """The key under which a row is found again."""
    return (owner_id, external_id, "") if external_id else (owner_id, "", comparable(name))


def on_file(records: Iterable[Record], name_field: str, external_id: str, name: str) -> Record | None:
    """The record of this owner with the row's number, or without one the only unnumbered record with its name."""
    if external_id:
        return next((one for one in records if one.external_id == external_id), None)
    same = [one for one in records if not one.external_id and comparable(getattr(one, name_field)) == comparable(name)]
    if len(same) > 1:
        raise RefusedError(name_field, _("已有 %(count)s 条同名记录，请填写编号以区分", count=len(same)))
    return same[0] if same else None
