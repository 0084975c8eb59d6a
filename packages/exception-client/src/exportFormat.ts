/**
 * The JSON that a collector exports: Periskop's client format (snake_case, timestamps in RFC 3339), plus the
 * optional fields marked "ours", which a Periskop server ignores.
 */
export interface PeriskopExport {
  readonly aggregated_errors: PeriskopAggregate[];
  /** UUID of this collector: one per process, worker thread and browser page. Counts are cumulative under it. */
  readonly target_uuid: string;
  /** Ours. */
  readonly service?: string;
  /** Ours. */
  readonly instance?: string;
  /** Ours. */
  readonly version?: string;
  /** Ours. */
  readonly environment?: string;
}

/** How bad an occurrence is. */
export type Severity = 'info' | 'warning' | 'error';

/** Everything known about the occurrences that share one key. */
export interface PeriskopAggregate {
  readonly aggregation_key: string;
  /** Occurrences since this collector was made. Exact, however few of them are in `latest_errors`. */
  readonly total_count: number;
  /** The worst severity of all occurrences. */
  readonly severity: Severity;
  /** The newest occurrences, oldest first. */
  readonly latest_errors: PeriskopOccurrence[];
  /** Time of the first occurrence. */
  readonly created_at: string;
}

/** One occurrence kept as evidence. */
export interface PeriskopOccurrence {
  readonly error: PeriskopError;
  readonly uuid: string;
  readonly timestamp: string;
  readonly severity: Severity;
  readonly http_context: PeriskopHttpContext | null;
  /** Ours. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** An error and what caused it. */
export interface PeriskopError {
  readonly class: string;
  readonly message: string;
  /** One frame an element, innermost first, without the header line. */
  readonly stacktrace: string[];
  readonly cause: PeriskopError | null;
  /** Ours: the members of an `AggregateError`. */
  readonly errors?: PeriskopError[];
}

/** The HTTP request during which an error happened, redacted. */
export interface PeriskopHttpContext {
  readonly request_method: string;
  readonly request_url: string;
  readonly request_headers: Readonly<Record<string, string>>;
  readonly request_body: string | null;
}
