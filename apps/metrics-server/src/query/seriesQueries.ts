import { compareUtf8, Labels, type Matcher } from '@binnacle/model';
import { createSampleBuffer, type Queryable, type SelectRange } from '@binnacle/promql';
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
  const sorted = selectors.map((matchers) => seriesWithSamples(storage, matchers, range));
  if (sorted.length === 1) return cut(sorted[0]!, limit);
  const found = new Map(sorted.flat().map((labels) => [labels.key, labels]));
  return cut([...found.values()].sort(Labels.compare), limit);
}

/** Of most series the store knows when the newest sample was; the others are read, the newest samples first. */
function seriesWithSamples(storage: Queryable, matchers: readonly Matcher[], range: SelectRange): Labels[] {
  const isAllTime = range.minMs <= ALL_TIME.minMs && range.maxMs >= ALL_TIME.maxMs;
  const set = storage.select(matchers, range);
  const all = Array.from({ length: set.length }, (_, i) => set.labels(i));
  if (isAllTime) return all;
  const missing = new Set<string>();
  all.forEach((labels, i) => set.endsInRange?.(i) !== true && missing.add(labels.key));
  if (missing.size === 0) return all;
  removeFound(storage, matchers, range, missing);
  return all.filter(({ key }) => !missing.has(key));
}

/** Takes those that have samples out of `missing`, in windows that get wider as they go back. */
function removeFound(
  storage: Queryable,
  matchers: readonly Matcher[],
  range: SelectRange,
  missing: Set<string>,
): void {
  const buffer = createSampleBuffer();
  let { maxMs } = range;
  for (let width = NEWEST_MS; missing.size > 0 && maxMs >= range.minMs; width *= 8) {
    const minMs = Math.max(range.minMs, maxMs - width);
    const set = storage.select(matchers, { minMs, maxMs });
    for (let i = 0; i < set.length; i++) {
      const { key } = set.labels(i);
      if (!missing.has(key)) continue;
      set.read(i, buffer);
      if (buffer.length > 0) missing.delete(key);
    }
    maxMs = minMs - 1;
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
