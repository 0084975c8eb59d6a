import type { Labels } from '@binnacle/model';
import { parseSeriesLine, type SeriesLine } from '@binnacle/promql';
import { messageOf } from '../../errors.ts';
import type { TestSection } from './testFile.ts';
import type { TestStore } from './testStore.ts';

/** The samples that a test starts from, which come into the store as time goes on. */
export class InputSeries {
  readonly #store: TestStore;
  readonly #lines: readonly { readonly ref: number; readonly line: SeriesLine }[];
  readonly #startMs: number;
  readonly #intervalMs: number;
  #next = 0;

  /** Throws an Error that names the series whose values cannot be read. */
  constructor(section: TestSection, store: TestStore, startMs: number, intervalMs: number) {
    this.#store = store;
    this.#startMs = startMs;
    this.#intervalMs = intervalMs;
    this.#lines = (section.input_series ?? []).map(({ series, values }) => {
      const line = parsed(`${series} ${values}`, `input_series ${JSON.stringify(series)}`);
      return { ref: store.getOrCreateSeries(line.labels), line };
    });
  }

  /** Puts in everything up to a time. */
  loadUntil(timeMs: number): void {
    for (;;) {
      const at = this.#startMs + this.#next * this.#intervalMs;
      if (at > timeMs || !this.#lines.some(({ line }) => this.#next < line.values.length)) return;
      for (const { ref, line } of this.#lines) {
        const value = line.values[this.#next];
        if (value !== undefined) this.#store.append(ref, at, value);
      }
      this.#next++;
    }
  }
}

/** The labels of an expected sample, as in `a{b="c"}`. Throws an Error. */
export function parseLabels(text: string): Labels {
  const { labels, values } = parsed(text, `labels ${JSON.stringify(text)}`);
  if (values.length > 0) throw new Error(`labels ${JSON.stringify(text)}: expected no value behind them`);
  return labels;
}

/** One histogram in the notation of test series: `{{schema:0 sum:1 count:1 buckets:[1]}}`. Throws an Error. */
export function parseHistogramText(text: string) {
  const what = `histogram ${JSON.stringify(text)}`;
  const [value, ...rest] = parsed(`h ${text}`, what).values;
  if (typeof value === 'object' && rest.length === 0) return value;
  throw new Error(`${what}: expected one histogram such as {{schema:0 sum:1 count:1 buckets:[1]}}`);
}

function parsed(text: string, what: string): SeriesLine {
  try {
    return parseSeriesLine(text);
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
