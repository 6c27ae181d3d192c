"""Builds the wheel, installs it in a virtual environment, and runs the tests on what was installed.

    python3 tests/run.py [WORK_DIRECTORY]

Needs Rust, and the network the first time. The environment, the wheel and prometheus_client's tests stay in the work
directory for the next run (by default `flightdeck-python-tests` in `$CARGO_TARGET_DIR` or in the user's cache), and nothing is built
again that did not change. A test that fails is run once more by itself: some take times, and the machine may have been
busy. The last line says in one what came of it; the exit status is 1 if a test failed twice.

The same wheel is then tested with the newest Python that is found, if that is newer. `FLIGHTDECK_PYTHON` names another
interpreter to test with; `FLIGHTDECK_WHEEL` a wheel to test instead of building one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
UPSTREAM = "prometheus-client==0.26.0"
# The versions are those the tests are known to pass with.
REQUIREMENTS = PACKAGE / "tests" / "requirements.txt"
# A client whose certificate the server refuses may meet a closed connection before it reads the refusal.
KNOWN_RACE = "test_mtls_untrusted_client_cert_raises"
TESTS_SECONDS_MAX = 1_200


def run(*command: object, **options: object) -> None:
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]


def default_work() -> Path:
    target = os.environ.get("CARGO_TARGET_DIR")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (Path(target) if target else cache) / "flightdeck-python-tests"


def newest() -> str | None:
    """The newest Python on this machine, if it is newer than this one."""
    for minor in range(20, sys.version_info.minor, -1):
        name = f"python3.{minor}"
        pyenv = sorted(
            Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob(f"versions/3.{minor}.*/bin/{name}")
        )
        for found in (*map(str, pyenv), shutil.which(name)):
            # What pyenv has on the path may be nothing but a message.
            if found and subprocess.run([found, "-c", "import venv"], capture_output=True).returncode == 0:
                return found
    return None


def environment(work: Path, interpreter: str) -> Path:
    """The interpreter of the virtual environment, made and filled if it is not there."""
    python, filled = work / "venv" / "bin" / "python", work / "venv" / "filled"
    wanted = interpreter + "\n" + REQUIREMENTS.read_text()
    if not filled.exists() or filled.read_text() != wanted:
        run(interpreter, "-m", "venv", "--clear", work / "venv")
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS)
        filled.write_text(wanted)
        (work / "installed").unlink(missing_ok=True)
    return python


def sources() -> str:
    """What the wheel is made of, as one number."""
    digest = hashlib.sha256()
    files = [PACKAGE / name for name in ("Cargo.toml", "Cargo.lock", "LICENSE", "pyproject.toml", "README.md")]
    # The core is built on the Rust library, whose manifest inherits from that of the repository.
    library = PACKAGE.parent / "crates" / "instrument"
    files += [PACKAGE.parent / "Cargo.toml", library / "Cargo.toml"]
    for folder, kinds in (
        (PACKAGE / "src", {".rs"}),
        (PACKAGE / "flightdeck", {".py", ".pyi", ".typed"}),
        (library / "src", {".rs"}),
    ):
        files += [path for path in folder.rglob("*") if path.suffix in kinds]
    for path in sorted(files):
        digest.update(f"{path.relative_to(PACKAGE.parent)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def build(python: Path, work: Path) -> Path:
    """The wheel as it ships."""
    given, wheels, built = os.environ.get("FLIGHTDECK_WHEEL"), work / "wheels", work / "built"
    if given:
        return Path(given)
    wanted = sources()
    if not (built.exists() and built.read_text() == wanted and list(wheels.glob("*.whl"))):
        shutil.rmtree(wheels, ignore_errors=True)
        run(
            python.parent / "maturin",
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--interpreter",
            python,
            "--out",
            wheels,
            cwd=PACKAGE,
        )
        built.write_text(wanted)
    (wheel,) = wheels.glob("*.whl")
    return wheel


def install(python: Path, work: Path, wheel: Path) -> None:
    """Puts the wheel in the environment."""
    wanted, installed = hashlib.sha256(wheel.read_bytes()).hexdigest(), work / "installed"
    if not (installed.exists() and installed.read_text() == wanted):
        run(
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--force-reinstall",
            wheel,
        )
        installed.write_text(wanted)


def upstream(python: Path, work: Path) -> Path:
    """Upstream's own tests beside our conftest.py, as its source distribution has them."""
    sources = work / "upstream"
    if not list(sources.glob("*.tar.gz")):
        run(
            python, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", sources, UPSTREAM
        )
    (archive,) = sources.glob("*.tar.gz")
    tests = sources / archive.name[: -len(".tar.gz")] / "tests"
    shutil.rmtree(tests, ignore_errors=True)
    with tarfile.open(archive) as file:
        members = [member for member in file.getmembers() if "/tests/" in member.name and ".." not in member.name]
        file.extractall(sources, members)
    shutil.copy(PACKAGE / "tests" / "upstream" / "conftest.py", tests)
    return tests


def pytest(python: Path, work: Path, name: str, *arguments: object) -> tuple[int, int, int]:
    """How many passed, failed and were skipped; what failed was tried twice."""
    # Run from elsewhere, so that nothing but the installed package can be imported.
    command = [
        python,
        "-m",
        "pytest",
        "-q",
        "--benchmark-disable",
        "-o",
        f"cache_dir={work / 'cache' / name}",
        *arguments,
    ]
    again: tuple[str, ...] = ()
    tally = {"passed": 0, "failed": 0, "error": 0, "skipped": 0}
    for attempt in range(2):
        done = subprocess.run(
            [str(part) for part in (*command, *again)], cwd=work, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=TESTS_SECONDS_MAX, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        last = done.stdout.strip().rsplit("\n", 1)[-1]
        found = {kind: int(count) for count, kind in re.findall(r"(\d+) (passed|failed|error|skipped)", last)}
        if done.returncode:
            print(done.stdout)
        if attempt == 0:
            tally.update(found)
        else:
            bad = found.get("failed", 0) + found.get("error", 0)
            tally = {**tally, "passed": tally["passed"] + found.get("passed", 0), "failed": bad, "error": 0}
        if done.returncode not in (0, 1) or not (tally["failed"] or tally["error"]):
            break
        print(f"{name}: {tally['failed'] + tally['error']} failed, which are run once more by themselves")
        again = ("--last-failed", "--last-failed-no-failures", "none")
    failed = tally["failed"] + tally["error"]
    return tally["passed"], failed if failed or done.returncode in (0, 1) else 1, tally["skipped"]


def test(python: Path, work: Path, sources_in: Path) -> tuple[int, int, int, int]:
    """What passed of ours and of theirs, what failed and what was skipped."""
    own = pytest(python, work, "own", PACKAGE / "tests" / "own")
    theirs = pytest(python, work, "upstream", "-k", f"not {KNOWN_RACE}", upstream(python, sources_in))
    if not own[0] or not theirs[0]:
        raise SystemExit("no test was found")
    return own[0], theirs[0], own[1] + theirs[1], own[2] + theirs[2]


def main() -> int:
    started = time.monotonic()
    work = (Path(sys.argv[1]) if len(sys.argv) > 1 else default_work()).absolute()
    work.mkdir(parents=True, exist_ok=True)
    python = environment(work, os.environ.get("FLIGHTDECK_PYTHON", sys.executable))
    wheel = build(python, work)
    install(python, work, wheel)
    found = [test(python, work, work)]
    newer = None if "FLIGHTDECK_PYTHON" in os.environ else newest()
    if newer is not None:
        print(f"{newer}: the same wheel, tested again")
        again = work / "newest"
        again.mkdir(exist_ok=True)
        python = environment(again, newer)
        install(python, again, wheel)
        found.append(test(python, again, work))
    ours, theirs, failed, skipped = (sum(tally[at] for tally in found) for at in range(4))
    print(
        f"python: {ours + theirs} passed ({ours} of ours, {theirs} of prometheus_client's), {failed} failed, {skipped} skipped,"
        f" in {time.monotonic() - started:.0f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
