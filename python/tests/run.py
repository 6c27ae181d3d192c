"""Builds the wheel, installs it in a virtual environment, and runs the tests on what was installed.

    python tests/run.py [WORK_DIRECTORY]

In the work directory (by default `target/python-tests` of this package) environment, wheel and sources stay for the next run.
`FLIGHTDECK_PYTHON` names another interpreter to test with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
UPSTREAM = "prometheus-client==0.26.0"
# Upstream's tests need these; the versions are those they are known to pass with.
REQUIREMENTS = PACKAGE / "tests" / "requirements.txt"
# A client whose certificate the server refuses may meet a closed connection before it reads the refusal.
KNOWN_RACE = "test_mtls_untrusted_client_cert_raises"


def run(*command: object, **options: object) -> None:
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]


def environment(work: Path) -> Path:
    """The interpreter of the virtual environment, made and filled if it is not there."""
    python = work / "venv" / "bin" / "python"
    filled = work / "venv" / "filled"
    wanted = REQUIREMENTS.read_text()
    if not filled.exists() or filled.read_text() != wanted:
        run(os.environ.get("FLIGHTDECK_PYTHON", sys.executable), "-m", "venv", "--clear", work / "venv")
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS)
        filled.write_text(wanted)
    return python


def install(python: Path, work: Path) -> None:
    """Builds the wheel as it ships and puts it in the environment."""
    wheels = work / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    run(python.parent / "maturin", "build", "--quiet", "--release", "--interpreter", python, "--out", wheels, cwd=PACKAGE)
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", *wheels.glob("*.whl"))


def upstream(python: Path, work: Path) -> Path:
    """Upstream's own tests beside our conftest.py, as its source distribution has them."""
    sources = work / "upstream"
    if not list(sources.glob("*.tar.gz")):
        run(python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", sources, UPSTREAM)
    (archive,) = sources.glob("*.tar.gz")
    tests = sources / archive.name[: -len(".tar.gz")] / "tests"
    shutil.rmtree(tests, ignore_errors=True)
    with tarfile.open(archive) as file:
        members = [member for member in file.getmembers() if "/tests/" in member.name and ".." not in member.name]
        file.extractall(sources, members)
    shutil.copy(PACKAGE / "tests" / "upstream" / "conftest.py", tests)
    return tests


def main() -> None:
    work = Path(sys.argv[1] if len(sys.argv) > 1 else PACKAGE / "target" / "python-tests").absolute()
    work.mkdir(parents=True, exist_ok=True)
    python = environment(work)
    install(python, work)
    pytest = [python, "-m", "pytest", "-q", "--benchmark-disable", "-p", "no:cacheprovider"]
    # Run from elsewhere, so that nothing but the installed package can be imported.
    run(*pytest, PACKAGE / "tests" / "own", cwd=work)
    run(*pytest, "-k", f"not {KNOWN_RACE}", upstream(python, work), cwd=work)


if __name__ == "__main__":
    main()
