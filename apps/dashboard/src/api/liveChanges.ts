import type { ExceptionChange } from './types.ts';

export type LiveState = 'connecting' | 'live' | 'lost';

/** What the stream has told since the page was opened. */
export interface LiveChanges {
  readonly state: LiveState;
  /** Exceptions that appeared or regressed, by id: when the browser heard of it, in epoch milliseconds. */
  readonly appeared: ReadonlyMap<string, { readonly at: number; readonly change: ExceptionChange }>;
  /** Exceptions with new occurrences, by id: when the browser last heard of one. */
  readonly counted: ReadonlyMap<string, number>;
  /** When the server last said that changes were missed; 0 for never. */
  readonly missedAt: number;
}

export const NO_CHANGES: LiveChanges = {
  state: 'connecting',
  appeared: new Map(),
  counted: new Map(),
  missedAt: 0,
};

/** Oldest entries make room beyond this. */
const LIMIT = 2000;

/** The state after some changes that were heard of `at`. A map in which nothing changed stays the same object. */
export function withChanges(
  before: LiveChanges,
  changes: readonly ExceptionChange[],
  at: number,
): LiveChanges {
  const counted = changes.filter(({ kind }) => kind === 'count').map(({ id }) => [id, at] as const);
  const appeared = changes
    .filter(({ kind }) => kind === 'first_seen' || kind === 'regressed')
    .map((change) => [change.id, { at, change }] as const);
  return {
    ...before,
    counted: withEntries(before.counted, counted),
    appeared: withEntries(before.appeared, appeared),
  };
}

function withEntries<V>(
  map: ReadonlyMap<string, V>,
  entries: readonly (readonly [string, V])[],
): ReadonlyMap<string, V> {
  if (entries.length === 0) return map;
  const next = new Map(map);
  for (const [key, value] of entries) {
    next.delete(key);
    next.set(key, value);
  }
  for (const oldest of next.keys()) {
    if (next.size <= LIMIT) break;
    next.delete(oldest);
  }
  return next;
}
