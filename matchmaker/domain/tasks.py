"""Tasks: whom the minutes mean, what may be asked of a task, and when its owner hears of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from matchmaker.domain.secrecy import refusal, secrecy_mark
from matchmaker.i18n import gettext as _

LONGEST_TITLE, LONGEST_RESULT, LONGEST_OWNER = 2_000, 1_000, 64
BEFORE, AFTER = "before", "after"
LOOK_BACK = timedelta(days=7)  # how late a missed letter still makes sense


@dataclass(frozen=True)
class Owner:
    """Who may have to do something: at most one id is set; `names` are what minutes may call them, the best first.

    `words` are words of the trade that mean them where they are the only ones, such as 企业.
    """

    names: tuple[str, ...]
    organisation_id: int | None = None
    expert_id: int | None = None
    account_id: int | None = None
    words: frozenset[str] = field(default=frozenset())

    @property
    def key(self) -> str:
        """How a form names them: `organisation:3`."""
        ids = {"organisation": self.organisation_id, "expert": self.expert_id, "account": self.account_id}
        return next((f"{kind}:{number}" for kind, number in ids.items() if number is not None), "")


def meant(text: str, owners: Sequence[Owner]) -> Owner | None:
    """The one owner that `text` means; None where nobody fits, or more than one.

    By an exact name, else by one name in the other, else by a word for the kind in front, such as 企业设备部.
    """
    wanted = "".join(text.split())
    if not wanted:
        return None
    tests: tuple[Callable[[Owner], bool], ...] = (
        lambda owner: wanted in owner.names,
        lambda owner: any(name in wanted or wanted in name for name in owner.names if len(name) > 1 < len(wanted)),
        lambda owner: any(wanted.startswith(word) for word in owner.words),
    )
    for fits in tests:
        found = [owner for owner in owners if fits(owner)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


@dataclass(frozen=True)
class Given:
    """A task that an officer gives to somebody; `due` a day in Asia/Shanghai."""

    title: str
    due: date | None
    owner: Owner | None

    def problems(self, today: date) -> dict[str, str]:
        """Field → what is wrong."""
        found = {
            "title": "" if self.title.strip() else _("请写明要做什么"),
            "due": "" if self.due else _("请选择期限"),
            "owner": "" if self.owner else _("请选择由谁办理"),
        }
        if self.due and self.due < today:
            found["due"] = _("期限不能早于今天")
        if len(self.title) > LONGEST_TITLE:
            found["title"] = _("最多 %(limit)s 个字", limit=LONGEST_TITLE)
        elif mark := secrecy_mark(self.title):
            found["title"] = refusal(_("要做什么"), mark)
        return {name: text for name, text in found.items() if text}


def said(reason: str) -> dict[str, str]:
    """Field → what is wrong with the one line that closes or reopens a task."""
    text = reason.strip()
    if not text:
        return {"reason": _("请用一句话写明结果或原因")}
    if len(text) > LONGEST_RESULT:
        return {"reason": _("最多 %(limit)s 个字", limit=LONGEST_RESULT)}
    mark = secrecy_mark(text)
    return {"reason": refusal(_("结果或原因"), mark)} if mark else {}


def letters_on(day: date, due: date) -> Iterable[str]:
    """Which letters about an open task with this day should have gone by `day`: the day before, the day after.

    One that was missed is made good within a week; of two at once only the later is said.
    """
    if due < day <= due + LOOK_BACK:
        return (AFTER,)
    return (BEFORE,) if due - timedelta(days=1) <= day <= due else ()
