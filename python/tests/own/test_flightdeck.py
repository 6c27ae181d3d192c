"""A `flightdeck` without any configuration shows the shop of the examples: its name and its four signals."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from .calls import free_port

ROOT = Path(__file__).resolve().parents[3]
SHOP = ROOT / "examples" / "fastapi-shop"
# Found in five seconds, scraped every fifteen; a rate needs two scrapes, and the deck is computed now and then.
PATIENCE_SECONDS = 90


def binary():
    """A binary that was built already; FLIGHTDECK_BINARY names one."""
    if "FLIGHTDECK_BINARY" in os.environ:
        return Path(os.environ["FLIGHTDECK_BINARY"])
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = [target / profile / "flightdeck" for profile in ("release", "debug")]
    return max((path for path in found if path.exists()), key=lambda path: path.stat().st_mtime, default=None)


def data(url):
    return json.load(urllib.request.urlopen(url, timeout=5))["data"]


@pytest.mark.skipif(not SHOP.exists(), reason="the repository is not here")
def test_a_bare_flightdeck_shows_the_shop(tmp_path):
    server = binary()
    if server is None:
        pytest.skip("there is no flightdeck, and building one takes minutes")
    shop_port, port = free_port(), free_port()
    shop = [sys.executable, SHOP / "start.py", "--python", sys.executable, "--port", shop_port]
    flightdeck = [
        server,
        "--listen",
        f"127.0.0.1:{port}",
        "--otlp-grpc-listen",
        "off",
        "--data",
        tmp_path / "data",
        "--log-level",
        "warn",
    ]
    environment = {
        **os.environ,
        "SHOP_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/shop.db",
        "FLIGHTDECK_URL": f"http://127.0.0.1:{port}",
    }
    started = [
        subprocess.Popen(
            [str(part) for part in command], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for command in (shop, flightdeck)
    ]
    address, deadline, seen = f"127.0.0.1:{shop_port}", time.monotonic() + PATIENCE_SECONDS, None
    try:
        while time.monotonic() < deadline:
            time.sleep(1)
            try:
                targets = data(f"http://127.0.0.1:{port}/api/v1/targets")["activeTargets"]
                seen = [target for target in targets if target["labels"]["instance"] == address]
                services = {
                    service["name"]: service for service in data(f"http://127.0.0.1:{port}/api/v1/deck")["services"]
                }
            except OSError:
                continue
            service = services.get("fastapi-shop")
            if service is None:
                continue
            seen = service
            signals = {name: service[name].get("value") for name in ("traffic", "errors", "latency", "saturation")}
            if all(value is not None for value in signals.values()) and signals["traffic"] > 0:
                break
        else:
            pytest.fail(f"the deck does not show the shop: {seen}")
        (target,) = [target for target in targets if target["labels"]["instance"] == address]
        assert target["labels"]["job"] == "fastapi-shop" and target["health"] == "up"
        assert 0 < signals["latency"] < 5 and 0 <= signals["errors"] <= 1
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(20)
