"""The package, its example and all other Python here as type checkers and the formatter see them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


EXAMPLE = [f"examples/fastapi-shop/{name}.py" for name in ("shop", "load", "start")]


@pytest.mark.parametrize("paths", [["python/flightdeck"], EXAMPLE], ids=["package", "example"])
def test_mypy_is_content(paths, tmp_path):
    if not all((ROOT / path).exists() for path in paths):
        pytest.skip("the repository is not here")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "python" / "pyproject.toml")]
    cache = ["--cache-dir", os.path.join(os.path.expanduser("~"), ".cache", "flightdeck-mypy")]
    # From elsewhere: the example imports what is installed.
    done = subprocess.run(
        [*command, *cache, *(str(ROOT / path) for path in paths)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stub_tells_what_the_core_has():
    # What cannot be laid out together with another class no stub for Python 3.9 can say.
    command = [sys.executable, "-m", "mypy.stubtest", "flightdeck._core", "--concise", "--ignore-disjoint-bases"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pyright_is_content(tmp_path):
    if not (ROOT / EXAMPLE[0]).exists():
        pytest.skip("the repository is not here")
    # It has what it needs from npm, once.
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable]
    done = subprocess.run(
        [*command, *(str(ROOT / path) for path in EXAMPLE)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", [["format", "--check", "--diff"], ["check"]], ids=["format", "lint"])
def test_ruff_is_content(command):
    folders = [ROOT / folder for folder in ("python", "bench/python", "examples/fastapi-shop", "tests")]
    if not all(folder.exists() for folder in folders):
        pytest.skip("the repository is not here")
    config = ["--config", str(ROOT / "python" / "pyproject.toml"), "--no-cache"]
    done = subprocess.run(
        # Patterns in the configuration are below where it is run.
        [sys.executable, "-m", "ruff", *command, *config, *map(str, folders)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
