import { quote } from '../metrics/labels.ts';

/** The three questions about a service that answers HTTP, in PromQL. */
export interface RedQueries {
  readonly rate: string;
  readonly errors: string;
  readonly latency: string;
}

const SHORTEST_WINDOW_S = 120;
const QUANTILES = [0.5, 0.95, 0.99];

/**
 * Rate, share of 5xx answers and latency quantiles, from `http_requests_total` and `http_request_duration_seconds` with
 * the label `code` (`5xx`, or `503`). The service is the label `service`, or `job` where a target has no such label.
 */
export function redQueries(service: string, stepMs: number): RedQueries {
  const window = `${Math.max(SHORTEST_WINDOW_S, Math.ceil((4 * stepMs) / 1000))}s`;
  const either = (of: (label: string) => string): string => `${of('service')} or ${of('job')}`;
  const requests = (label: string, more = ''): string =>
    `rate(http_requests_total{${label}=${quote(service)}${more}}[${window}])`;
  const quantile = (q: number, label: string): string =>
    `label_replace(histogram_quantile(${q}, sum by (le) (rate(http_request_duration_seconds_bucket{${label}=${quote(service)}}[${window}]))), "quantile", "p${q * 100}", "", "")`;
  return {
    rate: either((label) => `sum by (code) (${requests(label)})`),
    errors: either(
      (label) =>
        `label_replace((sum(${requests(label, ', code=~"5.*"')}) or 0 * sum(${requests(label)})) / sum(${requests(label)}), "share", "5xx", "", "")`,
    ),
    latency: QUANTILES.map((q) => either((label) => quantile(q, label))).join(' or '),
  };
}
