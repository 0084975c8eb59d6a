/** One error of a chain, as a client reported it. */
export interface ErrorNode {
  readonly class: string;
  readonly message: string;
  readonly stacktrace: readonly string[] | null;
  readonly cause: ErrorNode | null;
  /** Members of an AggregateError, where there are any. */
  readonly errors?: readonly ErrorNode[];
}

export interface HttpContext {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | null;
  readonly body: string | null;
}

/** One time an exception happened, with its evidence. `timestampMs` is null where the client gave none. */
export interface Occurrence {
  readonly uuid: string;
  readonly timestampMs: number | null;
  readonly severity: string;
  readonly error: ErrorNode;
  readonly http: HttpContext | null;
  readonly labels?: Readonly<Record<string, string>>;
  /** Where it happened, when another server says so. */
  readonly instance?: string;
  readonly version?: string;
}

/** What one target says about one aggregation key since that target started counting it. */
export interface Aggregate {
  readonly key: string;
  /** Cumulative count, 0 to 2^53 - 1. */
  readonly totalCount: number;
  readonly severity: string;
  /** When the target saw the key first, in microseconds since 1970; 0 where it did not say. */
  readonly createdUs: number;
  /** Newest last, as clients send them. */
  readonly occurrences: readonly Occurrence[];
  /** Labels of all its occurrences. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Hashes that stand for the newest occurrence of the process, where the occurrences are not its own. */
  readonly evidence?: readonly number[];
}

/** Why a part of a payload was left out, with how often. */
export type Rejections = Map<RejectionReason, number>;

export type RejectionReason =
  | 'aggregate_malformed'
  | 'count_malformed'
  | 'count_clamped'
  | 'occurrence_malformed'
  | 'aggregates_over_limit';

/** A decoded client export. Empty strings stand for what the client did not say. */
export interface Payload {
  readonly targetUuid: string;
  readonly service: string;
  readonly instance: string;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly aggregates: readonly Aggregate[];
  /** Counts of the aggregates beyond the limit, added up. */
  readonly overflowCount: number;
  readonly rejections: Rejections;
}

/** Bounds of one payload. Longer texts are cut, never refused. */
export interface PayloadLimits {
  readonly bodyBytes: number;
  readonly depth: number;
  readonly keysPerTarget: number;
  readonly occurrencesPerKey: number;
  readonly keyLength: number;
  readonly messageLength: number;
  readonly stackLines: number;
  readonly stackLineLength: number;
  /** Causes below one another, and members of one AggregateError. */
  readonly causes: number;
  readonly headers: number;
  readonly requestBodyLength: number;
}

export const DEFAULT_PAYLOAD_LIMITS: PayloadLimits = {
  bodyBytes: 16 * 1024 * 1024,
  depth: 100,
  keysPerTarget: 10_000,
  occurrencesPerKey: 100,
  keyLength: 1024,
  messageLength: 8192,
  stackLines: 200,
  stackLineLength: 2048,
  causes: 16,
  headers: 100,
  requestBodyLength: 65_536,
};
