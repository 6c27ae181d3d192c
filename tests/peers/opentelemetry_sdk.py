"""Sends metrics through the official OpenTelemetry SDK: `opentelemetry_sdk.py http|grpc ENDPOINT`."""

import sys

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource


def exporter(protocol: str, endpoint: str, temporality: dict):
    """The exporter of one protocol."""
    if protocol == "http":
        return HttpExporter(endpoint=endpoint, preferred_temporality=temporality)
    return GrpcExporter(endpoint=endpoint, insecure=True, preferred_temporality=temporality)


def send(protocol: str, endpoint: str, service: str, temporality: dict) -> None:
    """Sends one of each instrument, twice for what accumulates, and waits until it has been delivered."""
    reader = PeriodicExportingMetricReader(exporter(protocol, endpoint, temporality), export_interval_millis=3_600_000)
    views = [View(instrument_name="exp.duration", aggregation=ExponentialBucketHistogramAggregation())]
    resource = Resource.create(
        {"service.name": service, "service.namespace": "shop", "service.instance.id": "one", "cloud.region": "here"}
    )
    provider = MeterProvider(metric_readers=[reader], views=views, resource=resource)
    meter = provider.get_meter("peer", "1.0")
    requests = meter.create_counter("http.requests", unit="1", description="Requests.")
    duration = meter.create_histogram("request.duration", unit="s", description="Durations.")
    exponential = meter.create_histogram("exp.duration", unit="s", description="Durations, exponential.")
    queue = meter.create_up_down_counter("queue.length", description="Waiting.")
    for _ in range(2):
        requests.add(5, {"route": "/orders/{id}"})
        duration.record(0.3, {"route": "/orders/{id}"})
        for value in (0.01, 0.1, 1.0, 10.0):
            exponential.record(value)
        queue.add(2)
        if not provider.force_flush():
            sys.exit("the export failed")
    provider.shutdown()


def main() -> None:
    """Sends cumulative and delta metrics."""
    protocol, endpoint = sys.argv[1:3]
    delta = {Counter: AggregationTemporality.DELTA, Histogram: AggregationTemporality.DELTA}
    send(protocol, endpoint, f"cumulative-{protocol}", {})
    send(protocol, endpoint, f"delta-{protocol}", delta)


if __name__ == "__main__":
    main()
