import pytest

from matchmaker.domain.logins import is_chosen, problem, tidy
from matchmaker.domain.passwords import weakness


@pytest.mark.parametrize(
    "password",
    [
        *("password", "Password123", "12345678", "87654321", "qwertyuiop", "admin@2026", "aaaaaaaa", "abcabcabc"),
        *("abcdefgh", "1q2w3e4r", "\uff30assword1", "kejiju2026!", "1qaz2wsx", "11112222", "iloveyou!!"),
    ],
)
def test_what_everybody_would_try_first_is_refused(password: str) -> None:
    assert "太常见" in weakness(password)


@pytest.mark.parametrize("password", ["", "short7!", "x" * 201])
def test_too_short_and_too_long(password: str) -> None:
    assert "8 至 200" in weakness(password)


def test_the_name_itself_is_refused_also_inside() -> None:
    assert "登录名" in weakness("my-WangWei-key", ["wangwei"])
    assert weakness("my-WangWei-key", ["li", "", "zhang"]) == ""


@pytest.mark.parametrize(
    "password", ["correct horse battery", "铝板焊接去毛刺一二三四", "just-for-tests-9", "x7#kPq2v"]
)
def test_others_pass_without_rules_of_composition(password: str) -> None:
    assert weakness(password, ["wangwei"]) == ""


@pytest.mark.parametrize("login", ["li", "a b c", "~abc", "", "x" * 65 + "~", "-dash", "甲"])
def test_names_that_cannot_be_signed_in_with(login: str) -> None:
    assert problem(login)


@pytest.mark.parametrize("login", ["wang", "zhang.san@x.cn", "某某焊接", "county-gu_an", " Wang "])
def test_names_that_can(login: str) -> None:
    assert problem(login) == ""
    assert tidy(login) == login.strip().lower()
    assert is_chosen(tidy(login))
