"""Write the table of settings into the READMEs; `--check` changes nothing and fails when one is out of date."""

import argparse
import sys
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from matchmaker.config import PREFIX, Settings

ROOT = Path(__file__).parent.parent
FILES = ("README.md", "README.zh-CN.md")
BEGIN, END = "<!-- settings -->", "<!-- /settings -->"


def table() -> str:
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def with_table(text: str) -> str:
    """Return `text` with the table between its two markers.

    Raises:
        ValueError: the markers for it are not there.
    """
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place for the table of settings: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _row(name: str, field: FieldInfo) -> str:
    default = "" if field.default in (None, "", PydanticUndefined) else f"`{field.default}`"
    meaning = (field.description or "").replace("|", "\\|")
    return f"| `{PREFIX}{name.upper()}` | {default} | {meaning} |"


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the table of settings into the READMEs.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a table is out of date")
    check: bool = parser.parse_args().check
    failed = False
    for path in (ROOT / name for name in FILES):
        problem = _refresh(path, check=check)
        if problem:
            print(f"{path.name}: {problem}")
            failed = True
    return int(failed)


def _refresh(path: Path, *, check: bool) -> str:
    try:
        old = path.read_text(encoding="utf-8")
        new = with_table(old)
    except (OSError, ValueError) as error:
        return str(error)
    if check and new != old:
        return "the table of settings is out of date, run `python -m tools.settings_table`"
    if not check:
        path.write_text(new, encoding="utf-8")
    return ""


if __name__ == "__main__":
    sys.exit(main())
