import { DurationError, parseDuration, RegexError, type Matcher } from '@binnacle/model';
import { parse, ParseError, type SelectRange } from '@binnacle/promql';
import type { FastifyRequest } from 'fastify';
import { ApiError, messageOf } from '../errors.ts';
import { ALL_TIME } from '../query/seriesQueries.ts';

const { minMs: MIN_TIME_MS, maxMs: MAX_TIME_MS } = ALL_TIME;
const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Parameters of the URL and of a form in the body, together. */
export class RequestParams {
  readonly #values: URLSearchParams;

  constructor(values: URLSearchParams) {
    this.#values = values;
  }

  static of(request: FastifyRequest): RequestParams {
    const at = request.url.indexOf('?');
    const values = new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1));
    if (request.body instanceof URLSearchParams) {
      for (const [name, value] of request.body) values.append(name, value);
    }
    return new RequestParams(values);
  }

  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  all(name: string): string[] {
    return this.#values.getAll(name);
  }

  /** A time in milliseconds: RFC 3339 or seconds since the epoch. */
  time(name: string, whenAbsent: number): number {
    const text = this.text(name);
    if (text === '') return whenAbsent;
    const timeMs = parseTime(text);
    if (timeMs === undefined)
      throw badParam(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
    return timeMs;
  }

  requiredTime(name: string): number {
    const timeMs = this.time(name, NaN);
    if (Number.isNaN(timeMs)) throw badParam(name, 'cannot parse "" to a valid timestamp');
    return timeMs;
  }

  /** A duration in milliseconds: seconds or as in `5m`. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    if (text === '') return undefined;
    const seconds = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN;
    if (!Number.isNaN(seconds)) return Math.round(seconds * 1000);
    try {
      return parseDuration(text);
    } catch (error) {
      if (!(error instanceof DurationError)) throw error;
      throw badParam(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
    }
  }

  /** A limit; 0 and absent are no limit. */
  limit(name = 'limit'): number {
    const text = this.text(name);
    if (text === '') return 0;
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
    if (Number.isNaN(value)) throw badParam(name, `cannot parse ${JSON.stringify(text)} to a valid limit`);
    if (value < 0) throw badParam(name, 'limit must be non-negative');
    return value;
  }

  /** `start` and `end`; everything when they are absent. */
  range(): SelectRange {
    const range = { minMs: this.time('start', MIN_TIME_MS), maxMs: this.time('end', MAX_TIME_MS) };
    if (range.maxMs < range.minMs) throw badParam('end', 'end timestamp must not be before start timestamp');
    return range;
  }

  /** The lists of matchers of `match[]`. */
  matchers(): Matcher[][] {
    return this.all('match[]').map((text) => parseSelector('match[]', text));
  }
}

/** The matchers of one series selector. Throws bad_data. */
export function parseSelector(name: string, text: string): Matcher[] {
  try {
    const expr = parse(text);
    if (expr.kind !== 'vectorSelector') throw badParam(name, `expected a series selector, found ${text}`);
    return [...expr.matchers];
  } catch (error) {
    if (error instanceof ParseError || error instanceof RegexError) throw badParam(name, messageOf(error));
    throw error;
  }
}

/** bad_data in Prometheus's words. */
export function badParam(name: string, message: string): ApiError {
  return new ApiError('bad_data', `invalid parameter "${name}": ${message}`);
}

function parseTime(text: string): number | undefined {
  if (text === '-292273086-05-16T16:47:06Z') return MIN_TIME_MS;
  if (text === '292277025-08-18T07:12:54.999999999Z') return MAX_TIME_MS;
  if (RFC3339.test(text)) {
    const timeMs = Date.parse(text);
    return Number.isNaN(timeMs) ? undefined : timeMs;
  }
  const seconds = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN;
  if (Number.isNaN(seconds)) return undefined;
  return Math.max(MIN_TIME_MS, Math.min(MAX_TIME_MS, Math.round(seconds * 1000)));
}
