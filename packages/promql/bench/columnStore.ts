import type { Labels, Matcher } from '@binnacle/model';
import type { Queryable, SampleBuffer, SelectRange, SeriesSet } from '../src/index.ts';

/** Series in columns with an index by label, as a real store has one; each instance shares its timestamps. */
export class ColumnStore implements Queryable {
  readonly #labels: Labels[] = [];
  readonly #timestamps: Float64Array[] = [];
  readonly #values: Float64Array[] = [];
  readonly #postings = new Map<string, Map<string, number[]>>();

  /** Series have to come in the order of their labels. */
  add(labels: Labels, timestamps: Float64Array, values: Float64Array): void {
    const id = this.#labels.length;
    this.#labels.push(labels);
    this.#timestamps.push(timestamps);
    this.#values.push(values);
    for (const [name, value] of labels) {
      const byValue = this.#postings.get(name) ?? new Map<string, number[]>();
      this.#postings.set(name, byValue);
      const ids = byValue.get(value) ?? [];
      byValue.set(value, ids);
      ids.push(id);
    }
  }

  select(matchers: readonly Matcher[], range: SelectRange): SeriesSet {
    const ids = this.#find(matchers);
    const cuts = new Map<
      Float64Array,
      { readonly column: Float64Array; readonly from: number; readonly to: number }
    >();
    return {
      length: ids.length,
      labels: (index) => this.#labels[ids[index]!]!,
      read: (index, out) => {
        const id = ids[index]!;
        const whole = this.#timestamps[id]!;
        let cut = cuts.get(whole);
        if (cut === undefined) cuts.set(whole, (cut = cutColumn(whole, range)));
        fill(out, cut.column, this.#values[id]!.subarray(cut.from, cut.to));
      },
    };
  }

  #find(matchers: readonly Matcher[]): number[] {
    let found: Set<number> | undefined;
    let ids: number[] = [];
    for (const matcher of matchers) {
      const byValue = this.#postings.get(matcher.name) ?? new Map<string, number[]>();
      const matching =
        matcher.type === '='
          ? (byValue.get(matcher.value) ?? [])
          : [...byValue].flatMap(([value, list]) => (matcher.matches(value) ? list : []));
      ids = found === undefined ? matching : matching.filter((id) => found!.has(id));
      found = new Set(ids);
    }
    return [...ids].sort((a, b) => a - b);
  }
}

function cutColumn(
  column: Float64Array,
  range: SelectRange,
): { readonly column: Float64Array; readonly from: number; readonly to: number } {
  let from = 0;
  let to = column.length;
  while (from < to && column[from]! < range.minMs) from++;
  while (to > from && column[to - 1]! > range.maxMs) to--;
  return { column: column.subarray(from, to), from, to };
}

function fill(out: SampleBuffer, timestamps: Float64Array, values: Float64Array): void {
  out.length = timestamps.length;
  out.timestamps = timestamps;
  out.values = values;
  out.histograms = undefined;
  out.startTimestamps = undefined;
}
