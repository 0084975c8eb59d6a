import type { StoredHistogram } from '../codec/histogramCodec.ts';
import { NO_FLOATS, type StoredBuffer } from '../db/series.ts';
import { isStaleWords } from '../prometheus/xor.ts';

/** Collects samples of one series in any order and gives them back sorted; of one time the first stays. */
export class SampleSorter {
  #times: Float64Array<ArrayBuffer>;
  #words: Uint32Array<ArrayBuffer>;
  #histograms: (StoredHistogram | undefined)[] = [];
  #count = 0;
  #isSorted = true;

  /** With room for some samples; it grows when there are more. */
  constructor(capacity = 256) {
    this.#times = new Float64Array(capacity);
    this.#words = new Uint32Array(2 * capacity);
  }

  clear(): void {
    this.#count = 0;
    this.#histograms = [];
    this.#isSorted = true;
  }

  add(time: number, low: number, high: number): void {
    const at = this.#count;
    if (at === this.#times.length) this.#grow();
    if (at > 0 && time <= this.#times[at - 1]!) this.#isSorted = false;
    this.#times[at] = time;
    this.#words[2 * at] = low;
    this.#words[2 * at + 1] = high;
    this.#count = at + 1;
  }

  /** A histogram whose sum is the stale marker is a stale sample. */
  addHistogram(time: number, stored: StoredHistogram): void {
    const words = new Uint32Array(Float64Array.of(stored.histogram.sum).buffer);
    const isStale = isStaleWords(words[0]!, words[1]!);
    if (!isStale) this.#histograms[this.#count] = stored;
    if (isStale) this.add(time, words[0]!, words[1]!);
    else this.add(time, 0, 0);
  }

  /** Puts the samples into a buffer, sorted. */
  drain(out: StoredBuffer): void {
    const count = this.#count;
    out.startTimestamps = undefined;
    out.length = 0;
    out.timestamps = count === 0 ? NO_FLOATS : new Float64Array(count);
    out.values = new Float64Array(count);
    const words = new Uint32Array(out.values.buffer);
    const histograms: (StoredHistogram | undefined)[] = [];
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    if (!this.#isSorted) order.sort((a, b) => this.#times[a]! - this.#times[b]! || a - b);
    let size = 0;
    for (const from of order) {
      const time = this.#times[from]!;
      if (size > 0 && out.timestamps[size - 1] === time) continue;
      out.timestamps[size] = time;
      words[2 * size] = this.#words[2 * from]!;
      words[2 * size + 1] = this.#words[2 * from + 1]!;
      histograms[size] = this.#histograms[from];
      size++;
    }
    out.length = size;
    out.histograms = this.#histograms.length > 0 ? histograms : undefined;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    times.set(this.#times);
    this.#times = times;
    const words = new Uint32Array(2 * this.#words.length);
    words.set(this.#words);
    this.#words = words;
  }
}
