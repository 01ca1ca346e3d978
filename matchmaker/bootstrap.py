"""The one composition root: what every process is made of."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

from matchmaker.clock import Clock, FixedDayClock, SystemClock
from matchmaker.config import Settings
from matchmaker.db.session import Sessions
from matchmaker.services.index import CorpusIndex
from matchmaker.services.lexicon import Segmenters
from matchmaker.text import Segmenter


@dataclass(frozen=True)
class Runtime:
    """What a process works with. Building it opens no connection and loads no dictionary."""

    settings: Settings
    sessions: Sessions
    clock: Clock

    @classmethod
    def build(cls, settings: Settings) -> Self:
        clock = FixedDayClock(settings.today) if settings.today else SystemClock()
        return cls(settings=settings, sessions=Sessions(settings.database_url), clock=clock)

    @cached_property
    def segmenters(self) -> Segmenters:
        return Segmenters()

    @property
    def segmenter(self) -> Segmenter:
        """As the bureau's lexicon is now."""
        return self.segmenters.current(self.sessions)

    @cached_property
    def index(self) -> CorpusIndex:
        return CorpusIndex()

    def after_fork(self) -> None:
        """Forget what cannot be shared with the parent process."""
        self.sessions.after_fork()

    def close(self) -> None:
        self.sessions.close()
