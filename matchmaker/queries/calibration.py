"""What the number shown for a pair means now, and what the bureau's labels say it should."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.db.models import Calibration, Need, ParameterSet
from matchmaker.matching import Index, Rating, rate
from matchmaker.matching.calibration import Curve, Judged, Verdict, calibrate
from matchmaker.matching.tuning import PROTOCOL
from matchmaker.queries import texts
from matchmaker.queries.judgements import graded
from matchmaker.queries.parameters import running


@dataclass(frozen=True)
class Scale:
    """How scores are told: `labels` pairs calibrate them, none (0) if they are likeness only."""

    curve: Curve | None = None
    labels: int = 0

    @property
    def calibrated(self) -> bool:
        """Whether the number is a share of pairs that came to something."""
        return self.curve is not None

    def rate(self, score: float) -> Rating:
        """Number and band. Bands go by the score in either case, so that calibration moves nobody."""
        plain = rate(score)
        if self.curve is None or score <= 0:
            return plain
        return plain._replace(points=round(100 * self.curve.share(score)))


def scale(session: Session) -> Scale:
    """What holds now. A curve made for other numbers of the ranking says nothing of the running ones' scores."""
    version = select(func.max(ParameterSet.id)).scalar_subquery()
    found = session.execute(select(Calibration, version).order_by(Calibration.id.desc()).limit(1)).first()
    if found is None or not found[0].scores or found[0].parameters_version != (found[1] or 0):
        return Scale()
    row: Calibration = found[0]
    return Scale(Curve(tuple(row.scores), tuple(row.shares)), row.labels)


def newest(session: Session) -> Calibration | None:
    """The row that holds, also where it says that nothing is calibrated."""
    return session.scalars(select(Calibration).order_by(Calibration.id.desc()).limit(1)).first()


@dataclass(frozen=True)
class Found:
    """What the labels say of the running numbers' scores."""

    parameters_version: int
    verdict: Verdict


def fit(session: Session, index: Index) -> Found:
    """Score every judged pair as it would be ranked now and look for a curve; slow, reads only.

    A pair came to something if both sides accepted, or it was talked or signed about. Owners who offer nothing that is
    listed cannot be scored and are left out.
    """
    said = graded(session)
    asked = texts.needs(session, Need.id.in_([int(key) for key in said]))
    pairs = [
        Judged(need.key, match.score, said[need.key][match.key] >= PROTOCOL.relevant_from)
        for need in asked
        for match in index.score_owners(need.text, [key for key in said[need.key] if key in index.items_of])
    ]
    return Found(running(session).version, calibrate(pairs))


def labels(session: Session) -> tuple[int, int]:
    """How many pairs are judged, and how many of them came to something."""
    grades = [grade for pairs in graded(session).values() for grade in pairs.values()]
    return len(grades), sum(grade >= PROTOCOL.relevant_from for grade in grades)
