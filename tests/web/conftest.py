"""The application on a test's own database, and people who use it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from matchmaker.bootstrap import Runtime
from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from matchmaker.domain.vocabulary import Role
from matchmaker.web import create_app
from tests.factories import TODAY, make_account
from tests.support.person import PASSWORD_HASH, Person
from tests.support.world import World, make_world


@pytest.fixture
def app(settings: Settings) -> Flask:
    runtime = Runtime.build(settings.model_copy(update={"today": TODAY}))
    app = create_app(runtime=runtime)
    app.testing = True
    yield app
    runtime.close()


@pytest.fixture
def visitor(app: Flask) -> Person:
    """Somebody who has not signed in."""
    return Person(app)


@pytest.fixture
def person(app: Flask, sessions: Sessions) -> Callable[..., Person]:
    """`person(Role.FIRM, organisation_id=firm.id)`: a new account, signed in."""

    def make(role: Role, **values: Any) -> Person:
        with sessions.write() as session:
            login = make_account(session, role, password_hash=PASSWORD_HASH, **values).login
        return Person(app).sign_in(login)

    return make


@pytest.fixture
def world(app: Flask, sessions: Sessions) -> World:
    """A firm with a need and an expert who suits it."""
    return make_world(app, sessions)


@pytest.fixture
def city(world: World, person: Callable[..., Person]) -> Person:
    return person(Role.CITY)


@pytest.fixture
def firm_user(world: World, person: Callable[..., Person]) -> Person:
    return person(Role.FIRM, organisation_id=world.firm.id)


@pytest.fixture
def expert_user(world: World, person: Callable[..., Person]) -> Person:
    return person(Role.EXPERT, expert_id=world.expert.id)
