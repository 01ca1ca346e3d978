"""What the reader of this page may call the firm behind a need; filters for templates and a function for sheets."""

from collections.abc import Iterable
from dataclasses import replace

from flask import Flask, g
from flask_login import current_user
from sqlalchemy.orm import Session, object_session

from matchmaker.db.models import Invitation, Need
from matchmaker.domain.permissions import Actor
from matchmaker.domain.vocabulary import Role
from matchmaker.i18n import gettext as _
from matchmaker.queries import masking
from matchmaker.queries.history import Entry
from matchmaker.queries.masking import Names

NOBODY = Names(knows_all=False, firm_id=None, agreed=frozenset())


def init_app(app: Flask) -> None:
    for filter_ in (firm_name, knows_firm, sender):
        app.jinja_env.filters[filter_.__name__] = filter_


def read_by(session: Session, actor: Actor) -> Names:
    """Say who reads this page; needed only where nobody is signed in, behind a signed link."""
    found: Names = g.setdefault("names", masking.names_for(session, actor))
    return found


def _names(need: Need) -> Names:
    session = object_session(need)
    if "names" in g:
        found: Names = g.names
        return found
    if session is None or not current_user.is_authenticated:
        return NOBODY
    return read_by(session, current_user.actor)


def firm_name(need: Need) -> str:
    """The firm's name, or 某…企业 where the reader may not know it."""
    return _names(need).firm(need)


def knows_firm(need: Need) -> bool:
    """Whether the reader may know whose need it is."""
    return _names(need).knows(need)


def sender(invitation: Invitation) -> str:
    """Who sent an invitation, or only that the firm did."""
    return _names(invitation.need).sender(invitation)


def without_firm(entries: Iterable[Entry], need: Need) -> list[Entry]:
    """What happened, without the names of the firm's people where the reader may not know the firm."""
    if knows_firm(need):
        return list(entries)
    firm = _(Role.FIRM.label)
    return [replace(entry, actor=firm, role_label="") if entry.role_label == firm else entry for entry in entries]
