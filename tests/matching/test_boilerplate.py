from matchmaker.matching import Posting, Ranker
from matchmaker.matching.boilerplate import learn_boilerplate, prose_share
from tests.matching.postings import SEGMENTER, offers, posting

POLICY = "深入贯彻落实协同发展战略，加快推动科技成果转化，为高质量发展提供有力支撑。"
TOPICS = ["阀门密封", "轴承润滑", "涂料防腐", "玻璃镀膜", "电缆绝缘", "齿轮磨损"]


def firms(sentence: str, count: int = 5, *, organisation: str = "") -> list[Posting]:
    return [
        posting(f"f{at}", f"{topic}技术", f"{sentence}我们的{topic}不好。", organisation=organisation)
        for at, topic in enumerate(TOPICS[:count])
    ]


def key_of(sentence: str) -> str:
    return next(SEGMENTER.sentences(sentence)).key


def test_policy_prose_of_five_organisations_is_boilerplate() -> None:
    assert learn_boilerplate(firms(POLICY)) == {key_of(POLICY)}


def test_four_organisations_or_one_with_many_postings_are_not_enough() -> None:
    assert learn_boilerplate(firms(POLICY, 4)) == frozenset()
    assert learn_boilerplate(firms(POLICY, organisation="同一家")) == frozenset()


def test_a_technical_sentence_stays_however_common() -> None:
    assert learn_boilerplate(firms("采用有限元方法对焊接结构进行优化设计。", 6)) == frozenset()


def test_one_posting_sent_by_everybody_is_a_duplicate_not_boilerplate() -> None:
    copies = [posting(f"f{at}", "阀门密封", POLICY, organisation=str(at)) for at in range(9)]
    assert learn_boilerplate(copies) == frozenset()


def test_titles_and_keywords_are_never_boilerplate() -> None:
    titled = [posting(f"f{at}", POLICY, topic) for at, topic in enumerate(TOPICS)]
    assert learn_boilerplate(titled) == frozenset()


def test_the_last_content_of_a_posting_stays() -> None:
    alone = Posting("alone", SEGMENTER.analyse(body=POLICY))
    ranker = Ranker().fit([*firms(POLICY), alone])
    assert [match.key for match in ranker.rank([posting("n", "", POLICY)])[0]] == ["alone"]


def test_needs_teach_too_and_ranking_recovers() -> None:
    clean, spoiled = posting("n", "废水处理", "降低排放"), posting("n", "废水处理", f"{POLICY}降低排放")
    praised = posting("praised", "化妆品", f"{POLICY}包装")
    ranker = Ranker().fit([*offers(), praised], queries=firms(POLICY))
    assert ranker.rank([spoiled]) == ranker.rank([clean])


def test_the_share_of_prose_is_of_characters_with_content() -> None:
    [prose, mixed, technical] = SEGMENTER.sentences(f"{POLICY}项目采用激光焊接。激光焊接变形。")
    assert prose_share(prose) > 0.8
    assert 0 < prose_share(mixed) < 0.5
    assert prose_share(technical) == 0
