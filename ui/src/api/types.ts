// Generated from the server's openapi.yaml by scripts/api-types.mjs; do not edit.

/** Seconds since the epoch, with fractions, or RFC 3339. */
export type Time = number | string | "";

/** Seconds, with fractions, or a text such as 1h30m. */
export type Duration = number | string | "";

/** Seconds, with fractions, or a text such as 1h30m; at least a millisecond. */
export type Step = number | string;

export type Limit = number;

export type Positive = number;

export type Percent = number;

export type QueryNumber = number;

export type Flag = true | false | 1 | 0 | "t" | "f" | "T" | "F" | "true" | "false" | "1" | "0" | "TRUE" | "FALSE" | "True" | "False";

/** One, or several by repeating the parameter. */
export type Selectors = string[] | string;

/** One, or several by repeating the parameter. */
export type SomeSelectors = string[] | string;

/** One, or several by repeating the parameter. */
export type Terms = string[] | string;

export type Algorithm = "subsequence" | "jarowinkler";

export type SortBy = "alpha" | "score";

export type SortDirection = "asc" | "dsc";

export type TextForm = {
  query: string;
};

export type QueryForm = {
  query: string;
  time?: Time;
  timeout?: Duration;
  limit?: Limit;
  lookback_delta?: Duration;
  stats?: string;
};

export type RangeForm = {
  query: string;
  start: Time;
  end: Time;
  step: Step;
  timeout?: Duration;
  limit?: Limit;
  lookback_delta?: Duration;
  max_points?: Limit;
  stats?: string;
};

export type ExplainForm = {
  query: string;
  time?: Time;
  start?: Time;
  end?: Time;
  step?: Step;
  timeout?: Duration;
  lookback_delta?: Duration;
};

export type ExemplarsForm = {
  query: string;
  start?: Time;
  end?: Time;
};

export type LabelsForm = {
  "match[]"?: Selectors;
  start?: Time;
  end?: Time;
  limit?: Limit;
};

export type SeriesForm = {
  "match[]": SomeSelectors;
  start?: Time;
  end?: Time;
  limit?: Limit;
};

export type SearchForm = {
  "match[]"?: Selectors;
  "search[]"?: Terms;
  fuzz_threshold?: Percent;
  fuzz_alg?: Algorithm;
  case_sensitive?: Flag;
  sort_by?: SortBy;
  sort_dir?: SortDirection;
  include_score?: Flag;
  start?: Time;
  end?: Time;
  limit?: Positive;
  batch_size?: Positive;
};

export type MetricSearchForm = {
  "match[]"?: Selectors;
  "search[]"?: Terms;
  fuzz_threshold?: Percent;
  fuzz_alg?: Algorithm;
  case_sensitive?: Flag;
  sort_by?: SortBy;
  sort_dir?: SortDirection;
  include_score?: Flag;
  start?: Time;
  end?: Time;
  limit?: Positive;
  batch_size?: Positive;
  include_metadata?: Flag;
};

export type ValueSearchForm = {
  label: string;
  "match[]"?: Selectors;
  "search[]"?: Terms;
  fuzz_threshold?: Percent;
  fuzz_alg?: Algorithm;
  case_sensitive?: Flag;
  sort_by?: SortBy;
  sort_dir?: SortDirection;
  include_score?: Flag;
  start?: Time;
  end?: Time;
  limit?: Positive;
  batch_size?: Positive;
};

export type Labels = Record<string, string>;

export type Remarks = string[];

export type Error = {
  status: "error";
  errorType: "bad_data" | "execution" | "timeout" | "canceled" | "internal" | "unavailable" | "not_found" | "forbidden" | "conflict" | "full";
  error: string;
};

export type NothingAnswer = {
  status: "success";
  data: null;
  warnings?: Remarks;
  infos?: Remarks;
};

export type TextAnswer = {
  status: "success";
  data: string;
  warnings?: Remarks;
  infos?: Remarks;
};

export type StringsAnswer = {
  status: "success";
  data: string[];
  warnings?: Remarks;
  infos?: Remarks;
};

export type SeriesAnswer = {
  status: "success";
  data: Labels[];
  warnings?: Remarks;
  infos?: Remarks;
};

export type QueryAnswer = {
  status: "success";
  data: QueryData;
  warnings?: Remarks;
  infos?: Remarks;
};

export type QueryData = unknown;

export type VectorData = {
  resultType: "vector";
  result: VectorSample[];
  stats?: Stats;
};

export type MatrixData = {
  resultType: "matrix";
  result: MatrixSeries[];
  stats?: Stats;
};

export type ScalarData = {
  resultType: "scalar";
  result: Sample;
  stats?: Stats;
};

export type StringData = {
  resultType: "string";
  result: Sample;
  stats?: Stats;
};

/** A time in seconds and a value as text, such as 1.5, NaN or +Inf. */
export type Sample = unknown[];

/** A time in seconds and a native histogram. */
export type HistogramSample = unknown[];

export type Histogram = {
  count: string;
  sum: string;
  buckets?: Bucket[];
};

/** Which bounds belong to it (0: the upper, 1: the lower, 2: neither, 3: both), the lower and the upper bound, and the count. */
export type Bucket = unknown[];

/** Either a value or a histogram. */
export type VectorSample = {
  metric: Labels;
  value?: Sample;
  histogram?: HistogramSample;
};

export type MatrixSeries = {
  metric: Labels;
  values?: Sample[];
  histograms?: HistogramSample[];
};

export type Stats = {
  timings: Timings;
  samples: SampleStats;
};

/** In seconds. */
export type Timings = {
  evalTotalTime: number;
  resultSortTime: number;
  queryPreparationTime: number;
  innerEvalTime: number;
  execQueueTime: number;
  execTotalTime: number;
};

export type SampleStats = {
  totalQueryableSamples: number;
  samplesRead: number;
  peakSamples: number;
  totalQueryableSamplesPerStep?: StepCount[];
  samplesReadPerStep?: StepCount[];
};

/** A time in seconds and a number of samples. */
export type StepCount = unknown[];

export type ExplainAnswer = {
  status: "success";
  data: Explained;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Explained = {
  resultType: "vector" | "matrix" | "scalar" | "string";
  series: number;
  peakBytes: number;
  stats: Stats;
  plan: PlanNode;
};

export type PlanNode = {
  operation: string;
  text: string;
  evaluations: number;
  series: number;
  samples: number;
  bytes: number;
  seconds: number;
  children: PlanNode[];
};

export type QueriesAnswer = {
  status: "success";
  data: RunningQuery[];
  warnings?: Remarks;
  infos?: Remarks;
};

export type RunningQuery = {
  id: number;
  query: string;
  seconds: number;
  cancelled: boolean;
};

export type ExemplarsAnswer = {
  status: "success";
  data: SeriesExemplars[];
  warnings?: Remarks;
  infos?: Remarks;
};

export type SeriesExemplars = {
  seriesLabels: Labels;
  exemplars: Exemplar[];
};

export type Exemplar = {
  labels: Labels;
  value: string;
  timestamp: number;
};

export type TreeAnswer = {
  status: "success";
  data: Tree;
  warnings?: Remarks;
  infos?: Remarks;
};

export type CheckedAnswer = {
  status: "success";
  data: Checked;
  warnings?: Remarks;
  infos?: Remarks;
};

/** What is wrong with a query; where nothing is, of which type its answer is. */
export type Checked = {
  mistakes: Mistake[];
  type?: "scalar" | "vector" | "matrix" | "string";
};

/** What is wrong with a query, and where it stands, in bytes. */
export type Mistake = {
  message: string;
  start: number;
  end: number;
};

/** A node of a parsed query; which other fields there are follows from its type. */
export type Tree = {
  type: string;
};

export type MetadataAnswer = {
  status: "success";
  data: Record<string, Metadata[]>;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Metadata = {
  type: MetricType;
  help: string;
  unit: string;
};

export type MetricType = "counter" | "gauge" | "histogram" | "gaugehistogram" | "summary" | "info" | "stateset" | "unknown";

/** One line of a search. The last one says how it went. */
export type SearchLine = unknown;

export type SearchResults = {
  results: Found[];
};

export type SearchEnd = {
  status: "success";
  has_more: boolean;
};

/** A metric or a label by its name, or a value of a label. */
export type Found = {
  name?: string;
  value?: string;
  score?: number;
  type?: MetricType;
  help?: string;
  unit?: string;
};

export type TargetsAnswer = {
  status: "success";
  data: Targets;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Targets = {
  activeTargets: Target[];
  droppedTargets: DroppedTarget[];
  droppedTargetCounts: Record<string, number>;
};

export type Target = {
  discoveredLabels: Labels;
  labels: Labels;
  scrapePool: string;
  scrapeUrl: string;
  globalUrl: string;
  lastError: string;
  lastScrape: string;
  lastScrapeDuration: number;
  lastScrapeSamples?: number;
  lastScrapeBytes?: number;
  health: "up" | "down" | "unknown";
  scrapeInterval: string;
  scrapeTimeout: string;
};

export type DroppedTarget = {
  discoveredLabels: Labels;
  scrapePool: string;
};

export type TargetsMetadataAnswer = {
  status: "success";
  data: TargetMetadata[];
  warnings?: Remarks;
  infos?: Remarks;
};

export type TargetMetadata = {
  target: Labels;
  metric?: string;
  type: MetricType;
  help: string;
  unit: string;
};

export type RelabelStepsAnswer = {
  status: "success";
  data: RelabelSteps;
  warnings?: Remarks;
  infos?: Remarks;
};

export type RelabelSteps = {
  steps: RelabelStep[];
};

export type RelabelStep = {
  rule: RelabelRule;
  output: Labels;
  keep: boolean;
};

export type RelabelRule = {
  source_labels?: string[];
  separator?: string;
  regex?: string;
  modulus?: number;
  target_label?: string;
  replacement?: string;
  action: string;
};

export type ScrapePoolsAnswer = {
  status: "success";
  data: ScrapePools;
  warnings?: Remarks;
  infos?: Remarks;
};

export type ScrapePools = {
  scrapePools: string[];
};

export type YamlAnswer = {
  status: "success";
  data: Yaml;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Yaml = {
  yaml: string;
};

export type RulesAnswer = {
  status: "success";
  data: Rules;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Rules = {
  groups: (Record<string, unknown>)[];
};

export type AlertsAnswer = {
  status: "success";
  data: Alerts;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Alerts = {
  alerts: (Record<string, unknown>)[];
};

export type AlertmanagersAnswer = {
  status: "success";
  data: Alertmanagers;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Alertmanagers = {
  activeAlertmanagers: Alertmanager[];
  droppedAlertmanagers: Alertmanager[];
};

export type Alertmanager = {
  url: string;
};

export type FlagsAnswer = {
  status: "success";
  data: Record<string, string>;
  warnings?: Remarks;
  infos?: Remarks;
};

export type BuildAnswer = {
  status: "success";
  data: Build;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Build = {
  version: string;
  revision: string;
  branch: string;
  buildUser: string;
  buildDate: string;
  goVersion: string;
};

export type RuntimeAnswer = {
  status: "success";
  data: Runtime;
  warnings?: Remarks;
  infos?: Remarks;
};

/** Fields named after Go's runtime tell their nearest equivalent. */
export type Runtime = {
  startTime: string;
  CWD: string;
  hostname: string;
  serverTime: string;
  reloadConfigSuccess: boolean;
  lastConfigTime: string;
  corruptionCount: number;
  goroutineCount: number;
  GOMAXPROCS: number;
  GOMEMLIMIT: number;
  GOGC: string;
  GODEBUG: string;
  storageRetention: string;
};

export type TsdbAnswer = {
  status: "success";
  data: Tsdb;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Tsdb = {
  headStats: HeadStats;
  seriesCountByMetricName: Count[];
  labelValueCountByLabelName: Count[];
  memoryInBytesByLabelName: Count[];
  seriesCountByLabelValuePair: Count[];
};

export type HeadStats = {
  numSeries: number;
  numLabelPairs: number;
  chunkCount: number;
  minTime: number;
  maxTime: number;
};

export type Count = {
  name: string;
  value: number;
};

export type BlocksAnswer = {
  status: "success";
  data: Blocks;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Blocks = {
  blocks: Block[];
};

export type Block = {
  ulid: string;
  minTime: number;
  maxTime: number;
  stats: BlockStats;
  compaction: Compaction;
  version: number;
};

export type BlockStats = {
  numSamples: number;
  numSeries: number;
  numChunks: number;
};

export type Compaction = {
  level: number;
};

export type ReplayAnswer = {
  status: "success";
  data: Replay;
  warnings?: Remarks;
  infos?: Remarks;
};

export type Replay = {
  min: number;
  max: number;
  current: number;
};

export type SelfMetricsAnswer = {
  status: "success";
  data: SelfMetric[];
  warnings?: Remarks;
  infos?: Remarks;
};

/** A family as the JSON mapping of Prometheus's protobuf format writes it. */
export type SelfMetric = {
  name: string;
  help: string;
  type: "COUNTER" | "GAUGE" | "HISTOGRAM";
  metric: (Record<string, unknown>)[];
};

export type FeaturesAnswer = {
  status: "success";
  data: Record<string, Record<string, boolean>>;
  warnings?: Remarks;
  infos?: Remarks;
};

export type NotificationsAnswer = {
  status: "success";
  data: Notification[];
  warnings?: Remarks;
  infos?: Remarks;
};

export type Notification = {
  text: string;
  date: string;
  active: boolean;
};

export type SnapshotAnswer = {
  status: "success";
  data: Snapshot;
  warnings?: Remarks;
  infos?: Remarks;
};

/** The name of the directory under snapshots/ of the data directory. */
export type Snapshot = {
  name: string;
};

export type Answer = {
  status: "success";
  data: unknown;
  warnings?: Remarks;
  infos?: Remarks;
};

export type DeckAnswer = Answer & {
  data: Deck;
};

export type DeckConditionsAnswer = Answer & {
  data: DeckCondition[];
};

/** Whatever the expression answers is in that state, unless a worse condition about the same holds. */
export type DeckCondition = {
  condition: string;
  about: "traffic" | "errors" | "latency" | "saturation" | "answering" | "health" | "presence";
  of: string;
  state: DeckState;
  expression: string;
  unit: string;
};

export type DeckState = "ok" | "silent" | "warning" | "critical";

export type DeckKind = "service" | "database" | "host" | "job";

export type Deck = {
  at: number;
  state: DeckState | null;
  title: string;
  headlines: Remarks;
  since?: number;
  problems: DeckProblem[];
  problemCount: number;
  services: DeckService[];
  barMs: number;
};

export type DeckProblem = {
  service: string;
  kind: DeckKind;
  condition: string;
  state: DeckState;
  headline: string;
  sentence: string;
  since: number;
  hitPerMinute: number;
  query: string;
  rule: string;
  unit: string;
  spark: (number | null)[];
  endpoints: {
    name: string;
    value: number;
    unit: string;
  }[];
  changes: {
    at: number;
    text: string;
  }[];
  reasons: {
    text: string;
    query: string;
    about: "dependencies" | "saturation" | "latency" | "instances";
  }[];
};

export type DeckCell = {
  value?: number;
  state: DeckState;
};

export type DeckNames = {
  name: string;
  requests: string;
  failed?: string;
  buckets?: string;
  overall?: string;
  sums?: string;
  counts?: string;
  requestsAreHistograms: boolean;
  perSecond: number;
  endpoint: string;
  status: string;
  method: string;
  failedDurations?: string;
};

export type DeckService = {
  name: string;
  kind: DeckKind;
  state: DeckState;
  convention?: DeckNames;
  matchers: string;
  traffic: DeckCell;
  errors: DeckCell;
  latency: DeckCell;
  saturation: DeckCell;
  saturated?: string;
  up: number;
  targets: number;
  bars: string;
};

export type NewAnnotation = {
  time?: number;
  timeEnd?: number | null;
  text: string;
  tags?: Remarks;
};

export type Annotation = {
  id: number;
  time: number;
  timeEnd?: number;
  text: string;
  tags: Remarks;
};

export type AnnotationAnswer = Answer & {
  data: Annotation;
};

export type AnnotationsAnswer = Answer & {
  data: Annotation[];
};

export type UsageAnswer = Answer & {
  data: Record<string, Usage>;
};

export type Usage = {
  people: number;
  dashboards: number;
  clients: number;
  last: number;
  names: Remarks;
};

export type DashboardsAnswer = Answer & {
  data: ListedDashboard[];
};

export type ListedDashboard = {
  id: string;
  title: string;
  tags: Remarks;
  folder: string;
  file: string;
  panels: number;
  drawn: number;
  editable: boolean;
  changed: number;
  problem?: {
    what: string;
    line?: number;
    column?: number;
    advice: string;
  };
};

export type DashboardAnswer = Answer & {
  data: {
    dashboard: Dashboard;
    report: ImportReport;
    editable: boolean;
    changed: number;
    revision: string;
  };
};

export type VersionsAnswer = Answer & {
  data: {
    number: number;
    replaced: number;
  }[];
};

export type KeptSnapshotsAnswer = Answer & {
  data: KeptSnapshot[];
};

export type KeptSnapshot = {
  name: string;
  kept: number;
  bytes: number;
  dashboard: string;
  title: string;
};

export type ImportReport = {
  title: string;
  panels: number;
  drawn: number;
  losses: {
    panel?: number;
    title?: string;
    what: string;
  }[];
};

export type Dashboard = {
  flightdeck: 1;
  id: string;
  title: string;
  description?: string;
  tags: Remarks;
  from: string;
  to: string;
  refresh?: string;
  timezone?: string;
  weekStart?: string;
  fiscalYearStartMonth?: number;
  variables: DashboardVariable[];
  sections: DashboardSection[];
  links: DashboardLink[];
  annotations: {
    name: string;
    query: string;
    text: string;
    enabled: boolean;
    kept?: DashboardKept;
  }[];
  kept?: DashboardKept;
};

/** What else the file said, as it came. The page does not follow it; it is kept for those who take the dashboard elsewhere. */
export type DashboardKept = Record<string, unknown>;

export type DashboardVariable = {
  name: string;
  label: string;
  kind: "query" | "custom" | "interval" | "datasource" | "textbox" | "constant" | "adhoc";
  query: string;
  regex?: string;
  current: Remarks;
  multi: boolean;
  all: boolean;
  allValue?: string;
  auto?: {
    count: number;
    least: string;
  };
  sort: number;
  hide: number;
  kept?: DashboardKept;
};

export type DashboardSection = {
  title: string;
  collapsed: boolean;
  repeat?: string;
  conditions?: DashboardCondition[];
  panels: DashboardPanel[];
};

/** When a part is shown; every condition has to let it. */
export type DashboardCondition = {
  hides: boolean;
  any: boolean;
  tests: {
    variable?: string;
    operator: "equals" | "notEquals" | "matches" | "notMatches" | "shorterThan";
    value: string;
  }[];
};

export type DashboardLink = {
  title: string;
  url: string;
  blank: boolean;
  withTime?: boolean;
  withVariables?: boolean;
  tags?: Remarks;
  kept?: DashboardKept;
};

export type DashboardPanel = {
  id: number;
  kind: string;
  title: string;
  description?: string;
  place: {
    x: number;
    y: number;
    w: number;
    h: number;
  };
  queries: DashboardQuery[];
  transformations: {
    id: string;
    options: unknown;
    only?: string;
    disabled?: boolean;
    kept?: DashboardKept;
  }[];
  defaults: Record<string, unknown>;
  overrides: {
    matcher: string;
    of: unknown;
    properties: unknown[][];
    kept?: DashboardKept;
  }[];
  options: Record<string, unknown>;
  repeat?: string;
  repeatDown: boolean;
  repeatMax?: number;
  interval?: string;
  pointsMax?: number;
  timeFrom?: string;
  timeShift?: string;
  links: DashboardLink[];
  transparent: boolean;
  lost?: string;
  conditions?: DashboardCondition[];
  kept?: DashboardKept;
};

export type DashboardQuery = {
  name: string;
  query: string;
  legend: string;
  instant: boolean;
  range: boolean;
  format: string;
  interval?: string;
  factor?: number;
  hidden: boolean;
  exemplars: boolean;
  expression?: Record<string, unknown>;
  kept?: DashboardKept;
};
