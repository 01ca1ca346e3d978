import pytest

from matchmaker.matching import Index
from tests.matching.postings import offers, posting

NEEDS = [posting("n1", "铝合金焊接变形"), posting("n2", "废水中盐的回收", "膜法处理"), posting("n3", "电池隔膜")]


@pytest.fixture(scope="module")
def index() -> Index:
    return Index.fit(offers(), NEEDS)


def test_both_sides_see_the_same_score(index: Index) -> None:
    for need in NEEDS:
        [owners] = index.rank_owners([need.text], k=None)
        for match in owners:
            back = {found.key: found.score for found in index.rank_needs(match.key, k=None)}
            assert back[need.key] == pytest.approx(match.score)


def test_a_new_posting_matches_at_once_by_a_word_nobody_used(index: Index) -> None:
    new = posting("graphene", "石墨烯量子点zyxwv", owner="赵")
    changed = index.update(capabilities=[new], needs=[posting("n4", "zyxwv薄膜")])
    assert changed.rank_owners([posting("q", "zyxwv").text])[0][0].key == "赵"
    assert [match.key for match in changed.rank_needs("赵")] == ["n4"]
    assert index.rank_items([posting("q", "zyxwv").text]) == [[]]


def test_a_reader_of_the_old_index_is_not_disturbed(index: Index) -> None:
    before = index.rank_items([NEEDS[0].text])
    index.update(capabilities=[posting("welding", "古籍修复")], removed_capabilities=["water"])
    assert index.rank_items([NEEDS[0].text]) == before


def test_an_edited_posting_replaces_itself_and_its_owner_follows(index: Index) -> None:
    changed = index.update(capabilities=[posting("welding", "古籍修复", owner="钱")])
    assert [match.key for match in changed.rank_items([posting("q", "古籍修复").text])[0]] == ["welding"]
    assert changed.rank_owners([posting("q", "古籍修复").text])[0][0].key == "钱"
    assert "李" in changed.items_of
    assert "welding" not in [match.key for match in changed.rank_items([NEEDS[0].text])[0]]


def test_an_owner_without_items_is_gone(index: Index) -> None:
    changed = index.update(removed_capabilities=["battery", "water"], removed_needs=["n1", "unknown"])
    assert len(changed.owners) == 1
    assert [match.key for match in changed.rank_needs("李", k=None) if match.key == "n1"] == []
    with pytest.raises(KeyError):
        changed.rank_needs("王")


def test_updates_add_up_to_what_a_fit_finds() -> None:
    steps = Index.fit(offers()[:2])
    for one in offers()[2:]:
        steps = steps.update(capabilities=[one])
    whole = Index.fit(offers())
    for need in NEEDS:
        found, fitted = steps.rank_owners([need.text])[0], whole.rank_owners([need.text])[0]
        assert [match.key for match in found] == [match.key for match in fitted]


def test_an_index_can_start_empty() -> None:
    index = Index.fit([]).update(capabilities=offers(), needs=NEEDS)
    assert index.rank_items([NEEDS[0].text])[0][0].key == "welding"
    assert index.drift == 1.0


def test_drift_counts_what_came_and_went(index: Index) -> None:
    assert index.drift == 0
    assert index.update(needs=[posting("n9", "泵")]).drift == pytest.approx(1 / 8)


def test_excluded_candidates_leave_their_places_to_others(index: Index) -> None:
    [[first, *_]] = index.rank_owners([NEEDS[0].text])
    [found] = index.rank_owners([NEEDS[0].text], exclude=[first.key, "nobody"])
    assert first.key not in [match.key for match in found]


def test_the_same_posting_twice_in_one_update_counts_once(index: Index) -> None:
    twice = [posting("x", "古籍"), posting("x", "古籍修复")]
    [found] = index.update(capabilities=twice).rank_items([posting("q", "古籍修复").text])
    assert [match.key for match in found] == ["x"]
