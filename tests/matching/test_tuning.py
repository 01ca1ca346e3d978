"""Tuning against simulated labels: noise is refused, a planted improvement is taken."""

from dataclasses import replace
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest

from matchmaker.matching import Index, Posting
from matchmaker.matching.parameters import DEFAULTS, Parameters
from matchmaker.matching.quality import measure
from matchmaker.matching.tuning import (
    LEAST_LABELS,
    LEAST_NEEDS,
    PLAIN,
    PROTOCOL,
    Verdict,
    bootstrap,
    changed,
    judge,
    measured,
    space,
    too_few,
)
from matchmaker.text import Segmenter

NEEDS, OWNERS, JUDGED = 60, 50, 8
WORDS = [
    "焊接", "激光", "铝合金", "薄板", "变形", "电池", "隔膜", "涂覆", "废水", "膜法",
    "回收", "检测", "视觉", "缺陷", "钢板", "轴承", "齿轮", "润滑", "铸造", "缩松",
    "模具", "冷却", "传感器", "振动", "控制", "算法", "机器人", "夹具", "涂层", "腐蚀",
    "催化剂", "反应器", "结晶", "干燥", "发酵", "育种", "温室", "灌溉", "土壤", "秸秆",
]  # fmt: skip
OFTEN = [1 / place for place in range(1, len(WORDS) + 1)]
Lists = dict[str, list[tuple[str, float]]]


@cache
def texts() -> tuple[list[Posting], list[Posting]]:
    """Firms and experts who write with words drawn at random, some far more often than others."""
    chance, segmenter = Random(7), Segmenter()  # noqa: S311 -- a simulation

    def posting(key: str, words: int) -> Posting:
        said = chance.choices(WORDS, OFTEN, k=words)
        return Posting(key, segmenter.analyse(title="".join(said[:3]), body="，".join(said[3:])))

    return [posting(f"o{n}", 12) for n in range(OWNERS)], [posting(f"n{n}", 9) for n in range(NEEDS)]


@cache
def ranked(parameters: Parameters) -> Lists:
    offers, needs = texts()
    index = Index.fit(offers, parameters=parameters)
    found = index.rank_owners([need.text for need in needs], None)
    return {need.key: [(m.key, m.score) for m in best] for need, best in zip(needs, found, strict=True)}


def tuned(grades: dict[str, dict[str, int]]) -> Verdict:
    values = {
        each: np.asarray([measure(ranked(each)[need], given, PROTOCOL)["nDCG@10"] for need, given in grades.items()])
        for each in space(DEFAULTS)
    }
    return judge(values, DEFAULTS)


def noise(seed: int) -> dict[str, dict[str, int]]:
    """Labels that have nothing to do with the texts."""
    chance = Random(seed)  # noqa: S311 -- a simulation
    drawn = {
        f"n{n}": {f"o{o}": chance.choice((0, 0, 1, 2)) for o in chance.sample(range(OWNERS), JUDGED)}
        for n in range(NEEDS)
    }
    return {need: given for need, given in drawn.items() if any(given.values())}


def planted(target: Parameters, seed: int) -> dict[str, dict[str, int]]:
    """Labels by people who judge as `target` ranks, one in ten at random."""
    chance = Random(seed)  # noqa: S311 -- a simulation
    found = {}
    for need, best in ranked(target).items():
        good = [key for key, _score in best[:4]]
        others = chance.sample([key for key, _score in best[4:]], JUDGED - 4)
        given = dict.fromkeys(good, 2) | dict.fromkeys(others, 0)
        found[need] = {
            key: chance.choice((0, 1, 2)) if chance.random() < 0.1 else grade for key, grade in given.items()
        }
    return found


def test_noise_is_refused() -> None:
    accepted = [seed for seed in range(100) if tuned(noise(seed)).accepted]
    assert len(accepted) <= 5


def test_a_planted_improvement_is_taken() -> None:
    target = replace(DEFAULTS, bigrams=3.0, idf_power=1.0)
    verdicts = [tuned(planted(target, seed)) for seed in range(5)]
    assert all(verdict.accepted for verdict in verdicts)
    for verdict in verdicts:
        assert verdict.chosen.idf_power == 1.0
        assert verdict.after > verdict.before
        assert verdict.gain.low > 0


def test_what_is_best_already_is_kept() -> None:
    verdict = tuned(planted(DEFAULTS, 1))
    assert not verdict.accepted
    assert "running parameters are the best" in verdict.refusal


@pytest.mark.parametrize(
    ("labels", "needs", "said"),
    [(LEAST_LABELS - 1, 50, "199 labels"), (LEAST_LABELS, LEAST_NEEDS - 1, "19 needs"), (LEAST_LABELS, 20, "")],
)
def test_too_few_labels_or_needs_say_so(labels: int, needs: int, said: str) -> None:
    assert said in too_few(labels, needs)
    assert bool(said) == bool(too_few(labels, needs))


def test_the_interval_is_that_of_the_mean_and_always_the_same() -> None:
    drawn = np.random.default_rng(3).normal(0.5, 1.0, size=400)
    found = bootstrap(drawn)
    assert found == bootstrap(drawn)
    width = 1.96 * drawn.std() / 20
    assert found.low == pytest.approx(drawn.mean() - width, abs=0.02)
    assert found.high == pytest.approx(drawn.mean() + width, abs=0.02)
    with pytest.raises(ValueError, match="nothing"):
        bootstrap([])


def test_the_running_parameters_are_in_the_space_even_when_no_choice_makes_them() -> None:
    odd = replace(DEFAULTS, bigrams=2.7)
    assert space(odd)[0] == odd
    assert space(DEFAULTS).count(DEFAULTS) == 1
    assert [len(vars(each).items() - vars(DEFAULTS).items()) for each in space(DEFAULTS)[:3]] == [0, 1, 1]
    assert changed(DEFAULTS) == {}
    assert changed(odd) == {"bigrams": 2.7}


def test_the_plain_baseline_is_scikit_learn_s() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 -- only here

    offers, needs = texts()
    plain = TfidfVectorizer(analyzer=_words)
    offered = plain.fit_transform([offer.text for offer in offers])
    index = Index.fit(offers, boilerplate=frozenset(), parameters=PLAIN)
    need = needs[0].text
    title, body = ({name: need.fields[name]} for name in ("title", "body"))
    asked = plain.transform([replace(need, fields=each) for each in (title, body)])
    expected = np.asarray((asked @ offered.T).sum(axis=0)).ravel()
    found = {match.key: match.score for match in index.rank_owners([need], None)[0]}
    lengths = 2  # the squares of a row's blocks add up to 2 and words are all there is
    assert [found.get(offer.key, 0.0) for offer in offers] == pytest.approx((lengths * expected).tolist(), abs=1e-6)


def _words(text: Any) -> list[str]:
    return [term for sentence in text.sentences() for term in sentence.terms]


def test_measured_speaks_of_the_judged_needs_in_their_order() -> None:
    offers, needs = texts()
    index = Index.fit(offers)
    given = {"n3": {ranked(DEFAULTS)["n3"][0][0]: 1}, "n1": {ranked(DEFAULTS)["n1"][2][0]: 1}}
    found = measured(index, {need.key: need.text for need in needs}, given)
    assert found["MRR"].tolist() == [1.0, pytest.approx(1 / 3)]
