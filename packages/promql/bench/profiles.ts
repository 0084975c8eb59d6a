/** Sizes of the reference data sets: series, and samples of 15 s each. */
export interface Profile {
  readonly name: string;
  readonly series: number;
  readonly samples: number;
}

export const PROFILES: readonly Profile[] = [
  { name: 's10k', series: 10_000, samples: 480 },
  { name: 's100k', series: 100_000, samples: 80 },
  { name: 'hist', series: 1000, samples: 5760 },
];

export const INTERVAL_MS = 15_000;
export const END_MS = 1_790_000_010_000;

/** One request of the reference mix; a range is its length and step in seconds. */
export interface Request {
  readonly id: string;
  readonly query: string;
  readonly range?: readonly [rangeSeconds: number, stepSeconds: number];
}

const CPU = 'node_cpu_seconds_total';
const BUCKETS = 'http_request_duration_seconds_bucket';

export const REQUESTS: readonly Request[] = [
  { id: 'i_one_gauge', query: 'node_load1{instance="host-7:9100"}' },
  { id: 'i_instance_all', query: '{instance="host-7:9100"}' },
  { id: 'i_rate_by_job', query: 'sum by (job) (rate(http_requests_total[5m]))' },
  { id: 'i_topk_rate', query: 'topk(10, rate(http_requests_total[5m]))' },
  { id: 'i_count_by_name', query: 'count by (__name__) ({__name__=~".+"})' },
  { id: 'i_increase_1h_by_code', query: 'sum by (code) (increase(http_requests_total[1h]))' },
  { id: 'i_quantile_agg', query: 'quantile by (job) (0.95, node_memory_free_bytes)' },
  { id: 'i_subquery', query: 'max_over_time(sum(rate(http_requests_total{job="api"}[1m]))[30m:1m])' },
  {
    id: 'i_join_group_left',
    query: 'sum by (version) (node_load1 * on (instance) group_left (version) app_build_info)',
  },
  { id: 'r_one_gauge_1h', query: 'node_load1{instance="host-7:9100"}', range: [3600, 15] },
  { id: 'r_rate_by_job_1h', query: 'sum by (job) (rate(http_requests_total[5m]))', range: [3600, 15] },
  {
    id: 'r_hq_all_1h',
    query: `histogram_quantile(0.99, sum by (le) (rate(${BUCKETS}[5m])))`,
    range: [3600, 30],
  },
  {
    id: 'r_hq_job_handler_1h',
    query: `histogram_quantile(0.9, sum by (job, handler, le) (rate(${BUCKETS}[5m])))`,
    range: [3600, 60],
  },
  {
    id: 'r_err_ratio_1h',
    query:
      'sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m]))',
    range: [3600, 30],
  },
  {
    id: 'r_regex_cpu_1h',
    query: `sum by (instance) (rate(${CPU}{mode=~"user|system",instance=~"host-1.*"}[5m]))`,
    range: [3600, 60],
  },
  { id: 'r_avg_over_time_1h', query: 'avg by (job) (avg_over_time(node_load1[1h]))', range: [3600, 60] },
  { id: 'r_raw_highcard_15m', query: 'http_requests_total{job="api"}', range: [900, 15] },
  { id: 'r_rate_full_span_60s', query: 'sum by (job) (rate(http_requests_total[5m]))', range: [86_400, 60] },
  {
    id: 'r_instance_cpu_full_60s',
    query: `sum by (mode) (rate(${CPU}{instance="host-7:9100"}[5m]))`,
    range: [86_400, 60],
  },
];
