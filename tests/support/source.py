"""What the tests of the architecture look for in the source, each a small question about one parsed file."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {"environ", "environb", "getenv"}
WRITES = {"add", "add_all", "delete", "merge"}


def tracked() -> list[Path]:
    """Return the files that the repository keeps, without those deleted in the work tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each function's name and number of lines, decorators not counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def imported(tree: ast.AST) -> set[str]:
    """Return the top-level packages that a file names in an import, wherever the statement stands."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def reads_environment(tree: ast.AST) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT:
            return True
        if isinstance(node, ast.ImportFrom) and node.module == "os" and ENVIRONMENT & {a.name for a in node.names}:
            return True
    return False


def commits(tree: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and _method(node) == "commit" for node in ast.walk(tree))


def writes_status(tree: ast.AST) -> bool:
    """Return whether a file sets `.status` by assignment, by `setattr` or in an UPDATE's `values`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.Call) and (_sets_by_name(node) or _updates(node)):
            return True
    return False


def public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def parameters(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def writes_rows(function: ast.FunctionDef) -> bool:
    """Return whether a function itself adds or deletes rows through `session`, or moves a status."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in {"apply", "transitions.apply"} or name in {f"session.{verb}" for verb in WRITES}:
                return True
    return False


def city_names() -> set[str]:
    """Return what the city profiles call their cities, zones, units and clusters, and their folders."""
    names: set[str] = set()
    for path in (ROOT / "seeds").glob("*/profile.toml"):
        profile = tomllib.loads(path.read_text(encoding="utf-8"))
        city = profile["city"]
        names |= {path.parent.name, city["code"], city["name"].removesuffix("市"), city["product_name"]}
        parts = (city, *profile["zones"], *profile["units"], *profile["clusters"])
        names |= {part[name] for part in parts for name in ("name", "name_en")}
    return names


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _sets_by_name(call: ast.Call) -> bool:
    named = call.args[1] if len(call.args) > 1 else None
    return ast.unparse(call.func) == "setattr" and isinstance(named, ast.Constant) and named.value == "status"


def _updates(call: ast.Call) -> bool:
    return _method(call) == "values" and any(keyword.arg == "status" for keyword in call.keywords)
