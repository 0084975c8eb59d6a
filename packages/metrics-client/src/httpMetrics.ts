import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Histogram } from 'prom-client';
import type { MetricFactory } from './guardedMetrics.ts';
import { DEFAULT_MAX_SERIES } from './seriesGuard.ts';

/** The route label of every request that no route of the application matched. */
export const UNKNOWN_ROUTE = 'unknown';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const STATUS_CLASSES = ['1xx', '1xx', '2xx', '3xx', '4xx', '5xx'];

export interface HttpMetricsOptions {
  /** Upper bounds of `http_request_duration_seconds`, in seconds. */
  readonly buckets?: readonly number[];
  /** Most combinations of method, route and status class; 1000 by default. */
  readonly maxSeries?: number;
  /**
   * Labels of the exemplar of a request, together at most 128 characters; undefined for none. By default
   * `trace_id` and `span_id` of a sampled W3C `traceparent` header.
   */
  readonly exemplar?: (request: IncomingMessage) => Record<string, string> | undefined;
}

/** One finished request. */
export interface HttpObservation {
  readonly method: string;
  /** The route's pattern, never the path of the request; undefined where no route matched. */
  readonly route: string | undefined;
  /** The status, or undefined where the client left before there was one: then the class is `aborted`. */
  readonly statusCode: number | undefined;
  readonly seconds: number;
  readonly exemplar?: Record<string, string> | undefined;
}

type HttpLabel = 'method' | 'route' | 'code';

/** Counts and times HTTP requests by method, route and status class. */
export class HttpMetrics {
  readonly #duration: Histogram<HttpLabel>;
  readonly #exemplarOf: (request: IncomingMessage) => Record<string, string> | undefined;

  constructor(factory: MetricFactory, options: HttpMetricsOptions = {}) {
    const { buckets, maxSeries = DEFAULT_MAX_SERIES, exemplar = traceExemplar } = options;
    const labelNames: HttpLabel[] = ['method', 'route', 'code'];
    const duration = factory.histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the head of an HTTP request to the end of its answer.',
      labelNames,
      maxSeries,
      enableExemplars: true,
      ...(buckets === undefined ? {} : { buckets: [...buckets] }),
    });
    // Made from the histogram at every scrape, so that a request pays for one metric only.
    factory.counter({
      name: 'http_requests_total',
      help: 'HTTP requests answered or aborted, by status class.',
      labelNames,
      // The histogram's overflow series comes on top.
      maxSeries: maxSeries + 1,
      async collect() {
        const { values } = await duration.get();
        this.reset();
        for (const { metricName, labels, value } of values) {
          if (metricName?.endsWith('_count')) this.inc(labels, value);
        }
      },
    });
    this.#duration = duration;
    this.#exemplarOf = exemplar;
  }

  /** Records one finished request. */
  observe({ method, route = UNKNOWN_ROUTE, statusCode, seconds, exemplar }: HttpObservation): void {
    const labels = {
      method: METHODS.has(method) ? method : 'OTHER',
      route,
      code: statusCode === undefined ? 'aborted' : (STATUS_CLASSES[Math.floor(statusCode / 100)] ?? 'other'),
    };
    this.#duration.observe(
      exemplar === undefined
        ? { labels, value: seconds }
        : { labels, value: seconds, exemplarLabels: exemplar },
    );
  }

  /**
   * Times a request that begins now until its answer is sent or its client has left. `routeOf` is called then,
   * when the router has done its work.
   */
  track(request: IncomingMessage, response: ServerResponse, routeOf: () => string | undefined): void {
    const startMs = performance.now();
    let isDone = false;
    const end = (): void => {
      if (isDone) return;
      isDone = true;
      this.observe({
        method: request.method ?? '',
        route: routeOf(),
        statusCode: response.writableFinished || response.headersSent ? response.statusCode : undefined,
        seconds: (performance.now() - startMs) / 1000,
        exemplar: this.#exemplarOf(request),
      });
    };
    response.on('finish', end);
    response.on('close', end);
  }
}

/** https://www.w3.org/TR/trace-context/#traceparent-header: version, trace id, span id, flags (bit 0: sampled). */
function traceExemplar(request: IncomingMessage): Record<string, string> | undefined {
  const header = request.headers['traceparent'];
  if (typeof header !== 'string') return undefined;
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header);
  if (match === null || (parseInt(match[3]!, 16) & 1) === 0) return undefined;
  return { trace_id: match[1]!, span_id: match[2]! };
}
