// A dashboard of what can be said of each kind of picture, over the demo's metrics: every panel has options that are to be seen.

const RATE = "sum by (job) (rate(http_requests_total[1m]))";
const STATES = "count by (job, status) (http_requests_total)";

const made = [];
const panel = (type, title, options = {}, custom = {}, more = {}) => {
  const { defaults = {}, overrides = [], ...rest } = more;
  const number = made.length;
  made.push({
    id: number + 1,
    type,
    title,
    gridPos: { x: (number % 4) * 6, y: Math.floor(number / 4) * 8, w: 6, h: 8 },
    targets: [{ refId: "A", expr: RATE, legendFormat: "{{job}}" }],
    options,
    fieldConfig: { defaults: { unit: "reqps", ...defaults, custom }, overrides },
    ...rest,
  });
};
const table = (expr) => ({ targets: [{ refId: "A", expr, instant: true, format: "table" }] });
const MANY = table(`sort_desc(${STATES})`);
const BARS = {
  ...table("sum by (job) (http_requests_total)"),
  defaults: { unit: "short" },
};
const TURNED = {
  ...table("sum by (job, status) (increase(http_requests_total[10m]))"),
  transformations: [
    { id: "groupingToMatrix", options: { columnField: "status", rowField: "job", valueField: "Value" } },
  ],
  defaults: { unit: "short" },
};

panel("piechart", "Pie with labels", {
  displayLabels: ["name", "percent"],
  legend: { displayMode: "table", placement: "right", values: ["value", "percent"], showLegend: true },
});
panel("piechart", "Ring, list below", {
  pieType: "donut",
  displayLabels: ["value"],
  sort: "desc",
  legend: { displayMode: "list", placement: "bottom", values: ["percent"], showLegend: true },
});
panel(
  "barchart",
  "Turned names, values",
  { xTickLabelRotation: -45, showValue: "always", barRadius: 0.2 },
  {},
  BARS,
);
panel(
  "barchart",
  "Stacked in percent",
  { stacking: "percent", legend: { showLegend: true, placement: "right" } },
  {},
  TURNED,
);
panel(
  "barchart",
  "Across, groups",
  { orientation: "horizontal", groupWidth: 0.9, barWidth: 0.6, showValue: "auto" },
  {},
  TURNED,
);
panel(
  "table",
  "Pages and a choice",
  { cellHeight: "sm", footer: { show: true, reducer: ["sum", "mean"], enablePagination: true } },
  { filterable: true },
  { ...MANY, defaults: { unit: "short" } },
);
panel(
  "table",
  "Tall, with meters",
  { cellHeight: "lg" },
  {},
  {
    ...table("sum by (job) (http_requests_total)"),
    defaults: { unit: "short" },
    overrides: [
      {
        matcher: { id: "byName", options: "Value" },
        properties: [
          { id: "custom.cellOptions", value: { type: "gauge", mode: "lcd", valueDisplayMode: "text" } },
          { id: "custom.width", value: 110 },
        ],
      },
      {
        matcher: { id: "byName", options: "job" },
        properties: [{ id: "custom.cellOptions", value: { type: "pill" } }],
      },
      { matcher: { id: "byName", options: "Time" }, properties: [{ id: "unit", value: "time:ddd HH:mm" }] },
    ],
  },
);
panel(
  "table",
  "On solid colour, no head",
  { showHeader: false },
  { cellOptions: { type: "color-background", mode: "basic" } },
  table("sum by (job) (http_requests_total)"),
);
panel(
  "gauge",
  "No markers, labels",
  { showThresholdMarkers: false, showThresholdLabels: true },
  {},
  {
    defaults: {
      max: 30,
      thresholds: {
        mode: "absolute",
        steps: [
          { value: null, color: "green" },
          { value: 10, color: "orange" },
          { value: 20, color: "red" },
        ],
      },
    },
  },
);
panel(
  "gauge",
  "Markers and labels of one",
  { showThresholdLabels: true, text: { valueSize: 20 } },
  {},
  {
    targets: [{ refId: "A", expr: "sum(rate(http_requests_total[1m]))", legendFormat: "all" }],
    defaults: { max: 60, unit: "reqps" },
  },
);
panel("bargauge", "Names on top", { namePlacement: "top", valueMode: "text", orientation: "horizontal" });
panel("bargauge", "Names hidden, lcd", {
  namePlacement: "hidden",
  displayMode: "lcd",
  orientation: "horizontal",
});
panel("stat", "Across, wide", {
  orientation: "horizontal",
  wideLayout: true,
  graphMode: "none",
  colorMode: "background",
});
panel("stat", "Centred, change inverted", {
  justifyMode: "center",
  showPercentChange: true,
  percentChangeColorMode: "inverted",
  textMode: "value_and_name",
  text: { titleSize: 11, valueSize: 26 },
});
panel("stat", "Upright, from the left", { orientation: "vertical", colorMode: "background_solid" });
panel(
  "stat",
  "One alone",
  { graphMode: "area" },
  {},
  { targets: [{ refId: "A", expr: "sum(rate(http_requests_total[1m]))" }] },
);
const HEAT = {
  targets: [
    {
      refId: "A",
      expr: "sum by (le) (rate(http_request_duration_seconds_bucket[1m]))",
      format: "heatmap",
      legendFormat: "{{le}}",
    },
  ],
  defaults: { unit: "s" },
};
panel(
  "heatmap",
  "Reversed, gaps, Oranges",
  {
    yAxis: { reverse: true, unit: "s" },
    cellGap: 2,
    color: { mode: "scheme", scheme: "Oranges" },
    filterValues: { le: 0.05 },
  },
  {},
  HEAT,
);
panel("heatmap", "Counted, Spectral", {
  calculate: true,
  color: { mode: "scheme", scheme: "Spectral" },
  yAxis: { axisPlacement: "left" },
});
const UP = {
  targets: [{ refId: "A", expr: `round(${RATE} / 5)`, legendFormat: "{{job}}" }],
  defaults: { unit: "short", color: { mode: "palette-classic" } },
};
panel(
  "state-timeline",
  "Values at the right, legend",
  {
    mergeValues: true,
    rowHeight: 0.5,
    showValue: "always",
    alignValue: "right",
    legend: { showLegend: true },
  },
  {},
  UP,
);
panel("status-history", "Never a value", { showValue: "never", rowHeight: 0.9 }, {}, UP);
panel("timeseries", "Own range, not said", {}, {}, { timeFrom: "5m", hideTimeOverride: true });
panel(
  "timeseries",
  "Axis of its series",
  {
    legend: { showLegend: true, placement: "right", width: 120 },
    tooltip: { mode: "multi", hideZeros: true },
  },
  {
    axisColorMode: "series",
    axisBorderShow: true,
    axisLabel: "requests",
    axisWidth: 70,
    thresholdsStyle: { mode: "line" },
  },
);
panel(
  "timeseries",
  "Gaps put in",
  {},
  { insertNulls: 60_000, lineInterpolation: "stepAfter", showPoints: "always", pointSize: 4 },
);
panel(
  "timeseries",
  "Without a legend",
  {},
  {},
  { targets: [{ refId: "A", expr: "sum by (job, method) (rate(http_requests_total[1m]))" }] },
);

const STEPS = {
  mode: "absolute",
  steps: [
    { value: null, color: "green" },
    { value: 1, color: "red" },
  ],
};
panel(
  "barchart",
  "Labelled, with zones and links",
  {},
  { axisLabel: "requests", thresholdsStyle: { mode: "dashed+area" } },
  {
    ...BARS,
    defaults: {
      unit: "short",
      thresholds: STEPS,
      links: [{ title: "All of ${__data.fields.job}", url: "/service/${__data.fields.job}" }],
    },
  },
);
panel("gauge", "Circles", { shape: "circle" });
panel(
  "heatmap",
  "With its scale, linear",
  { legend: { show: true }, color: { mode: "scheme", scheme: "Blues", scale: "linear", steps: 8 } },
  {},
  HEAT,
);
panel(
  "table",
  "Sorted by two",
  {
    sortBy: [{ displayName: "job" }, { displayName: "status", desc: true }],
  },
  {},
  { ...MANY, defaults: { unit: "short" } },
);
panel(
  "timeseries",
  "A unit of a thousand letters",
  { tooltip: { mode: "multi", maxHeight: 80, maxWidth: 160 } },
  { gradientMode: "hue", fillOpacity: 40 },
  { defaults: { unit: `suffix: ${"of something ".repeat(100)}` } },
);
for (const [title, x, w] of [
  ["Small", 0, 2],
  ["Smaller", 2, 1],
])
  panel(
    "stat",
    title,
    { graphMode: "none" },
    {},
    {
      gridPos: { x, y: 400, w, h: 2 },
      targets: [{ refId: "A", expr: "vector(5.1e11)" }],
      defaults: { unit: "bytes" },
    },
  );

export const OPTIONS = {
  uid: "options",
  title: "Options",
  schemaVersion: 41,
  graphTooltip: 2,
  time: { from: "now-15m", to: "now" },
  panels: made,
};
