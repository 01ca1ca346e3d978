"""Signing what a link lets its holder do, and reading it again. One salt per purpose: a link opens nothing else."""

from collections.abc import Callable
from typing import Any, TypeVar

from itsdangerous import BadData, URLSafeSerializer

from matchmaker.errors import NotFound

Granted = TypeVar("Granted")


def sign(key: str, salt: str, content: object) -> str:
    """`content` as a token that can stand in an address. `key` is the installation's signing key."""
    return str(URLSafeSerializer(key, salt=salt).dumps(content))


def read(key: str, salt: str, token: str, build: Callable[[Any], Granted], *, refusal: str) -> Granted:
    """What `build` makes of a token's content; whether it has expired its caller judges.

    Raises `NotFound` saying `refusal` for a token that we did not sign for this purpose.
    """
    try:
        return build(URLSafeSerializer(key, salt=salt).loads(token))
    except (BadData, LookupError, ValueError, TypeError, OverflowError, OSError) as error:
        raise NotFound(refusal) from error
