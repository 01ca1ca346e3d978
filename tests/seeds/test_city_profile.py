"""The city profile's files are complete, consistent with one another and cite where each figure is from."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).parents[2] / "seeds"


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((SEEDS / "langfang" / name).read_text("utf-8"))


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
    names = regions()
    for unit in units:
        assert unit["region_code"] in names
        if unit["kind"] != "zone":
            assert names[unit["region_code"]] == unit["name"]


def test_city_and_hosts_are_known_regions() -> None:
    city, names = read("profile.toml")["city"], regions()
    assert names[city["region_code"]] == city["name"]
    assert {names[code] for code in city["host_regions"]} == {"北京市", "天津市"}
    assert city["default"] is True


def test_clusters_and_fields_name_their_clause() -> None:
    profile = read("profile.toml")
    units = {unit["code"] for unit in profile["units"]}
    for row in profile["clusters"]:
        assert row["source"]
        assert row.get("unit") in units | {None}
    assert len({row["code"] for row in profile["clusters"]}) == len(profile["clusters"])
    assert len(profile["fields"]) == len({row["code"] for row in profile["fields"]}) == 8


def test_targets_belong_to_metrics_and_stop_in_2025() -> None:
    data = read("metrics.toml")
    metrics = {row["code"]: row for row in data["metrics"]}
    assert len(metrics) == len(data["metrics"])
    keys = Counter((row["metric"], row["year"], row["basis"], row["source"]) for row in data["targets"])
    assert max(keys.values()) == 1
    for row in data["targets"]:
        assert row["metric"] in metrics
        assert row["year"] in {2023, 2024, 2025}
        assert row["basis"] in {"absolute", "growth", "cumulative"}
        assert row["status"] in {"draft", "final"}
        assert row["unit_label"] == ("%" if row["basis"] == "growth" else metrics[row["metric"]]["unit_label"])


def test_contradicting_targets_are_all_kept() -> None:
    rows = [row for row in read("metrics.toml")["targets"] if row["metric"] == "contract_turnover"]
    of_2025 = {(row["basis"], row["value"]) for row in rows if row["year"] == 2025}
    assert of_2025 == {("growth", 10), ("absolute", 300), ("absolute", 200)}
    assert {row["value"] for row in rows if row["basis"] == "absolute"} == {250, 275, 300, 200}


def test_both_hundreds_have_a_rule_and_three_years() -> None:
    data = read("metrics.toml")
    assert {row["metric"] for row in data["rules"]} == {"outbound", "inbound"}
    assert all(row["sources"] == ["meetings"] and row["text"] and row["text_en"] for row in data["rules"])
    for code in ("outbound", "inbound"):
        assert [row["value"] for row in data["targets"] if row["metric"] == code] == [100, 100, 100]
    counted = {row["code"] for row in data["metrics"] if row["counted_from"] == "meetings"}
    assert counted == {"outbound", "inbound"}
    assert read("subsidies.toml") == {"subsidies": []}
