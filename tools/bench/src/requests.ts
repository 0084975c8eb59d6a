import type { Profile } from './profiles.ts';
import { INTERVAL_MS } from './profiles.ts';

/** One request of the mix. A range has its length and step in seconds; `path` is a metadata request. */
export interface MixRequest {
  readonly id: string;
  readonly query?: string;
  readonly range?: readonly [lengthSeconds: number, stepSeconds: number];
  readonly path?: string;
}

const REQUESTS_RATE = 'rate(http_requests_total[5m])';
const BUCKET_RATE = 'rate(http_request_duration_seconds_bucket[5m])';
const SERVER_ERRORS = 'rate(http_requests_total{code=~"5.."}[5m])';
const HOUR = 3600;

/** What dashboards and people ask: from one series now to every series of a day. */
export const REQUESTS: readonly MixRequest[] = [
  instant('i_one_gauge', 'node_load1{instance="host-7:9100"}'),
  instant('i_instance_all', '{instance="host-7:9100"}'),
  instant('i_rate_by_job', `sum by (job) (${REQUESTS_RATE})`),
  instant('i_topk_rate', `topk(10, ${REQUESTS_RATE})`),
  instant('i_count_by_name', 'count by (__name__) ({__name__=~".+"})'),
  instant('i_increase_1h_by_code', 'sum by (code) (increase(http_requests_total[1h]))'),
  instant('i_quantile_agg', 'quantile by (job) (0.95, node_memory_free_bytes)'),
  instant('i_subquery', 'max_over_time(sum(rate(http_requests_total{job="api"}[1m]))[30m:1m])'),
  instant(
    'i_join_group_left',
    'sum by (version) (node_load1 * on (instance) group_left (version) app_build_info)',
  ),
  range('r_one_gauge_1h', HOUR, 15, 'node_load1{instance="host-7:9100"}'),
  range('r_rate_by_job_1h', HOUR, 15, `sum by (job) (${REQUESTS_RATE})`),
  range('r_hq_all_1h', HOUR, 30, `histogram_quantile(0.99, sum by (le) (${BUCKET_RATE}))`),
  range(
    'r_hq_job_handler_1h',
    HOUR,
    60,
    `histogram_quantile(0.9, sum by (job, handler, le) (${BUCKET_RATE}))`,
  ),
  range('r_err_ratio_1h', HOUR, 30, `sum by (job) (${SERVER_ERRORS}) / sum by (job) (${REQUESTS_RATE})`),
  range(
    'r_regex_cpu_1h',
    HOUR,
    60,
    'sum by (instance) (rate(node_cpu_seconds_total{mode=~"user|system",instance=~"host-1.*"}[5m]))',
  ),
  range('r_avg_over_time_1h', HOUR, 60, 'avg by (job) (avg_over_time(node_load1[1h]))'),
  range('r_raw_highcard_15m', 900, 15, 'http_requests_total{job="api"}'),
  range('r_rate_full_span_60s', 24 * HOUR, 60, `sum by (job) (${REQUESTS_RATE})`),
  range(
    'r_instance_cpu_full_60s',
    24 * HOUR,
    60,
    'sum by (mode) (rate(node_cpu_seconds_total{instance="host-7:9100"}[5m]))',
  ),
  { id: 'm_label_values', path: '/api/v1/label/instance/values' },
  { id: 'm_series', path: '/api/v1/series', query: 'http_requests_total{job="api",code="200"}' },
];

/** Path and query string of a request about the data that ends at `endMs`; ranges do not reach before the data. */
export function requestPath(request: MixRequest, profile: Profile, endMs: number): string {
  const end = endMs / 1000;
  const spanSeconds = (profile.steps * INTERVAL_MS) / 1000;
  const { query = '', range: window, path } = request;
  const between = { start: String(end - spanSeconds), end: String(end) };
  if (path !== undefined) {
    const params = new URLSearchParams({ ...between, ...(query !== '' && { 'match[]': query }) });
    return `${path}?${params}`;
  }
  // `nocache` keeps VictoriaMetrics from answering out of its result cache; the others ignore it.
  if (window === undefined) {
    return `/api/v1/query?${new URLSearchParams({ query, time: String(end), nocache: '1' })}`;
  }
  const [length, step] = window;
  const start = String(end - Math.min(length, spanSeconds));
  const params = new URLSearchParams({ query, start, end: String(end), step: String(step), nocache: '1' });
  return `/api/v1/query_range?${params}`;
}

function instant(id: string, query: string): MixRequest {
  return { id, query };
}

function range(id: string, lengthSeconds: number, stepSeconds: number, query: string): MixRequest {
  return { id, query, range: [lengthSeconds, stepSeconds] };
}
