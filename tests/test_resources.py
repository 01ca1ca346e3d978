from pathlib import Path

import pytest

from matchmaker import resources

ROOT = Path(__file__).parent.parent


def test_checkout_folders_lie_beside_the_package() -> None:
    assert resources.resource_dir("seeds") == ROOT / "seeds"


def test_packed_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "matchmaker" / "_data" / "seeds"
    packed.mkdir(parents=True)
    (tmp_path / "seeds").mkdir()
    monkeypatch.setattr(resources, "PACKAGE", tmp_path / "matchmaker")
    assert resources.resource_dir("seeds") == packed


def test_unknown_folder_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        resources.resource_dir("nowhere")
