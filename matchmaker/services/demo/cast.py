"""Who takes part: officers, organisations and their places, experts, groups, accounts, and the year's demo targets."""

from typing import Any

from sqlalchemy import select

from matchmaker.clock import Clock
from matchmaker.db.models import City, Expert, Group, Organisation, Site, Target, Unit
from matchmaker.domain.credit_code import check_character
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.vocabulary import InstituteType, OrganisationKind, Role, TargetBasis, TargetStatus
from matchmaker.services import accounts, audit, experts, organisations
from matchmaker.services.accounts import NewAccount
from matchmaker.services.demo.script import Row, word
from matchmaker.services.demo.stage import Stage
from matchmaker.services.demo.timeline import months_before

MARK = TargetStatus.DEMO.label
MAIN_SITE = "本部"
OF_FIRM, OF_INSTITUTE = "91", "12"  # GB 32100: registered as a company, as a public institution
ATTACHED = {Role.FIRM, Role.INSTITUTE, Role.EXPERT}


def assemble(stage: Stage, password_hash: str, clock: Clock) -> None:
    """Bring everybody in on one day: first the officers, then what they enter, then the parties' accounts."""
    rows = stage.script.accounts
    staff = [key for key, row in rows.items() if word(Role, row["role"]) not in ATTACHED]
    for key in staff:
        _account(stage, key, password_hash, clock)
    _parties(stage, clock)
    for key in [key for key in rows if key not in staff]:
        _account(stage, key, password_hash, clock)
    for row in (row for row in stage.script.targets if row["metric"] in stage.goals):
        for years_ago in (1, 0):
            _target(stage, row, years_ago, clock)
        for unit, value in zip(stage.units, row["splits"], strict=False):  # this year's, as far as the city has units
            _target(stage, {**row, "value": value}, 0, clock, unit=unit)


def _parties(stage: Stage, clock: Clock) -> None:
    for key, row in stage.script.institutes.items():
        _institute(stage, key, row, clock)
    for number, (key, row) in enumerate(stage.script.firms.items()):
        _firm(stage, key, row, number, clock)
    for key, row in stage.script.experts.items():
        _expert(stage, key, row, clock)
    for key, row in stage.script.groups.items():
        _group(stage, key, row, clock)


def _account(stage: Stage, key: str, password_hash: str, clock: Clock) -> None:
    row = stage.script.accounts[key]
    party = row.get("firm") or row.get("institute")
    new = NewAccount(
        login=row["login"],
        name=row["name"],
        role=word(Role, row["role"]),
        organisation_id=stage.organisations[party].id if party else None,
        expert_id=stage.experts[row["expert"]].id if "expert" in row else None,
        unit_id=stage.unit(row["unit"]).id if "unit" in row else None,
    )
    stage.accounts[key] = accounts.create(stage.session, SYSTEM, new, password_hash=password_hash, clock=clock)


def _institute(stage: Stage, key: str, row: Row, clock: Clock) -> None:
    values = {
        "kind": OrganisationKind.INSTITUTE,
        "institute_type": word(InstituteType, row["institute_type"]),
        "name": row["name"],
        "tags": [MARK],
    }
    places = [_place(stage, site) for site in row["sites"]]
    _organisation(stage, key, values, places, clock)


def _place(stage: Stage, site: Row) -> dict[str, Any]:
    place = {"name": site["name"], "address": site["address"], "region_code": site["region_code"], "unit_id": None}
    if site["region_code"] == "local":
        unit = stage.unit(site["unit"])
        place |= {"region_code": region_of(stage, unit), "unit_id": unit.id}
    return place


def region_of(stage: Stage, unit: Unit) -> str:
    """The unit's region; the city's for a unit without one of its own."""
    return unit.region_code or stage.session.scalars(select(City.region_code)).one()


def _firm(stage: Stage, key: str, row: Row, number: int, clock: Clock) -> None:
    unit = stage.unit(row["unit"])
    region = region_of(stage, unit)
    contacts = {name: row[name] for name in ("contact_name", "contact_phone", "contact_email")}
    values = {
        "kind": OrganisationKind.FIRM,
        "name": row["name"],
        "credit_code": None if "duplicate_of" in row else credit_code(OF_FIRM, region, number),
        "unit_id": unit.id,
        "tags": [*row["tags"], MARK],
        "about": row["about"],
        **contacts,
    }
    place = {"name": MAIN_SITE, "address": row["address"], "region_code": region, "unit_id": unit.id}
    elsewhere = [row["branch"] | {"unit_id": None}] if "branch" in row else []
    _organisation(stage, key, values, [place, *elsewhere], clock)


def _organisation(stage: Stage, key: str, values: dict[str, Any], places: list[dict[str, Any]], clock: Clock) -> None:
    organisation = Organisation(external_id=stage.script.numbers[key])
    stage.organisations[key], stage.sites[key] = organisation, [Site() for _ in places]
    for number, (site, place) in enumerate(zip(stage.sites[key], places, strict=True)):
        known = values if number == 0 else {}
        organisations.save(stage.session, stage.officer, organisation, known, clock=clock, site=site, place=place)


def credit_code(prefix: str, region: str, number: int) -> str:
    """An invented unified social credit code: well-formed, with the check characters of GB 32100 and GB 11714."""
    subject = f"DEMX{number:04d}"
    body = f"{prefix}{region}{subject}{_subject_check(subject)}"
    return body + check_character(body)


def _subject_check(subject: str) -> str:
    """The ninth character of an organisation code: weights 3 7 9 10 5 8 4 2, modulus 11 (GB 11714)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(char, 36) * weight for char, weight in zip(subject, weights, strict=True))
    return "0123456789X"[-total % 11]


def _expert(stage: Stage, key: str, row: Row, clock: Clock) -> None:
    values = {
        "name": row["name"],
        "title": row["title"],
        "institute_id": stage.organisations[row["institute"]].id,
        "site_id": stage.sites[row["institute"]][row["site"]].id,
        "email": row["email"],
        "capacity": row.get("capacity_per_year"),
        "honour": row["honour"],
        "modes": list(row["modes"]),
        "travel": row["travel"],
        "confirmed_on": months_before(stage.timeline.today, row["last_confirmed_months_ago"]),
    }
    expert = Expert(external_id=stage.script.numbers[key])
    stage.experts[key] = experts.save_expert(stage.session, stage.officer, expert, values, clock=clock)


def _group(stage: Stage, key: str, row: Row, clock: Clock) -> None:
    values = {
        "name": row["name"],
        "institute_id": stage.organisations[row["institute"]].id,
        "site_id": stage.sites[row["institute"]][row["site"]].id,
    }
    people = experts.places(stage.experts[row["lead"]].id, [stage.experts[one].id for one in row["members"]])
    group = Group(external_id=stage.script.numbers[key])
    stage.groups[key] = experts.save_group(stage.session, stage.officer, group, values, people=people, clock=clock)


def _target(stage: Stage, row: Row, years_ago: int, clock: Clock, *, unit: Unit | None = None) -> None:
    """A target for a year up to that of the demonstration's today, marked as such."""
    target = Target(
        metric_code=row["metric"],
        year=stage.timeline.today.year - years_ago,
        unit_id=unit.id if unit else None,
        value=row["value"],
        basis=word(TargetBasis, row["basis"]),
        status=word(TargetStatus, row["status"]),
        unit_label=row["unit_label"],
        source=row["source"],
        note=row["note"],
        created_at=clock.now(),
        updated_at=clock.now(),
    )
    stage.session.add(target)
    stage.session.flush()
    audit.log(stage.session, stage.officer, "create", target, clock=clock)
