"""Starts the shop and its customers: `python3 examples/fastapi-shop/start.py`.

The first time it makes a virtual environment beside itself with the package from this repository, which needs Rust, and what
the shop needs. Ctrl-C ends both.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import venv
from pathlib import Path

SHOP = Path(__file__).resolve().parent
PACKAGE = SHOP.parent.parent / "python"


def environment() -> Path:
    """The interpreter of the shop's virtual environment, made if it is not there."""
    python = SHOP / ".venv" / "bin" / "python"
    filled = SHOP / ".venv" / "filled"
    if not filled.exists():
        print("making an environment for the shop; that takes a few minutes", flush=True)
        venv.create(SHOP / ".venv", with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", PACKAGE, "-r", SHOP / "requirements.txt"], check=True
        )
        filled.touch()
    return python


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--no-customers", action="store_true", help="only the shop")
    arguments.add_argument("--python", type=Path, help="an interpreter that has everything already")
    options = arguments.parse_args()
    # Asked to end, it ends its shop too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    python = options.python or environment()
    url = f"http://127.0.0.1:{options.port}"
    command = [python, "-m", "uvicorn", "shop:app", "--port", str(options.port), "--workers", str(options.workers)]
    started = [subprocess.Popen([str(part) for part in command], cwd=SHOP, env=_told(options.port))]
    try:
        if not options.no_customers:
            started.append(
                subprocess.Popen([str(python), str(SHOP / "load.py"), url, "1e9"], stderr=subprocess.DEVNULL)
            )
        started[0].wait()
    except KeyboardInterrupt:
        pass
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _told(port: int) -> dict[str, str]:
    # The payment service is part of the shop, to have one that fails now and then.
    return {"SHOP_PAYMENTS_URL": f"http://127.0.0.1:{port}/fake-payments", **os.environ}


if __name__ == "__main__":
    main()
