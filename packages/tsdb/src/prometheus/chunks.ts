import { sameLayout, type StoredHistogram } from '../codec/histogramCodec.ts';
import type { StoredBuffer } from '../db/series.ts';
import { TsdbError } from '../errors.ts';
import { decodeHistogramChunk, encodeHistogramChunk } from './histogramChunk.ts';
import { decodeXorChunk, encodeXorChunk } from './xor.ts';

const ENCODING = { xor: 1, histogram: 2, floatHistogram: 3 } as const;
const SAMPLES_PER_CHUNK = 120;

/** A chunk as Prometheus stores and streams it. `maxTime` is that of its last sample. */
export interface PrometheusChunkData {
  /** 1 XOR, 2 integer histograms, 3 float histograms. */
  readonly encoding: number;
  readonly minTime: number;
  readonly maxTime: number;
  readonly data: Uint8Array;
}

/** Where the samples of a decoded chunk go. A float comes as the two words of its bits. */
export interface ChunkSink {
  readonly float: (time: number, low: number, high: number) => void;
  readonly histogram: (time: number, histogram: StoredHistogram) => void;
}

/** Cuts a series into Prometheus's chunks: of one kind, one histogram layout, without a counter reset inside. */
export function* encodeChunks(buffer: StoredBuffer): IterableIterator<PrometheusChunkData> {
  const { timestamps, length, histograms } = buffer;
  const words = new Uint32Array(buffer.values.buffer, buffer.values.byteOffset, 2 * length);
  for (let from = 0; from < length;) {
    let to = from + 1;
    const first = histograms?.[from];
    while (
      to < length &&
      to - from < SAMPLES_PER_CHUNK &&
      continues(first, histograms?.[to - 1], histograms?.[to])
    )
      to++;
    const times = { minTime: timestamps[from]!, maxTime: timestamps[to - 1]! };
    if (first === undefined) {
      yield { encoding: ENCODING.xor, ...times, data: encodeXorChunk(timestamps, words, from, to) };
    } else {
      const run = histograms!.slice(from, to) as StoredHistogram[];
      if (isReset(histograms?.[from - 1], first)) run[0] = withReset(first);
      const data = encodeHistogramChunk([...timestamps.subarray(from, to)], run);
      yield { encoding: first.isInteger ? ENCODING.histogram : ENCODING.floatHistogram, ...times, data };
    }
    from = to;
  }
}

/** Reads a chunk of Prometheus. Throws TSDB_BAD_IMPORT for an encoding that is not known. */
export function decodeChunk(encoding: number, data: Uint8Array, sink: ChunkSink): void {
  switch (encoding) {
    case ENCODING.xor:
      return decodeXorChunk(data, sink.float);
    case ENCODING.histogram:
      return decodeHistogramChunk(data, true, sink.histogram);
    case ENCODING.floatHistogram:
      return decodeHistogramChunk(data, false, sink.histogram);
    default:
      throw new TsdbError('TSDB_BAD_IMPORT', `expected a chunk encoding of 1 to 3, found ${encoding}`);
  }
}

function continues(
  first: StoredHistogram | undefined,
  previous: StoredHistogram | undefined,
  next: StoredHistogram | undefined,
): boolean {
  if (first === undefined || next === undefined) return first === next;
  if (first.isInteger !== next.isInteger || !sameLayout(first.histogram, next.histogram)) return false;
  const isGauge = first.histogram.counterResetHint === 'gauge';
  if (isGauge !== (next.histogram.counterResetHint === 'gauge')) return false;
  return isGauge || !isReset(previous, next);
}

/** True when a counter histogram begins anew: it says so, or a count went down. */
function isReset(previous: StoredHistogram | undefined, next: StoredHistogram): boolean {
  const { histogram: b } = next;
  if (b.counterResetHint === 'gauge') return false;
  if (b.counterResetHint === 'reset') return true;
  if (previous === undefined || !sameLayout(previous.histogram, b)) return false;
  const { histogram: a } = previous;
  return (
    b.count < a.count ||
    b.zeroCount < a.zeroCount ||
    b.positiveBuckets.some((count, i) => count < a.positiveBuckets[i]!) ||
    b.negativeBuckets.some((count, i) => count < a.negativeBuckets[i]!)
  );
}

function withReset(stored: StoredHistogram): StoredHistogram {
  return { ...stored, histogram: { ...stored.histogram, counterResetHint: 'reset' } };
}
