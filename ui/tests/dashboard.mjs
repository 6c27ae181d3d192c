// A dashboard of what Grafana's format can say and the other dashboards of these checks do not, over the demo's metrics.

const RATE = "sum by (job) (rate(http_requests_total[1m]))";
const at = (number) => ({ x: (number % 3) * 8, y: Math.floor(number / 3) * 7, w: 8, h: 7 });
const panel = (number, type, title, more = {}) => ({
  id: number + 1,
  type,
  title,
  gridPos: at(number),
  targets: [{ refId: "A", expr: RATE, legendFormat: "{{job}}" }],
  ...more,
});
const settings = (custom, more = {}, overrides = []) => ({
  fieldConfig: { defaults: { unit: "reqps", ...more, custom }, overrides },
});

const MARKDOWN = `## What to do
When **orders** is slow, see [the book](https://example.org) or \`runbook.md\`:

1. Look at the *database*
   - [x] its pool
   - [ ] its locks
2. Ask who deployed

| Service | Team | p95 |
|:--------|:----:|----:|
| orders | ~~shop~~ | 0.3 s |
| payments | money | 1.2 s |

> Calm first.

\`\`\`
kubectl rollout undo deploy/orders
\`\`\``;

export const FEATURES = {
  uid: "features",
  title: "Features",
  tags: ["checks"],
  schemaVersion: 39,
  time: { from: "now-15m", to: "now" },
  panels: [
    panel(0, "timeseries", "Two units, two axes", {
      targets: [
        { refId: "A", expr: "sum(rate(http_requests_total[1m]))", legendFormat: "rate" },
        {
          refId: "B",
          expr: "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[1m])))",
          legendFormat: "p95",
          exemplar: true,
        },
      ],
      ...settings({ axisLabel: "requests", gradientMode: "opacity", fillOpacity: 20 }, {}, [
        {
          matcher: { id: "byName", options: "p95" },
          properties: [
            { id: "unit", value: "s" },
            { id: "custom.axisLabel", value: "duration" },
          ],
        },
      ]),
    }),
    panel(
      1,
      "timeseries",
      "Powers of two, thresholds in percent",
      settings(
        { scaleDistribution: { type: "log", log: 2 }, thresholdsStyle: { mode: "line+area" } },
        {
          thresholds: {
            mode: "percentage",
            steps: [
              { value: null, color: "green" },
              { value: 80, color: "red" },
            ],
          },
        },
      ),
    ),
    panel(
      2,
      "timeseries",
      "Colours by height, filled down to another",
      settings({ gradientMode: "scheme", fillBelowTo: "payments" }, { color: { mode: "continuous-GrYlRd" } }),
    ),
    panel(
      3,
      "timeseries",
      "Bars in percent of all",
      settings({ drawStyle: "bars", fillOpacity: 80, stacking: { mode: "percent" }, barAlignment: 1 }),
    ),
    panel(
      4,
      "timeseries",
      "Linked lines",
      settings(
        { drawStyle: "points", spanNulls: 60_000 },
        { links: [{ title: "Service", url: "/service/${__field.labels.job}?from=${__from}" }] },
      ),
    ),
    panel(
      5,
      "gauge",
      "A gauge without limits",
      settings(
        {},
        {
          thresholds: {
            mode: "percentage",
            steps: [
              { value: null, color: "green" },
              { value: 70, color: "red" },
            ],
          },
        },
      ),
    ),
    panel(6, "stat", "By how much it changed", {
      options: { showPercentChange: true, colorMode: "background" },
      ...settings({}),
    }),
    panel(7, "dashlist", "Dashboards", { targets: [], options: { tags: ["checks"], showStarred: true } }),
    panel(8, "alertlist", "Alerts", { targets: [], options: {} }),
    panel(9, "text", "HTML", {
      targets: [],
      options: {
        mode: "html",
        content: `<h2 style="color: tomato; position: fixed">Shop</h2><p>Read <a href="https://example.org">the book</a></p><script>window.hacked=1</script><img src="x" onerror="window.hacked=1" alt="logo"><iframe src="/"></iframe>`,
      },
    }),
    panel(10, "nodeGraph", "Nodes"),
    panel(11, "table", "Trends with a footer", {
      transformations: [{ id: "timeSeriesTable", options: {} }],
      options: { footer: { show: true, reducer: ["sum"] } },
      ...settings({ width: 140 }),
    }),
    panel(12, "timeseries", "A range of its own", { timeFrom: "3m", timeShift: "1h", ...settings({}) }),
    panel(13, "timeseries", "By the second", {
      maxDataPoints: 100_000,
      interval: "1s",
      timeFrom: "2h",
      options: { legend: { showLegend: false } },
      ...settings({}),
    }),
    panel(15, "text", "Markdown", {
      targets: [],
      options: { mode: "markdown", content: MARKDOWN },
    }),
    panel(14, "bargauge", "Bars", {
      options: { displayMode: "gradient", orientation: "horizontal" },
      ...settings({}, { color: { mode: "continuous-BlYlRd" } }),
    }),
  ],
};
