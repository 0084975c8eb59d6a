import type { StoredHistogram } from '../codec/histogramCodec.ts';

/** The samples of one batch as columns. `words` lies over `values`. */
export interface SampleColumns {
  readonly length: number;
  readonly refs: Float64Array;
  readonly times: Float64Array;
  readonly words: Uint32Array;
  /** By index: the histogram of a sample that is one. */
  readonly histograms: ReadonlyMap<number, StoredHistogram>;
  /** By index: when the counter of a sample started. */
  readonly starts: ReadonlyMap<number, number>;
}

/** Growing columns of samples. */
export class SampleBatch implements SampleColumns {
  length = 0;
  refs = new Float64Array(256);
  times = new Float64Array(256);
  values = new Float64Array(256);
  words = new Uint32Array(this.values.buffer);
  readonly histograms = new Map<number, StoredHistogram>();
  readonly starts = new Map<number, number>();

  add(ref: number, timeMs: number, value: number): void {
    const at = this.length;
    if (at === this.refs.length) this.ensure(at + 1);
    this.refs[at] = ref;
    this.times[at] = timeMs;
    this.values[at] = value;
    this.length = at + 1;
  }

  /** Adds a value by its bits, so that a NaN keeps them. */
  addBits(ref: number, timeMs: number, low: number, high: number): void {
    const at = this.length;
    this.add(ref, timeMs, 0);
    this.words[2 * at] = low;
    this.words[2 * at + 1] = high;
  }

  clear(): void {
    this.length = 0;
    this.histograms.clear();
    this.starts.clear();
  }

  /** Makes room for `count` samples in all. */
  ensure(count: number): void {
    if (count <= this.refs.length) return;
    const size = Math.max(count, 2 * this.refs.length);
    const grow = (old: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(size);
      larger.set(old);
      return larger;
    };
    this.refs = grow(this.refs);
    this.times = grow(this.times);
    const values = new Uint32Array(2 * size);
    values.set(this.words);
    this.words = values;
    this.values = new Float64Array(values.buffer);
  }
}
