"""What was said at a meeting, put together from what the needs' files say was found, advised and agreed.

The form is that of a ledger (policy 001): issue, advice, next step, who, by when. Each sentence of a file is used at
most twice, the second time as what had been agreed before.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from matchmaker.services.demo.chance import between, chance, chosen, least_used
from matchmaker.services.demo.script import Row, Script

BY_FIRM = "企业"  # as the files name who has the next step
SHORT, MOST_USES = 14, 2  # characters that nobody notices again, and how often longer texts may stand
RUN, TRIES = 20, 30  # characters in a row that are such a longer text; how often to look for other words
LEGAL_FORM = re.compile(r"(?:股份|集团)?有限(?:责任)?公司|（演示）")


class Wording:
    """Writes minutes in the order of the days: what is said later knows what was said before."""

    def __init__(self, script: Script) -> None:
        self._script, self._uses, self._spoken = script, Counter[str](), Counter[str]()
        self._said_already, self._runs = set[str](), Counter[str]()
        for row in script.meetings.values():
            self._keep(row.get("minutes", ""))
        for row in script.invitations.values():
            self._keep(row["message"])

    def _keep(self, text: str) -> str:
        self._said_already.add(text)
        self._runs.update(_runs(text))
        return text

    def fresh(self, write: Callable[[], str]) -> str:
        """What `write` gives, asked again while it says what was said before."""
        text = write()
        for _ in range(TRIES):
            if text not in self._said_already and all(self._runs[run] < MOST_USES for run in _runs(text)):
                break
            text = write()
        return self._keep(text)

    def minutes(self, event: Row) -> str:
        """Minutes of an event with a `day` and the `speakers` of its needs."""
        text = self.fresh(lambda: self._minutes(event))
        self._spoken.update(event["needs"])
        return text

    def _minutes(self, event: Row) -> str:
        paragraphs = list(self._paragraphs(event))
        opening = self._opening(event)
        if len(paragraphs) == 1:
            return opening + paragraphs[0]
        return "\n".join(filter(None, (opening, *paragraphs)))

    def phrase(self, kind: str, *about: object, meeting: str = "") -> str:
        """The turn of phrase of the kind, or of the kind for such a `meeting`, that was used least so far."""
        phrases = self._script.phrases
        return least_used((*phrases[kind], *phrases.get(f"{kind}_{meeting}", ())), self._uses, kind, *about)

    def _opening(self, event: Row) -> str:
        if event["kind"] == "online":
            return self.phrase("online_opening", event["day"])
        often = 0.55 if event["kind"] == "inbound" else 0.4
        if chance("opening", event["day"], *event["firms"]) > often:
            return ""
        return self.phrase(f"{event['kind']}_opening", event["day"])

    def _paragraphs(self, event: Row) -> Iterator[str]:
        firms = [self._script.needs[need]["firm"] for need in event["needs"]]
        for need, firm in zip(event["needs"], firms, strict=True):
            said = self._said(need, event)
            yield f"{self.short(firm)}：{said}" if len(event["firms"]) > 1 else said
        for firm in event["firms"]:
            if firm not in firms:
                yield f"{self.short(firm)}{self.phrase('listening', event['day'], firm)}。"

    def short(self, firm: str) -> str:
        """A firm as people call it."""
        return LEGAL_FORM.sub("", self._script.firms[firm]["name"])

    def _said(self, need: str, event: Row) -> str:
        row, number = self._script.needs[need], self._spoken[need]
        talks = row["talks"]
        if number < len(talks):
            return self._first(need, talks[number], event, after=talks[number - 1] if number else None)
        if number < 2 * len(talks):
            return self._again(need, event, talks[-1]["next"] if number == len(talks) else "")
        return self._later(need, event, talks[number % len(talks)]["issue"])

    def _first(self, need: str, talk: Row, event: Row, *, after: Row | None) -> str:
        words = {name: _bare(talk[name]) for name in ("issue", "advice", "next")}
        words |= self._who_and_when(need, event, talk["owner"], talk["days"])
        said = self.phrase("first", need, event["day"]).format(**words)
        return self._recall(need, event, after["next"]) + said if after else said

    def _recall(self, need: str, event: Row, last: str) -> str:
        outcome = self.phrase("outcome", need, event["day"])
        return self.phrase("recall", need, event["day"]).format(last=_bare(last), outcome=outcome)

    def _again(self, need: str, event: Row, last: str) -> str:
        recall = self._recall(need, event, last) if last else f"{self.phrase('outcome', need, event['day'])}。"
        return self._measured("again", need, event).format(recall=recall)

    def _later(self, need: str, event: Row, issue: str) -> str:
        if self._uses[issue]:
            return self._again(need, event, "")
        self._uses[issue] += 1
        turn = self.phrase("turn", need, event["day"])
        return self._measured("later", need, event).format(issue=_bare(issue), turn=turn)

    def _measured(self, kind: str, need: str, event: Row) -> str:
        """A pattern with everything filled in but what is recalled."""
        owner = BY_FIRM if chance("owner", need, event["day"]) < 0.6 else ""
        words = {name: self.phrase(name, need, event["day"]) for name in ("gap", "step")}
        words |= {"indicator": self.indicator(need, event["day"]), "recall": "{recall}", "issue": "{issue}"}
        words |= {"turn": "{turn}"} | self._who_and_when(need, event, owner, 7 * between(2, 7, need, event["day"]))
        return self.phrase(kind, need, event["day"]).format(**words)

    def indicator(self, need: str, *about: object) -> str:
        """One of the need's indicators; a long one twice at most, and a keyword when none is left."""
        row = self._script.needs[need]
        parts = [_bare(part) for part in row["indicators"].split("；")]
        left = [part for part in parts if len(part) < SHORT or self._uses[part] < MOST_USES]
        return least_used(left or row["keywords"], self._uses, "indicator", need, *about)

    def _who_and_when(self, need: str, event: Row, owner: str, days: int) -> dict[str, str]:
        speaker = self.teacher(event["speakers"].get(need, event["experts"][0]))
        firm = self._script.firms[self._script.needs[need]["firm"]]
        by = event["day"] + timedelta(days=days)
        return {"expert": speaker, "owner": firm["contact_name"] if owner == BY_FIRM else speaker, "by": short_day(by)}

    def teacher(self, expert: str) -> str:
        """An expert as people call them."""
        name: str = self._script.experts[expert]["name"]
        surname = name[:2] if name.startswith(self._script.phrases["compound_surnames"]) else name[0]
        titled = f"{surname}教授" if self._professor(expert) else f"{surname}老师"
        return chosen((f"{surname}老师", f"{name}老师", titled), expert)

    def _professor(self, expert: str) -> bool:
        title: str = self._script.experts[expert]["title"]
        return title == "教授"


def short_day(day: date) -> str:
    """A day as it is written in minutes."""
    return f"{day.month}月{day.day}日"


def _runs(text: str) -> set[str]:
    return {text[at : at + RUN] for at in range(len(text) - RUN + 1)}


def _bare(text: str) -> str:
    return text.strip().rstrip("。；")
