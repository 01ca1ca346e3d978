"""A firm that registers: what it types in."""

from typing import Any

from matchmaker.domain.credit_code import check_character

BODY = "91131000MA0ABCDE"


def credit_code(number: int = 1) -> str:
    """A well-formed code that nobody has."""
    body = f"{BODY[:16]}{'0123456789ABCDEFGHJ'[number]}"
    return body + check_character(body)


def registration(unit: str, number: int = 1) -> dict[str, Any]:
    """A sound form, without the password."""
    return {
        "credit_code": credit_code(number),
        "name": f"新来焊接{'甲乙丙丁戊己庚辛'[number]}有限公司",
        "unit": unit,
        "address": "某路 9 号",
        "about": "做铝合金薄板焊接，八十人。",
        "contact_name": "王某",
        "contact_phone": "0316-5551234",
        "contact_email": f"wang{number}@example.org",
        "login": f"newfirm{number}",
    }


def sent(unit: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    """The same as the page sends it."""
    secret = {"password": "lang genug 42", "repeated": "lang genug 42", "consent": "1"}
    return registration(unit, number) | secret | changed
