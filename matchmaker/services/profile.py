"""The city profile: files → rows. Loading it again changes nothing; what officers have edited since stays theirs."""

import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import chinese_calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from matchmaker.clock import Clock
from matchmaker.db.base import Base
from matchmaker.db.locks import exclusive
from matchmaker.db.models import (
    City,
    Cluster,
    CountingRule,
    Metric,
    Region,
    Setting,
    Subsidy,
    Target,
    TechnicalField,
    Turnover,
    Unit,
    Workday,
    Zone,
)
from matchmaker.domain.metrics import EntryCode
from matchmaker.domain.permissions import SYSTEM
from matchmaker.domain.profile import Profile, SubsidyPart
from matchmaker.domain.vocabulary import TurnoverSpan
from matchmaker.errors import Conflict, InputError
from matchmaker.i18n import gettext as _
from matchmaker.queries.workdays import LISTED
from matchmaker.resources import resource_dir

SEEDED = "profile.seeded"  # the setting that remembers which editable rows were once written
WORKDAY_YEARS = range(
    2022, 2027
)  # what the calendar package knows for sure; later years follow the weekday (traps T34)

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class Seeds:
    """A profile and the tables every city shares, read and checked."""

    profile: Profile
    regions: tuple[tuple[str, str, str], ...]
    workdays: tuple[tuple[date, bool, str], ...]


def read(code: str | None = None, *, folder: Path | None = None) -> Seeds:
    """The profile with this code, or the one marked as default, with regions and workdays.

    Raises `InputError` when there is no such profile, or not exactly one default.
    """
    folder = folder or resource_dir("seeds")
    profiles = {path.parent.name: path.parent for path in sorted(folder.glob("*/profile.toml"))}
    if code is not None and code not in profiles:
        raise InputError(f"no city profile {code!r}, known: {', '.join(profiles)}")
    found = [_read_profile(profiles[name]) for name in profiles if code in {None, name}]
    chosen = found if code is not None else [profile for profile in found if profile.city.default]
    if len(chosen) != 1:
        raise InputError(f"{len(chosen)} city profiles are marked as default, one is needed: {', '.join(profiles)}")
    return Seeds(chosen[0], tuple(_regions(folder / "regions.tsv")), tuple(workdays()))


def _read_profile(folder: Path) -> Profile:
    tables: dict[str, Any] = {}
    for path in sorted(folder.glob("*.toml")):
        tables |= tomllib.loads(path.read_text("utf-8"))
    return Profile.model_validate(tables)


def _regions(path: Path) -> Iterator[tuple[str, str, str]]:
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            code, name, name_en = line.split("\t")
            yield code, name, name_en


def workdays(years: Iterable[int] = WORKDAY_YEARS) -> Iterator[tuple[date, bool, str]]:
    """(day, works, why) for every day of `years` that differs from the weekday rule (State Council's notices)."""
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            works = bool(chinese_calendar.is_workday(day))
            if works != (day.weekday() < 5):
                _holiday, name = chinese_calendar.get_holiday_detail(day)
                yield day, works, chinese_calendar.Holiday(name).chinese if name else ""
            day += timedelta(days=1)


def load(session: Session, seeds: Seeds, *, clock: Clock) -> None:
    """Write the profile into the database. Raises `Conflict` when the database belongs to another city."""
    exclusive(session, "profile")
    profile = seeds.profile
    _city(session, profile)
    units = _places(session, profile)
    _named(
        session, Cluster, profile.clusters, lambda part: {"unit_id": units.get(part.unit or ""), "source": part.source}
    )
    _named(session, TechnicalField, profile.fields, lambda part: {"source": part.source}, ordered=True)
    _metrics(session, profile)
    session.flush()
    _write_once(session, _editable(seeds, clock))
    _as_stated(session, profile)
    _regions_on_file(session, seeds.regions)
    session.flush()


def _regions_on_file(session: Session, regions: Iterable[tuple[str, str, str]]) -> None:
    known = {row.code: row for row in session.scalars(select(Region))}
    for code, name, name_en in regions:
        if code not in known:
            session.add(Region(code=code, name=name, name_en=name_en))
        else:
            _set(known[code], {"name": name, "name_en": name_en})


def _city(session: Session, profile: Profile) -> None:
    part = profile.city
    city = session.scalars(select(City)).one_or_none()
    if city is not None and city.code != part.code:
        raise Conflict(_("这个数据库属于“%(name)s”，不能载入另一个城市的配置", name=city.name))
    if city is None:
        city = City(code=part.code)
        session.add(city)
    letters = {f"letter_{name}": text for name, text in profile.letters.model_dump().items()}
    rules = {"team_rules": profile.team.model_dump(mode="json")}
    _set(city, part.model_dump(exclude={"code", "default"}) | letters | rules)


def _places(session: Session, profile: Profile) -> dict[str, int]:
    """Zones and units; returns unit code → id."""
    zones = _named(session, Zone, profile.zones, lambda _part: {})
    session.flush()
    units = _named(
        session,
        Unit,
        profile.units,
        lambda part: {
            "region_code": part.region_code,
            "zone_id": zones[part.zone].id if part.zone else None,
        },
        ordered=True,
    )
    session.flush()
    return {code: unit.id for code, unit in units.items()}


def _named(session: Session, model: Any, parts: Iterable[Any], more: Any, *, ordered: bool = False) -> dict[str, Any]:
    """Insert or bring up to date the rows of a table whose natural key is `code`; returns code → row."""
    rows: dict[str, Any] = {row.code: row for row in session.scalars(select(model))}
    for position, part in enumerate(parts):
        if part.code not in rows:
            rows[part.code] = model(code=part.code)
            session.add(rows[part.code])
        place = {"position": position} if ordered else {}
        _set(rows[part.code], {"name": part.name, "name_en": part.name_en} | place | more(part))
    return rows


def _metrics(session: Session, profile: Profile) -> None:
    _named(
        session,
        Metric,
        profile.metrics,
        lambda part: part.model_dump(include={"unit_label", "unit_label_en", "counted_from", "source"}),
        ordered=True,
    )


def _set(row: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _editable(seeds: Seeds, clock: Clock) -> Iterator[tuple[str, Base]]:
    """(key, new row) for everything an officer may change, replace or remove afterwards."""
    stamps = {"created_at": clock.now(), "updated_at": clock.now()}
    for target in seeds.profile.targets:
        key = f"target:{target.metric}:{target.year}:{target.basis}:{target.source}"
        yield key, Target(metric_code=target.metric, unit_id=None, **target.model_dump(exclude={"metric"}), **stamps)
    for turnover in _baselines(seeds.profile, clock):
        yield f"turnover:{turnover.year}", turnover
    for rule in seeds.profile.rules:
        values = rule.model_dump(exclude={"metric", "version"})
        yield f"rule:{rule.metric}:{rule.version}", CountingRule(metric_code=rule.metric, number=rule.version, **values)
    for subsidy in seeds.profile.subsidies:
        yield f"subsidy:{subsidy.code}", Subsidy(**subsidy.model_dump() | _subsidy(subsidy))
    for day, works, note in seeds.workdays:
        yield f"workday:{day}", Workday(day=day, works=works, note=note)
    for year in sorted({day.year for day, _works, _note in seeds.workdays}):
        yield f"workdays:{year}", Setting(key=f"{LISTED}{year}", value="")


def _subsidy(part: SubsidyPart) -> dict[str, Any]:
    """A measure's columns but those that officers edit."""
    values = part.model_dump(exclude={"status", "valid_from", "valid_to"})
    return values | part.model_dump(mode="json", include={"conditions", "details"})


def _as_stated(session: Session, profile: Profile) -> None:
    """What a measure says is its text's: only how firm it is and from when to when it holds is the officers' to say."""
    stated = {part.code: part for part in profile.subsidies}
    for row in session.scalars(select(Subsidy).where(Subsidy.code.in_(stated))):
        _set(row, _subsidy(stated[row.code]))


def _baselines(profile: Profile, clock: Clock) -> Iterator[Turnover]:
    """What is known of the contract turnover of past years, which growth starts from, as if it had been entered."""
    stated = {(part.metric, part.year): part for part in profile.baselines}
    for (metric, year), whole in stated.items():
        if metric == EntryCode.TURNOVER:
            part = stated.get((EntryCode.TURNOVER_HOSTS.value, year))
            yield Turnover(
                year=year,
                span=TurnoverSpan.TO_DATE,
                month=12,
                total=whole.value,
                hosts=part.value if part else None,
                source=whole.source,
                entered_by=SYSTEM.name,
                created_at=clock.now(),
                updated_at=clock.now(),
            )


def _write_once(session: Session, rows: Iterable[tuple[str, Base]]) -> None:
    setting = session.get(Setting, SEEDED)
    if setting is None:
        setting = Setting(key=SEEDED, value="[]")
        session.add(setting)
    written: list[str] = json.loads(setting.value)
    known = set(written)
    fresh = [(key, row) for key, row in rows if key not in known]
    session.add_all(row for _key, row in fresh)
    if fresh:
        setting.value = json.dumps([*written, *(key for key, _row in fresh)], ensure_ascii=False)
