import { createHash } from 'node:crypto';
import { ExceptionServerError } from '../errors.ts';
import { nestsDeeperThan } from './nesting.ts';
import type {
  Aggregate,
  ErrorNode,
  HttpContext,
  Occurrence,
  Payload,
  PayloadLimits,
  RejectionReason,
  Rejections,
} from './payload.ts';
import { maxSeverity } from '../severity.ts';
import { cleanKey, cleanText } from './text.ts';
import { parseTimestampUs } from './timestamp.ts';

/** Clients' clocks may run ahead by this much before a timestamp is pulled back to the time of receipt. */
const MAX_AHEAD_MS = 5 * 60_000;

const MAX_LABELS = 32;

/**
 * Decodes a Periskop client export. Tolerant inside: a malformed aggregate or occurrence is left out and
 * counted, its siblings stay. Throws EXCEPTIONS_BAD_PAYLOAD where the whole is not such an export, and
 * EXCEPTIONS_PAYLOAD_TOO_DEEP.
 */
export function decodePayload(text: string, limits: PayloadLimits, nowMs: number): Payload {
  return decodeExport(parseJson(text, limits), limits, nowMs);
}

/** Parses JSON after checking how deep it nests. */
export function parseJson(text: string, limits: PayloadLimits): unknown {
  if (nestsDeeperThan(text, limits.depth)) {
    throw new ExceptionServerError(
      'EXCEPTIONS_PAYLOAD_TOO_DEEP',
      `the payload nests deeper than ${limits.depth} levels; shorten its chains of causes or raise limits.depth`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badPayload(`not JSON: ${(error as Error).message}`, error);
  }
}

/** Decodes an export that is parsed already. */
export function decodeExport(root: unknown, limits: PayloadLimits, nowMs: number): Payload {
  if (!isRecord(root))
    throw badPayload(`expected a JSON object with aggregated_errors, found ${nameOf(root)}`);
  const list = root['aggregated_errors'] ?? [];
  if (!Array.isArray(list)) throw badPayload(`aggregated_errors: expected an array, found ${nameOf(list)}`);
  const rejections: Rejections = new Map();
  const decoder = new Decoder(limits, nowMs, rejections);
  const aggregates = decoder.aggregates(list);
  return {
    targetUuid: decoder.text(root['target_uuid'], 256),
    service: decoder.text(root['service'], 256),
    instance: decoder.text(root['instance'], 256),
    version: decoder.text(root['version'], 256),
    labels: decoder.labels({ ...record(root['labels']), environment: root['environment'] }),
    aggregates,
    overflowCount: decoder.overflowCount,
    rejections,
  };
}

class Decoder {
  readonly #limits: PayloadLimits;
  readonly #nowMs: number;
  readonly #rejections: Rejections;
  overflowCount = 0;

  constructor(limits: PayloadLimits, nowMs: number, rejections: Rejections) {
    this.#limits = limits;
    this.#nowMs = nowMs;
    this.#rejections = rejections;
  }

  /** One aggregate per key: a key that comes twice is the sum of both, as two counters side by side would be. */
  aggregates(list: readonly unknown[]): Aggregate[] {
    const byKey = new Map<string, Aggregate>();
    for (const item of list) {
      const aggregate = this.#aggregate(item);
      if (aggregate === undefined) continue;
      const sibling = byKey.get(aggregate.key);
      if (sibling === undefined && byKey.size >= this.#limits.keysPerTarget) {
        this.#reject('aggregates_over_limit');
        this.overflowCount += aggregate.totalCount;
        continue;
      }
      byKey.set(aggregate.key, sibling === undefined ? aggregate : this.#sum(sibling, aggregate));
    }
    return [...byKey.values()];
  }

  text(value: unknown, maxLength: number): string {
    return typeof value === 'string' ? cleanText(value, maxLength) : '';
  }

  labels(given: Record<string, unknown>): Record<string, string> {
    const labels: Record<string, string> = {};
    for (const [name, value] of Object.entries(given).slice(0, MAX_LABELS)) {
      if (typeof value === 'string' && value !== '') labels[cleanText(name, 128)] = cleanText(value, 256);
    }
    return labels;
  }

  #aggregate(item: unknown): Aggregate | undefined {
    const key = isRecord(item) ? (item['aggregation_key'] ?? '') : undefined;
    if (!isRecord(item) || typeof key !== 'string') {
      this.#reject('aggregate_malformed');
      return undefined;
    }
    const totalCount = this.#count(item['total_count'] ?? 0);
    if (totalCount === undefined) return undefined;
    const severity = this.#severity(item['severity']);
    const labels = this.labels(record(item['labels']));
    return {
      key: cleanKey(key, this.#limits.keyLength),
      totalCount,
      severity,
      createdUs: parseTimestampUs(item['created_at']) ?? 0,
      occurrences: this.#occurrences(item['latest_errors'] ?? []),
      ...(Object.keys(labels).length > 0 && { labels }),
    };
  }

  #count(value: unknown): number | undefined {
    if (
      typeof value !== 'number' ||
      value < 0 ||
      (value <= Number.MAX_SAFE_INTEGER && !Number.isInteger(value))
    ) {
      this.#reject('count_malformed');
      return undefined;
    }
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.#reject('count_clamped');
    return Number.MAX_SAFE_INTEGER;
  }

  #occurrences(list: unknown): Occurrence[] {
    if (!Array.isArray(list)) {
      this.#reject('occurrence_malformed');
      return [];
    }
    const newest = list.slice(-this.#limits.occurrencesPerKey);
    return newest.map((item) => this.#occurrence(item)).filter((occurrence) => occurrence !== undefined);
  }

  #occurrence(item: unknown): Occurrence | undefined {
    const error = isRecord(item) ? this.#error(item['error'], this.#limits.causes) : null;
    if (!isRecord(item) || error === null) {
      this.#reject('occurrence_malformed');
      return undefined;
    }
    const timestampUs = parseTimestampUs(item['timestamp']);
    const labels = this.labels(record(item['labels']));
    const timestampMs = timestampUs === null ? null : Math.floor(timestampUs / 1000);
    return {
      uuid: this.text(item['uuid'], 128) || contentUuid(item),
      timestampMs:
        timestampMs !== null && timestampMs > this.#nowMs + MAX_AHEAD_MS ? this.#nowMs : timestampMs,
      severity: this.#severity(item['severity']),
      error,
      http: this.#http(item['http_context']),
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(typeof item['instance'] === 'string' && { instance: this.text(item['instance'], 256) }),
      ...(typeof item['version'] === 'string' && { version: this.text(item['version'], 256) }),
    };
  }

  #error(value: unknown, causesLeft: number): ErrorNode | null {
    if (!isRecord(value)) return null;
    const errors = causesLeft > 0 ? this.#members(value['errors'], causesLeft - 1) : [];
    return {
      class: this.text(value['class'], 512),
      message: this.text(value['message'], this.#limits.messageLength),
      stacktrace: this.#stacktrace(value['stacktrace']),
      cause: causesLeft > 0 ? this.#error(value['cause'], causesLeft - 1) : null,
      ...(errors.length > 0 && { errors }),
    };
  }

  #members(value: unknown, causesLeft: number): ErrorNode[] {
    if (!Array.isArray(value)) return [];
    const members = value.slice(0, this.#limits.causes).map((member) => this.#error(member, causesLeft));
    return members.filter((member) => member !== null);
  }

  #stacktrace(value: unknown): string[] | null {
    const lines = typeof value === 'string' ? value.split('\n') : value;
    if (!Array.isArray(lines)) return null;
    return lines
      .slice(0, this.#limits.stackLines)
      .map((line) => (typeof line === 'string' ? cleanText(line, this.#limits.stackLineLength) : ''));
  }

  #http(value: unknown): HttpContext | null {
    if (!isRecord(value)) return null;
    const headers = value['request_headers'];
    const body = value['request_body'];
    return {
      method: this.text(value['request_method'], 32),
      url: this.text(value['request_url'], this.#limits.messageLength),
      headers: isRecord(headers) ? this.#headers(headers) : null,
      body: typeof body === 'string' ? cleanText(body, this.#limits.requestBodyLength) : null,
    };
  }

  #headers(headers: Record<string, unknown>): Record<string, string> {
    const entries = Object.entries(headers).slice(0, this.#limits.headers);
    return Object.fromEntries(
      entries
        .filter(([, value]) => typeof value === 'string')
        .map(([name, value]) => [
          cleanText(name, 256),
          cleanText(value as string, this.#limits.messageLength),
        ]),
    );
  }

  #severity(value: unknown): string {
    return this.text(value, 32) || 'error';
  }

  #sum(a: Aggregate, b: Aggregate): Aggregate {
    const created = [a.createdUs, b.createdUs].filter((us) => us > 0);
    return {
      key: a.key,
      totalCount: Math.min(a.totalCount + b.totalCount, Number.MAX_SAFE_INTEGER),
      severity: maxSeverity(a.severity, b.severity),
      createdUs: created.length === 0 ? 0 : Math.min(...created),
      occurrences: [...a.occurrences, ...b.occurrences].slice(-this.#limits.occurrencesPerKey),
    };
  }

  #reject(reason: RejectionReason): void {
    this.#rejections.set(reason, (this.#rejections.get(reason) ?? 0) + 1);
  }
}

/** An occurrence without an identity gets one from its content, so that reading it again does not add it again. */
function contentUuid(item: Record<string, unknown>): string {
  return createHash('sha256').update(JSON.stringify(item)).digest('hex').slice(0, 32);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function badPayload(what: string, cause?: unknown): ExceptionServerError {
  return new ExceptionServerError(
    'EXCEPTIONS_BAD_PAYLOAD',
    `the payload is not a client export: ${what}`,
    cause === undefined ? undefined : { cause },
  );
}
