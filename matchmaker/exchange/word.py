"""Word files out: a template of ours filled with text that stays text."""

import re
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import Environment, StrictUndefined

from matchmaker.resources import resource_dir

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# What XML 1.0 cannot hold, and the two that the template engine would take for a paragraph's or a page's end.
_NOT_TEXT = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fill(name: str, values: Mapping[str, Any]) -> bytes:
    """The Word file that `templates/docx/<name>.docx` makes of `values`: texts, numbers, lists and mappings of them.

    Whatever a text holds is shown as it is (`A&B<公司>`); its line ends are line breaks, characters that XML cannot
    hold are left out. Raises `jinja2.UndefinedError` for a value that the template shows and `values` does not have.
    """
    document = DocxTemplate(BytesIO(_template(name)))
    document.render({key: _clean(value) for key, value in values.items()}, _environment(), autoescape=True)
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


@cache
def _template(name: str) -> bytes:
    return (resource_dir("templates") / "docx" / f"{name}.docx").read_bytes()


def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _NOT_TEXT.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(value, Mapping):
        return {key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value
