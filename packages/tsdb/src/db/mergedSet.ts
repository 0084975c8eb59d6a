import { Labels } from '@binnacle/model';
import type { StoredHistogram } from '../codec/histogramCodec.ts';
import {
  createStoredBuffer,
  NO_FLOATS,
  type LabelColumn,
  type SampleBuffer,
  type SeriesSet,
  type SourceSelection,
  type StoredBuffer,
} from './series.ts';

/**
 * Series of several sources as one set: in label order, each label set once, the samples of all sources in order of
 * time. Of two samples with one time the one of the earlier source in the list is kept.
 */
export class MergedSet implements SeriesSet {
  readonly length: number;
  readonly warnings: readonly string[];
  readonly #sources: readonly SourceSelection[];
  /** Parts (source, index) of series i are at #parts[2 * #first[i]] .. */
  readonly #first: Uint32Array;
  readonly #parts: Uint32Array;
  readonly #buffers: StoredBuffer[];
  readonly #joined = new Map<
    Float64Array,
    { next: Float64Array; from: number; to: number; times: Float64Array }
  >();

  constructor(sources: readonly SourceSelection[], warnings: readonly string[], limit = Infinity) {
    this.#sources = sources;
    this.warnings = warnings;
    this.#buffers = sources.map(createStoredBuffer);
    const { first, parts } = mergeOrder(sources, limit);
    this.#first = first;
    this.#parts = parts;
    this.length = first.length - 1;
  }

  labels(index: number): Labels {
    const at = 2 * this.#first[index]!;
    return this.#sources[this.#parts[at]!]!.labels(this.#parts[at + 1]!);
  }

  labelColumn(name: string): LabelColumn {
    const columns = this.#sources.map((source) => source.labelColumn(name));
    return (index) => {
      const at = 2 * this.#first[index]!;
      return columns[this.#parts[at]!]!(this.#parts[at + 1]!);
    };
  }

  read(index: number, out: SampleBuffer): void {
    const stored = out as StoredBuffer & SampleBuffer;
    this.readStored(index, stored);
    if (stored.histograms !== undefined) {
      const histograms = stored.histograms as (StoredHistogram | undefined)[];
      out.histograms = Array.from({ length: out.length }, (_, i) => histograms[i]?.histogram);
    }
  }

  endsInRange(index: number): boolean {
    for (let p = this.#first[index]!; p < this.#first[index + 1]!; p++) {
      if (this.#sources[this.#parts[2 * p]!]!.endsInRange?.(this.#parts[2 * p + 1]!) === true) return true;
    }
    return false;
  }

  /** As `read`, with histograms as they were stored. */
  readStored(index: number, out: StoredBuffer): void {
    const first = this.#first[index]!;
    const count = this.#first[index + 1]! - first;
    if (count === 1) {
      this.#sources[this.#parts[2 * first]!]!.read(this.#parts[2 * first + 1]!, out);
      return;
    }
    const buffers: StoredBuffer[] = [];
    for (let p = first; p < first + count; p++) {
      const buffer = this.#buffers[this.#parts[2 * p]!]!;
      this.#sources[this.#parts[2 * p]!]!.read(this.#parts[2 * p + 1]!, buffer);
      if (buffer.length > 0) buffers.push(buffer);
    }
    this.#join(buffers, out);
  }

  #join(buffers: readonly StoredBuffer[], out: StoredBuffer): void {
    out.length = 0;
    out.histograms = undefined;
    out.startTimestamps = undefined;
    let total = 0;
    let isOrdered = true;
    const byTime = buffers.toSorted((a, b) => a.timestamps[0]! - b.timestamps[0]!);
    for (const [i, buffer] of byTime.entries()) {
      const before = byTime[i - 1];
      if (before !== undefined && before.timestamps[before.length - 1]! >= buffer.timestamps[0]!)
        isOrdered = false;
      total += buffer.length;
    }
    if (out.values.length < total) out.values = new Float64Array(total);
    if (!isOrdered) {
      mergeSamples(buffers, out, total);
      return;
    }
    for (const buffer of byTime) appendBuffer(buffer, out, total);
    out.timestamps = this.#joinShared(byTime);
  }

  /** Shared arrays of times give one shared array again: what was joined is kept by what it was joined of. */
  #joinShared(buffers: readonly StoredBuffer[]): Float64Array {
    if (buffers.length === 0) return NO_FLOATS;
    let { timestamps: times, length } = buffers[0]!;
    for (const { timestamps: next, length: to } of buffers.slice(1)) {
      const known = this.#joined.get(times);
      if (known?.next === next && known.from === length && known.to === to) times = known.times;
      else {
        const joined = new Float64Array(length + to);
        joined.set(times.subarray(0, length));
        joined.set(next.subarray(0, to), length);
        this.#joined.set(times, { next, from: length, to, times: joined });
        times = joined;
      }
      length += to;
    }
    return times;
  }
}

function appendBuffer(buffer: StoredBuffer, out: StoredBuffer, total: number): void {
  const at = out.length;
  out.values.set(buffer.values.subarray(0, buffer.length), at);
  if (buffer.histograms !== undefined) {
    const histograms = (out.histograms ??= []);
    for (let i = 0; i < buffer.length; i++) histograms[at + i] = buffer.histograms[i];
  }
  if (buffer.startTimestamps !== undefined) {
    out.startTimestamps ??= new Float64Array(total);
    out.startTimestamps.set(buffer.startTimestamps.subarray(0, buffer.length), at);
  }
  out.length = at + buffer.length;
}

/** Merges buffers that overlap in time, sample by sample; the first of equal times stays. */
function mergeSamples(buffers: readonly StoredBuffer[], out: StoredBuffer, total: number): void {
  const positions = buffers.map(() => 0);
  const times = new Float64Array(total);
  const words = new Uint32Array(out.values.buffer, out.values.byteOffset, 2 * total);
  const sources = buffers.map(
    ({ values }) => new Uint32Array(values.buffer, values.byteOffset, 2 * values.length),
  );
  const starts = buffers.some(({ startTimestamps }) => startTimestamps !== undefined)
    ? new Float64Array(total)
    : undefined;
  const histograms: (StoredHistogram | undefined)[] = [];
  let size = 0;
  for (;;) {
    let best = -1;
    for (let b = 0; b < buffers.length; b++) {
      if (buffers[b]!.length === positions[b]) continue;
      if (best < 0 || buffers[b]!.timestamps[positions[b]!]! < buffers[best]!.timestamps[positions[best]!]!)
        best = b;
    }
    if (best < 0) break;
    const from = positions[best]!++;
    const time = buffers[best]!.timestamps[from]!;
    if (size > 0 && times[size - 1] === time) continue;
    times[size] = time;
    words[2 * size] = sources[best]![2 * from]!;
    words[2 * size + 1] = sources[best]![2 * from + 1]!;
    histograms[size] = buffers[best]!.histograms?.[from];
    if (starts !== undefined) starts[size] = buffers[best]!.startTimestamps?.[from] ?? 0;
    size++;
  }
  out.length = size;
  out.timestamps = times;
  out.startTimestamps = starts;
  out.histograms = histograms.some((histogram) => histogram !== undefined) ? histograms : undefined;
}

/** Walks all sources in label order at once. Sources earlier in the list come first among equals. */
function mergeOrder(
  sources: readonly SourceSelection[],
  limit: number,
): { first: Uint32Array; parts: Uint32Array } {
  if (sources.length === 1) {
    const length = Math.min(limit, sources[0]!.length);
    const parts = new Uint32Array(2 * length);
    for (let i = 0; i < length; i++) parts[2 * i + 1] = i;
    const first = new Uint32Array(length + 1);
    for (let i = 0; i <= length; i++) first[i] = i;
    return { first, parts };
  }
  const positions = sources.map(() => 0);
  const labels = sources.map((source) => (source.length > 0 ? source.labels(0) : undefined));
  const first: number[] = [0];
  const parts: number[] = [];
  while (first.length <= limit) {
    let best = -1;
    const same: number[] = [];
    for (let s = 0; s < sources.length; s++) {
      const candidate = labels[s];
      if (candidate === undefined) continue;
      const order = best < 0 ? -1 : compareSeries(sources, positions, labels, s, best);
      if (order === 0) same.push(s);
      else if (order < 0) {
        best = s;
        same.length = 0;
        same.push(s);
      }
    }
    if (best < 0) break;
    for (const s of same) {
      parts.push(s, positions[s]!);
      const next = ++positions[s]!;
      labels[s] = next < sources[s]!.length ? sources[s]!.labels(next) : undefined;
    }
    first.push(parts.length / 2);
  }
  return { first: Uint32Array.from(first), parts: Uint32Array.from(parts) };
}

function compareSeries(
  sources: readonly SourceSelection[],
  positions: readonly number[],
  labels: readonly (Labels | undefined)[],
  a: number,
  b: number,
): number {
  const x = labels[a]!;
  const y = labels[b]!;
  if (sources[a]!.hash(positions[a]!) === sources[b]!.hash(positions[b]!) && Labels.compare(x, y) === 0)
    return 0;
  return Labels.compare(x, y);
}
