"""Where templates, migrations and seeds lie: in a checkout beside the package, in a wheel inside it."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def resource_dir(name: str) -> Path:
    """Return the folder `name` ("templates", "migrations", "seeds").

    Never searched on `sys.path`: an editable install keeps a frozen copy there.

    Raises:
        FileNotFoundError: neither the wheel nor the checkout has it.
    """
    for folder in (PACKAGE / "_data" / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no resource folder {name!r} in {PACKAGE}")
