import { compareUtf8, Labels, type Matcher } from '@binnacle/model';
import { createSampleBuffer, type SelectRange } from '@binnacle/promql';
import type { Storage } from '../storage.ts';

/** All of time. A double counts milliseconds exactly up to here. */
export const ALL_TIME: SelectRange = { minMs: -Number.MAX_SAFE_INTEGER, maxMs: Number.MAX_SAFE_INTEGER };

/** A list, and whether a limit cut it. */
export interface Limited<T> {
  readonly items: readonly T[];
  readonly isCut: boolean;
}

type Selectors = readonly (readonly Matcher[])[];

/** Label sets of the series that any of the selectors finds and that have samples in the range, sorted. */
export function findSeries(
  storage: Storage,
  selectors: Selectors,
  range: SelectRange,
  limit = 0,
): Limited<Labels> {
  const buffer = createSampleBuffer();
  const found = new Map<string, Labels>();
  const isAllTime = range.minMs <= ALL_TIME.minMs && range.maxMs >= ALL_TIME.maxMs;
  for (const matchers of selectors) {
    const set = storage.select(matchers, range);
    for (let i = 0; i < set.length; i++) {
      const labels = set.labels(i);
      if (found.has(labels.key)) continue;
      if (!isAllTime) {
        set.read(i, buffer);
        if (buffer.length === 0) continue;
      }
      found.set(labels.key, labels);
    }
  }
  const items = [...found.values()];
  if (selectors.length > 1) items.sort((a, b) => Labels.compare(a, b));
  return cut(items, limit);
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
