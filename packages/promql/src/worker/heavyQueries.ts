import type { InstantQuery, RangeQuery } from '../engine/engine.ts';

const MAX_QUERIES = 500;
const REMEMBERED_MS = 60_000;

/**
 * Queries that turned out to be worth a thread not long ago, so that they go there at once. Being wrong costs time,
 * not correctness: results are the same wherever a query runs.
 */
export class HeavyQueries {
  readonly #knownUntil = new Map<string, number>();

  has(query: InstantQuery | RangeQuery): boolean {
    if (this.#knownUntil.size === 0) return false;
    const until = this.#knownUntil.get(keyOf(query));
    return until !== undefined && performance.now() < until;
  }

  add(query: InstantQuery | RangeQuery): void {
    const key = keyOf(query);
    this.#knownUntil.delete(key);
    if (this.#knownUntil.size >= MAX_QUERIES) this.#knownUntil.delete(this.#knownUntil.keys().next().value!);
    this.#knownUntil.set(key, performance.now() + REMEMBERED_MS);
  }
}

/** The same question about another time has the same key. */
function keyOf(query: InstantQuery | RangeQuery): string {
  if ('timeMs' in query) return query.query;
  return `${query.endMs - query.startMs} ${query.stepMs} ${query.query}`;
}
