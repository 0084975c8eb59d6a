import { Labels } from '@binnacle/model';
import { MemoryStore } from '../memoryStore.ts';

/** When the data starts and how long it lasts; whole days, so that a two-hour block begins there. */
export const DATA_START_MS = 1_700_006_400_000;
export const DATA_SECONDS = 5400;

interface GeneratedSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly (readonly [ms: number, value: number])[];
}

/** Counters with resets, gauges and classic histograms, with gaps, as a store and as OpenMetrics text. */
export function generateData(): { readonly store: MemoryStore; readonly openMetrics: string } {
  const series = [...counters(), ...gauges(), ...histograms()];
  const store = new MemoryStore();
  for (const { labels, samples } of series) {
    for (const [ms, value] of samples) store.append(Labels.from(labels), ms, value);
  }
  return { store, openMetrics: toOpenMetrics(series) };
}

/** The same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Times of scrapes: 15 s apart, a few milliseconds beside whole seconds, some missing. */
function times(random: () => number, gaps: number): number[] {
  const out: number[] = [];
  for (let second = 0; second < DATA_SECONDS; second += 15) {
    if (random() < gaps || (gaps > 0.1 && second > 2400 && second < 3300)) continue;
    out.push(DATA_START_MS + second * 1000 + 3);
  }
  return out;
}

function counters(): GeneratedSeries[] {
  const random = generator(1);
  const out: GeneratedSeries[] = [];
  for (const job of ['api', 'web']) {
    for (const instance of ['a', 'b', 'c']) {
      for (const code of ['200', '404', '500']) {
        let value = 1_000_000 + Math.floor(random() * 1e6);
        const samples = times(random, instance === 'c' ? 0.2 : 0.02).map((ms): [number, number] => {
          value =
            random() < 0.005 ? 500_000 + Math.floor(random() * 1000) : value + Math.floor(random() * 50);
          return [ms, value];
        });
        out.push({ labels: { __name__: 'requests_total', job, instance, code }, samples });
      }
    }
  }
  return out;
}

function gauges(): GeneratedSeries[] {
  const random = generator(2);
  const out: GeneratedSeries[] = [];
  let index = 0;
  for (const job of ['api', 'web']) {
    for (const instance of ['a', 'b', 'c', 'd']) {
      // Values of different series differ by their remainder, so that no two are ever equal.
      const own = index++;
      const samples = times(random, instance === 'd' ? 0.3 : 0).map((ms): [number, number] => {
        return [ms, (Math.floor(random() * 200) - 60) * 16 + own];
      });
      out.push({ labels: { __name__: 'load', job, instance }, samples });
    }
    const info = times(random, 0).map((ms): [number, number] => [ms, 1]);
    for (const instance of ['a', 'b']) {
      out.push({ labels: { __name__: 'build_info', job, instance, version: `1.${index}` }, samples: info });
    }
  }
  return out;
}

function histograms(): GeneratedSeries[] {
  const random = generator(3);
  const out: GeneratedSeries[] = [];
  const bounds = ['0.1', '0.5', '1', '5', '+Inf'];
  for (const instance of ['a', 'b']) {
    const counts = bounds.map((_, i) => 1000 * (i + 1));
    const samples = bounds.map((): [number, number][] => []);
    for (const ms of times(random, 0)) {
      let added = 0;
      bounds.forEach((_, i) => {
        added += Math.floor(random() * 10);
        counts[i]! += added;
        samples[i]!.push([ms, counts[i]!]);
      });
    }
    bounds.forEach((le, i) => {
      out.push({ labels: { __name__: 'latency_bucket', instance, le }, samples: samples[i]! });
    });
  }
  return out;
}

function toOpenMetrics(series: readonly GeneratedSeries[]): string {
  const lines: string[] = [];
  for (const { labels, samples } of series) {
    const { __name__: name, ...rest } = labels;
    const pairs = Object.entries(rest).map(([key, value]) => `${key}="${value}"`);
    for (const [ms, value] of samples) lines.push(`${name}{${pairs.join(',')}} ${value} ${ms / 1000}`);
  }
  return `${lines.join('\n')}\n# EOF\n`;
}
