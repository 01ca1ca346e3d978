"""Refusals that a person is told about; the web answers `http_status`, a command exits with `exit_status`."""

from collections.abc import Mapping
from typing import ClassVar


class MatchmakerError(Exception):
    """A refusal with a message that the person who asked can read."""

    http_status: ClassVar[int] = 400
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class InputError(MatchmakerError):
    """A file or an option that cannot be used."""

    exit_status: ClassVar[int] = 2


class Forbidden(MatchmakerError):
    """The actor may see this but not do it."""

    http_status: ClassVar[int] = 403


class NotFound(MatchmakerError):
    """There is no such thing, or none that the actor may know of."""

    http_status: ClassVar[int] = 404


class Conflict(MatchmakerError):
    """What is asked clashes with something else; the message names it."""

    http_status: ClassVar[int] = 409


class StaleEdit(Conflict):
    """Somebody else saved first: `yours` is what was sent, `theirs` what stands, both field → value."""

    def __init__(self, message: str, *, yours: Mapping[str, object], theirs: Mapping[str, object]) -> None:
        super().__init__(message)
        self.yours = dict(yours)
        self.theirs = dict(theirs)


class Invalid(MatchmakerError):
    """Fields that do not pass: field → message ("" stands for the whole)."""

    http_status: ClassVar[int] = 422

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("；".join(str(message) for message in errors.values()))
        self.errors = dict(errors)


class TooMany(MatchmakerError):
    """Asked too often; the message says how long to wait."""

    http_status: ClassVar[int] = 429
