"""The declarative base: naming convention, column types, and the mixins every table shares."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import JSON, DateTime, Dialect, Enum, MetaData, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from matchmaker.domain.vocabulary import Word

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment on every database; SQLite stores it naive, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 -- SQLAlchemy's signature
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(enum: type[Word]) -> list[str]:
    return [member.value for member in enum]


def word(enum: type[Word]) -> Enum:
    """A column type for a vocabulary enum: its values as text, with a CHECK derived from them."""
    name = "".join("_" + c.lower() if c.isupper() else c for c in enum.__name__).lstrip("_")
    return Enum(enum, native_enum=False, create_constraint=True, values_callable=_values, length=32, name=name)


Short = Annotated[str, mapped_column(String(200))]
Key = Annotated[int, mapped_column(primary_key=True)]


class Base(DeclarativeBase):
    """Base of all models."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 -- SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        list[Any]: JSON(),
    }


class Versioned:
    """Optimistic locking: an edit that started from an older `version` is refused (traps T16)."""

    version: Mapped[int] = mapped_column(default=1)


class Stamped:
    """When the row was made and last changed; services set both from their clock."""

    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
