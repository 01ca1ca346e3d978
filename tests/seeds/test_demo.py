"""The invented demonstration: references resolve, texts differ, nobody real or local is named, the story adds up."""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest

SEEDS = Path(__file__).parents[2] / "seeds"
DEMO = SEEDS / "demo"
FIELDS = {"logistics", "equipment", "ai", "display", "biomedicine", "digital", "environment", "food_safety"}
STATUSES = {
    "published": 120,
    "city_review": 7,
    "county_review": 9,
    "draft": 7,
    "returned": 6,
    "declined": 5,
    "solved": 6,
    "closed": 4,
}

Row = dict[str, Any]


FILES = sorted(DEMO.rglob("*.toml"))


def rows(table: str) -> list[Row]:
    return [row for path in FILES for row in tomllib.loads(path.read_text("utf-8")).get(table, [])]


def by_key(table: str) -> dict[str, Row]:
    found = rows(table)
    keyed = {row["key"]: row for row in found}
    assert len(keyed) == len(found), f"{table}: a key twice"
    return keyed


INSTITUTES, EXPERTS, GROUPS = by_key("institutes"), by_key("experts"), by_key("groups")
FIRMS, NEEDS = by_key("firms"), by_key("needs")
MEETINGS, INVITATIONS = by_key("meetings"), by_key("invitations")
OFFERED_BY_INSTITUTES = rows("organisation_capabilities")


def offers() -> Iterator[tuple[str, Row]]:
    for owner in (*EXPERTS.values(), *GROUPS.values()):
        for number, capability in enumerate(owner["capabilities"]):
            yield f"{owner['key']}[{number}]", capability
    for capability in OFFERED_BY_INSTITUTES:
        yield f"{capability['institute']}: {capability['title']}", capability


def of_needs() -> Iterator[tuple[str, str]]:
    for need in NEEDS.values():
        yield from ((f"{need['key']}.{part}", need[part]) for part in ("problem", "indicators", "goal"))
        for number, talk in enumerate(need.get("talks", [])):
            yield from ((f"{need['key']}.{part}[{number}]", talk[part]) for part in ("issue", "advice", "next"))


def texts() -> Iterator[tuple[str, str]]:
    yield from ((name, offer["text"]) for name, offer in offers())
    yield from of_needs()
    yield from ((firm["key"], firm["about"]) for firm in FIRMS.values())
    yield from ((meeting["key"], meeting["minutes"]) for meeting in MEETINGS.values() if "minutes" in meeting)
    yield from ((invitation["key"], invitation["message"]) for invitation in INVITATIONS.values())


def test_institutes_stand_where_they_say() -> None:
    codes = {line.split("\t")[0] for line in (SEEDS / "regions.tsv").read_text("utf-8").splitlines()}
    assert len(INSTITUTES) == 25
    for institute in INSTITUTES.values():
        assert institute["institute_type"] in {"university", "research_institute"}
        assert {site["region_code"] for site in institute["sites"]} <= {*codes, "local"}
    outside = {key for key, row in INSTITUTES.items() if row["sites"][0]["region_code"][:2] not in {"11", "12"}}
    assert outside == {"ysu"}
    assert all(site["region_code"].startswith("12") for site in INSTITUTES["hebut"]["sites"])
    local = [site for row in INSTITUTES.values() for site in row["sites"] if site["region_code"] == "local"]
    assert len(local) == 1
    assert 0 <= local[0]["unit"] < 12
    assert "演示" in local[0]["name"]


def test_people_and_groups_belong_together() -> None:
    assert 190 <= len(EXPERTS) <= 210
    assert 45 <= len(GROUPS) <= 50
    for row in (*EXPERTS.values(), *GROUPS.values()):
        assert 0 <= row["site"] < len(INSTITUTES[row["institute"]]["sites"])
    for group in GROUPS.values():
        people = [group["lead"], *group["members"]]
        assert len(set(people)) == len(people) > 1
        assert {EXPERTS[person]["institute"] for person in people} == {group["institute"]}
    assert {expert["institute"] for expert in EXPERTS.values()} == set(INSTITUTES)


def test_capabilities_are_complete() -> None:
    for owner in (*EXPERTS.values(), *GROUPS.values()):
        assert 1 <= len(owner["capabilities"]) <= 3
    for name, capability in offers():
        assert capability["kind"] in {"expertise", "achievement", "patent", "facility", "pilot", "service"}, name
        assert 45 <= len(capability["text"]) <= 200, name
        assert capability["keywords"], name
    assert {capability["institute"] for capability in OFFERED_BY_INSTITUTES} <= set(INSTITUTES)
    assert 390 <= len(list(offers())) <= 450
    limits = [expert["capacity_per_year"] for expert in EXPERTS.values() if "capacity_per_year" in expert]
    assert len(limits) > 100
    assert all(2 <= limit <= 12 for limit in limits)
    stale = sum(expert["last_confirmed_months_ago"] > 12 for expert in EXPERTS.values())
    assert 8 <= stale <= 25


def test_duplicates_are_there_to_be_found() -> None:
    for table in (FIRMS, EXPERTS):
        [again] = [row for row in table.values() if "duplicate_of" in row]
        first = table[again["duplicate_of"]]
        assert again["name"][:3] == first["name"][:3]
        assert again.get("institute") == first.get("institute")
        assert again.get("unit") == first.get("unit")


def test_firms_cover_every_unit() -> None:
    units = Counter(firm["unit"] for firm in FIRMS.values())
    assert 115 <= len(FIRMS) <= 125
    assert set(units) == set(range(12))
    assert all(8 <= count <= 13 for count in units.values())
    assert all(firm["name"].endswith("（演示）") for firm in FIRMS.values())
    firms = {need["firm"] for need in NEEDS.values()}
    assert firms < set(FIRMS)
    assert len(firms) > 75


def test_needs_are_complete() -> None:
    assert len(NEEDS) == 164
    assert Counter(need["status"] for need in NEEDS.values()) == STATUSES
    assert {need["field"] for need in NEEDS.values()} == FIELDS
    assert any(not need["problem"] for need in NEEDS.values() if need["status"] == "draft")
    for need in NEEDS.values():
        assert need["status"] == "draft" or 55 <= len(need["problem"]) <= 250, need["key"]
        assert need["cooperation"] in {"joint", "commission", "transfer", "consult"}
        assert 2 <= len(need["keywords"]) <= 5
        if need["status"] == "published":
            assert len(re.findall(r"\d", need["indicators"])) >= 3, "indicators are quantified"
        for talk in need.get("talks", []):
            assert talk["owner"] in {"企业", "专家"}
            assert 5 <= talk["days"] <= 120


def test_a_part_of_the_needs_says_its_industry() -> None:
    codes = {line.split("\t")[0] for line in (SEEDS / "industries.tsv").read_text("utf-8").splitlines()}
    said = [need["industry"] for need in NEEDS.values() if "industry" in need]
    assert 50 < len(said) < 70
    assert set(said) < codes
    by_firm: dict[str, set[str]] = defaultdict(set)
    for need in NEEDS.values():
        if "industry" in need:
            by_firm[need["firm"]].add(need["industry"])
    assert max(len(found) for found in by_firm.values()) == 1, "a firm belongs to one division"


def test_the_firm_that_visitors_sign_in_as_has_a_need_in_every_state() -> None:
    accounts = by_key("accounts")
    found = [need for need in NEEDS.values() if need["firm"] == accounts["firm"]["firm"]]
    assert {need["status"] for need in found} == {"draft", "returned", "county_review", "published", "solved"}
    assert sum(need["firm"] == accounts["firm_other"]["firm"] for need in NEEDS.values()) >= 2
    [edited] = [need for need in NEEDS.values() if "first" in need]
    assert edited in found
    assert all(edited[name] != text for name, text in edited["first"].items())


def test_registrations_wait_for_two_units() -> None:
    waiting = by_key("registrations")
    assert len({row["unit"] for row in waiting.values()}) == len(waiting) == 2
    assert {FIRMS[row["firm"]]["name"] for row in waiting.values() if "firm" in row} < {
        row["name"] for row in waiting.values()
    }


def test_published_needs_have_somebody_who_fits() -> None:
    published = [need for need in NEEDS.values() if need["status"] == "published"]
    owners = EXPERTS | GROUPS
    assert sum(bool(need["fits"]) for need in published) == 117
    assert all(need.get("talks") for need in published if need["fits"])
    institutes = Counter(owners[need["fits"][0]]["institute"] for need in published if need["fits"])
    assert sum(count >= 3 for count in institutes.values()) >= 12, "several needs per institute make shared trips"
    for need in NEEDS.values():
        for key in need["fits"]:
            offered = "".join(c["title"] + "".join(c["keywords"]) + c["text"] for c in owners[key]["capabilities"])
            assert all(word in offered for word in need["must_have"]), (need["key"], key)


def grams(text: str, width: int) -> set[str]:
    return {text[start : start + width] for start in range(len(text) - width + 1)}


def test_no_two_texts_are_alike() -> None:
    shingles = {name: grams(text, 5) for name, text in texts()}
    holders: dict[str, list[str]] = defaultdict(list)
    for name, found in shingles.items():
        for gram in found:
            holders[gram].append(name)
    shared = Counter(pair for names in holders.values() for pair in combinations(sorted(names), 2))
    for (one, other), count in shared.items():
        assert count < 0.35 * len(shingles[one] | shingles[other]), (one, other)


def test_no_sentence_stands_twice() -> None:
    runs = Counter(gram for _, text in texts() for gram in grams(text, 20))
    assert [run for run, count in runs.items() if count > 1] == []


def test_no_title_twice() -> None:
    titles = [offer["title"] for _, offer in offers()] + [need["title"] for need in NEEDS.values()]
    parties = (*EXPERTS.values(), *GROUPS.values(), *FIRMS.values(), *INSTITUTES.values())
    names = [row["name"] for row in parties if "duplicate_of" not in row]
    assert max(Counter(titles).values()) == 1
    assert max(Counter(names).values()) == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_nothing_real_or_local_is_named(path: Path) -> None:
    text = path.read_text("utf-8")
    profiles = [tomllib.loads(path.read_text("utf-8")) for path in SEEDS.glob("*/profile.toml")]
    tables = [row for profile in profiles for row in (*profile["units"], *profile["clusters"])]
    names = {row["name"] for row in (*tables, *(profile["city"] for profile in profiles))}
    stems = {re.sub("[市县区]$", "", name) for name in names} | {"大厂", "临空", "燕郊"}
    districts = {"路北", "路南"}  # "某某路北侧" is no district
    assert not [name for name in {*names, *stems} - districts if name in text]
    assert not re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", text), "a mobile number"
    assert all(re.fullmatch(r"000-0{4}\d{4}", phone) for phone in re.findall(r"\d{3,4}-\d{7,8}", text))
    assert all(address.endswith("@example.org") for address in re.findall(r"\S+@\S+?(?=\")", text))
    assert "INVENTED" in text.splitlines()[0]


def test_contacts_are_invented() -> None:
    for row in (*EXPERTS.values(), *FIRMS.values()):
        email = row.get("email") or row["contact_email"]
        assert re.fullmatch(r"demo-[a-z-]+@example\.org", email)


def test_meetings_resolve() -> None:
    for meeting in MEETINGS.values():
        assert set(meeting["firms"]) <= set(FIRMS)
        assert meeting["experts"]
        assert {need["firm"] for need in (NEEDS[key] for key in meeting["needs"])} <= set(meeting["firms"])
        assert {NEEDS[key]["status"] for key in meeting["needs"]} <= {"published", "solved"}
        assert meeting["start"] < meeting["end"]
        assert ("minutes" in meeting) == (meeting["status"] in {"held", "verified"})
        assert ("cancel_reason" in meeting) == (meeting["status"] == "cancelled")
        assert meeting["days_ago"] > 0 or meeting["status"] == "planned"
        if meeting["kind"] == "outbound":
            assert 0 <= meeting["site"] < len(INSTITUTES[meeting["institute"]]["sites"])
        else:
            assert len(meeting["firms"]) == 1
        if "group" in meeting:
            group = GROUPS[meeting["group"]]
            assert group["institute"] == meeting["institute"]
            assert {group["lead"], *group["members"]} & set(meeting["experts"])


def works_in_host_region(key: str) -> bool:
    expert = EXPERTS[key]
    code: str = INSTITUTES[expert["institute"]]["sites"][expert["site"]]["region_code"]
    return code[:2] in {"11", "12"}


def why_not(meeting: Row) -> str | None:
    """The counting rule's first reason, worked out here on its own."""
    if meeting["kind"] == "online":
        return "online"
    if meeting["status"] != "verified":
        return {"cancelled": "cancelled", "planned": "not_recorded", "held": "not_verified"}[meeting["status"]]
    away = {row.get("expert") for row in meeting.get("attendance", [])}
    present = [key for key in meeting["experts"] if key not in away]
    if meeting["kind"] == "inbound":
        return None if any(works_in_host_region(key) for key in present) else "no_expert"
    site = INSTITUTES[meeting["institute"]]["sites"][meeting["site"]]
    if site["region_code"][:2] not in {"11", "12"}:
        return "elsewhere"
    ours = any(EXPERTS[key]["institute"] == meeting["institute"] for key in present)
    return None if ours else "nobody_of_host"


def test_story_counts_what_it_says() -> None:
    for meeting in MEETINGS.values():
        assert meeting.get("why_not") == why_not(meeting), meeting["key"]
        assert meeting["counts"] == (why_not(meeting) is None)
    counted = [meeting for meeting in MEETINGS.values() if meeting["counts"]]
    assert Counter(meeting["kind"] for meeting in counted) == {"outbound": 30, "inbound": 24}
    events = {(m.get("trip"), m.get("institute") or m["firms"][0], m["days_ago"], m["kind"]) for m in counted}
    assert len(events) == 54, "no event stands twice"
    causes = {"elsewhere", "no_expert", "nobody_of_host", "online", "cancelled", "not_verified", "not_recorded"}
    assert {meeting["why_not"] for meeting in MEETINGS.values() if not meeting["counts"]} == causes
    assert sum(meeting["days_ago"] < 0 for meeting in MEETINGS.values()) == 7
    unrecorded = [m for m in MEETINGS.values() if m["status"] == "planned" and m["days_ago"] > 0]
    assert len(unrecorded) == 2


def test_nobody_is_in_two_places() -> None:
    """A route takes its people to several firms on one day, one after another."""
    days: dict[str, dict[str, int]] = defaultdict(dict)
    for key, meeting in MEETINGS.items():
        for person in meeting["experts"]:
            days[person][meeting.get("route", key)] = meeting["days_ago"]
        if meeting["kind"] == "inbound":
            days[f"visit to {meeting['firms'][0]}"][key] = meeting["days_ago"]
        if meeting["kind"] == "outbound" and "trip" not in meeting:
            days[f"visit to {meeting['institute']}"][key] = meeting["days_ago"]
    for who, found in days.items():
        # days move past holidays, so neighbouring days could meet
        assert all(later - earlier >= 10 for earlier, later in pairwise(sorted(found.values()))), who


def test_a_route_goes_from_firm_to_firm_on_one_day() -> None:
    for key in by_key("routes"):
        stops = [meeting for meeting in MEETINGS.values() if meeting.get("route") == key]
        assert len({meeting["firms"][0] for meeting in stops}) == len(stops) > 1
        assert len({(meeting["days_ago"], *meeting["experts"]) for meeting in stops}) == 1
        assert all(first["end"] <= second["start"] for first, second in pairwise(stops))


def test_nobody_exceeds_their_capacity() -> None:
    load = Counter(key for m in MEETINGS.values() if m["status"] != "cancelled" for key in m["experts"])
    limits = {key: row["capacity_per_year"] for key, row in EXPERTS.items() if "capacity_per_year" in row}
    assert all(load[key] <= limit for key, limit in limits.items())
    assert any(load[key] == limit for key, limit in limits.items()), "one is fully booked"


def status_of(invitation: Row) -> str:
    if "withdrawn_reason" in invitation:
        return "withdrawn"
    decisions = {answer["side"]: answer["decision"] for answer in invitation["answers"]}
    if "decline" in decisions.values():
        return "declined"
    return "accepted" if decisions == {"firm": "accept", "expert": "accept"} else "open"


def test_invitations_say_what_their_answers_say() -> None:
    for invitation in INVITATIONS.values():
        assert invitation["status"] == status_of(invitation), invitation["key"]
        assert invitation["need"] in NEEDS
        assert ("expert" in invitation) != ("group" in invitation)
        assert invitation.get("expert", "zhou_minghui") in EXPERTS
        assert invitation.get("group", "g_joining") in GROUPS
        for answer in invitation["answers"]:
            assert ("reason" in answer) == (answer["decision"] == "decline")
            assert 0 <= answer["days_ago"] <= invitation["sent_days_ago"]
    assert {row["status"] for row in INVITATIONS.values()} == {"open", "accepted", "declined", "withdrawn"}
    overdue = [row for row in INVITATIONS.values() if row["status"] == "open" and row["answer_by_days_ago"] > 0]
    assert len(overdue) == 1
    answers = [answer for row in INVITATIONS.values() for answer in row["answers"]]
    assert any(answer["decision"] == "another_time" for answer in answers)
    assert any(answer.get("on_behalf") for answer in answers)


def test_linked_invitations_are_accepted() -> None:
    linked = [meeting for meeting in MEETINGS.values() if "invitation" in meeting]
    assert len(linked) == 4
    for meeting in linked:
        invitation = INVITATIONS[meeting["invitation"]]
        assert invitation["status"] == "accepted"
        assert invitation["need"] in meeting["needs"]
        assert invitation["kind"] == meeting["kind"]
        assert invitation["proposed_days_ago"] == meeting["days_ago"]


def test_accounts_cover_the_roles() -> None:
    accounts = rows("accounts")
    assert len({account["login"] for account in accounts}) == len(accounts)
    roles = Counter(account["role"] for account in accounts)
    assert roles == {"firm": 2, "city": 2, "expert": 1, "institute": 1, "county": 1, "leader": 1, "admin": 1}
    known = {"firm": FIRMS, "expert": EXPERTS, "institute": INSTITUTES, "unit": range(12)}
    for account in accounts:
        if account["role"] in {"firm", "expert", "institute"}:
            assert account[account["role"]] in known[account["role"]]
    units = {FIRMS[account["firm"]]["unit"] for account in accounts if account["role"] == "firm"}
    assert len(units) == 2
    county = next(account for account in accounts if account["role"] == "county")
    assert county["unit"] in units


def test_demo_targets_are_marked() -> None:
    targets = {row["metric"]: row for row in rows("targets")}
    assert {code: row["value"] for code, row in targets.items()} == {"outbound": 100, "inbound": 100}
    assert all(row["status"] == "demo" and "演示" in row["note"] for row in targets.values())
