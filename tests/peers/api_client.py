"""Asks a server through the `prometheus-api-client` package: `api_client.py URL`. Prints what it was told as JSON."""

import json
import sys
from datetime import datetime, timedelta, timezone

from prometheus_api_client import PrometheusConnect


def main() -> None:
    """One call of each kind the package has."""
    client = PrometheusConnect(url=sys.argv[1])
    end = datetime.now(tz=timezone.utc)
    start = end - timedelta(minutes=5)
    print(
        json.dumps(
            {
                "alive": client.check_prometheus_connection(),
                "has_metric": "client_probe" in client.all_metrics(),
                "labels": client.get_label_names(),
                "values": client.get_label_values("side"),
                "instant": client.custom_query("sum by (side) (client_probe)"),
                "range": client.custom_query_range("client_probe", start, end, "15s"),
                "current": client.get_current_metric_value("client_probe", {"side": "left"}),
                "raw": client.get_metric_range_data("client_probe", start_time=start, end_time=end),
            }
        )
    )


if __name__ == "__main__":
    main()
