import {
  decodeRoshiCursor,
  TimelineError,
  type Bytes,
  type KeyResult,
  type Position,
  type ReadOptions,
  type TimelineStore,
} from '@binnacle/timeline';
import { goJsonString } from './goJson.ts';
import { RoshiRequestError } from './requestBody.ts';

/** The query string of a select, as Roshi reads it. */
export interface SelectOptions {
  readonly offset: number;
  readonly limit: number;
  readonly coalesce: boolean;
  readonly start?: Position;
  readonly stop?: Position;
}

/** No key could be read: told apart from a timeline that is empty. */
export class RoshiReadError extends Error {
  override readonly name = 'RoshiReadError';
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const DEFAULT_LIMIT = 10;
const MAX_PASSED_OVER = 1_000_000;

/** Reads the query string; what Go cannot parse has its default, as in Roshi. Throws RoshiRequestError. */
export function parseSelect(query: Readonly<Record<string, string | undefined>>): SelectOptions {
  const { start, stop } = query;
  if ((start || stop) && query['offset'] !== undefined) {
    throw new RoshiRequestError('cannot specify offset with start and/or stop');
  }
  return {
    offset: integer(query['offset'], 0),
    limit: integer(query['limit'], DEFAULT_LIMIT),
    coalesce: TRUE.has(query['coalesce'] ?? ''),
    ...(start ? { start: position(start) } : {}),
    ...(stop ? { stop: position(stop) } : {}),
  };
}

/** The `records` of an answer. */
export interface SelectedRecords {
  readonly json: string;
  readonly entries: number;
}

/** Reads the records of an answer. Throws RoshiReadError when every key failed. */
export async function selectRecords(
  store: TimelineStore,
  keys: readonly Bytes[],
  options: SelectOptions,
): Promise<SelectedRecords> {
  const { coalesce, offset, limit } = options;
  const unique = [...new Set(keys)];
  if (limit < 0 || offset < 0 || offset + limit > MAX_PASSED_OVER || unique.length === 0)
    return { json: coalesce ? '[]' : '{}', entries: 0 };
  if (limit === 0 && coalesce) return { json: '[]', entries: 0 };
  if (limit === 0) return records(unique.map((key) => ({ key, entries: [] })));
  if (!coalesce) return records(answered(await store.read(unique, rangeOf(options, limit, offset))));
  const cursor = options.start !== undefined || options.stop !== undefined;
  const { entries, errors } = await store.readMerged(unique, rangeOf(options, limit, cursor ? 0 : offset));
  if (errors.size === unique.length) throw readError([...errors.values()]);
  return { json: `[${entries.map((entry) => record(entry.key, entry)).join(',')}]`, entries: entries.length };
}

/** Exclusive bounds; without them nothing is hidden, whatever the sign of its score. */
function rangeOf({ start, stop }: SelectOptions, limit: number, offset: number): ReadOptions {
  return {
    limit,
    offset,
    ...(start === undefined ? {} : { before: start }),
    ...(stop === undefined ? {} : { after: stop }),
  };
}

interface Answered {
  readonly key: Bytes;
  readonly entries: readonly Position[];
}

/** Keys that could be read. */
function answered(results: readonly KeyResult[]): Answered[] {
  const good = results.filter((result) => !('error' in result)) as Answered[];
  if (good.length > 0) return good;
  throw readError(results.map((result) => (result as { error: TimelineError }).error));
}

function readError(errors: readonly TimelineError[]): RoshiReadError {
  const messages = [...new Set(errors.map(({ message }) => message))];
  return new RoshiReadError(`complete failure (${messages.join('; ')})`);
}

/** Go writes a map's keys in the order of their bytes. */
function records(results: readonly Answered[]): SelectedRecords {
  const members = results
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(
      ({ key, entries }) => `${goJsonString(key)}:[${entries.map((entry) => record(key, entry)).join(',')}]`,
    );
  const entries = results.reduce((sum, result) => sum + result.entries.length, 0);
  return { json: `{${members.join(',')}}`, entries };
}

function record(key: Bytes, { score, member }: Position): string {
  return `{"key":"${btoa(key)}","score":${score},"member":"${btoa(member)}"}`;
}

function integer(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : otherwise;
}

function position(cursor: string): Position {
  try {
    const { score, member } = decodeRoshiCursor(cursor);
    if (Number.isNaN(score)) throw new RoshiRequestError('invalid cursor: the score is not a number');
    return { score: Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, score)), member };
  } catch (cause) {
    if (cause instanceof TimelineError) throw new RoshiRequestError(cause.message, { cause });
    throw cause;
  }
}
