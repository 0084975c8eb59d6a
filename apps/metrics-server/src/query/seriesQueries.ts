import { Labels, Matcher, METRIC_NAME } from '@binnacle/model';
import { createSampleBuffer, type SelectRange } from '@binnacle/promql';
import { compareUtf8 } from '@binnacle/model';
import type { Storage } from '../storage.ts';

/** A list, and whether a limit cut it. */
export interface Limited<T> {
  readonly items: readonly T[];
  readonly isCut: boolean;
}

/** Label sets of the series that any of the selectors finds and that have samples in the range, sorted. */
export function findSeries(
  storage: Storage,
  selectors: readonly (readonly Matcher[])[],
  range: SelectRange,
  limit = 0,
): Limited<Labels> {
  const buffer = createSampleBuffer();
  const found = new Map<string, Labels>();
  const isOpen = range.minMs <= storage.minTime && range.maxMs >= storage.maxTime;
  for (const matchers of selectors) {
    const set = storage.select(matchers, range);
    for (let i = 0; i < set.length; i++) {
      const labels = set.labels(i);
      if (found.has(labels.key)) continue;
      if (!isOpen) {
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
  selectors: readonly (readonly Matcher[])[],
  range: SelectRange,
  limit: number,
): Limited<string> {
  const names = new Set<string>();
  for (const labels of findSeries(storage, orEverything(selectors), range).items) {
    for (const name of labels.names) names.add(name);
  }
  return cut([...names].sort(compareUtf8), limit);
}

/** Values of a label, sorted; of all series when there is no selector. */
export function labelValues(
  storage: Storage,
  name: string,
  selectors: readonly (readonly Matcher[])[],
  range: SelectRange,
  limit: number,
): Limited<string> {
  const isOpen = range.minMs <= storage.minTime && range.maxMs >= storage.maxTime;
  if (selectors.length === 0 && isOpen) {
    return cut(storage.allLabelValues(name).sort(compareUtf8), limit);
  }
  const hasLabel = new Matcher('!=', name, '');
  const narrowed = orEverything(selectors).map((matchers) => [...matchers, hasLabel]);
  const values = new Set(findSeries(storage, narrowed, range).items.map((labels) => labels.get(name)));
  return cut([...values].sort(compareUtf8), limit);
}

function orEverything(selectors: readonly (readonly Matcher[])[]): readonly (readonly Matcher[])[] {
  return selectors.length > 0 ? selectors : [[new Matcher('!=', METRIC_NAME, '')]];
}

function cut<T>(items: readonly T[], limit: number): Limited<T> {
  const isCut = limit > 0 && items.length > limit;
  return { items: isCut ? items.slice(0, limit) : items, isCut };
}
