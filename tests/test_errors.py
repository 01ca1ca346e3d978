import pytest

from matchmaker.errors import Conflict, Forbidden, InputError, Invalid, MatchmakerError, NotFound, StaleEdit


@pytest.mark.parametrize(
    ("error", "http_status", "exit_status"),
    [
        (InputError("x"), 400, 2),
        (Forbidden("x"), 403, 1),
        (NotFound("x"), 404, 1),
        (Conflict("x"), 409, 1),
        (StaleEdit("x", yours={}, theirs={}), 409, 1),
        (Invalid({"title": "x"}), 422, 1),
    ],
)
def test_each_refusal_has_its_answer(error: MatchmakerError, http_status: int, exit_status: int) -> None:
    assert (error.http_status, error.exit_status, str(error)) == (http_status, exit_status, "x")


def test_invalid_names_every_field() -> None:
    error = Invalid({"title": "不能为空", "body": "太长"})
    assert error.errors == {"title": "不能为空", "body": "太长"}
    assert error.message == "不能为空；太长"


def test_stale_edit_keeps_both_versions() -> None:
    error = StaleEdit("已被他人修改", yours={"title": "甲"}, theirs={"title": "乙"})
    assert (error.yours, error.theirs) == ({"title": "甲"}, {"title": "乙"})
