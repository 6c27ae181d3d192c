"""The server's binary as a wheel: `flightdeck-server` gives the command `flightdeck`."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROJECT = ROOT / "python" / "server"


def binary():
    """A release binary that was built already; FLIGHTDECK_BINARY names one."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = (
        [Path(os.environ["FLIGHTDECK_BINARY"])]
        if "FLIGHTDECK_BINARY" in os.environ
        else [target / "release" / "flightdeck"]
    )
    return next((path for path in found if path.exists()), None)


@pytest.mark.skipif(not PROJECT.exists(), reason="the repository is not here")
def test_the_wheel_is_the_binary_and_nothing_else(tmp_path):
    built = binary()
    if built is None:
        pytest.skip("there is no release binary, and building one takes minutes")
    # A cargo that answers as the real one does once everything is built, so that the wheel is packed from what is there.
    (tmp_path / "cargo").write_text(CARGO.format(python=sys.executable, real=shutil.which("cargo"), binary=str(built)))
    (tmp_path / "cargo").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "CARGO": str(tmp_path / "cargo"),
    }
    maturin = Path(sys.executable).parent / "maturin"
    command = [maturin, "build", "--release", "--locked", "--compatibility", "linux", "--out", tmp_path / "wheels"]
    done = subprocess.run(
        [str(part) for part in command], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = (tmp_path / "wheels").glob("flightdeck_server-*-py3-none-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (script,) = [name for name in archive.namelist() if name.endswith("/scripts/flightdeck")]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(pip, check=True)
    said = subprocess.run(
        [str(tmp_path / "venv" / "bin" / "flightdeck"), "--version"], capture_output=True, text=True, timeout=20
    )
    assert said.returncode == 0 and said.stdout.startswith("flightdeck"), said.stdout + said.stderr
    assert script


CARGO = """#!{python}
import json, os, sys
words = sys.argv[1:]
if words[:1] not in (["rustc"], ["build"]):
    os.execv({real!r}, [{real!r}, *words])
manifest = words[words.index("--manifest-path") + 1]
print(json.dumps({{
    "reason": "compiler-artifact",
    "package_id": "path+file://" + os.path.dirname(os.path.abspath(manifest)) + "#flightdeck-server@0.1.0",
    "manifest_path": os.path.abspath(manifest),
    "target": {{"kind": ["bin"], "crate_types": ["bin"], "name": "flightdeck", "src_path": "src/main.rs", "edition": "2024", "doc": True, "doctest": False, "test": True}},
    "profile": {{"opt_level": "3", "debuginfo": 0, "debug_assertions": False, "overflow_checks": False, "test": False}},
    "features": [], "filenames": [{binary!r}], "executable": {binary!r}, "fresh": True,
}}))
print(json.dumps({{"reason": "build-finished", "success": True}}))
"""
