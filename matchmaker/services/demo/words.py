"""The words that the officer has added to the lexicon, one of which was taken back."""

from datetime import time, timedelta

from matchmaker.clock import Clock
from matchmaker.db.models import LexiconEntry
from matchmaker.services import boilerplate, lexicon
from matchmaker.services.demo.stage import Stage
from matchmaker.services.lexicon import Entry
from matchmaker.text import Lexicon, Segmenter

KEPT = (
    Entry("超临界发泡", "物理发泡", "两家企业用前一个叫法，院所资料里多用后一个"),
    Entry("近净成形", "", "企业来电询问，词库里没有"),
)
MISTAKEN = Entry("SHC", "超疏水涂层", "企业图纸上的简称")
WRONG = "SHC 在润滑行业是基础油代号，容易误配"
PROSE = "我公司将积极配合做好各项对接服务保障工作"
WEEKS_AGO = 5


def known() -> Lexicon:
    """What holds in the end, so that every text is cut once."""
    words = [entry.name for entry in KEPT if not entry.other]
    return Lexicon.bundled().with_own(words, [(entry.name, entry.other) for entry in KEPT if entry.other])


def enter(stage: Stage, segmenter: Segmenter) -> None:
    """Some weeks ago, a day after the other."""
    line = stage.timeline
    day = line.today - timedelta(weeks=WEEKS_AGO)
    made: list[LexiconEntry] = []

    def add(clock: Clock) -> None:
        made.extend(lexicon.add(stage.session, stage.officer, [*KEPT, MISTAKEN], clock=clock))

    def correct(clock: Clock) -> None:
        lexicon.undo(stage.session, stage.officer, made[-1], reason=WRONG, clock=clock)
        reason = "每份申报材料都有这一句"
        boilerplate.mark(stage.session, stage.officer, segmenter, PROSE, reason=reason, clock=clock)

    line.at(day, time(10), add)
    line.at(day + timedelta(days=1), time(10), correct)
