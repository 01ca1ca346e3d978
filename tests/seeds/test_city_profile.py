"""The city profiles' files are complete, consistent with one another and cite where each figure is from."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SEEDS = Path(__file__).parents[2] / "seeds"


CITIES = sorted(path.parent.name for path in SEEDS.glob("*/profile.toml"))


def read(name: str, city: str = "langfang") -> dict[str, Any]:
    return tomllib.loads((SEEDS / city / name).read_text("utf-8"))


def regions() -> dict[str, str]:
    lines = (SEEDS / "regions.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert all(len(row) == 3 for row in rows)
    assert len({row[0] for row in rows}) == len(rows)
    return {code: name for code, name, _ in rows}


def test_regions_are_whole() -> None:
    names = regions()
    assert (SEEDS / "regions.tsv").read_text("utf-8").startswith("# Source: GB/T 2260")
    assert sum(code.endswith("0000") for code in names) == 34
    assert all(len(code) == 6 and code.isdigit() and name for code, name in names.items())
    assert all(f"{code[:2]}0000" in names for code in names)
    assert all(f"{code[:4]}00" in names for code in names if code.startswith("13"))


def test_units_lie_in_zones_and_regions() -> None:
    profile = read("profile.toml")
    zones = {zone["code"] for zone in profile["zones"]}
    units = profile["units"]
    assert len(units) == len({unit["code"] for unit in units}) == 12
    assert Counter(unit["kind"] for unit in units) == {"district": 2, "city": 2, "county": 6, "zone": 2}
    assert {unit["zone"] for unit in units} == zones == {"north", "middle", "south"}


def test_the_second_city_has_the_units_of_its_region_and_no_zones() -> None:
    profile, names = read("profile.toml", "tangshan"), regions()
    assert profile["zones"] == []
    assert Counter(unit["kind"] for unit in profile["units"]) == {"district": 7, "city": 3, "county": 4, "zone": 4}
    below = {code for code in names if code.startswith("1302") and code != "130200"}
    assert {unit["region_code"] for unit in profile["units"]} == below


@pytest.mark.parametrize("city", CITIES)
def test_places_are_known_regions(city: str) -> None:
    profile, names = read("profile.toml", city), regions()
    assert names[profile["city"]["region_code"]] == profile["city"]["name"]
    assert {names[code] for code in profile["city"]["host_regions"]} == {"北京市", "天津市"}
    for unit in profile["units"]:
        assert unit["region_code"] in names
        if unit["kind"] != "zone":
            assert names[unit["region_code"]] == unit["name"]


def test_one_city_is_the_default() -> None:
    assert [city for city in CITIES if read("profile.toml", city)["city"].get("default")] == ["langfang"]


@pytest.mark.parametrize(("city", "fields"), [("langfang", 8), ("tangshan", 16)])
def test_clusters_and_fields_name_their_clause(city: str, fields: int) -> None:
    profile = read("profile.toml", city)
    units = {unit["code"] for unit in profile["units"]}
    assert all(row.get("unit") in units | {None} for row in profile["clusters"])
    for table in ("units", "clusters", "fields"):
        assert len({row["code"] for row in profile[table]}) == len(profile[table])
        assert all(row["source"] and row["name"] and row["name_en"] for row in profile[table])
    assert len(profile["fields"]) == fields


@pytest.mark.parametrize(("city", "years"), [("langfang", {2023, 2024, 2025}), ("tangshan", {2022, 2023, 2024, 2025})])
def test_targets_belong_to_metrics_and_stop_in_2025(city: str, years: set[int]) -> None:
    data = read("metrics.toml", city)
    metrics = {row["code"]: row for row in data["metrics"]}
    assert len(metrics) == len(data["metrics"])
    keys = Counter((row["metric"], row["year"], row["basis"], row["source"]) for row in data["targets"])
    assert max(keys.values()) == 1
    assert {row["year"] for row in data["targets"]} == years
    for row in data["targets"]:
        assert row["metric"] in metrics
        assert row["source"]
        assert row["basis"] in {"absolute", "growth", "cumulative"}
        assert row["status"] in {"draft", "final"}
        assert row["unit_label"] == ("%" if row["basis"] == "growth" else metrics[row["metric"]]["unit_label"])


def test_contradicting_targets_are_all_kept() -> None:
    rows = [row for row in read("metrics.toml")["targets"] if row["metric"] == "contract_turnover"]
    of_2025 = {(row["basis"], row["value"]) for row in rows if row["year"] == 2025}
    assert of_2025 == {("growth", 10), ("absolute", 300), ("absolute", 200)}
    assert {row["value"] for row in rows if row["basis"] == "absolute"} == {250, 275, 300, 200}


@pytest.mark.parametrize("city", CITIES)
def test_visits_in_both_directions_have_a_rule(city: str) -> None:
    data = read("metrics.toml", city)
    assert {row["metric"] for row in data["rules"]} == {"outbound", "inbound"}
    assert all(row["sources"] == ["meetings"] and row["text"] and row["text_en"] for row in data["rules"])
    counted = {row["code"] for row in data["metrics"] if row["counted_from"] == "meetings"}
    assert counted == {"outbound", "inbound"}


def test_both_hundreds_stand_for_three_years() -> None:
    targets = read("metrics.toml")["targets"]
    for code in ("outbound", "inbound"):
        assert [row["value"] for row in targets if row["metric"] == code] == [100, 100, 100]


def test_the_second_city_counts_institutes_instead() -> None:
    """Policy: a hundred institutes every year, 200 of turnover and a hundred agricultural specialists by 2025."""
    found = {(row["metric"], row["year"]): row["value"] for row in read("metrics.toml", "tangshan")["targets"]}
    yearly = {("institutes", year): 100 for year in range(2022, 2026)}
    assert found == yearly | {("contract_turnover", 2025): 200, ("agricultural_specialists", 2025): 100}
    assert [(row["details"]["share"], row["cap_wan"]) for row in read("subsidies.toml", "tangshan")["subsidies"]] == [
        ("0.001", 20)
    ]


def test_measures_have_the_amounts_caps_and_clauses_of_the_text() -> None:
    """Policy 003 (3), (21), (30)-(32): a draft, so nothing of it is final; its goals end with 2025."""
    rows = read("subsidies.toml")["subsidies"]
    found = {
        row["code"]: (row["details"].get("share"), row["cap_wan"], row["details"].get("joint_wan")) for row in rows
    }
    assert found == {
        "task_book_province": (None, 15, None),
        "task_book_city": (None, 10, None),
        "platform": (None, 30, None),
        "evaluation_province": (None, 40, None),
        "evaluation_city": (None, 20, None),
        "challenge_research": ("0.3", 200, 1000),
        "challenge_transfer": ("0.2", 100, 500),
        "challenge_province_research": ("0.2", 100, 1000),
        "challenge_province_transfer": ("0.2", 100, 500),
        "patent_transfer": ("0.4", 10, None),
    }
    assert {(row["status"], str(row["valid_to"])) for row in rows} == {("draft", "2025-12-31")}
    assert all("正文（" in row["source"] and "附件（" in row["source"] for row in rows)
