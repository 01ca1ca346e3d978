"""The wheel is whole: it carries its templates, migrations and seeds, and a page comes out of it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from matchmaker.config import Settings, child_environment

ROOT = Path(__file__).parent.parent
FOLDERS = ("templates", "migrations", "seeds")

RENDER = """
import sys
from pathlib import Path
import matchmaker
from matchmaker.config import Settings
from matchmaker.db.migrate import upgrade
from matchmaker.resources import resource_dir
from matchmaker.web import create_app

site = Path(sys.argv[1])
assert Path(matchmaker.__file__).is_relative_to(site), matchmaker.__file__
assert resource_dir("templates").is_relative_to(site)
upgrade(Settings().database_url)
answer = create_app().test_client().get("/")
print(answer.status_code, "text/html" in answer.content_type, "<h1" in answer.text)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run_python("-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def run_python(*arguments: str, **options: object) -> str:
    run = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **options)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def files(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("folder", FOLDERS)
def test_wheel_carries_its_folders(wheel: Path, folder: str) -> None:
    prefix = f"matchmaker/_data/{folder}/"
    packed = {name.removeprefix(prefix) for name in zipfile.ZipFile(wheel).namelist() if name.startswith(prefix)}
    assert packed == files(ROOT / folder)


def test_wheel_carries_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"matchmaker"}
    packed = {
        name.removeprefix("matchmaker/")
        for name in names
        if name.startswith("matchmaker/") and not name.startswith("matchmaker/_data/")
    }
    assert packed == files(ROOT / "matchmaker")


def test_page_comes_out_of_the_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    run_python(
        *("-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-index", "--no-deps", "--target", str(site), str(wheel)),
    )
    environment = child_environment(Settings(data_dir=tmp_path)) | {"PYTHONPATH": str(site)}
    output = run_python("-c", RENDER, str(site), cwd=tmp_path, env=environment)
    assert output.splitlines()[-1] == "200 True True"
