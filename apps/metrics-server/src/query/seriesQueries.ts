import { compareUtf8, Labels, type Matcher } from '@binnacle/model';
import { createSampleBuffer, type Queryable, type SelectRange, type SeriesSet } from '@binnacle/promql';
import type { Storage } from '../storage.ts';

/** All of time. A double counts milliseconds exactly up to here. */
export const ALL_TIME: SelectRange = { minMs: -Number.MAX_SAFE_INTEGER, maxMs: Number.MAX_SAFE_INTEGER };

/** Long enough for what is scraped every minute, short enough that most of it lies in memory unpacked. */
const NEWEST_MS = 90_000;

/** A list, and whether a limit cut it. */
export interface Limited<T> {
  readonly items: readonly T[];
  readonly isCut: boolean;
}

type Selectors = readonly (readonly Matcher[])[];

/** Label sets of the series that any of the selectors finds and that have samples in the range, sorted. */
export function findSeries(
  storage: Queryable,
  selectors: Selectors,
  range: SelectRange,
  limit = 0,
): Limited<Labels> {
  const found = new Map<string, Labels>();
  const isAllTime = range.minMs <= ALL_TIME.minMs && range.maxMs >= ALL_TIME.maxMs;
  for (const matchers of selectors) {
    if (isAllTime) {
      const set = storage.select(matchers, range);
      for (let i = 0; i < set.length; i++) found.set(set.labels(i).key, set.labels(i));
    } else addSeriesWithSamples(storage, matchers, range, found);
  }
  const items = [...found.values()].sort(Labels.compare);
  return cut(items, limit);
}

/** Reads the newest samples first and further back only for series without samples there: most have some. */
function addSeriesWithSamples(
  storage: Queryable,
  matchers: readonly Matcher[],
  range: SelectRange,
  found: Map<string, Labels>,
): void {
  const newest = { minMs: Math.max(range.minMs, range.maxMs - NEWEST_MS), maxMs: range.maxMs };
  const seen = new Set<string>();
  addFrom(
    storage.select(matchers, newest),
    () => true,
    (labels) => {
      seen.add(labels.key);
      found.set(labels.key, labels);
    },
  );
  if (newest.minMs === range.minMs) return;
  const all = storage.select(matchers, range);
  if (seen.size === all.length) return;
  const missing = new Set<string>();
  for (let i = 0; i < all.length; i++) {
    const { key } = all.labels(i);
    if (!found.has(key)) missing.add(key);
  }
  let maxMs = newest.minMs - 1;
  for (let width = 8 * NEWEST_MS; missing.size > 0 && maxMs >= range.minMs; width *= 8) {
    const minMs = Math.max(range.minMs, maxMs - width);
    addFrom(
      storage.select(matchers, { minMs, maxMs }),
      ({ key }) => missing.has(key),
      (labels) => {
        missing.delete(labels.key);
        found.set(labels.key, labels);
      },
    );
    maxMs = minMs - 1;
  }
}
/** Gives the wanted series of a set that have samples. */
function addFrom(set: SeriesSet, isWanted: (labels: Labels) => boolean, add: (labels: Labels) => void): void {
  const buffer = createSampleBuffer();
  for (let i = 0; i < set.length; i++) {
    const labels = set.labels(i);
    if (!isWanted(labels)) continue;
    set.read(i, buffer);
    if (buffer.length > 0) add(labels);
  }
}

/** Names of labels, sorted; of all series when there is no selector. */
export function labelNames(
  storage: Storage,
  selectors: Selectors,
  range: SelectRange,
  limit: number,
): Limited<string> {
  return cut(
    union(selectors, (matchers) => storage.labelNames(matchers, range)),
    limit,
  );
}

/** Values of a label, sorted; of all series when there is no selector. */
export function labelValues(
  storage: Storage,
  name: string,
  selectors: Selectors,
  range: SelectRange,
  limit: number,
): Limited<string> {
  return cut(
    union(selectors, (matchers) => storage.labelValues(name, matchers, range)),
    limit,
  );
}

function union(selectors: Selectors, ask: (matchers: readonly Matcher[]) => string[]): string[] {
  if (selectors.length < 2) return ask(selectors[0] ?? []);
  return [...new Set(selectors.flatMap(ask))].sort(compareUtf8);
}

function cut<T>(items: readonly T[], limit: number): Limited<T> {
  const isCut = limit > 0 && items.length > limit;
  return { items: isCut ? items.slice(0, limit) : items, isCut };
}
