"""The Python package beside its peers, each in a process of its own, in turns, on one machine.

    python3 bench/python/run.py [--rounds 3] [--json FILE] [--environment DIR]

makes a virtual environment with the package from this repository and its peers, the first time, and measures them all in one run.
Processor time is taken, the best of several rounds; ratios say more than figures. What two threads do is measured on the clock: one
that waits for the other takes no processor time.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import textwrap
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent

# What is the same for every peer: how to take times.
COMMON = """
import asyncio, gc, json, sys, threading, time, timeit

def nanoseconds(statement, names, number=100_000):
    timer = timeit.Timer(statement, globals=names, timer=time.process_time)
    return min(timer.repeat(7, number)) / number * 1e9

# Nanoseconds a call on the clock, when so many threads share the calls.
def by_threads(function, threads, calls=400_000):
    best = 9e9
    for _ in range(5):
        def work():
            for _ in range(calls // threads):
                function()
        started = time.perf_counter()
        running = [threading.Thread(target=work) for _ in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        best = min(best, (time.perf_counter() - started) / calls * 1e9)
    return best

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
"""

CLIENT = (
    COMMON
    + """
started = time.process_time()
from {module} import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from {module}.openmetrics.exposition import generate_latest as openmetrics
imported = (time.process_time() - started) * 1e3
registry = CollectorRegistry()
c = Counter("c", "c", registry=registry)
l = Counter("l", "l", ["a", "b", "c"], registry=registry)
h = Histogram("h", "h", ["a", "b", "c"], registry=registry)
g = Gauge("g", "g", registry=registry)
o = h.labels("x", "y", "z")
names = dict(c=c, l=l, h=h, g=g)
many = CollectorRegistry()
counter = Counter("many", "many", ["a", "b"], registry=many)
for at in range(10_000):
    counter.labels(str(at), "x").inc()
# So many that what the process had taken and not used before makes no difference.
memory_of = Counter("memory", "memory", ["a", "b"], registry=CollectorRegistry())
memory_of.series_max = 100_000
gc.collect()
before = resident()
for at in range(100_000):
    memory_of.labels(str(at), "x").inc()
memory = (resident() - before) / 100_000
del memory_of
opened = min(timeit.repeat(lambda: openmetrics(many), number=1, repeat=7, timer=time.process_time)) * 1e3
rendered = min(timeit.repeat(lambda: generate_latest(many), number=1, repeat=7, timer=time.process_time)) * 1e3
print(json.dumps({{
    "import, ms": imported,
    "inc(), ns": nanoseconds("c.inc()", names),
    "inc() on the clock, one thread, ns": by_threads(c.inc, 1),
    "inc() on the clock, two threads, ns": by_threads(c.inc, 2),
    "set(), ns": nanoseconds("g.set(1.5)", names),
    "labels(3).inc(), ns": nanoseconds("l.labels('x', 'y', 'z').inc()", names),
    "labels(3).observe(), ns": nanoseconds("h.labels('x', 'y', 'z').observe(.2)", names),
    "observe() on the clock, one thread, ns": by_threads(lambda: o.observe(.2), 1),
    "observe() on the clock, two threads, ns": by_threads(lambda: o.observe(.2), 2),
    "10,000 series rendered, ms": rendered,
    "the same as OpenMetrics, ms": opened,
    "memory per series, bytes": memory,
}}))
"""
)

REQUEST = (
    COMMON
    + """
from fastapi import FastAPI

def make():
    app = FastAPI()
    for at in range(9):
        app.get(f"/other{{at}}/{{{{x}}}}")(lambda x: x)

    @app.get("/items/{{item}}")
    async def item(item: int):
        return {{"item": item}}

    return app

HEADERS = [(b"host", b"localhost"), (b"user-agent", b"bench"), (b"accept", b"*/*"), (b"accept-encoding", b"gzip"), (b"connection", b"keep-alive")]

async def drive(app, requests):
    async def receive():
        return {{"type": "http.request", "body": b"", "more_body": False}}

    async def send(message):
        pass

    for _ in range(requests):
        await app({{
            "type": "http", "asgi": {{"version": "3.0"}}, "http_version": "1.1", "method": "GET", "path": "/items/7", "raw_path": b"/items/7",
            "query_string": b"", "root_path": "", "scheme": "http", "headers": HEADERS, "server": ("t", 80), "client": ("c", 1),
        }}, receive, send)

bare, app = make(), make()
{instrument}
best = [9e9, 9e9]
for _ in range(9):
    for at, one in enumerate((bare, app)):
        started = time.process_time()
        asyncio.run(drive(one, 1_000))
        best[at] = min(best[at], (time.process_time() - started) / 1_000 * 1e6)
print(json.dumps({{"a FastAPI request more than bare, us": best[1] - best[0]}}))
"""
)

CLIENTS = {"flightdeck": "flightdeck.prometheus_client", "prometheus_client": "prometheus_client"}

INSTRUMENTATIONS = {
    "flightdeck": "import flightdeck; flightdeck.instrument(app, json_logs=False)",
    "prometheus-fastapi-instrumentator": "from prometheus_fastapi_instrumentator import Instrumentator; Instrumentator().instrument(app).expose(app)",
    "starlette_exporter": "from starlette_exporter import PrometheusMiddleware; app.add_middleware(PrometheusMiddleware)",
    "opentelemetry-instrumentation-fastapi": """
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
FastAPIInstrumentor.instrument_app(app, meter_provider=MeterProvider([InMemoryMetricReader()]), tracer_provider=TracerProvider())
""",
}


def environment(directory: Path) -> Path:
    """The interpreter of a virtual environment with everybody, made if it is not there."""
    python, filled = directory / "bin" / "python", directory / "filled"
    if not filled.exists():
        print("making an environment with the package and its peers; that takes a few minutes", file=sys.stderr)
        venv.create(directory, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "--quiet", REPOSITORY / "python", "-r", HERE / "requirements.txt"]
        subprocess.run([str(part) for part in command], check=True)
        filled.touch()
    return python


def measure(python: Path, program: str) -> dict[str, float]:
    done = subprocess.run([str(python), "-c", program], capture_output=True, text=True)
    if done.returncode:
        print(done.stderr.strip().splitlines()[-1], file=sys.stderr)
        return {}
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def best(python: Path, programs: dict[str, str], rounds: int) -> dict[str, dict[str, float]]:
    """By peer, the least of each figure over some rounds, in which the peers take turns."""
    found: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for peer, program in programs.items():
            for figure, value in measure(python, program).items():
                known = found.setdefault(peer, {})
                known[figure] = min(known.get(figure, value), value)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "--environment", type=Path, default=HERE / ".venv", help="where the virtual environment is (default: here)"
    )
    arguments.add_argument("--json", help="also writes the figures to this file")
    arguments.add_argument("--rounds", type=int, default=3, help="how often the peers take turns (default 3)")
    options = arguments.parse_args()
    python = environment(options.environment.absolute())
    clients = best(python, {peer: CLIENT.format(module=module) for peer, module in CLIENTS.items()}, options.rounds)
    programs = {peer: REQUEST.format(instrument=textwrap.dedent(code)) for peer, code in INSTRUMENTATIONS.items()}
    requests = best(python, programs, options.rounds)
    print(f"| | {' | '.join(clients)} | times |\n|---|{'---:|' * (len(clients) + 1)}")
    ours, theirs = clients.get("flightdeck", {}), clients.get("prometheus_client", {})
    for figure, value in ours.items():
        other = theirs.get(figure)
        print(
            f"| {figure} | {value:,.1f} | "
            + (f"{other:,.1f} | {other / value:.1f} |" if other and value > 0 else " | |")
        )
    print("\n| a FastAPI request more than bare | us |\n|---|---:|")
    for peer, figures in requests.items():
        for value in figures.values():
            print(f"| {peer} | {value:.1f} |")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"clients": clients, "requests": requests}, file, indent=1)


if __name__ == "__main__":
    main()
