"""The source distribution: whoever has it and Rust can build the wheel."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    maturin = Path(sys.executable).parent / "maturin"
    if not (PACKAGE.parent / "crates").exists() or shutil.which("cargo") is None or not maturin.exists():
        pytest.skip("the repository, cargo or maturin is not here")
    folder = tmp_path_factory.mktemp("sdist")
    subprocess.run([maturin, "sdist", "--out", folder], cwd=PACKAGE, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder)
    return folder / archive.name[: -len(".tar.gz")]


def test_everything_is_there_and_no_more(unpacked):
    for name in (
        "LICENSE",
        "pyproject.toml",
        "flightdeck/_core.pyi",
        "flightdeck/py.typed",
        "flightdeck/_run/sitecustomize.py",
        "python/Cargo.lock",
        "python/src/lib.rs",
        "crates/instrument/src/lib.rs",
    ):
        assert (unpacked / name).is_file(), name
    # The server's wheel is another one.
    assert not (unpacked / "python" / "server").exists()
    assert "License-File: LICENSE" in (unpacked / "PKG-INFO").read_text()


def test_what_it_is_built_of_is_known_to_the_last_version(unpacked):
    command = ["cargo", "metadata", "--locked", "--offline", "--format-version", "1"]
    if subprocess.run(command, cwd=PACKAGE, capture_output=True).returncode:
        pytest.skip("what the core is built of was never downloaded here")
    done = subprocess.run(command, cwd=unpacked / "python", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(unpacked / "crates" / "instrument") in done.stdout
