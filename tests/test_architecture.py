"""The rules of docs/architecture.md that a machine can hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import source
from tests.support.source import ROOT

CODE = source.python_files("matchmaker", "tests", "tools", "benchmarks")
PRODUCT = source.python_files("matchmaker")
SERVICES = source.python_files("matchmaker/services")
TEXTS = [path for path in source.tracked() if path.suffix not in {".png", ".woff2", ".xlsx", ".docx", ".ico"}]

TOP_LEVEL = {
    *("matchmaker", "migrations", "templates", "seeds", "tests", "wsgi.py", "pyproject.toml"),
    *("README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "requirements.lock"),
    *("docs", "benchmarks", "tools", ".ci", ".gitignore"),
}
HOME = {  # package → the only place under matchmaker/ that imports it
    "jieba": "text/",
    "rjieba": "text/",
    "opencc": "text/",
    "sklearn": "matching/",
    "numba": "matching/",
    "apscheduler": "scheduler/runner.py",
    "flask": "web/",
    "alembic": "db/",
}
CORE = source.python_files(*(f"matchmaker/{layer}" for layer in ("text", "domain", "matching", "planning")))
WITHOUT_ACTOR = {  # nobody is known yet, or nobody acts
    *("accounts.begin_attempt", "accounts.open_session", "account_links.redeem", "throttle.take", "profile.load"),
    *("search.rebuild", "suggestions.ask"),  # derived from what somebody changed: not anybody's change
    "minutes.replace",  # a part of what `meetings.record` writes and audits
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def offenders(paths: list[Path], breach: Callable[[ast.Module], bool], *, allowed: str = "") -> list[str]:
    return [name(path) for path in paths if breach(source.parse(path)) and name(path) != allowed]


def test_imports_go_one_way() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_top_level_is_the_fixed_one() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in source.tracked()} - TOP_LEVEL == set()


def test_files_are_short() -> None:
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in CODE}
    assert {path: count for path, count in lines.items() if count > 400} == {}


def test_functions_are_short() -> None:
    long = [
        (name(path), function, lines)
        for path in CODE
        for function, lines in source.functions(source.parse(path))
        if lines > 40
    ]
    assert long == []


def test_templates_are_short() -> None:
    files = [path for path in (ROOT / "templates").rglob("*.*") if path.suffix != ".docx"]
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in files}
    assert {path: count for path, count in lines.items() if count > 150} == {}


def test_only_config_reads_the_environment() -> None:
    assert offenders(PRODUCT, source.reads_environment, allowed="matchmaker/config.py") == []


def test_only_the_session_module_commits() -> None:
    assert offenders(PRODUCT, source.commits, allowed="matchmaker/db/session.py") == []


def test_only_transitions_writes_a_status() -> None:
    assert offenders(PRODUCT, source.writes_status, allowed="matchmaker/services/transitions.py") == []


@pytest.mark.parametrize("package", HOME)
def test_package_is_imported_at_home_only(package: str) -> None:
    importers = offenders(PRODUCT, lambda tree: package in source.imported(tree))
    assert [path for path in importers if not path.startswith(f"matchmaker/{HOME[package]}")] == []


@pytest.mark.parametrize("framework", ["flask", "werkzeug", "sqlalchemy", "alembic", "apscheduler"])
def test_core_knows_no_framework(framework: str) -> None:
    assert offenders(CORE, lambda tree: framework in source.imported(tree)) == []


def test_no_city_is_named_outside_its_profile() -> None:
    cities = re.compile("|".join(map(re.escape, source.city_names())), re.IGNORECASE)
    paths = [path for path in TEXTS if name(path).startswith(("matchmaker/", "templates/"))]
    assert [name(path) for path in paths if cities.search(_text(path))] == []


def test_services_take_the_session_first_and_writers_the_actor() -> None:
    wrong = []
    for path in SERVICES:
        for function in source.public_functions(source.parse(path)):
            names = source.parameters(function)
            known = f"{path.stem}.{function.name}" not in WITHOUT_ACTOR
            unsigned = known and source.writes_rows(function) and "actor" not in names
            if "session" in names[1:] or unsigned:
                wrong.append(f"{name(path)}: {function.name}({', '.join(names)})")
    assert wrong == []


def test_lock_pins_every_dependency_with_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.split(r"^(?=[a-zA-Z0-9])", lock, flags=re.MULTILINE)[1:]
    assert [pin.splitlines()[0] for pin in pins if not re.match(r"[\w.-]+(\[\w+\])?==", pin)] == []
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert re.findall(r"\w+://\S+|--\S*index\S*|--find-links|--trusted-host", lock.split("\n", 3)[-1]) == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = {re.split(r"[\[=]", pin)[0].lower() for pin in pins}
    assert {re.split(r"[\[<>=]", item)[0] for item in wanted} - locked == set()


def test_no_registry_and_no_private_address_in_the_repository() -> None:
    options = r"--(extra-)?index-url|--find-links|--trusted-host"
    registry = r"https?://[\w.-]*\b(pypi|registry|mirrors?|npmjs|nexus|artifactory)\b"
    private = r"\b(10(\.\d{1,3}){3}|192\.168(\.\d{1,3}){2}|172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2})\b"
    breach = re.compile(f"{options}|{registry}|{private}")
    assert [name(path) for path in TEXTS if path != Path(__file__) and breach.search(_text(path))] == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize(
    ("breach", "code"),
    [
        (source.reads_environment, "import os\nos.environ['X']"),
        (source.reads_environment, "from os import getenv"),
        (source.commits, "def f(s):\n    s.commit()"),
        (source.writes_status, "need.status = 'draft'"),
        (source.writes_status, "a, need.status = 1, 2"),
        (source.writes_status, "setattr(need, 'status', 'draft')"),
        (source.writes_status, "update(Need).values(status='draft')"),
        (lambda tree: "jieba" in source.imported(tree), "def f():\n    import jieba.posseg"),
        (lambda tree: "jieba" in source.imported(tree), "from jieba.analyse import x"),
        (lambda tree: max(source.functions(tree)) == ("f", 41), "def f():\n" + "    x = 1\n" * 40),
        (lambda tree: source.writes_rows(next(source.public_functions(tree))), "def f(session):\n    session.add(1)"),
    ],
)
def test_a_planted_breach_is_found(breach: Callable[[ast.Module], bool], code: str) -> None:
    assert breach(ast.parse(code))
    assert not breach(ast.parse("def f(session):\n    return session.status == 'draft'"))
