import type { StoredHistogram } from '../codec/histogramCodec.ts';

/** The samples of one batch as columns. `words` lies over `values`. */
export interface SampleColumns {
  readonly length: number;
  readonly refs: Float64Array;
  readonly times: Float64Array;
  readonly words: Uint32Array;
  /** By index: the histogram of a sample that is one. */
  readonly histograms: ReadonlyMap<number, StoredHistogram>;
  /** When the counter of each sample started, 0 for unknown; undefined when that is so of all of them. */
  readonly starts: Float64Array | undefined;
}

/** Starts are whole milliseconds nearer to the epoch than this: what the codecs of the store take. */
const MAX_START_MS = 2 ** 51;

/** Growing columns of samples. */
export class SampleBatch implements SampleColumns {
  length = 0;
  refs = new Float64Array(256);
  times = new Float64Array(256);
  values = new Float64Array(256);
  words = new Uint32Array(this.values.buffer);
  readonly histograms = new Map<number, StoredHistogram>();
  /** Made when first needed; all 0 beyond `length`, and everywhere while `#hasStarts` is false. */
  #starts: Float64Array<ArrayBuffer> | undefined;
  #hasStarts = false;

  get starts(): Float64Array | undefined {
    return this.#hasStarts ? this.#starts : undefined;
  }

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

  /** Says when the counter of a sample that was added started. A time that cannot be one is not known. */
  setStart(index: number, startMs: number): void {
    if (!(Math.abs(startMs) < MAX_START_MS) || !Number.isInteger(startMs)) return;
    if (startMs === 0 && !this.#hasStarts) return;
    this.#starts ??= new Float64Array(this.refs.length);
    this.#starts[index] = startMs;
    this.#hasStarts = true;
  }

  clear(): void {
    if (this.#hasStarts) this.#starts!.fill(0, 0, this.length);
    this.#hasStarts = false;
    this.length = 0;
    this.histograms.clear();
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
    if (this.#starts !== undefined) this.#starts = grow(this.#starts);
  }
}
