import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Samples that wait in memory before they go to their files: 20 MiB. */
const WAITING = 1 << 20;
const HEADER_BYTES = 8;

/** Samples of one span of time, in the order in which they came; series by their number. */
export interface SpooledSamples {
  readonly count: number;
  readonly series: Uint32Array<ArrayBuffer>;
  readonly times: Float64Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

/**
 * Sorts samples into spans of time on disk, in one file a span of a folder of its own, so that any number of them takes
 * the same memory. A span's samples come back in the order in which they were added.
 */
export class SampleSpool implements Disposable {
  readonly #folder: string;
  readonly #spanMs: number;
  readonly #series = new Uint32Array(WAITING);
  readonly #times = new Float64Array(WAITING);
  readonly #values = new Float64Array(WAITING);
  #waiting = 0;
  /** Samples of each span, by its number since the epoch. */
  readonly #counts = new Map<number, number>();

  constructor(folder: string, spanMs: number) {
    this.#folder = folder;
    this.#spanMs = spanMs;
    mkdirSync(folder, { recursive: true });
  }

  add(series: number, timeMs: number, value: number): void {
    if (this.#waiting === WAITING) this.#flush();
    const at = this.#waiting++;
    this.#series[at] = series;
    this.#times[at] = timeMs;
    this.#values[at] = value;
  }

  /** Numbers of the spans that have samples, ascending, with how many they have. Nothing is added after that. */
  spans(): (readonly [span: number, samples: number])[] {
    this.#flush();
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  /** The samples of a span, piece by piece. */
  *read(span: number): IterableIterator<SpooledSamples> {
    const descriptor = openSync(this.#fileOf(span), 'r');
    try {
      const header = new Uint32Array(2);
      while (readSync(descriptor, header) === HEADER_BYTES) {
        const count = header[0]!;
        const piece = {
          count,
          series: new Uint32Array(count),
          times: new Float64Array(count),
          values: new Float64Array(count),
        };
        for (const part of [piece.times, piece.values, piece.series])
          fill(descriptor, new Uint8Array(part.buffer));
        yield piece;
      }
    } finally {
      closeSync(descriptor);
    }
  }

  /** Lets go of a span. */
  forget(span: number): void {
    rmSync(this.#fileOf(span), { force: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Appends what waits to the files of its spans. */
  #flush(): void {
    const spans = new Map<number, number>();
    for (let i = 0; i < this.#waiting; i++) {
      const span = Math.floor(this.#times[i]! / this.#spanMs);
      spans.set(span, (spans.get(span) ?? 0) + 1);
    }
    const pieces = new Map<number, SpooledSamples & { count: number }>();
    for (const [span, count] of spans) {
      this.#counts.set(span, (this.#counts.get(span) ?? 0) + count);
      pieces.set(span, {
        count: 0,
        series: new Uint32Array(count),
        times: new Float64Array(count),
        values: new Float64Array(count),
      });
    }
    for (let i = 0; i < this.#waiting; i++) {
      const piece = pieces.get(Math.floor(this.#times[i]! / this.#spanMs))!;
      const at = piece.count++;
      piece.series[at] = this.#series[i]!;
      piece.times[at] = this.#times[i]!;
      piece.values[at] = this.#values[i]!;
    }
    for (const [span, { count, series, times, values }] of pieces) {
      const descriptor = openSync(this.#fileOf(span), 'a');
      try {
        for (const { buffer } of [Uint32Array.of(count, 0), times, values, series]) {
          writeAll(descriptor, new Uint8Array(buffer));
        }
      } finally {
        closeSync(descriptor);
      }
    }
    this.#waiting = 0;
  }

  #fileOf(span: number): string {
    return join(this.#folder, String(span));
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

function fill(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    const count = readSync(descriptor, bytes, at, bytes.length - at, null);
    if (count === 0) throw new Error('a temporary file has ended early');
    at += count;
  }
}
