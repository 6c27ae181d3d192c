"""OpenMetrics text: what is read comes out again, and what is none is refused."""

import pytest

from flightdeck import prometheus_client as ours
from flightdeck.prometheus_client.openmetrics.exposition import ALLOWUTF8, generate_latest
from flightdeck.prometheus_client.openmetrics.parser import text_string_to_metric_families

READ = [
    "# HELP a help\n# TYPE a counter\na_total 1.0\na_created 123.0\n",
    '# HELP a h\\\\e\\nl\\"p\n# TYPE a gauge\na{b="x\\"y\\n\\\\",c=""} -1.5 1234.000000100\n',
    '# HELP a help\n# TYPE a histogram\na_bucket{le="1.0"} 2.0 # {id="x"} 0.5 12.500000000\na_bucket{le="+Inf"} 3.0\na_count 3.0\na_sum 7.0\n',
    '# HELP a help\n# TYPE a gaugehistogram\na_bucket{le="-1.0"} 2.0\na_bucket{le="+Inf"} 3.0\na_gcount 3.0\na_gsum -7.0\n',
    '# HELP a help\n# TYPE a summary\na{quantile="0.5"} 2.0\na_count 3.0\na_sum 7.0\n',
    '# HELP a help\n# TYPE a info\na_info{v="1"} 1.0\n# HELP b help\n# TYPE b stateset\nb{b="on"} 1.0\nb{b="off"} 0.0\n',
    "# HELP a_seconds help\n# TYPE a_seconds unknown\n# UNIT a_seconds seconds\na_seconds NaN\n",
    '# HELP "a.b" help\n# TYPE "a.b" gauge\n{"a.b","c.d"="e"} 1.0\n',
    '# HELP a help\n# TYPE a gauge\na{b="1"} 1.0 1.000000000\na{b="1"} 2.0 2.000000000\na{b="2"} 1.0\n',
    '# HELP a help\n# TYPE a histogram\na{b="c"} {count:24,sum:100.0,schema:0,zero_threshold:0.001,zero_count:4,'
    "negative_spans:[0:2,1:2],negative_deltas:[2,1,-2,3],positive_spans:[0:2,1:2],positive_deltas:[2,1,-3,3]} 12.000000000\n",
]


@pytest.mark.parametrize("text", READ)
def test_what_is_read_comes_out_again(text):
    families = list(text_string_to_metric_families(text + "# EOF\n"))

    class Families:
        def collect(self):
            return families

    registry = ours.CollectorRegistry()
    registry.register(Families())
    assert generate_latest(registry, ALLOWUTF8, "2.0.0").decode() == text + "# EOF\n"


HISTOGRAM = "# TYPE a histogram\n"
REFUSED = [
    "a 1\n",
    "a 1\n# EOF\n\n",
    "a 1\n# EOF\na 1\n",
    "\n# EOF\n",
    "a 1\n#EOF\n",
    "# TYPE a untyped\n# EOF\n",
    "# TYPE a gauge\n# TYPE a gauge\n# EOF\n",
    "# HELP a x\n# HELP a x\n# EOF\n",
    "a 1\n# TYPE a gauge\n# EOF\n",
    "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n",
    "# TYPE a counter\n# TYPE a_total gauge\n# EOF\n",
    "# TYPE a counter\n# UNIT a seconds\n# EOF\n",
    "# TYPE a_x info\n# UNIT a_x x\n# EOF\n",
    "a  1\n# EOF\n",
    "a 1 \n# EOF\n",
    "a 1_0\n# EOF\n",
    "a ١\n# EOF\n",
    "a 1 NaN\n# EOF\n",
    'a{b="1",} 1\n# EOF\n',
    'a{b="1", c="2"} 1\n# EOF\n',
    'a{b="1",b="2"} 1\n# EOF\n',
    "a{,} 1\n# EOF\n",
    'a{b="1} 1\n# EOF\n',
    "a{b='1'} 1\n# EOF\n",
    "# TYPE a counter\na_total -1\n# EOF\n",
    "# TYPE a counter\na_total NaN\n# EOF\n",
    "# TYPE a gauge\na 1 # {} 1\n# EOF\n",
    '# TYPE a counter\na_total 1 # {a="' + "x" * 128 + '"} 1\n# EOF\n',
    "# TYPE a info\na_info 2\n# EOF\n",
    "# TYPE a stateset\na 1\n# EOF\n",
    '# TYPE a stateset\na{a="on"} 2\n# EOF\n',
    '# TYPE a summary\na{quantile="2"} 1\n# EOF\n',
    HISTOGRAM + 'a_bucket{le="1.0"} 1\n# EOF\n',
    HISTOGRAM + 'a_bucket{le="+Inf"} 1\na_count 2\na_sum 1\n# EOF\n',
    HISTOGRAM + 'a_bucket{le="1"} 1\na_bucket{le="+Inf"} 1\n# EOF\n',
    HISTOGRAM + 'a_bucket{le="2.5"} 2\na_bucket{le="+Inf"} 1\n# EOF\n',
    HISTOGRAM + 'a_bucket{le="3.5"} 0\na_bucket{le="2.5"} 1\na_bucket{le="+Inf"} 1\n# EOF\n',
    HISTOGRAM + 'a_bucket{le="+Inf"} 1.5\n# EOF\n',
    HISTOGRAM + "a 1\n# EOF\n",
    HISTOGRAM + "a {count:1}\n# EOF\n",
    'a{b="1"} 1\na{b="2"} 1\na{b="1"} 1\n# EOF\n',
    "# TYPE a gauge\na 1 2\na 1 1\n# EOF\n",
    "# TYPE a gauge\na 1\na 1\n# EOF\n",
    "# TYPE a gauge\na 1 1\na 1\n# EOF\n",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_openmetrics_is_refused(text):
    with pytest.raises(ValueError):
        list(text_string_to_metric_families(text))
