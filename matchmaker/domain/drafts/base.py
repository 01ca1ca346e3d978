"""The base of all drafts, and the three questions asked of one: is it sound, is it complete, how is it typed in."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from matchmaker.domain.drafts.fields import About
from matchmaker.domain.drafts.parse import parse, required
from matchmaker.i18n import gettext as _


class Draft(BaseModel):
    """What somebody typed in, checked field by field. Every field is annotated with its `About`."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _parse(cls, value: Any, info: ValidationInfo) -> Any:
        return parse(fields_of(cls)[str(info.field_name)], value)

    def contradictions(self) -> dict[str, str]:
        """Fields that are sound alone but not together: field → message."""
        return {}

    def gaps(self) -> dict[str, str]:
        """What is still to be said before submitting beside the fields marked `complete`: field → message."""
        return {}


D = TypeVar("D", bound=Draft)


@cache
def fields_of(model: type[Draft]) -> dict[str, About]:
    """Field name → what is known about it, in the order of declaration."""
    found = {name: info.metadata for name, info in model.model_fields.items()}
    return {name: next(item for item in metadata if isinstance(item, About)) for name, metadata in found.items()}


def check(model: type[D], values: Mapping[str, Any]) -> tuple[D | None, dict[str, str]]:
    """`values` as a draft, or None and field → message ("" for the whole).

    A draft may be incomplete: only its mandatory fields are asked for. See `missing`.
    """
    try:
        draft = model.model_validate(dict(values))
    except ValidationError as error:
        return None, {_place(found): _message(found) for found in error.errors()}
    contradictions = draft.contradictions()
    return (None, contradictions) if contradictions else (draft, {})


def as_far_as_sound(model: type[D], values: Mapping[str, Any]) -> D:
    """A draft of what is sound in `values`, to be judged while somebody is still typing; the rest is left empty."""
    sound: dict[str, Any] = {}
    for name, about in fields_of(model).items():
        with suppress(ValueError):
            sound[name] = parse(about, values.get(name, ""))
    return cast("D", model.model_construct(**sound))


def missing(draft: Draft) -> dict[str, str]:
    """What must still be filled in before the draft may be submitted: field → message; empty when complete."""
    fields = fields_of(type(draft))
    empty = {name: required(about) for name, about in fields.items() if about.complete and not getattr(draft, name)}
    return empty | draft.gaps()


def _place(found: Any) -> str:
    return str(found["loc"][0]) if found["loc"] else ""


def _message(found: Any) -> str:
    if found["type"] == "extra_forbidden":
        return _("没有“%(name)s”这个字段，请删去", name=_place(found))
    cause = found.get("ctx", {}).get("error")
    return str(cause) if isinstance(cause, ValueError) else str(found["msg"])
