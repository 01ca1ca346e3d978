"""Keeping the last backtest, so that the board can say how far its forecasts were off without making it anew."""

import json
from datetime import date

from sqlalchemy.orm import Session

from matchmaker.db.insert import insert_into
from matchmaker.db.models import Setting
from matchmaker.domain.backtest import Backtest
from matchmaker.queries.backtest import STORED


def keep(session: Session, found: Backtest, day: date) -> None:
    """Store what a backtest of `day` found, in place of an older one."""
    value = json.dumps({"day": day.isoformat(), "backtest": found.as_json()})
    insert = insert_into(session, Setting, key=STORED, value=value)
    session.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
