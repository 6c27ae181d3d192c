"""Tasks in real workers: Celery's processes, with files between, and arq's loop, with a real Redis.

Celery's newest release and arq's want different releases of redis-py.
"""

import os
import shutil
import subprocess
import sys
import textwrap
import time
import urllib.request

import pytest

from .calls import free_port


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory):
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path_factory.mktemp("redis"))]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    import redis

    client = redis.Redis(port=port)
    wait_for(lambda: client.ping())
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


def wait_for(found, seconds=25):
    deadline = time.monotonic() + seconds
    while True:
        try:
            result = found()
            if result:
                return result
        except Exception:
            if time.monotonic() > deadline:
                raise
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def samples(port):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def counted(port, name, outcome):
    return float(samples(port).get(f'task_duration_seconds_count{{operation="{name}",outcome="{outcome}"}}', 0))


def start(directory, program, command, **environment):
    (directory / "shop.py").write_text(textwrap.dedent(program))
    return subprocess.Popen(
        [sys.executable, *command], cwd=directory, env={**os.environ, **environment}, stderr=subprocess.PIPE
    )


def stop(worker):
    worker.terminate()
    try:
        worker.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.communicate()


CELERY = """
    import os
    from celery import Celery, signals
    import flightdeck
    from flightdeck.prometheus_client import Counter, start_http_server

    app = Celery("shop", broker="filesystem://", backend="file://" + os.path.abspath("results"))
    app.conf.broker_transport_options = {"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"}
    flightdeck.clients.follow()
    shipped = Counter("shipped", "Help.")

    @app.task(name="ship")
    def ship(order):
        if order % 3 == 0:
            raise KeyError(order)
        shipped.inc()
        return os.getpid()

    @signals.worker_ready.connect
    def ready(**_):
        start_http_server(int(os.environ["METRICS"]))
"""


def test_processes_of_celery_count_together(tmp_path):
    for name in ("queue", "control", "results"):
        (tmp_path / name).mkdir()
    port = free_port()
    command = ["-m", "celery", "-A", "shop", "worker", "-P", "prefork", "-c", "2", "--loglevel", "warning"]
    worker = start(tmp_path, CELERY, command, METRICS=str(port))
    try:
        wait_for(lambda: samples(port))
        client = """
            import shop
            for order in range(30):
                shop.ship.delay(order)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(client)], cwd=tmp_path, env={**os.environ, "METRICS": "0"},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        wait_for(lambda: counted(port, "ship", "ok") + counted(port, "ship", "error") == 30)
        assert (counted(port, "ship", "ok"), counted(port, "ship", "error")) == (20, 10)
        found = samples(port)
        assert found["shipped_total"] == "20.0" and found['task_in_progress{operation="ship"}'] == "0.0"
    finally:
        stop(worker)


ARQ = """
    import asyncio, os
    from arq.connections import RedisSettings
    from arq.worker import run_worker
    import flightdeck
    from flightdeck.prometheus_client import start_http_server

    flightdeck.clients.follow()

    async def ship(context, order):
        await asyncio.sleep(0.01)
        if order % 3 == 0:
            raise KeyError(order)

    class Settings:
        functions = [ship]
        redis_settings = RedisSettings.from_dsn(os.environ["REDIS"])
        max_tries = 1

    if __name__ == "__main__":
        start_http_server(int(os.environ["METRICS"]))
        run_worker(Settings)
"""


def test_jobs_of_arq_are_measured(redis_url, tmp_path):
    port = free_port()
    worker = start(tmp_path, ARQ, ["shop.py"], REDIS=redis_url, METRICS=str(port))
    try:
        wait_for(lambda: samples(port))
        client = """
            import asyncio, shop
            from arq import create_pool

            async def main():
                pool = await create_pool(shop.Settings.redis_settings)
                for order in range(12):
                    await pool.enqueue_job("ship", order)

            asyncio.run(main())
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(client)], cwd=tmp_path, env={**os.environ, "REDIS": redis_url, "METRICS": "0"},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        wait_for(lambda: counted(port, "ship", "ok") + counted(port, "ship", "error") == 12)
        assert (counted(port, "ship", "ok"), counted(port, "ship", "error")) == (8, 4)
        assert samples(port)['task_in_progress{operation="ship"}'] == "0.0"
    finally:
        stop(worker)
