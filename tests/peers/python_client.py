"""A service instrumented with the official Python client, serving text and OpenMetrics. Prints its address."""

from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary, make_wsgi_app


class Quiet(WSGIRequestHandler):
    """Does not write a line for every request."""

    def log_message(self, format, *args):
        """Says nothing."""


def registry() -> CollectorRegistry:
    """Every type the client has, with label values that need escaping."""
    registry = CollectorRegistry()
    orders = Counter("orders", "Orders taken.", ["method"], registry=registry)
    orders.labels(method="card").inc(3, exemplar={"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"})
    orders.labels(method='quote " backslash \\ newline \n end').inc(2)
    Gauge("queue_length", "Waiting orders.", registry=registry).set(-1.5)
    latency = Histogram("order_duration_seconds", "Time to take an order.", buckets=(0.1, 1, 10), registry=registry)
    for value in (0.05, 0.5, 5, 50):
        latency.observe(value)
    Summary("order_size_bytes", "Size of an order.", registry=registry).observe(512)
    Info("build", "What is running.", registry=registry).info({"version": "1.2.3"})
    Enum("state", "Where it is.", states=["open", "closed"], registry=registry).state("open")
    return registry


def main() -> None:
    """Serves until killed."""
    server = make_server("127.0.0.1", 0, make_wsgi_app(registry()), handler_class=Quiet)
    print(f"127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
