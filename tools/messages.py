"""Keep the message catalogues in step with the code.

`python -m tools.messages` adds new messages to every catalogue and drops those that nothing uses any more;
`--check` changes nothing and fails naming each entry that is missing, untranslated, obsolete or has other parameters
than its source.

Messages are the arguments of `_ gettext ngettext pgettext` and their lazy forms in code and templates. In
`matchmaker/domain`, where labels are data (vocabulary, lifecycle, drafts, metrics), every Chinese string literal is
one; elsewhere the labels of a `Word`.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from matchmaker.i18n import LOCALES, SOURCE_LOCALE, catalogue_path

ROOT = Path(__file__).parent.parent
Keyword = tuple[int | tuple[int, str], ...] | None
IN_CONTEXT: Keyword = ((1, "c"), 2)
KEYWORDS: dict[str, Keyword] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": IN_CONTEXT,
    "lazy_pgettext": IN_CONTEXT,
}
CHINESE = re.compile(r"[\u3400-\u9fff]")
PARAMETER = re.compile(r"%\((\w+)\)[sd]")

MessageId = str | tuple[str, ...]
Found = tuple[MessageId, str | None]  # the message and its context


def template(root: Path = ROOT) -> Catalog:
    """Return every message that the code and the templates use."""
    catalogue = Catalog(project="matchmaker", fuzzy=False)
    for path in sorted((root / "matchmaker").rglob("*.py")):
        _add(catalogue, path, root, _extracted(path, "python"))
        _add(catalogue, path, root, _words(_tree(path)))
    for path in sorted(each for ending in ("html", "txt") for each in (root / "templates").rglob(f"*.{ending}")):
        _add(catalogue, path, root, _extracted(path, "jinja2"))
    for path in sorted((root / "matchmaker" / "domain").rglob("*.py")):
        _add(catalogue, path, root, _labels(_tree(path)))
    return catalogue


def problems(catalogue: Catalog, used: Catalog) -> list[str]:
    """Name what keeps `catalogue` from being a complete translation of the messages in `used`."""
    found = [f"missing: {_text(message)}" for message in used if message.id and not _same(message, catalogue)]
    for message in catalogue:
        if not message.id:
            continue
        if not _same(message, used):
            found.append(f"obsolete: {_text(message)}")
        elif message.fuzzy or not all(_forms(message)):
            found.append(f"untranslated: {_text(message)}")
        elif not _parameters(_forms(message)) <= _parameters(_ids(message)):
            found.append(f"unknown parameters: {_text(message)}")
    return found


def read_catalogue(locale: str) -> Catalog:
    path = catalogue_path(locale)
    if not path.exists():
        return Catalog(locale=locale, project="matchmaker", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def update(locale: str, used: Catalog) -> None:
    """Write the catalogue of `locale` with exactly the messages in `used`; translations made so far are kept."""
    catalogue = read_catalogue(locale)
    catalogue.update(used, no_fuzzy_matching=True, update_creation_date=False)
    path = catalogue_path(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, sort_output=True, ignore_obsolete=True, include_lineno=False)


def _add(catalogue: Catalog, path: Path, root: Path, found: Iterator[Found]) -> None:
    for message_id, context in found:
        catalogue.add(message_id, locations=[(path.relative_to(root).as_posix(), 0)], context=context)


def _extracted(path: Path, method: str) -> Iterator[Found]:
    options = {"encoding": "utf-8", "silent": "false", "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols"}
    with path.open("rb") as file:
        for _line, message_id, _comments, context in extract(method, file, KEYWORDS, options=options):
            yield message_id, context


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _words(tree: ast.Module) -> Iterator[Found]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Word" for base in node.bases):
            yield from _labels(node)


def _labels(tree: ast.AST) -> Iterator[Found]:
    skipped = {id(child) for node in ast.walk(tree) if _no_label(node) for child in ast.walk(node)}
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Constant) and id(node) not in skipped else None
        if isinstance(value, str) and CHINESE.search(value):
            yield value, None


def _no_label(node: ast.AST) -> bool:
    """Docstrings, f-strings, patterns, what people write for a field, and what the extractor found already."""
    if isinstance(node, ast.keyword):
        return node.arg in {"aliases", "synonyms"}
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        return name in KEYWORDS or name.startswith("re.")
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _same(message: Message, catalogue: Catalog) -> Message | None:
    return catalogue.get(message.id, message.context)


def _ids(message: Message) -> tuple[str, ...]:
    return tuple(message.id) if isinstance(message.id, (tuple, list)) else (message.id,)


def _forms(message: Message) -> tuple[str, ...]:
    forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    return tuple(form or "" for form in forms)


def _parameters(texts: tuple[str, ...]) -> set[str]:
    return {name for text in texts for name in PARAMETER.findall(text)}


def _text(message: Message) -> str:
    places = sorted({path for path, _line in message.locations})
    return f"{_ids(message)[0]!r} ({', '.join(places) or 'no place'})"


def main() -> int:
    parser = argparse.ArgumentParser(description="Keep the message catalogues in step with the code.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when a catalogue is not complete")
    check: bool = parser.parse_args().check
    used = template()
    failed = False
    for locale in LOCALES:
        if locale == SOURCE_LOCALE:
            continue
        if not check:
            update(locale, used)
        for problem in problems(read_catalogue(locale), used):
            print(f"{locale}: {problem}")
            failed = True
    return int(failed and check)


if __name__ == "__main__":
    sys.exit(main())
