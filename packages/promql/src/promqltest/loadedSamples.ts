import type { Labels } from '@binnacle/model';
import type { MemorySample } from '../memoryStore.ts';
import { customBucketSeries } from './customBuckets.ts';
import type { LoadCommand } from './script.ts';

/** A sample that a `load` stores. `startMs` is 0 when nothing says when its counter started. */
export interface LoadedSample {
  readonly labels: Labels;
  readonly ms: number;
  readonly value: MemorySample;
  readonly startMs: number;
}

/** What a `load` command stores, series by series and in order of time. */
export function* loadedSamples(command: LoadCommand): IterableIterator<LoadedSample> {
  const starts = new Map(command.startTimes.map(({ labels, offsets }) => [labels.key, offsets]));
  for (const { labels, values } of command.series) {
    const offsets = starts.get(labels.key);
    for (const [i, value] of values.entries()) {
      if (value === undefined) continue;
      const ms = i * command.stepMs;
      const offset = offsets?.[i];
      yield { labels, ms, value, startMs: offset === undefined ? 0 : ms + offset };
    }
  }
  if (!command.withCustomBuckets) return;
  for (const { labels, at, histogram } of customBucketSeries(command)) {
    yield { labels, ms: at * command.stepMs, value: histogram, startMs: 0 };
  }
}
