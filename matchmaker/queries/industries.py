"""The divisions of the national economy 行业大类: a standard list, the same in every city, read from the seeds."""

from dataclasses import dataclass
from functools import cache

from matchmaker.errors import Invalid
from matchmaker.i18n import gettext as _
from matchmaker.queries.choices import named
from matchmaker.queries.directory import Directory
from matchmaker.resources import resource_dir


@dataclass(frozen=True)
class Industry:
    """A two-digit division of GB/T 4754-2017."""

    code: str
    name: str
    name_en: str


@cache
def industries() -> dict[str, Industry]:
    """Code → division, in the order of the standard."""
    lines = (resource_dir("seeds") / "industries.tsv").read_text("utf-8").splitlines()
    rows = [Industry(*line.split("\t")) for line in lines if line and not line.startswith("#")]
    return {row.code: row for row in rows}


@cache
def _by_name() -> Directory[Industry]:
    return Directory(industries().values(), lambda row: row.code, lambda row: row.name, lambda row: row.name_en)


def industry(text: str) -> Industry:
    """The division with this code (a letter before and digits of finer classes after it are left out) or name.

    Raises `Invalid` for anything else.
    """
    digits = text.strip().upper().lstrip("ABCDEFGHIJKLMNOPQRST")
    known = industries().get(digits[:2]) if digits.isdigit() and len(digits) <= 4 else None
    found = [known] if known else _by_name().find(text)
    if not found:
        message = _("行业：没有“%(value)s”，请填国民经济行业大类的名称或两位代码，例如 34", value=text.strip()[:40])
        raise Invalid({"industry": message})
    return found[0]


def industry_named(code: str | None) -> str:
    """A division's name in the reader's language, "" for none."""
    return named(industries()[code]) if code in industries() else ""


def choices() -> list[tuple[str, str]]:
    """(code, code and name) for a form."""
    return [(row.code, f"{row.code} {named(row)}") for row in industries().values()]
