"""Workers count together: forked or spawned, with preload or without, killed and started again."""

import os
import signal
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")

# What every worker has.
METRICS = """
import json, os, signal, sys, time
from flightdeck.prometheus_client import REGISTRY, Counter, Enum, Gauge, Histogram, Info, Summary, generate_latest
from flightdeck.prometheus_client.openmetrics.exposition import generate_latest as openmetrics

orders = Counter("orders", "Orders.", ["method"])
plain = Counter("plain", "Plain.")
seconds = Histogram("seconds", "Seconds.", ["route"], buckets=(0.1, 1))
sizes = Summary("sizes", "Sizes.")
users = Gauge("users", "Users.", multiprocess_mode="livesum")
peak = Gauge("peak", "Peak.", multiprocess_mode="max")
last = Gauge("last", "Last.", multiprocess_mode="mostrecent")
each = Gauge("each", "Each.")
build = Info("build", "Build.")
state = Enum("state", "State.", states=["up", "down"])

def value(name, **labels):
    return REGISTRY.get_sample_value(name, labels)

def work(number):
    for _ in range(1000):
        orders.labels("card").inc()
        plain.inc()
        seconds.labels("/a").observe(0.5)
    sizes.observe(number)
    users.set(number)
    peak.set(10 * number)
    each.set(number)
"""

FORK = (
    METRICS
    + """
def child(number, end=lambda: None):
    pid = os.fork()
    if pid == 0:
        try:
            work(number)
            end()
        finally:
            os._exit(0)
    return pid
"""
)


def run(program, **environment):
    """Runs a program that asserts by itself."""
    program = textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files():
    prefix = f"flightdeck-{os.getuid()}-"
    return (
        sorted(name for name in os.listdir("/dev/shm") if name.startswith(prefix)) if os.path.isdir("/dev/shm") else []
    )


def test_forked_workers_are_added_up_and_outlive_their_process():
    run(
        FORK
        + """
plain.inc(5)
children = [child(number) for number in (1, 2, 3)]
for pid in children:
    os.waitpid(pid, 0)
assert value("orders_total", method="card") == 3000
assert value("plain_total") == 3005
assert value("seconds_bucket", route="/a", le="1.0") == 3000
assert value("seconds_sum", route="/a") == 1500
assert value("sizes_sum") == 6 and value("sizes_count") == 3
assert value("peak") == 30
assert value("users") == 0, value("users")
text = generate_latest().decode()
assert 'orders_total{method="card"} 3000.0\\n' in text, text
assert 'seconds_bucket{le="+Inf",route="/a"} 3000.0\\n' in text, text
assert "\\neach{" not in text, text
# Nothing grows with those that were.
for number in range(200):
    os.waitpid(child(0), 0)
assert value("plain_total") == 203005
assert len([f for f in REGISTRY.collect() if f.name == "orders"]) == 1
"""
    )


def test_living_workers_have_gauges_and_processes_of_their_own():
    run(
        FORK
        + """
read, write = os.pipe()
def stay():
    os.write(write, b"x")
    time.sleep(30)
children = [child(number, stay) for number in (1, 2)]
while len(os.read(read, 1)) and (value("users") or 0) < 3:
    pass
assert value("each", pid=str(children[0])) == 1
assert value("each", pid=str(children[1])) == 2
text = generate_latest().decode()
for pid in [os.getpid(), *children]:
    assert f'process_resident_memory_bytes{{pid="{pid}"}}' in text, text
assert text.count("# TYPE process_cpu_seconds_total") == 1
os.kill(children[0], signal.SIGKILL)
os.waitpid(children[0], 0)
assert value("users") == 2
assert value("each", pid=str(children[0])) is None
assert value("plain_total") == 2000
os.kill(children[1], signal.SIGKILL)
os.waitpid(children[1], 0)
assert value("plain_total") == 2000
"""
    )


def test_everything_that_is_no_sum():
    run(
        FORK
        + """
def one():
    last.set(7)
    build.info({"version": "1"})
    state.state("down")
    orders.labels("card").inc(1, {"trace_id": "abc"})
    seconds.labels("/a").observe(0.05, {"trace_id": "def"})
    os.kill(os.getppid(), 0)
    time.sleep(5)
first = child(1, one)
deadline = time.monotonic() + 5
while value("seconds_count", route="/a") != 1001 and time.monotonic() < deadline:
    time.sleep(0.01)
assert value("last") == 7
assert value("build_info", version="1") == 1
assert value("state", state="down") == 1 and value("state", state="up") == 0
text = openmetrics(REGISTRY).decode()
assert 'orders_total{method="card"} 1001.0 # {trace_id="abc"} 1.0' in text, text
assert '# {trace_id="def"} 0.05' in text, text
assert 'python_gc_collections_total{generation="0",pid=' in text, text
os.kill(first, signal.SIGKILL)
os.waitpid(first, 0)
assert value("last") == 7
build.info({"version": "2"})
assert value("build_info", version="1") is None and value("build_info", version="2") == 1
assert value("state", state="down") == 1
"""
    )


def test_what_one_removes_is_gone_in_all_until_it_is_counted_again():
    run(
        FORK
        + """
os.waitpid(child(1), 0)
assert value("orders_total", method="card") == 1000
os.waitpid(child(1, lambda: orders.remove("card")), 0)
assert value("orders_total", method="card") is None
orders.labels("card").inc()
assert value("orders_total", method="card") == 1
orders.clear()
assert value("orders_total", method="card") is None
plain.inc(3)
plain.reset()
assert value("plain_total") == 0
"""
    )


def test_a_registry_made_at_import_is_shared_and_one_of_a_job_is_not(tmp_path):
    (tmp_path / "shop.py").write_text("""
from flightdeck.prometheus_client import CollectorRegistry, Counter
shared = CollectorRegistry()
both = Counter("both", "Both.", registry=shared)

def job():
    registry = CollectorRegistry()
    Counter("done", "Done.", registry=registry).inc()
    return registry
""")
    (tmp_path / "main.py").write_text("""
import importlib, os
def main():
    shop = importlib.import_module("shop")
    pid = os.fork()
    shop.both.inc()
    job = shop.job()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert shop.shared.get_sample_value("both_total") == 2
    assert job.get_sample_value("done_total") == 1
import threading
thread = threading.Thread(target=main)
thread.start()
thread.join()
print("done")
""")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "main.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "done\n" and not done.stderr, done.stderr


def test_spawned_workers_meet_and_a_restart_begins_anew(tmp_path):
    (tmp_path / "shop.py").write_text(METRICS)
    (tmp_path / "main.py").write_text(
        textwrap.dedent(
            """
            import multiprocessing, sys
            import shop

            def serve(number, total):
                shop.work(number)
                total.put(1)

            if __name__ == "__main__":
                context = multiprocessing.get_context(sys.argv[1])
                total = context.Queue()
                for number in range(3):
                    worker = context.Process(target=serve, args=(number, total))
                    worker.start()
                    worker.join()
                assert shop.value("plain_total") == 3000, shop.value("plain_total")
            """
        )
    )
    for method in ("spawn", "forkserver", "fork", "spawn"):
        subprocess.run([sys.executable, "main.py", method], cwd=tmp_path, check=True, timeout=60)


def test_services_with_the_same_parent_do_not_meet():
    run(
        FORK
        + """
from flightdeck import workers
def other():
    workers.name_service("other")
    plain.inc(100)
    assert value("plain_total") == 1100, value("plain_total")
pid = child(1, other)
os.waitpid(pid, 0)
workers.name_service("")
assert value("plain_total") in (0, None), value("plain_total")
"""
    )


def test_nothing_is_left_and_a_program_that_does_not_fork_has_no_file():
    before = files()
    run(
        METRICS
        + "work(1)\ngenerate_latest()\nassert not [n for n in os.listdir('/dev/shm') if f'-{os.getpid()}-' in n]\n"
    )
    run(FORK + "os.waitpid(child(1), 0)\nassert value('plain_total') == 1000\n")
    # A server that was killed leaves its file to the next one.
    killed = subprocess.run(
        [sys.executable, "-c", FORK + "os.waitpid(child(1), 0)\nos.kill(os.getpid(), 9)\n"], timeout=60
    )
    assert killed.returncode == -signal.SIGKILL and len(files()) == len(before) + 1
    run(FORK + "os.waitpid(child(1), 0)\nassert value('plain_total') == 1000\n")
    assert files() == before


def test_where_workers_cannot_meet_each_counts_for_itself():
    run(FORK + "os.waitpid(child(1), 0)\nwork(1)\nassert value('plain_total') == 1000\n", FLIGHTDECK_DISABLED="1")
    out = run(
        """
from flightdeck import workers
workers._directory = lambda: "/nowhere"
"""
        + FORK
        + "os.waitpid(child(1), 0)\nwork(1)\nprint(value('plain_total'), value('flightdeck_instrumentation_errors_total') >= 1)\n"
    )
    assert out == "1000.0 True\n"


def test_a_worker_killed_at_any_moment_spoils_nothing():
    run(
        FORK
        + """
def forever(number):
    pid = os.fork()
    if pid == 0:
        at = 0
        while True:
            at += 1
            seconds.labels("/a").observe(1)
            orders.labels(f"{number}-{at % 50}").inc()
            if at % 20 == 0:
                Counter(f"made_{number}_{at}", "Made.").inc()
    return pid

before = 0
for number in range(20):
    pids = [forever(number), forever(number)]
    time.sleep(0.02 + number / 1000)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    count = value("seconds_count", route="/a") or 0
    assert count >= before
    assert abs(value("seconds_sum", route="/a") - count) <= 2 * (number + 1)
    before = count
os.waitpid(child(1), 0)
assert value("plain_total") == 1000
assert value("seconds_count", route="/a") == before + 1000
"""
    )


def test_a_scrape_of_many_series_of_many_workers_is_quick():
    out = run(
        FORK
        + """
read, write = os.pipe()
children = []
for _ in range(8):
    pid = os.fork()
    if pid == 0:
        for at in range(10_000):
            orders.labels(str(at)).inc()
        os.write(write, b"x")
        time.sleep(60)
    children.append(pid)
done = b""
while len(done) < 8:
    done += os.read(read, 8)
generate_latest()
times = []
for _ in range(5):
    started = time.perf_counter()
    text = generate_latest()
    times.append(time.perf_counter() - started)
for pid in children:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
assert text.count(b"orders_total{") == 10_000
assert sum(line.startswith(b"orders_total{") and line.endswith(b" 8.0") for line in text.splitlines()) == 10_000
print(min(times) * 1000)
"""
    )
    # The aim is 10 ms; a busy machine is no failure.
    assert float(out) < 200, out
    print(out)


def test_where_numbers_are_in_files_any_worker_answers_the_scrape_for_all(tmp_path):
    pytest.importorskip("fastapi")
    program = f"""
        import os, sys
        sys.path.insert(0, {str(os.path.dirname(os.path.dirname(__file__)))!r})
        from fastapi import FastAPI
        import flightdeck
        from own.calls import call, call_wsgi
        app = FastAPI()

        @app.get("/x")
        async def x(): return 1

        flightdeck.instrument(app, service="files", json_logs=False)
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                for _ in range(5):
                    assert call(app, "GET", "/x")[0] == 200
                os._exit(0)
            os.waitpid(pid, 0)
        want = 'http_requests_total{{method="GET",route="/x",status="200"}} 15.0'
        wsgi = flightdeck.instrument(lambda environ, start: [], service="files", json_logs=False)
        told = call(app, "GET", "/metrics")[2].decode(), call_wsgi(wsgi, "GET", "/metrics")[2].decode()
        for text in told:
            assert want in text and 'service_name="files"' in text, text
        """
    run(program, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
    assert any(name.name.startswith("counter_") for name in tmp_path.iterdir())
