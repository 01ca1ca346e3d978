"""The one check that somebody who changes what stands says why."""

from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _


def given(reason: str) -> str:
    """The reason as it is kept. Raises `Invalid` when there is none."""
    if not reason.strip():
        raise Invalid({"reason": _("请填写原因")})
    return reason.strip()
