"""Firms that have asked to take part and wait for the bureau's answer."""

from datetime import time

from matchmaker.clock import Clock
from matchmaker.domain.drafts import RegistrationDraft
from matchmaker.domain.permissions import Actor
from matchmaker.services import registrations
from matchmaker.services.demo.cast import OF_FIRM, credit_code, region_of
from matchmaker.services.demo.script import Row
from matchmaker.services.demo.stage import Stage

NETWORK = "127.0.0.0/24"
FIRST_NUMBER = 900  # of their credit codes; the firms on file count from 0
SAID = ("name", "address", "about", "contact_name", "contact_phone", "contact_email", "login")


def apply(stage: Stage, password_hash: str) -> None:
    """Every registration of the script, on its own day."""
    for number, row in enumerate(stage.script.registrations.values(), FIRST_NUMBER):
        _apply_one(stage, row, number, password_hash)


def _apply_one(stage: Stage, row: Row, number: int, password_hash: str) -> None:
    def act(clock: Clock) -> None:
        unit = stage.unit(row["unit"])
        if "firm" in row:
            code = stage.organisations[row["firm"]].credit_code
        else:
            code = credit_code(OF_FIRM, region_of(stage, unit), number)
        said = {name: row[name] for name in SAID} | {"unit": unit.code, "credit_code": code}
        draft, applicant = RegistrationDraft.model_validate(said), Actor(role=None, name=row["contact_name"])
        registrations.submit(stage.session, applicant, draft, password_hash=password_hash, network=NETWORK, clock=clock)

    stage.timeline.at(stage.timeline.day(row["days_ago"]), time(10, 5), act)
