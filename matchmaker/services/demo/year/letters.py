"""Invitations: those that led to a meeting, and those that did not."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from matchmaker.domain.vocabulary import Decision, DeclineReason, MeetingKind, NeedStatus, Side
from matchmaker.services.demo.chance import between, chance, chosen
from matchmaker.services.demo.timeline import Timeline
from matchmaker.services.demo.year.cast import Cast, Party
from matchmaker.services.demo.year.diary import Diary
from matchmaker.services.demo.year.events import Event
from matchmaker.services.demo.year.wording import Wording

Letter = dict[str, Any]  # an invitation as the story's files tell one
OFFICER = "officer"
MOVED = 0.3  # share of the officers' invitations to which the expert names another day
INVITED = 0.52  # share of the events that began with an invitation
REASONS = (
    *(DeclineReason.NO_TIME, DeclineReason.NOT_MY_FIELD, DeclineReason.CONDITIONS, DeclineReason.ALREADY_SOLVED),
    *(DeclineReason.NO_TIME, DeclineReason.OTHER, DeclineReason.CONFLICT, DeclineReason.NO_TIME),
)
DECLINED_AGO = (560, 505, 440, 397, 366, 328, 290, 231, 204, 176, 149, 121, 88, 61, 39, 24)
APART = 45  # days between invitations about one need of which one may stay unanswered
PASSED_AGO, LONG_AGO = (33, 8), 20
FRESH = 10  # months since a profile was confirmed
OVERDUE, STILL_OPEN, WITHDRAWN_AGO = (27, 24, 20), (9, 7, 5, 3, 2), (250, 75)


class Post:
    """Writes invitations; one to a pair at a time."""

    def __init__(self, cast: Cast, diary: Diary, wording: Wording, line: Timeline) -> None:
        self._cast, self._diary, self._wording, self._line = cast, diary, wording, line
        self._known = {row["firm"] for row in cast.script.accounts.values() if "firm" in row}
        self._known |= {row["expert"] for row in cast.script.accounts.values() if "expert" in row}
        self._written: dict[str, list[int]] = defaultdict(list)  # need → days ago
        for row in cast.script.invitations.values():
            self._written[row["need"]].append(row["sent_days_ago"])

    def before(self, event: Event) -> Letter | None:
        """The invitation that led to an event, answered well before it; None where people just telephoned."""
        if chance("invited", event["day"], *event["firms"]) > INVITED:
            return None
        need, meeting_ago = event["needs"][0], self._ago(event["day"])
        if event.get("group") and event["experts"][0] in self._members(event["group"]):
            asked = {"group": event["group"]}
        else:
            asked = {"expert": event["speakers"].get(need, event["experts"][0])}
        sent = meeting_ago + between(14, 20, "sent", event["day"], need)
        self._written[need].append(sent)
        letter = self._letter(need, asked, event["kind"], sent)
        letter |= {"proposed_days_ago": meeting_ago, "proposed_start": event["start"], "status": "accepted"}
        letter["answer_by_days_ago"] = meeting_ago + 3
        letter["answers"] = list(self._agreed(letter, event, sent))
        return letter

    def _members(self, group: str) -> Sequence[str]:
        row = self._cast.script.groups[group]
        return [row["lead"], *row["members"]]

    def _ago(self, day: date) -> int:
        return (self._line.today - day).days

    def _letter(self, need: str, asked: dict[str, str], kind: str, sent: int) -> Letter:
        dice = chance("sent by", need, sent)
        sender = "firm" if dice < 0.56 else OFFICER if dice < 0.88 else "expert"
        letter = {"need": need, **asked, "kind": kind, "sent_by": sender, "sent_days_ago": sent}
        return letter | {"message": self._message(letter)}

    def _message(self, letter: Letter) -> str:
        need, sent = letter["need"], letter["sent_days_ago"]
        row, script = self._cast.script.needs[need], self._cast.script
        person = letter.get("expert") or script.groups[letter["group"]]["lead"]
        first, second = row["keywords"][sent % len(row["keywords"])], row["keywords"][(sent + 1) % len(row["keywords"])]
        words = {"kw": first, "kw2": second, "expert": self._wording.teacher(person)}
        words["while"] = self._wording.phrase("while", need, sent)
        return self._wording.fresh(lambda: self._put(letter, words))

    def _put(self, letter: Letter, words: dict[str, str]) -> str:
        need, sent = letter["need"], letter["sent_days_ago"]
        pattern = self._wording.phrase(f"by_{letter['sent_by']}", need, sent, meeting=letter["kind"])
        more = {"indicator": self._wording.indicator(need, sent)} if "{indicator}" in pattern else {}
        return pattern.format(**words | more)

    def _agreed(self, letter: Letter, event: Event, sent: int) -> Iterator[Letter]:
        if letter["sent_by"] == OFFICER and chance("moves", event["day"], sent) < MOVED:
            yield self._elsewhen(letter, event) | {"days_ago": sent - 2}
            note = self._wording.phrase("accepted_by_firm", letter["need"], sent)
            yield {"side": "firm", "decision": "accept", "days_ago": sent - 5, "note": note}
            return
        for side in (side for side in Side if side != letter["sent_by"]):
            days_ago = sent - between(1, 6, "answers", side, letter["need"], sent)
            answer: Letter = {"side": side.value, "decision": Decision.ACCEPT.value, "days_ago": days_ago}
            if chance("by telephone", side, letter["need"], sent) < 0.14:
                note = self._wording.phrase("by_telephone", letter["need"], sent)
                yield answer | {"on_behalf": True, "note": note}
            else:
                kind = f"accepted_by_{side}"
                yield answer | {"note": self._wording.phrase(kind, letter["need"], sent, meeting=letter["kind"])}

    def _elsewhen(self, letter: Letter, event: Event) -> Letter:
        """The expert names the day on which they did meet; something earlier had been proposed."""
        letter["proposed_days_ago"] += 2
        note = self._wording.phrase("another_time", letter["need"], event["day"])
        return {
            "side": Side.EXPERT.value,
            "decision": Decision.ANOTHER_TIME.value,
            "other_days_ago": self._ago(event["day"]),
            "other_start": event["start"],
            "note": note,
        }

    def beside(self) -> Iterator[Letter]:
        """Invitations that led nowhere: declined for every reason, not answered in time, still open, taken back."""
        for at, sent in enumerate(DECLINED_AGO):
            yield from self._declined(REASONS[at % len(REASONS)], sent)
        for sent in OVERDUE:
            yield from self._open(sent, answer_by=sent - 12)
        for sent in STILL_OPEN:
            yield from self._open(sent, answer_by=sent - 12)
        for sent in WITHDRAWN_AGO:
            yield from self._withdrawn(sent)
        for sent in PASSED_AGO:
            yield from self._passed(sent)

    def _pairs(self, sent: int, *, fitting: bool) -> Iterator[tuple[str, Party]]:
        """Needs open on the day, those least written about first, with a person each; nobody with an account."""
        day = self._line.day(sent)
        needs = sorted(self._cast.needs, key=lambda key: (len(self._written[key]), chance("letter", key, sent)))
        for need in needs:
            if any(abs(other - sent) < APART for other in self._written[need]):
                continue
            row, (first, last) = self._cast.script.needs[need], self._cast.windows[need]
            parties = self._cast.parties[need] if fitting else self._cast.related[need]
            people = [party for party in parties if not party.group and party.people[0] not in self._known]
            if row["firm"] not in self._known and first <= day <= last and people:
                yield need, chosen(people, "asked", need, sent)

    def _one(self, sent: int, *, fitting: bool, colleague: bool = False) -> Letter | None:
        for need, party in self._pairs(sent, fitting=fitting):
            if colleague and not self._fresh_colleagues(party.people[0], sent):
                continue
            if self._cast.script.needs[need]["status"] == NeedStatus.PUBLISHED:
                self._written[need].append(sent)
                kind = chosen((MeetingKind.OUTBOUND, MeetingKind.INBOUND), "kind", need, sent)
                return self._letter(need, {"expert": party.people[0]}, kind.value, sent)
        return None

    def _declined(self, reason: DeclineReason, sent: int) -> Iterator[Letter]:
        letter = self._one(sent, fitting=reason is DeclineReason.NO_TIME)
        if letter is None:
            return
        letter["sent_by"] = OFFICER if reason is DeclineReason.ALREADY_SOLVED else "firm"
        letter["message"] = self._message(letter)
        side = Side.FIRM if reason is DeclineReason.ALREADY_SOLVED else Side.EXPERT
        answer: Letter = {"side": side.value, "decision": Decision.DECLINE.value, "reason": reason.value}
        answer |= {"note": self._wording.phrase(reason.value, sent), "days_ago": sent - between(1, 6, "declines", sent)}
        yield self._timed(letter, sent - 16, sent - 9) | {"status": "declined", "answers": [answer]}

    def _open(self, sent: int, *, answer_by: int) -> Iterator[Letter]:
        letter = self._one(sent, fitting=True)
        if letter is not None:
            yield self._timed(letter, answer_by - 4, answer_by) | {"status": "open", "answers": []}

    def _withdrawn(self, sent: int) -> Iterator[Letter]:
        letter = self._one(sent, fitting=True)
        if letter is not None:
            reason = self._wording.phrase("withdrawn", sent)
            more = {"status": "withdrawn", "withdrawn_reason": reason, "withdrawn_days_ago": sent - 4, "answers": []}
            yield self._timed(letter, sent - 20, sent - 10) | more

    def _passed(self, sent: int) -> Iterator[Letter]:
        """Handed to a colleague of the same institute, who has agreed if there was time to."""
        letter = self._one(sent, fitting=True, colleague=True)
        if letter is None:
            return
        letter["sent_by"] = "firm"
        letter["message"] = self._message(letter)
        colleague = chosen(self._fresh_colleagues(letter["expert"], sent), "colleague", sent)
        more = {"passed_to": colleague, "passed_days_ago": sent - 3, "status": "declined", "answers": []}
        more["passed_note"] = self._wording.phrase("passed_on", sent)
        more["accepted_days_ago"] = sent - 7 if sent > LONG_AGO else None
        yield self._timed(letter, sent - 20, sent - 10) | more

    def _fresh_colleagues(self, expert: str, sent: int) -> list[str]:
        """Who could take it on: with a profile confirmed lately and room in the year, and nobody with an account."""
        people, year = self._cast.script.experts, self._line.day(sent - 3).year
        return [
            key
            for key in self._cast.colleagues(expert)
            if people[key]["last_confirmed_months_ago"] < FRESH and self._diary.room(key, year) > 1
            if key not in self._known
        ]

    def _timed(self, letter: Letter, proposed: int, answer_by: int) -> Letter:
        day = self._line.today - timedelta(days=proposed)
        start = chosen(("09:30", "10:00", "14:00"), "proposed", letter["need"], day)
        return letter | {"proposed_days_ago": proposed, "proposed_start": start, "answer_by_days_ago": answer_by}
