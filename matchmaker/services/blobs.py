"""Bytes kept once, by their sha256, in the database, so that every host sees them."""

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.db.insert import insert_into
from matchmaker.db.models import Blob
from matchmaker.errors import NotFound
from matchmaker.i18n import gettext as _


def keep(session: Session, data: bytes, media_type: str) -> str:
    """Store the bytes unless they are there, and return their sha256; two uploads at once do not disturb each other."""
    sha256 = hashlib.sha256(data).hexdigest()
    insert = insert_into(session, Blob, sha256=sha256, size=len(data), media_type=media_type, data=data)
    session.execute(insert.on_conflict_do_nothing(index_elements=["sha256"]))
    return sha256


def read(session: Session, sha256: str) -> bytes:
    """The bytes with this sha256. Raises `NotFound` when nobody has sent them."""
    data = session.scalars(select(Blob.data).where(Blob.sha256 == sha256)).one_or_none()
    if data is None:
        raise NotFound(_("没有这个文件，请重新上传"))
    return data
