"""Keeping suggestions level with what was just saved. Called after the commit; what fails here, the night repairs."""

from collections.abc import Callable, Collection

from flask import current_app, flash

from matchmaker.i18n import gettext as _
from matchmaker.services import suggestions
from matchmaker.web.context import runtime


def needs_published(need_ids: Collection[int]) -> None:
    """These needs were published, or edited since."""
    run = runtime()
    if need_ids:
        _try(
            lambda: suggestions.on_published(run.sessions, run.index, need_ids, settings=run.settings, clock=run.clock)
        )


def capabilities_changed(owner_keys: Collection[str]) -> None:
    """Capabilities of these owners were listed, edited or withdrawn."""
    run = runtime()
    if owner_keys:
        _try(lambda: suggestions.on_listed(run.sessions, run.index, owner_keys, settings=run.settings, clock=run.clock))


def _try(refresh: Callable[[], int]) -> None:
    try:
        waiting = refresh()
        if waiting:
            flash(_("另有 %(number)s 条需求的推荐正在后台计算，几分钟内更新。", number=waiting))
    except Exception:  # the step itself is committed and must not look as if it had failed
        current_app.logger.exception("suggestions were not refreshed")
        flash(_("操作已完成，但推荐暂未更新，今晚会自动重算。"), "warn")
