"""What a view may reach: the runtime, units of work, the person who asks."""

from contextlib import AbstractContextManager
from typing import cast

from flask import abort, current_app
from flask_login import current_user
from sqlalchemy.orm import Session

from matchmaker.bootstrap import Runtime
from matchmaker.clock import Clock
from matchmaker.domain.permissions import Actor

EXTENSION = "matchmaker"


def runtime() -> Runtime:
    return cast("Runtime", current_app.extensions[EXTENSION])


def clock() -> Clock:
    return runtime().clock


def reading() -> AbstractContextManager[Session]:
    """Open one consistent snapshot for a `with` block; render inside it."""
    return runtime().sessions.read()


def writing() -> AbstractContextManager[Session]:
    """One transaction; a form goes through `forms.once` instead."""
    return runtime().sessions.write()


def current_actor() -> Actor:
    """Who asks; nobody signed in is sent to the sign-in page."""
    if not current_user.is_authenticated:
        abort(401)
    return cast("Actor", current_user.actor)
