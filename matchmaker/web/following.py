"""Addresses of merged records lead on to the record that stands for them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from matchmaker.domain.vocabulary import Noun
from matchmaker.queries import merged
from matchmaker.web.context import reading

P = ParamSpec("P")
R = TypeVar("R")


def follow(noun: Noun, argument: str) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Lead the address of a merged record on to the one that stands for it."""

    def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def followed(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            number = int(str(kwargs[argument]))
            with reading() as session:
                stands = merged.stands_for(session, noun, number)
            if stands != number:
                return redirect(url_for(request.endpoint or "", **dict[str, Any]({argument: stands})), 302)
            return view(*args, **kwargs)

        return followed

    return decorate
